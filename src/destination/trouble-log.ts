// The log lines of one destination's link: crng's line when it is online, and one clear line when it is lost or cannot
// be reached, which is not said again for a minute.
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

/** Trouble that goes on is said this often. */
const REPEAT_MS = 60_000;
/** New trouble after an online time is said at once, but not more often than this, however a peer flaps. */
const FLAP_MS = 10_000;

export interface TroubleLogDependencies {
  readonly log: Log;
  readonly clock: Clock;
}

export class TroubleLog {
  readonly #key: string;
  readonly #log: Log;
  readonly #clock: Clock;
  #saidMs = Number.NEGATIVE_INFINITY;
  #onlineSince = false;

  constructor(options: { readonly key: string }, dependencies: TroubleLogDependencies) {
    this.#key = options.key;
    this.#log = dependencies.log;
    this.#clock = dependencies.clock;
  }

  /** Says `message`, which crng's users wait for in the log. */
  online(message: string): void {
    this.#onlineSince = true;
    this.#log.info(`dest ${this.#key} ${message}`);
  }

  /** Says what went wrong, unless that was said a short while ago. */
  trouble(message: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#saidMs < (this.#onlineSince ? FLAP_MS : REPEAT_MS)) return;
    this.#onlineSince = false;
    this.#saidMs = nowMs;
    this.#log.warn(`dest ${this.#key} ${message}`);
  }
}
