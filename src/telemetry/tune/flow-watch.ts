// How fast lines come to a destination and leave it: its books, looked at once a second. Costs nothing between two looks,
// and the same however many lines there are.
import type { Clock } from '../../util/clock.ts';
import { type DropCounts, totalDropped } from '../drop-reason.ts';
import type { DestinationCounts } from '../ledger.ts';
import { TrafficPeaks } from '../traffic/traffic-peaks.ts';

const LOOK_MS = 1000;
/** Seconds that are kept one by one. */
const SECONDS = 60;
const SHORT_SECONDS = 10;

const FIGURES = ['in', 'written', 'dropped', 'spooled'] as const;
type Figure = (typeof FIGURES)[number];
type Books = Pick<DestinationCounts, 'in' | 'written' | 'queued' | 'spooled'> & {
  readonly dropped: Readonly<DropCounts>;
};

/** Lines a second, over the last 10 s and the last minute; less where nothing came before. */
export interface Flow {
  readonly inPerSec10: number;
  readonly inPerSec60: number;
  /** Most lines that came within one second, in the last minute and hour. */
  readonly inWorstSec60: number;
  readonly inWorstSecHour: number;
  readonly outPerSec10: number;
  readonly outPerSec60: number;
  /** Lines that were dropped in that time. */
  readonly dropped10: number;
  readonly dropped60: number;
  /** How many more lines wait on disk than 10 s ago, a second. */
  readonly spooledPerSec10: number;
}

/** What is shown of a destination that was not looked at yet. */
const NO_FLOW: Flow = {
  inPerSec10: 0,
  inPerSec60: 0,
  inWorstSec60: 0,
  inWorstSecHour: 0,
  outPerSec10: 0,
  outPerSec60: 0,
  dropped10: 0,
  dropped60: 0,
  spooledPerSec10: 0,
};

export interface FlowWatchDependencies {
  /** The books of all destinations; each keeps its object. */
  readonly books: () => Iterable<Books>;
  readonly clock: Clock;
}

export class FlowWatch {
  readonly #deps: FlowWatchDependencies;
  readonly #rows = new WeakMap<Books, FlowRow>();
  #cancel: (() => void) | undefined;

  constructor(dependencies: FlowWatchDependencies) {
    this.#deps = dependencies;
  }

  /** Looks from now on, until `stop`. */
  start(): void {
    this.#look();
    this.#cancel = this.#deps.clock.after(LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Reads the flow of the destination with these books. */
  flowOf(books: Books): Flow {
    return this.#rows.get(books)?.flow(this.#deps.clock.monotonicMs()) ?? NO_FLOW;
  }

  #look(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const books of this.#deps.books()) {
      const row = this.#rows.get(books);
      if (row === undefined) this.#rows.set(books, new FlowRow(books, nowMs));
      else row.look(books, nowMs);
    }
  }
}

class FlowRow {
  /** What each second brought, the newest at `#count - 1`, in a ring; and how long it was. */
  readonly #deltas: Readonly<Record<Figure, Float64Array>>;
  readonly #lengthsMs = new Float64Array(SECONDS);
  readonly #peaks = new TrafficPeaks(1);
  #last: Readonly<Record<Figure, number>>;
  #lastMs: number;
  #count = 0;

  constructor(books: Books, nowMs: number) {
    const ring = () => new Float64Array(SECONDS);
    this.#deltas = { in: ring(), written: ring(), dropped: ring(), spooled: ring() };
    this.#last = read(books);
    this.#lastMs = nowMs;
  }

  look(books: Books, nowMs: number): void {
    const now = read(books);
    const came = now.in - this.#last.in;
    const lengthMs = nowMs - this.#lastMs;
    if (lengthMs <= 0) return;
    // Before the first line there is nothing to take an average of.
    if (this.#count > 0 || came > 0) {
      const place = this.#count % SECONDS;
      for (const figure of FIGURES) this.#deltas[figure][place] = now[figure] - this.#last[figure];
      this.#lengthsMs[place] = lengthMs;
      this.#count += 1;
      this.#peaks.raise(0, Math.round((came * 1000) / lengthMs), Math.floor(nowMs));
    }
    this.#last = now;
    this.#lastMs = nowMs;
  }

  flow(nowMs: number): Flow {
    const tick = Math.floor(nowMs);
    return {
      inPerSec10: this.#rate('in', SHORT_SECONDS),
      inPerSec60: this.#rate('in', SECONDS),
      inWorstSec60: this.#peaks.highest('minute', 0, tick),
      inWorstSecHour: this.#peaks.highest('hour', 0, tick),
      outPerSec10: this.#rate('written', SHORT_SECONDS),
      outPerSec60: this.#rate('written', SECONDS),
      dropped10: this.#sum(this.#deltas.dropped, SHORT_SECONDS),
      dropped60: this.#sum(this.#deltas.dropped, SECONDS),
      spooledPerSec10: this.#rate('spooled', SHORT_SECONDS),
    };
  }

  #rate(figure: Figure, seconds: number): number {
    const lengthMs = this.#sum(this.#lengthsMs, seconds);
    return lengthMs === 0 ? 0 : (this.#sum(this.#deltas[figure], seconds) * 1000) / lengthMs;
  }

  #sum(ring: Float64Array, seconds: number): number {
    let sum = 0;
    for (let back = 1; back <= Math.min(seconds, this.#count); back++) {
      sum += ring[(this.#count - back) % SECONDS] ?? 0;
    }
    return sum;
  }
}

function read(books: Books): Record<Figure, number> {
  return {
    in: books.in,
    written: books.written,
    dropped: totalDropped(books.dropped),
    spooled: books.spooled,
  };
}
