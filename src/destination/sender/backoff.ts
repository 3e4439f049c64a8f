// How long to wait before the next attempt: growing from 100 ms to a bound, with jitter so that many relays that lost one
// peer do not come back in step.

/** The pause before the first new attempt, ms. */
export const BACKOFF_FIRST_MS = 100;
const GROWTH = 2;

/**
 * Returns the pause before attempt `failures + 1`, ms: between half and all of `min(maxMs, 100 * growth^failures)`; it
 * doubles where `growth` is not given.
 */
export function backoffMs(failures: number, maxMs: number, random: () => number, growth = GROWTH): number {
  const bound = Math.max(BACKOFF_FIRST_MS, maxMs);
  const full = Math.min(bound, BACKOFF_FIRST_MS * growth ** failures);
  return full * (0.5 + random() * 0.5);
}
