// How long nothing came between two reads: counts by powers of two of a microsecond, since the start.

/** Up to 2 ** 31 µs, 36 minutes; longer gaps count in the last. */
const BUCKETS = 33;
const MICROS_MAX = 2 ** 31;

/** One bucket that is not empty: gaps longer than half of `upToMicros`, and no longer than it. */
export interface GapBucket {
  readonly upToMicros: number;
  readonly count: number;
}

/** Gaps between reads. `p50Micros` and `p99Micros` are the upper ends of their buckets. */
export interface GapFigures {
  readonly count: number;
  readonly meanMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly maxMicros: number;
  readonly buckets: readonly GapBucket[];
}

export class TrafficGaps {
  readonly #counts = new Float64Array(BUCKETS);
  #lastMs: number | undefined;
  #count = 0;
  #sumMicros = 0;
  #maxMicros = 0;

  /** Notes a read; monotonic ms. */
  note(nowMs: number): void {
    const lastMs = this.#lastMs;
    this.#lastMs = nowMs;
    if (lastMs === undefined) return;
    const micros = Math.max(1, Math.round((nowMs - lastMs) * 1000));
    const bucket = micros > MICROS_MAX ? BUCKETS - 1 : 32 - Math.clz32(micros - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMicros += micros;
    if (micros > this.#maxMicros) this.#maxMicros = micros;
  }

  get figures(): GapFigures {
    return {
      count: this.#count,
      meanMicros: this.#count === 0 ? 0 : this.#sumMicros / this.#count,
      p50Micros: this.#quantile(0.5),
      p99Micros: this.#quantile(0.99),
      maxMicros: this.#maxMicros,
      buckets: [...this.#counts].flatMap((count, bucket) =>
        count === 0 ? [] : [{ upToMicros: 2 ** bucket, count }],
      ),
    };
  }

  #quantile(share: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= this.#count * share) return Math.min(this.#maxMicros, 2 ** bucket);
    }
    return 0;
  }
}
