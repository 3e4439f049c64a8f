// Slabs for lines that several destinations get alike: filled once, and each queue holds records in them instead of copies
// of its own (slab-pool.ts: a slab goes back with its last record, whoever's that is), or copies all the same where that
// would keep too much memory (waiting-lines.ts). Each copy costs the reading and writing of all bytes, and as much memory
// again that no cache holds (bench/e2e.ts, fanout3).
import type { Slab, SlabPool } from './slab-pool.ts';
import { SLAB_BYTES } from './slab-pool.ts';

/** From this size on a run is cheaper shared than copied (bench/micro/shared-slab.ts), bytes. */
export const SHARED_BYTES_MIN = 8 * 1024;

export class SharedSlabs {
  readonly #pool: SlabPool;
  /** The slab that is being filled; it is held until the next one is taken. */
  #tail: Slab | undefined;

  constructor(dependencies: { readonly pool: SlabPool }) {
    this.#pool = dependencies.pool;
  }

  /**
   * Copies lines to the end of a slab, `used` of which then tells where they end. Whoever wants them takes a hold before the
   * next call. Returns undefined for what is better copied.
   */
  put(bytes: Uint8Array, nowMs: number): Slab | undefined {
    if (bytes.length < SHARED_BYTES_MIN || bytes.length > SLAB_BYTES) return undefined;
    let slab = this.#tail;
    if (slab === undefined || slab.bytes.length - slab.used < bytes.length) {
      if (slab !== undefined) this.#release(slab);
      slab = this.#tail = this.#pool.take(SLAB_BYTES, nowMs);
      slab.live += 1;
    }
    slab.bytes.set(bytes, slab.used);
    slab.used += bytes.length;
    return slab;
  }

  #release(slab: Slab): void {
    slab.live -= 1;
    if (slab.live === 0) this.#pool.give(slab);
  }
}
