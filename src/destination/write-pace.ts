// Puts small writes off when the last one was a moment ago, so that a trickle shares system calls.
import type { Clock } from '../util/clock.ts';

/** A write of at least this size is never put off. */
const SMALL_WRITE_BYTES = 16 * 1024;

export interface WritePaceDependencies {
  readonly clock: Clock;
  /** The least time between two small writes, ms, now. */
  readonly paceMs: () => number;
  /** A write that was put off is due. */
  readonly due: () => void;
}

export class WritePace {
  readonly #deps: WritePaceDependencies;
  #cancelDue: (() => void) | undefined;

  constructor(dependencies: WritePaceDependencies) {
    this.#deps = dependencies;
  }

  /** True when `size` bytes should wait, the last write having begun at `wroteMs`; `due` says when they should not. */
  mustWait(size: number, wroteMs: number, nowMs: number): boolean {
    if (size >= SMALL_WRITE_BYTES) {
      this.cancel();
      return false;
    }
    if (this.#cancelDue !== undefined) return true;
    const paceMs = this.#deps.paceMs();
    const waitMs = wroteMs + paceMs - nowMs;
    if (paceMs <= 0 || waitMs <= 0) return false;
    this.#cancelDue = this.#deps.clock.after(waitMs, () => {
      this.#cancelDue = undefined;
      this.#deps.due();
    });
    return true;
  }

  /** Puts nothing off any more. */
  cancel(): void {
    this.#cancelDue?.();
    this.#cancelDue = undefined;
  }
}
