// So many requests a second from each address: one client that runs wild does not take the others' share of the relay.
import type { Context, Next } from 'hono';
import type { Clock } from '../../util/clock.ts';
import { renderError } from './http-context.ts';
import { RateLimit } from './rate-limit.ts';
import { remoteAddress } from './write-guard.ts';

const REQUESTS_PER_SECOND = 500;
const REQUESTS_BURST = 1000;
/** Addresses remembered; the one that came first is forgotten for another. */
const ADDRESSES_MAX = 1000;

export class CallerLimit {
  readonly #clock: Clock;
  readonly #limits = new Map<string, RateLimit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Passes a request on, or refuses it with 429. */
  async limit(c: Context, next: Next): Promise<Response | void> {
    if (this.#limitOf(remoteAddress(c)).tryTake()) return await next();
    c.header('retry-after', '1');
    return renderError(c, 429, `more than ${REQUESTS_PER_SECOND} requests a second`);
  }

  #limitOf(address: string): RateLimit {
    const known = this.#limits.get(address);
    if (known !== undefined) return known;
    const oldest = this.#limits.keys().next();
    if (this.#limits.size >= ADDRESSES_MAX && !oldest.done) this.#limits.delete(oldest.value);
    const limit = new RateLimit({ perSecond: REQUESTS_PER_SECOND, burst: REQUESTS_BURST }, this.#clock);
    this.#limits.set(address, limit);
    return limit;
  }
}
