// The time of a read: while one is handled, all who ask are told when it began, so that the clock is read once for all of
// them. Outside of reads it is the clock behind it.
import type { Clock } from '../util/clock.ts';

export class ReadClock implements Clock {
  readonly #clock: Clock;
  /** When the read began; below 0 there is none. Always a number, so that to set it makes no object. */
  #readMs = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#readMs >= 0 ? this.#readMs : this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#clock.after(delayMs, callback);
  }

  /** A read begins; one within another begins later. */
  begin(): void {
    this.#readMs = this.#clock.monotonicMs();
  }

  end(): void {
    this.#readMs = -1;
  }
}
