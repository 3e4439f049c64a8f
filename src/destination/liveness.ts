// Whether lines put to a destination leave soon, as a group of destinations asks: online, or the first attempt to connect,
// or to do so again in order, goes on. Starting must not look like an outage of whoever answers last.
import type { SenderState } from './sender/sender.ts';

export class Liveness {
  readonly #changed: () => void;
  /** No connection has broken and no attempt failed since the last that was good. */
  #hopeful = true;

  /** `changed` is told of every change that comes with an event. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  isAvailable(state: SenderState): boolean {
    return state === 'online' || (this.#hopeful && (state === 'connecting' || state === 'draining'));
  }

  /** A connection is there. */
  came(): void {
    this.#hopeful = true;
    this.#changed();
  }

  /** A connection broke, or an attempt failed. */
  went(): void {
    this.#hopeful = false;
    this.#changed();
  }
}
