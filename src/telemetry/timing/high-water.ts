// The highest value of something that goes up and down, over the windows of time-windows.ts and since the start.
import { PART_MS, partsPassed, TimeWindows, type WindowName } from './time-windows.ts';

/** A high water, for whoever only reads it. `nowMs` is monotonic. */
export interface HighWaterView {
  /** Since the start. */
  readonly max: number;
  window(name: WindowName, nowMs: number): number;
}

/** Remembers how high something was; 0 where it was never seen. */
export class HighWater implements HighWaterView {
  readonly #windows = new TimeWindows<number>(0, (a, b) => (a > b ? a : b));
  #max = 0;
  #open = 0;
  #openedMs: number;

  constructor(nowMs: number) {
    this.#openedMs = nowMs;
  }

  get max(): number {
    return this.#max;
  }

  /** The highest of the part that is open; until `levelEndMs` no lower value changes anything. */
  get level(): number {
    return this.#open;
  }

  get levelEndMs(): number {
    return this.#openedMs + PART_MS;
  }

  /** Notes how high it is now. */
  note(value: number, nowMs: number): void {
    if (nowMs - this.#openedMs >= PART_MS) this.#advance(nowMs);
    if (value <= this.#open) return;
    this.#open = value;
    if (value > this.#max) this.#max = value;
  }

  window(name: WindowName, nowMs: number): number {
    this.#advance(nowMs);
    return this.#windows.sum(name, this.#open);
  }

  #advance(nowMs: number): void {
    const parts = partsPassed(this.#openedMs, nowMs);
    if (parts === 0) return;
    this.#windows.close(this.#open);
    this.#windows.skip(parts - 1);
    this.#openedMs += parts * PART_MS;
    this.#open = 0;
  }
}
