// Paces small writes when there are too many of them: a thousand destinations that each get a line a turn would cost a
// system call a line. One figure for the relay, the least time between two small writes of a destination: it doubles
// while small writes come faster than WRITES_PER_MS, and halves when they come at less than half of that.
// A destination's first line after a pause of that length still leaves at once. With few destinations it stays 0.
import type { Clock } from '../util/clock.ts';

/** Small writes a millisecond that are worth their price: about a tenth of a core (bench/micro/destination-push.ts). */
const WRITES_PER_MS = 24;
const WINDOW_MS = 25;
const PACE_MS_FIRST = 1;
/** Longest that a line may wait for others here, ms. */
const PACE_MS_MAX = 32;
/** Only writes below this count, bytes; they are the ones that a destination paces. */
const SMALL_WRITE_BYTES = 16 * 1024;

export class WritePacer {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #windowStartMs = 0;
  #writes = 0;
  #paceMs = 0;

  constructor(dependencies: { readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#clock = dependencies.clock;
  }

  /** The least time between two small writes of one destination, now, ms. */
  get paceMs(): number {
    return this.#paceMs;
  }

  /** Notes a write. */
  noteWrite(bytes: number): void {
    if (bytes >= SMALL_WRITE_BYTES) return;
    this.#writes += 1;
    // The clock is read once in a while: at the rates that matter so many writes take about a window.
    if ((this.#writes & 63) !== 0) return;
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs < WINDOW_MS) return;
    this.#adapt(this.#writes / elapsedMs);
    this.#windowStartMs = nowMs;
    this.#writes = 0;
  }

  #adapt(writesPerMs: number): void {
    if (writesPerMs > WRITES_PER_MS)
      this.#paceMs = Math.min(PACE_MS_MAX, Math.max(PACE_MS_FIRST, this.#paceMs * 2));
    else if (writesPerMs < WRITES_PER_MS / 2)
      this.#paceMs = this.#paceMs <= PACE_MS_FIRST ? 0 : this.#paceMs / 2;
  }
}
