// A token bucket: so many at once, and so many a second in the long run.
import type { Clock } from '../../util/clock.ts';

export interface RateLimitOptions {
  readonly perSecond: number;
  /** So many may come at once. */
  readonly burst: number;
}

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #left: number;
  #atMs: number;

  constructor(options: RateLimitOptions, clock: Pick<Clock, 'monotonicMs'>) {
    this.#options = options;
    this.#clock = clock;
    this.#left = options.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes one, and tells how long to wait before the next, ms; 0: none need wait. Never refuses. */
  take(): number {
    const { perSecond, burst } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
    this.#left -= 1;
    return this.#left >= 0 ? 0 : (-this.#left * 1000) / perSecond;
  }

  /** Takes one if there is one. */
  tryTake(): boolean {
    if (this.take() === 0) return true;
    this.#left += 1;
    return false;
  }
}
