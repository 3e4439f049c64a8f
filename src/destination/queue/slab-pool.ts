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
  /** Another one each time it is taken. */
  serial: number;
  /** True when it will never be given back. */
  isForgotten: boolean;
}

export interface SlabPoolOptions {
  /** Most bytes kept for reuse; what is given back beyond it is left to the garbage collector. */
  readonly keptBytesMax?: number;
}

/**
 * A queue that fills and empties takes its slabs and gives them back, and what is not kept between is made anew: V8 then
 * collects all of its heap again and again for the sake of memory outside of it, a seventh of the relay's CPU time under
 * full load (bench/e2e.ts, fanout1). So what a full queue and its redo window hold is kept while it is in use.
 */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** What was not needed for so long, ms, is let go, down to KEPT_BYTES_IDLE. */
const IDLE_MS = 10_000;
const KEPT_BYTES_IDLE = 16 * 1024 * 1024;

export class SlabPool {
  readonly #keptBytesMax: number;
  readonly #large: Slab[] = [];
  readonly #small: Slab[] = [];
  #keptBytes = 0;
  /** Least that was kept since #lookedMs. */
  #idleBytes = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #takenBytes = 0;
  #serial = 0;

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
    this.#serial += 1;
    const serial = this.#serial;
    if (nowMs - this.#lookedMs > IDLE_MS) this.#trim(nowMs);
    const kept = this.#shelf(whole)?.pop();
    if (kept === undefined) {
      return {
        bytes: Buffer.allocUnsafeSlow(whole),
        used: 0,
        live: 0,
        openedMs: nowMs,
        serial,
        isForgotten: false,
      };
    }
    this.#keptBytes -= whole;
    this.#idleBytes = Math.min(this.#idleBytes, this.#keptBytes);
    kept.openedMs = nowMs;
    kept.serial = serial;
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

  /**
   * Takes note that a slab will never be given back, because a write of its bytes cannot be called off; once, however
   * many such writes there are, of one queue or of several.
   */
  forget(slab: Slab): void {
    if (slab.isForgotten) return;
    slab.isForgotten = true;
    this.#takenBytes -= slab.bytes.length;
  }

  #trim(nowMs: number): void {
    const least = Math.max(KEPT_BYTES_IDLE, this.#keptBytes - this.#idleBytes);
    for (const shelf of [this.#large, this.#small]) {
      while (this.#keptBytes > least) {
        const slab = shelf.pop();
        if (slab === undefined) break;
        this.#keptBytes -= slab.bytes.length;
      }
    }
    this.#idleBytes = this.#keptBytes;
    this.#lookedMs = nowMs;
  }

  #shelf(size: number): Slab[] | undefined {
    if (size === SLAB_BYTES) return this.#large;
    return size === SMALL_SLAB_BYTES ? this.#small : undefined;
  }
}
