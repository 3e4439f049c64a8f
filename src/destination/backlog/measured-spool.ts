// A spool that is watched: what is put into it is counted and timed, for metrics.
import type { Clock } from '../../util/clock.ts';
import type { DestinationStats } from '../destination-stats.ts';
import type {
  Spool,
  SpoolBlock,
  SpoolOpening,
  SpoolPosition,
  SpoolRecord,
  SpoolRefusal,
  SpoolStats,
} from '../spool/spool.ts';

export interface MeasuredSpoolDependencies {
  readonly stats: DestinationStats;
  readonly clock: Clock;
}

/** Passes all on to the spool behind it. */
export class MeasuredSpool implements Spool {
  readonly #spool: Spool;
  readonly #deps: MeasuredSpoolDependencies;

  constructor(spool: Spool, dependencies: MeasuredSpoolDependencies) {
    this.#spool = spool;
    this.#deps = dependencies;
    dependencies.stats.spoolTimings = spool.timings;
  }

  get stats(): SpoolStats {
    return this.#spool.stats;
  }

  open(): Promise<SpoolOpening> {
    return this.#spool.open();
  }

  offer(block: SpoolBlock, written: (ok: boolean) => void): SpoolRefusal | undefined {
    const { stats, clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const { lines, isBulk = false } = block;
    const refusal = this.#spool.offer(block, (ok) => {
      const nowMs = clock.monotonicMs();
      stats.spoolEnded(lines, nowMs - startMs, nowMs);
      written(ok);
    });
    if (refusal === undefined) stats.spoolTook(lines, isBulk);
    return refusal;
  }

  read(done?: boolean): Promise<SpoolRecord | undefined> {
    return this.#spool.read(done);
  }

  ack(end: SpoolPosition): void {
    this.#spool.ack(end);
  }

  forget(): void {
    this.#spool.forget();
  }

  rewind(): void {
    this.#spool.rewind();
  }

  close(): Promise<void> {
    return this.#spool.close();
  }
}
