// Who sends most, of the last one to two minutes: two bounded sketches, of the minute under way and of the one before.
import { type HeavyKey, SpaceSaving } from '../top/space-saving.ts';

/** A key and what was counted for it. */
interface RateKey extends HeavyKey {
  /** Of the weight, by which samples stand for lines that nobody looked at. */
  variance: number;
}

/** Lines of one key within the window; `error` is a bound that holds in 95 of 100 cases. */
export interface RecentLines {
  readonly key: string;
  readonly lines: number;
  readonly error: number;
}

/** Standard deviations to either side that hold 95 % of a normal distribution. */
const NORMAL_95 = 1.96;

export class RecentRates {
  readonly #placesMax: number;
  #now: SpaceSaving<RateKey>;
  #before: SpaceSaving<RateKey>;

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
    this.#now = this.#makeSketch();
    this.#before = this.#makeSketch();
  }

  /** All lines of the window. */
  get lines(): number {
    return this.#now.weight + this.#before.weight;
  }

  /** Counts lines of a key; one of `every` was looked at. */
  add(key: string, lines: number, every: number): void {
    const entry = this.#now.add(key, lines);
    if (every > 1) entry.variance += lines * (every - 1);
  }

  /** Begins another minute. */
  rotate(): void {
    [this.#now, this.#before] = [this.#before, this.#now];
    this.#now.clear();
  }

  /** What came of one key; undefined when it has no place. */
  find(key: string): RecentLines | undefined {
    const [now, before] = [this.#now.find(key), this.#before.find(key)];
    if (now === undefined && before === undefined) return undefined;
    // What had no place may still have come, up to this bound.
    const counted = (now?.error ?? this.#now.missedMax) + (before?.error ?? this.#before.missedMax);
    const variance = (now?.variance ?? 0) + (before?.variance ?? 0);
    return {
      key,
      lines: (now?.weight ?? 0) + (before?.weight ?? 0),
      error: counted + NORMAL_95 * Math.sqrt(variance),
    };
  }

  /** The keys that have a place, in no order; those that may have it by chance alone are left out. */
  all(): RecentLines[] {
    const keys = new Set([...this.#now.entries, ...this.#before.entries].map(({ key }) => key));
    return [...keys].flatMap((key) => this.find(key) ?? []).filter(({ lines, error }) => error < lines);
  }

  #makeSketch(): SpaceSaving<RateKey> {
    return new SpaceSaving<RateKey>(
      this.#placesMax,
      () => ({ key: '', weight: 0, error: 0, at: 0, variance: 0 }),
      (entry) => {
        entry.variance = 0;
      },
    );
  }
}
