// How many series belong to each prefix of one depth: the sketch of series-counts.ts for names that come as hashes of bytes.
// In a storm of new series most names are new too, so taking a place must cost little: everything lies in typed arrays,
// the text of a name is copied as bytes, and becomes a string only for a report (bench/micro/new-series.ts).
//
// Two names of one hash of 32 bits would count as one; with a few hundred places that is one name in millions.
import { HyperLogLog } from './hyper-log-log.ts';
import { KEY_BYTES_MAX } from './key-prefixes.ts';
import type { NamedSeries } from './series-counts.ts';

export class PrefixSeries {
  readonly #placesMax: number;
  #count = 0;
  /** By place: what the name weighs, how much of that may have been another's, new ones in this minute and the last. */
  readonly #weights: Float64Array;
  readonly #errors: Float64Array;
  readonly #freshNow: Float64Array;
  readonly #freshBefore: Float64Array;
  readonly #sketches: HyperLogLog[] = [];
  readonly #hashes: Uint32Array;
  readonly #sizes: Uint16Array;
  readonly #text: Uint8Array;
  /** Places by weight, the lightest first, as a heap; and where in it each stands. */
  readonly #heap: Uint16Array;
  readonly #heapAt: Uint16Array;
  /** Places by hash, 0 for none and else place + 1: open addressing, at most a quarter full. */
  readonly #slots: Uint16Array;
  readonly #mask: number;

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
    this.#weights = new Float64Array(placesMax);
    this.#errors = new Float64Array(placesMax);
    this.#freshNow = new Float64Array(placesMax);
    this.#freshBefore = new Float64Array(placesMax);
    this.#hashes = new Uint32Array(placesMax);
    this.#sizes = new Uint16Array(placesMax);
    this.#text = new Uint8Array(placesMax * KEY_BYTES_MAX);
    this.#heap = new Uint16Array(placesMax);
    this.#heapAt = new Uint16Array(placesMax);
    this.#slots = new Uint16Array(2 ** Math.ceil(Math.log2(placesMax * 4)));
    this.#mask = this.#slots.length - 1;
  }

  /** Notes a new series, by its hash, under the name that is the first `size` bytes of `key`, at most KEY_BYTES_MAX. */
  add(key: Uint8Array, size: number, nameHash: number, hash: number): void {
    const place = this.#find(nameHash) ?? this.#takePlace(key, size, nameHash);
    this.#weights[place]! += 1;
    this.#freshNow[place]! += 1;
    this.#sketches[place]!.add(hash);
    this.#sink(place);
  }

  /** Begins another minute. */
  rotate(): void {
    this.#freshBefore.set(this.#freshNow);
    this.#freshNow.fill(0);
  }

  /** The names that have a place, each with its series. */
  all(): Map<string, NamedSeries> {
    const all = new Map<string, NamedSeries>();
    for (let place = 0; place < this.#count; place++) {
      const start = place * KEY_BYTES_MAX;
      const name = Buffer.from(this.#text.buffer, start, this.#sizes[place]).toString('utf8');
      all.set(name, {
        series: Math.round(this.#sketches[place]!.count()),
        missed: this.#errors[place]!,
        fresh: this.#freshNow[place]! + this.#freshBefore[place]!,
      });
    }
    return all;
  }

  #find(nameHash: number): number | undefined {
    for (let slot = nameHash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = this.#slots[slot]! - 1;
      if (place < 0) return undefined;
      if (this.#hashes[place] === nameHash) return place;
    }
  }

  /** Gives a name a free place, or that of the lightest, whose weight becomes its error (Space-Saving). */
  #takePlace(key: Uint8Array, size: number, nameHash: number): number {
    const place = this.#count < this.#placesMax ? this.#enter() : this.#evict();
    const start = place * KEY_BYTES_MAX;
    for (let i = 0; i < size; i++) this.#text[start + i] = key[i]!;
    this.#sizes[place] = size;
    this.#hashes[place] = nameHash;
    let slot = nameHash & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = place + 1;
    return place;
  }

  /** A new place weighs nothing: it goes to the top of the heap. */
  #enter(): number {
    const place = this.#count++;
    this.#sketches.push(new HyperLogLog());
    let at = place;
    for (; at > 0; at = (at - 1) >> 1) this.#put(this.#heap[(at - 1) >> 1]!, at);
    this.#put(place, 0);
    return place;
  }

  #evict(): number {
    const place = this.#heap[0]!;
    this.#forgetHash(place);
    this.#errors[place] = this.#weights[place]!;
    this.#freshNow[place] = 0;
    this.#freshBefore[place] = 0;
    this.#sketches[place]!.clear();
    return place;
  }

  /** Takes a place out of the slots, and moves back what it had kept from its own slot. */
  #forgetHash(place: number): void {
    let hole = this.#hashes[place]! & this.#mask;
    while (this.#slots[hole] !== place + 1) hole = (hole + 1) & this.#mask;
    for (let slot = (hole + 1) & this.#mask; this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const home = this.#hashes[this.#slots[slot]! - 1]! & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#slots[hole] = this.#slots[slot]!;
      hole = slot;
    }
    this.#slots[hole] = 0;
  }

  /** Puts a place that grew where it belongs. */
  #sink(place: number): void {
    const heap = this.#heap;
    const weights = this.#weights;
    const weight = weights[place]!;
    let at = this.#heapAt[place]!;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= this.#count) break;
      if (below + 1 < this.#count && weights[heap[below + 1]!]! < weights[heap[below]!]!) below += 1;
      const child = heap[below]!;
      if (weights[child]! >= weight) break;
      this.#put(child, at);
      at = below;
    }
    this.#put(place, at);
  }

  #put(place: number, at: number): void {
    this.#heap[at] = place;
    this.#heapAt[place] = at;
  }
}
