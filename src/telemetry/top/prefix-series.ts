// How many series belong to each prefix of one depth: the sketch of series-counts.ts for names that come as hashes of bytes.
// In a storm of new series most names are new too, so taking a place must cost little: everything lies in typed arrays,
// the text of a name is copied as bytes, and becomes a string only for a report (bench/micro/new-series.ts).
//
//   order   [p4 p0 p7 | p1 | p3 p5 ... ]      places by weight, the lightest first; `|` ends a rank: those of one weight
//
// A weight grows by one, so that a place goes to the end of its rank and from there into the next: a few steps, where a heap
// takes one for each of its levels (the "stream summary" of Metwally, Agrawal and El Abbadi; see space-saving.ts).
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
  /** Places by weight, the lightest first; and where in it each stands. */
  readonly #order: Uint16Array;
  readonly #orderAt: Uint16Array;
  /** By place, the number of its rank; by rank, where it ends in the order; and the ranks that are free. */
  readonly #rankOf: Uint16Array;
  readonly #rankEnds: Uint16Array;
  readonly #freeRanks: number[];
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
    this.#order = new Uint16Array(placesMax);
    this.#orderAt = new Uint16Array(placesMax);
    this.#rankOf = new Uint16Array(placesMax);
    this.#rankEnds = new Uint16Array(placesMax + 1);
    // One more than places: a place enters its next rank before it leaves the one it was alone in.
    this.#freeRanks = Array.from({ length: placesMax + 1 }, (_, rank) => rank);
    this.#slots = new Uint16Array(2 ** Math.ceil(Math.log2(placesMax * 4)));
    this.#mask = this.#slots.length - 1;
  }

  /** Notes a new series, by its hash, under the name that is the first `size` bytes of `key`, at most KEY_BYTES_MAX. */
  add(key: Uint8Array, size: number, nameHash: number, hash: number): void {
    const place = this.#find(nameHash) ?? this.#takePlace(key, size, nameHash);
    this.#freshNow[place]! += 1;
    this.#sketches[place]!.add(hash);
    this.#rise(place);
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

  /** A new place weighs nothing: it goes to the front, in a rank of its own. */
  #enter(): number {
    const place = this.#count++;
    this.#sketches.push(new HyperLogLog());
    for (let at = place; at > 0; at--) this.#put(this.#order[at - 1]!, at);
    for (let rank = 0; rank < this.#rankEnds.length; rank++) this.#rankEnds[rank]! += 1;
    this.#put(place, 0);
    const rank = this.#freeRanks.pop()!;
    this.#rankOf[place] = rank;
    this.#rankEnds[rank] = 1;
    return place;
  }

  #evict(): number {
    const place = this.#order[0]!;
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

  /** Makes a place one heavier: from the end of its rank into the next. */
  #rise(place: number): void {
    const order = this.#order;
    const rank = this.#rankOf[place]!;
    const at = this.#rankEnds[rank]! - 1;
    const isAlone = at === 0 || this.#rankOf[order[at - 1]!] !== rank;
    this.#put(order[at]!, this.#orderAt[place]!);
    this.#put(place, at);
    const weight = (this.#weights[place]! += 1);
    const next = at + 1 < this.#count ? order[at + 1]! : undefined;
    if (next !== undefined && this.#weights[next] === weight) {
      this.#rankOf[place] = this.#rankOf[next]!;
      if (isAlone) this.#freeRanks.push(rank);
      else this.#rankEnds[rank] = at;
    } else if (!isAlone) {
      this.#rankEnds[rank] = at;
      const own = this.#freeRanks.pop()!;
      this.#rankOf[place] = own;
      this.#rankEnds[own] = at + 1;
    }
  }

  #put(place: number, at: number): void {
    this.#order[at] = place;
    this.#orderAt[place] = at;
  }
}
