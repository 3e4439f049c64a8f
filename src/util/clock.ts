// Time as a dependency: everything that waits or stamps gets a Clock, so that tests own time.

/** Tells time and runs callbacks later. */
export interface Clock {
  /** Wall time, ms since 1970. */
  wallMs(): number;
  /** Monotonic time, ms, with fractions. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. A pending callback keeps the process alive. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
