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

/** Longest timer that the system takes, ms, about 25 days; a longer one would end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. A pending callback keeps the process alive. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    let leftMs = delayMs;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const stepMs = Math.min(leftMs, TIMER_MS_MAX);
      leftMs -= stepMs;
      timer = setTimeout(leftMs > 0 ? wait : callback, stepMs);
    };
    wait();
    return () => clearTimeout(timer);
  },
};
