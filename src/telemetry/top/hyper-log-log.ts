// How many different things were seen, in 2 KiB whatever their number: HyperLogLog of Flajolet, Fusy, Gandouet and Meunier
// (AofA 2007), read with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017),
// algorithm 6, which needs no tables of corrections and is right for small numbers too.

/** Bits of a hash that choose the register. */
const INDEX_BITS = 11;
const REGISTERS = 1 << INDEX_BITS;
const RANK_BITS = 32 - INDEX_BITS;
const ALPHA = 0.5 / Math.LN2;

/** The standard error of an estimate, as a part of it: 1.04 / sqrt(registers). */
export const DISTINCT_ERROR = 1.04 / Math.sqrt(REGISTERS);

/** So many hashes are kept as they are: a name that has just got its place is emptied and filled for next to nothing. */
const FEW = 16;

/** A sketch of a set of hashes. */
export class HyperLogLog {
  readonly #few = new Uint32Array(FEW);
  /** Hashes in #few; more than FEW: they are in the registers, and so are all others. */
  #count = 0;
  #registers: Uint8Array | undefined;

  /** Adds an element by a hash of 32 bits, all of them good. */
  add(hash: number): void {
    if (this.#count > FEW) {
      this.#enter(hash);
      return;
    }
    for (let i = 0; i < this.#count; i++) if (this.#few[i] === hash) return;
    if (this.#count < FEW) this.#few[this.#count] = hash;
    this.#count += 1;
    if (this.#count > FEW) this.#spread(hash);
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
  }

  /** Estimates the number of different elements. */
  count(): number {
    if (this.#count <= FEW) return this.#count;
    const histogram = new Uint32Array(RANK_BITS + 2);
    for (const rank of this.#registers!) histogram[rank]! += 1;
    let z = REGISTERS * tau(1 - histogram[RANK_BITS + 1]! / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + histogram[rank]!);
    z += REGISTERS * sigma(histogram[0]! / REGISTERS);
    return (ALPHA * REGISTERS * REGISTERS) / z;
  }

  #spread(hash: number): void {
    if (this.#registers === undefined) this.#registers = new Uint8Array(REGISTERS);
    else this.#registers.fill(0);
    for (const kept of this.#few) this.#enter(kept);
    this.#enter(hash);
  }

  #enter(hash: number): void {
    const registers = this.#registers!;
    const index = hash >>> RANK_BITS;
    const rank = Math.min(Math.clz32(hash << INDEX_BITS), RANK_BITS) + 1;
    if (rank > registers[index]!) registers[index] = rank;
  }
}

/** Hashes the first `length` bytes, keyed by `seed`: FNV-1a with a shift in each step, and the finalizer of MurmurHash3. */
export function hashBytes(bytes: Uint8Array, length: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = stepHash(hash, bytes[i]!);
  return mixHash(hash);
}

/** Takes one more byte into a hash, which begins as the seed. */
export function stepHash(hash: number, byte: number): number {
  const next = Math.imul(hash ^ byte, 0x01000193);
  return next ^ (next >>> 15);
}

/** Ends a hash. */
export function mixHash(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Part of the registers that is empty, to what that says about their elements. */
function sigma(part: number): number {
  if (part === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z] = [part, 1, part];
  for (let before = -1; z !== before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

/** The same for registers that are full. */
function tau(part: number): number {
  if (part === 0 || part === 1) return 0;
  let [x, y, z] = [part, 1, 1 - part];
  for (let before = -1; z !== before; ) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
