// How often something happens a second, as averages that forget with time, like the load of a machine.
import { PART_MS } from '../timing/time-windows.ts';

const SPANS_SEC = [60, 300, 900] as const;

/** Events a second: averages over about a minute, five and fifteen, and over all time since the start. */
export interface Rates {
  readonly minute: number;
  readonly fiveMinutes: number;
  readonly fifteenMinutes: number;
  readonly sinceStart: number;
}

/** Keeps the averages; told of each PART_MS that has passed. */
export class MovingRates {
  readonly #startedMs: number;
  readonly #rates = [0, 0, 0];
  #isFirst = true;

  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  /** Takes the events of the first of `parts` parts; in the others there were none. */
  pass(count: number, parts: number): void {
    const partSec = PART_MS / 1000;
    const now = count / partSec;
    for (const [index, spanSec] of SPANS_SEC.entries()) {
      const kept = Math.exp(-partSec / spanSec);
      const before = this.#rates[index]!;
      const first = this.#isFirst ? now : now + (before - now) * kept;
      this.#rates[index] = first * kept ** (parts - 1);
    }
    this.#isFirst = false;
  }

  /** Reads them; `count` is that of all events. */
  read(count: number, nowMs: number): Rates {
    const [minute = 0, fiveMinutes = 0, fifteenMinutes = 0] = this.#rates;
    const sec = (nowMs - this.#startedMs) / 1000;
    return { minute, fiveMinutes, fifteenMinutes, sinceStart: sec > 0 ? count / sec : 0 };
  }
}
