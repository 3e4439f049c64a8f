// How many series belong to a name (a source, a route), and how many of them are new: a bounded number of names,
// those that had most, with a sketch of its series each.
import { HyperLogLog } from './hyper-log-log.ts';
import { type HeavyKey, SpaceSaving } from './space-saving.ts';

interface SeriesKey extends HeavyKey {
  readonly distinct: HyperLogLog;
  /** New in the minute under way, and in the one before. */
  freshNow: number;
  freshBefore: number;
}

/** The series of one name. `missed`: so many may have come before the name got its place. */
export interface NamedSeries {
  readonly series: number;
  readonly missed: number;
  /** New within the window. */
  readonly fresh: number;
}

export class SeriesCounts {
  readonly #placesMax: number;
  readonly #names: SpaceSaving<SeriesKey>;

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
    this.#names = new SpaceSaving<SeriesKey>(
      placesMax,
      () => ({
        key: '',
        weight: 0,
        error: 0,
        at: 0,
        distinct: new HyperLogLog(),
        freshNow: 0,
        freshBefore: 0,
      }),
      (entry) => {
        entry.distinct.clear();
        entry.freshNow = 0;
        entry.freshBefore = 0;
      },
    );
  }

  /** Notes a series, by its hash, that the relay resolved. */
  add(name: string, hash: number, isNew: boolean): void {
    const entry = this.#names.add(name, 1);
    entry.distinct.add(hash);
    if (isNew) entry.freshNow += 1;
  }

  /** Notes a series that was met, under a name that has a place or finds a free one. */
  meet(name: string, hash: number): void {
    const isFull = this.#names.entries.length === this.#placesMax;
    (isFull ? this.#names.find(name) : this.#names.add(name, 0))?.distinct.add(hash);
  }

  /** Begins another minute. */
  rotate(): void {
    for (const entry of this.#names.entries) {
      entry.freshBefore = entry.freshNow;
      entry.freshNow = 0;
    }
  }

  /** The names that have a place, each with its series. */
  all(): Map<string, NamedSeries> {
    return new Map(
      this.#names.entries.map(({ key, distinct, error, freshNow, freshBefore }) => {
        const series = Math.round(distinct.count());
        return [key, { series, missed: error, fresh: freshNow + freshBefore }];
      }),
    );
  }
}
