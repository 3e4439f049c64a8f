// The keys that weigh most in a stream, in a fixed number of places: the Space-Saving algorithm of Metwally, Agrawal and
// El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams" (ICDT 2005).
//
// A key without a place takes that of the lightest and goes on from its weight, which is its error: no weight is ever shown too
// small, none too large by more than the whole stream divided by the places. Whoever is above that bound has a place.

/** A key that has a place. It may be read, not changed. */
export interface HeavyKey {
  key: string;
  /** At least what came for the key. */
  weight: number;
  /** How much of the weight may have been that of others. */
  error: number;
  /** The sketch's own: its place in the heap. */
  at: number;
}

/** A bounded sketch of a stream of keys. */
export class SpaceSaving<Entry extends HeavyKey = HeavyKey> {
  readonly #placesMax: number;
  readonly #make: () => Entry;
  readonly #reset: (entry: Entry) => void;
  readonly #byKey = new Map<string, Entry>();
  /** A heap: the lightest first. */
  readonly #heap: Entry[] = [];
  #weight = 0;

  /** `make` and `reset` are for entries that hold more than a weight; `reset` empties one whose place another key takes. */
  constructor(
    placesMax: number,
    make: () => Entry = () => ({ key: '', weight: 0, error: 0, at: 0 }) as Entry,
    reset: (entry: Entry) => void = () => {},
  ) {
    this.#placesMax = placesMax;
    this.#make = make;
    this.#reset = reset;
  }

  /** All that came. */
  get weight(): number {
    return this.#weight;
  }

  /** The keys that have a place, in no order. */
  get entries(): readonly Entry[] {
    return this.#heap;
  }

  /** At most this came for a key that has no place. */
  get missedMax(): number {
    return this.#heap.length < this.#placesMax ? 0 : (this.#heap[0]?.weight ?? 0);
  }

  /** The entry of a key, if it has a place. */
  find(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** Adds weight to a key, which has a place afterwards; returns its entry. */
  add(key: string, weight: number): Entry {
    this.#weight += weight;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.weight += weight;
      this.#sink(known);
      return known;
    }
    if (this.#heap.length < this.#placesMax) return this.#enter(key, weight);
    const entry = this.#heap[0]!;
    this.#byKey.delete(entry.key);
    this.#reset(entry);
    entry.key = key;
    entry.error = entry.weight;
    entry.weight += weight;
    this.#byKey.set(key, entry);
    this.#sink(entry);
    return entry;
  }

  /** Forgets everything. */
  clear(): void {
    this.#byKey.clear();
    this.#heap.length = 0;
    this.#weight = 0;
  }

  #enter(key: string, weight: number): Entry {
    const entry = this.#make();
    entry.key = key;
    entry.weight = weight;
    this.#byKey.set(key, entry);
    let at = this.#heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above]!;
      if (parent.weight <= weight) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(entry, at);
    return entry;
  }

  /** Puts an entry that grew where it belongs. */
  #sink(entry: Entry): void {
    const heap = this.#heap;
    const { weight, at: from } = entry;
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.weight < heap[below]!.weight) below += 1;
      const child = heap[below]!;
      if (child.weight >= weight) break;
      this.#put(child, at);
      at = below;
    }
    if (at !== from) this.#put(entry, at);
  }

  #put(entry: Entry, at: number): void {
    this.#heap[at] = entry;
    entry.at = at;
  }
}
