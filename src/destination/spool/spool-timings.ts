// How long the operations of a spool take: figures for metrics.
import type { Clock } from '../../util/clock.ts';

/** Durations of one kind of operation, ms. */
export interface Timing {
  readonly count: number;
  readonly errors: number;
  readonly totalMs: number;
  readonly maxMs: number;
}

/** Measures one kind of operation. */
export class TimingMeter implements Timing {
  count = 0;
  errors = 0;
  totalMs = 0;
  maxMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
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
      const tookMs = this.#clock.monotonicMs() - startMs;
      this.count += 1;
      this.totalMs += tookMs;
      this.maxMs = Math.max(this.maxMs, tookMs);
    }
  }
}

/** Durations of a spool's writes, syncs (data and cursor) and reads. */
export interface SpoolTimings {
  readonly writes: Timing;
  readonly syncs: Timing;
  readonly reads: Timing;
}
