// Delays in microseconds, counted in steps of at most 1.6 %: exact below 128, then 64 steps to each doubling. The module
// of the sink (wasm/ledger.ts) counts by the same classes.
const EXACT = 128;
const STEPS = 64;
const DOUBLINGS = 26;

/** What a histogram says, ms. */
export interface DelaySummary {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counts delays and tells percentiles. */
export class DelayHistogram {
  readonly #counts = new Float64Array(EXACT + DOUBLINGS * STEPS);
  #samples = 0;
  #max = 0;

  record(micros: number): void {
    this.#samples++;
    if (micros > this.#max) this.#max = micros;
    const index = indexOf(micros);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Adds the counts of another one, by class, whose longest delay is known. */
  addCounts(counts: Uint32Array, maxMicros: number): void {
    if (maxMicros > this.#max) this.#max = maxMicros;
    for (let index = 0; index < counts.length; index++) {
      const count = counts[index] ?? 0;
      if (count === 0) continue;
      this.#samples += count;
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    }
  }

  summary(): DelaySummary {
    return {
      samples: this.#samples,
      p50Ms: this.#percentile(0.5) / 1000,
      p99Ms: this.#percentile(0.99) / 1000,
      maxMs: this.#max / 1000,
    };
  }

  #percentile(fraction: number): number {
    const wanted = Math.ceil(this.#samples * fraction);
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted && count > 0) return Math.min(upperBound(index), this.#max);
    }
    return 0;
  }
}

function indexOf(micros: number): number {
  if (micros < EXACT) return Math.max(0, Math.floor(micros));
  const doubling = Math.min(Math.floor(Math.log2(micros / EXACT)), DOUBLINGS - 1);
  const step = Math.floor((micros / (EXACT * 2 ** doubling) - 1) * STEPS);
  return EXACT + doubling * STEPS + Math.min(Math.max(step, 0), STEPS - 1);
}

function upperBound(index: number): number {
  if (index < EXACT) return index;
  const doubling = Math.floor((index - EXACT) / STEPS);
  const step = (index - EXACT) % STEPS;
  return EXACT * 2 ** doubling * (1 + (step + 1) / STEPS);
}
