// How far the backlog on disk has been sent: for the log, at the start, every 10 s and at the end, and for whoever asks.
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';

export interface ReplayProgressDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Lines that are still on disk. */
  readonly left: () => number;
}

/** A replay under way. */
export interface ReplayView {
  /** Lines sent since it began. */
  readonly done: number;
  readonly left: number;
  /** Lines a second over the last seconds. */
  readonly rate: number;
  /** Seconds to the end at this rate if nothing is added; undefined: cannot be told. */
  readonly endSec: number | undefined;
}

/** The log hears of one destination's replay no more often than this. */
const LOG_MS = 10_000;
/** The rate is taken over windows of this length. */
const RATE_MS = 2000;
/** A backlog smaller than this passes without a word. */
const SPOKEN_LINES = 1000;

export class ReplayProgress {
  readonly #key: string;
  readonly #deps: ReplayProgressDependencies;
  #active = false;
  #spoken = false;
  #startedMs = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #done = 0;
  #rate = 0;
  #windowMs = 0;
  #windowDone = 0;

  constructor(options: { readonly key: string }, dependencies: ReplayProgressDependencies) {
    this.#key = options.key;
    this.#deps = dependencies;
  }

  /** What goes on; undefined when nothing is sent from disk. */
  get view(): ReplayView | undefined {
    if (!this.#active) return undefined;
    const left = this.#deps.left();
    const rate = Math.round(this.#rateNow(this.#deps.clock.monotonicMs()));
    return { done: this.#done, left, rate, endSec: rate === 0 ? undefined : Math.ceil(left / rate) };
  }

  /** Notes that lines were sent. */
  sent(lines: number): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (!this.#active) this.#begin(nowMs);
    this.#done += lines;
    this.#windowDone += lines;
    if (nowMs - this.#windowMs >= RATE_MS) {
      this.#rate = this.#rateNow(nowMs);
      this.#windowMs = nowMs;
      this.#windowDone = 0;
    }
    if (nowMs - this.#loggedMs >= LOG_MS) this.#say(nowMs);
  }

  /** Notes that nothing is left. */
  ended(): void {
    if (!this.#active) return;
    this.#active = false;
    if (!this.#spoken) return;
    this.#spoken = false;
    const seconds = (this.#deps.clock.monotonicMs() - this.#startedMs) / 1000;
    this.#deps.log.info(
      `dest ${this.#key} sent all from disk: ${this.#done} lines in ${seconds.toFixed(1)} s`,
    );
  }

  #begin(nowMs: number): void {
    this.#active = true;
    this.#startedMs = nowMs;
    this.#windowMs = nowMs;
    this.#windowDone = 0;
    this.#done = 0;
    this.#rate = 0;
  }

  #say(nowMs: number): void {
    const view = this.view;
    if (view === undefined || (!this.#spoken && view.left < SPOKEN_LINES)) return;
    this.#loggedMs = nowMs;
    const { done, left, rate, endSec } = view;
    const end = endSec === undefined ? '' : `, about ${endSec} s to go`;
    const what = this.#spoken
      ? `${done} sent, ${left} left, ${rate} a second${end}`
      : `${left} lines to send`;
    this.#spoken = true;
    this.#deps.log.info(`dest ${this.#key} sends from disk: ${what}`);
  }

  #rateNow(nowMs: number): number {
    const elapsedMs = nowMs - this.#windowMs;
    return elapsedMs < RATE_MS / 4 ? this.#rate : (this.#windowDone / elapsedMs) * 1000;
  }
}
