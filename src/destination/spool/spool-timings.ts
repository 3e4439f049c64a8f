// How long the operations of a spool take: figures for metrics.
import { Histogram, type HistogramView } from '../../telemetry/timing/histogram.ts';
import type { Clock } from '../../util/clock.ts';

/** Durations of one kind of operation. */
export interface Timing {
  readonly errors: number;
  /** In µs; undefined before the first. */
  readonly histogram: HistogramView | undefined;
}

/** Measures one kind of operation. */
export class TimingMeter implements Timing {
  errors = 0;
  #histogram: Histogram | undefined;
  readonly #clock: Clock;
  readonly #keeps: boolean;

  /** `keeps`: false counts errors alone. */
  constructor(clock: Clock, keeps = true) {
    this.#clock = clock;
    this.#keeps = keeps;
  }

  get histogram(): HistogramView | undefined {
    return this.#histogram;
  }

  /** Runs `task` and takes its time; passes on what comes of it. */
  async measure<T>(task: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    try {
      return await task();
    } catch (error) {
      this.errors += 1;
      throw error;
    } finally {
      if (this.#keeps) this.#record(startMs);
    }
  }

  #record(startMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#histogram ??= new Histogram(nowMs);
    this.#histogram.record((nowMs - startMs) * 1000, nowMs);
  }
}

/** Durations of a spool's writes, syncs (data and cursor) and reads. */
export interface SpoolTimings {
  readonly writes: Timing;
  readonly syncs: Timing;
  readonly reads: Timing;
}
