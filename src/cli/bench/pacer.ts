// Waits for moments, sub-millisecond. The thread sleeps in the kernel until shortly before and spins for what is left, but
// no more than a share of the time: on a small machine the relay needs the other core.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest sleep: write callbacks and errors have to get through. */
const SLEEP_MICROS_MAX = 2000;
/** Share of the time that may be spun away, and how much of it may be saved up. */
const SPIN_SHARE = 0.1;
const SPIN_CREDIT_MICROS_MAX = 500;
const OVERSHOOT_MICROS_MAX = 200;

export class Pacer {
  readonly #now: () => number;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  /** How much later than asked for the kernel wakes the thread, learned. */
  #overshootMicros = 60;
  #creditMicros = SPIN_CREDIT_MICROS_MAX;
  #creditedAt: number;

  /** `now` tells the time in µs. */
  constructor(now: () => number) {
    this.#now = now;
    this.#creditedAt = now();
  }

  /** Resolves at a moment or soon after. */
  async until(atMicros: number): Promise<void> {
    while (this.#now() < atMicros) {
      await nextTurn();
      const now = this.#now();
      const leftMicros = atMicros - now;
      if (leftMicros <= 0) return;
      const sleepMicros = Math.min(leftMicros - this.#overshootMicros, SLEEP_MICROS_MAX);
      if (sleepMicros > 0) this.#sleep(now, sleepMicros);
      else if (!this.#spin(now, atMicros)) Atomics.wait(this.#cell, 0, 0, leftMicros / 1000);
    }
  }

  #sleep(now: number, micros: number): void {
    Atomics.wait(this.#cell, 0, 0, micros / 1000);
    const late = Math.min(this.#now() - now - micros, OVERSHOOT_MICROS_MAX);
    this.#overshootMicros += (late - this.#overshootMicros) / 16;
  }

  /** False: it has spun too much of late. */
  #spin(now: number, atMicros: number): boolean {
    this.#creditMicros = Math.min(
      SPIN_CREDIT_MICROS_MAX,
      this.#creditMicros + (now - this.#creditedAt) * SPIN_SHARE,
    );
    this.#creditedAt = now;
    if (this.#creditMicros < atMicros - now) return false;
    this.#creditMicros -= atMicros - now;
    while (this.#now() < atMicros);
    return true;
  }
}
