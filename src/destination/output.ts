// What the dispatcher knows of a destination: somewhere to put lines for an output id of a plan.
import type { Slab } from './queue/slab-pool.ts';

export interface Output {
  /**
   * Takes whole lines, each ended by a newline; the bytes are copied before it returns, `lines` is their count.
   * Every line is accounted for in the destination's books, now or once it is on disk where it must be (the destination's
   * `entered` tells): it waits, or was dropped with a reason by its `when_full`.
   * Returns false when a `block` queue is over its bound: the lines were taken all the same if `canWait`, and the
   * sender must pause until the callback of `whenWritable`; if not `canWait`, what did not fit was dropped (slow_conn).
   * `slab`: the bytes lie in it and will not change, so that they may be kept there instead of copied.
   */
  push(bytes: Uint8Array, lines: number, canWait: boolean, slab?: Slab): boolean;
  /** Calls back once when the queue is below its low water again; at once if it already is. */
  whenWritable(callback: () => void): void;
}
