// Byte slabs that queues append to, recycled so that a steady flow allocates nothing. Shared by all destinations.
// A slab may be given back only when no record points into it and no write of its bytes is under way.

/** The size of a slab under load; also the most bytes of one write. */
export const SLAB_BYTES = 256 * 1024;
/** The size of a slab for a trickle, so that many quiet destinations cost little. */
export const SMALL_SLAB_BYTES = 16 * 1024;

/** A piece of memory that fills from the front; written bytes never change. */
export interface Slab {
  readonly bytes: Buffer;
  /** Bytes filled so far. */
  used: number;
  /** Records that point into it. */
  live: number;
  /** When it was taken, monotonic ms. */
  openedMs: number;
}

export interface SlabPoolOptions {
  /** Most bytes kept for reuse; what is given back beyond it is left to the garbage collector. */
  readonly keptBytesMax?: number;
}

const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class SlabPool {
  readonly #keptBytesMax: number;
  readonly #large: Slab[] = [];
  readonly #small: Slab[] = [];
  #keptBytes = 0;
  #takenBytes = 0;

  constructor(options: SlabPoolOptions = {}) {
    this.#keptBytesMax = options.keptBytesMax ?? KEPT_BYTES_MAX;
  }

  /** Bytes kept for reuse. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Bytes of all slabs in use. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Takes an empty slab of at least `size` bytes; beyond `SLAB_BYTES` it is made for that one line. */
  take(size: number, nowMs: number): Slab {
    const whole = size <= SMALL_SLAB_BYTES ? SMALL_SLAB_BYTES : Math.max(size, SLAB_BYTES);
    this.#takenBytes += whole;
    const kept = this.#shelf(whole)?.pop();
    if (kept === undefined) {
      return { bytes: Buffer.allocUnsafeSlow(whole), used: 0, live: 0, openedMs: nowMs };
    }
    this.#keptBytes -= whole;
    kept.openedMs = nowMs;
    return kept;
  }

  /** Takes a slab back. */
  give(slab: Slab): void {
    const size = slab.bytes.length;
    this.#takenBytes -= size;
    const shelf = this.#shelf(size);
    if (shelf === undefined || this.#keptBytes + size > this.#keptBytesMax) return;
    slab.used = 0;
    this.#keptBytes += size;
    shelf.push(slab);
  }

  /** Takes note that a slab will never be given back, because a write of its bytes cannot be called off. */
  forget(slab: Slab): void {
    this.#takenBytes -= slab.bytes.length;
  }

  #shelf(size: number): Slab[] | undefined {
    if (size === SLAB_BYTES) return this.#large;
    return size === SMALL_SLAB_BYTES ? this.#small : undefined;
  }
}
