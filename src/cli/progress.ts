// How far long work has come, on standard error: a bar on a terminal, else a plain line now and then. Quick work says nothing.
import type { Clock } from '../util/clock.ts';
import { renderBytes } from './render-amount.ts';
import { renderCount } from '../util/render-count.ts';

const QUIET_MS = 1000;
const BAR_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;
const BAR_CHARS = 30;

/** Where progress goes. */
export interface ProgressWorld {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly stderrIsTerminal: boolean;
  complain(text: string): void;
}

export class Progress {
  readonly #what: string;
  readonly #renderDone: (done: number) => string;
  readonly #world: ProgressWorld;
  readonly #startMs: number;
  #nextMs: number;
  #isBarShown = false;

  /** `what` begins each line: `importing`; `renderDone` words how much is done. */
  constructor(what: string, world: ProgressWorld, renderDone: (done: number) => string = renderBytes) {
    this.#what = what;
    this.#renderDone = renderDone;
    this.#world = world;
    this.#startMs = world.clock.monotonicMs();
    this.#nextMs = this.#startMs + (world.stderrIsTerminal ? QUIET_MS : LINE_EVERY_MS);
  }

  /** Shows how far it is, when it is time to; cheap enough for every block. */
  update(done: number, total: number, lines: number): void {
    const nowMs = this.#world.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    const isBar = this.#world.stderrIsTerminal;
    this.#nextMs = nowMs + (isBar ? BAR_EVERY_MS : LINE_EVERY_MS);
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const tookSec = (nowMs - this.#startMs) / 1000;
    const leftSec = share > 0 ? Math.ceil(tookSec / share - tookSec) : undefined;
    const text = [
      total > 0
        ? `${this.#what}: ${Math.floor(share * 100)} %, ${this.#renderDone(done)} of ${this.#renderDone(total)}`
        : `${this.#what}: ${this.#renderDone(done)}`,
      `${renderCount(lines)} lines`,
      `${renderCount(Math.round(lines / tookSec))}/s`,
      ...(leftSec === undefined ? [] : [`${leftSec} s left`]),
    ].join(', ');
    if (!isBar) {
      this.#world.complain(`${text}\n`);
      return;
    }
    const full = Math.round(share * BAR_CHARS);
    this.#isBarShown = true;
    this.#world.complain(`\r[${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}] ${text}\u001b[K`);
  }

  /** Wipes the bar away. */
  end(): void {
    if (this.#isBarShown) this.#world.complain('\r\u001b[K');
    this.#isBarShown = false;
  }
}
