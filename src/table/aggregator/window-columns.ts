// The figures of open windows in typed arrays, one row a window: an update writes numbers and makes no object.
//
//   cells   0 count | 1 sum | 2 min | 3 max | 4 last | 5 oldest value | 6 newest value | 7 spare     64 bytes, one line
//   times   0 oldest timestamp | 1 newest timestamp
//
// Rows are handed out by number, reused, and grow by doubling up to a bound.
import {
  NEED_ENDS,
  NEED_EXTREMES,
  NEED_LAST,
  NEED_SUM,
  NEED_VALUES,
  type WindowFigures,
} from './functions.ts';
import { CHUNK_VALUES, ValuePool } from './value-pool.ts';

const CELLS = 8;
const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;
const LAST = 4;
const OLDEST = 5;
const NEWEST = 6;
const ROWS_MIN = 1024;
const NO_VALUES = new Float64Array(0);

/** Bounds of the columns. */
export interface WindowBounds {
  readonly windowsMax: number;
  readonly valuesMax: number;
}

export class WindowColumns {
  readonly #windowsMax: number;
  readonly #pool: ValuePool;
  #rows = 0;
  #cells = new Float64Array(0);
  #times = new Uint32Array(0);
  /** Values kept of a window, its first chunk and its last. */
  #kept = new Uint32Array(0);
  #first = new Int32Array(0);
  #last = new Int32Array(0);
  /** The slot and the start of each window, read by the owner on every point. */
  slots = new Uint32Array(0);
  starts = new Uint32Array(0);
  /** The next window of the same bucket, or of the free list; -1: none. */
  next = new Int32Array(0);
  /** The owner's own mark on a window; 0 when it is taken. */
  marks = new Uint8Array(0);
  #free = -1;
  /** Windows in use. */
  used = 0;
  /** Values that were left out because the pool was full. */
  valuesRefused = 0;

  constructor({ windowsMax, valuesMax }: WindowBounds) {
    this.#windowsMax = windowsMax;
    this.#pool = new ValuePool(valuesMax);
  }

  /** Takes a window for a slot and a start; -1 when there is no room. */
  take(slot: number, start: number): number {
    if (this.#free < 0 && !this.#grow()) return -1;
    const window = this.#free;
    this.#free = this.next[window] as number;
    this.next[window] = -1;
    this.slots[window] = slot;
    this.starts[window] = start;
    this.marks[window] = 0;
    this.#cells.fill(0, window * CELLS, window * CELLS + CELLS);
    this.#kept[window] = 0;
    this.#first[window] = -1;
    this.#last[window] = -1;
    this.used += 1;
    return window;
  }

  /** Gives a window back. */
  give(window: number): void {
    this.#pool.give(this.#first[window] as number);
    this.next[window] = this.#free;
    this.#free = window;
    this.used -= 1;
  }

  /** Adds a point to a window, as far as its functions need it. */
  add(window: number, needs: number, time: number, value: number): void {
    const cells = this.#cells;
    const at = window * CELLS;
    const count = cells[at + COUNT] as number;
    cells[at + COUNT] = count + 1;
    if ((needs & NEED_SUM) !== 0) cells[at + SUM] = count === 0 ? value : (cells[at + SUM] as number) + value;
    if ((needs & NEED_EXTREMES) !== 0) {
      // A first value that is no number stays, as in crng.
      if (count === 0 || value < (cells[at + MIN] as number)) cells[at + MIN] = value;
      if (count === 0 || value > (cells[at + MAX] as number)) cells[at + MAX] = value;
    }
    if ((needs & NEED_LAST) !== 0) cells[at + LAST] = value;
    if ((needs & NEED_ENDS) !== 0) this.#addEnds(window, count, time, value);
    if ((needs & NEED_VALUES) !== 0) this.#keep(window, value);
  }

  /** Reads a window for its functions. */
  read(window: number): WindowFigures {
    const at = window * CELLS;
    const cells = this.#cells;
    const kept = this.#kept[window] as number;
    return {
      count: cells[at + COUNT] as number,
      sum: cells[at + SUM] as number,
      min: cells[at + MIN] as number,
      max: cells[at + MAX] as number,
      last: cells[at + LAST] as number,
      oldest: cells[at + OLDEST] as number,
      newest: cells[at + NEWEST] as number,
      oldestSec: this.#times[window * 2] as number,
      newestSec: this.#times[window * 2 + 1] as number,
      values: kept === 0 ? NO_VALUES : this.#pool.read(this.#first[window] as number, kept),
      ordered: undefined,
    };
  }

  /** Sets a window that was just taken to figures that were read before. */
  restore(window: number, figures: WindowFigures): void {
    const { count, sum, min, max, last, oldest, newest } = figures;
    this.#cells.set([count, sum, min, max, last, oldest, newest, 0], window * CELLS);
    this.#times[window * 2] = figures.oldestSec;
    this.#times[window * 2 + 1] = figures.newestSec;
    for (const value of figures.values) this.#keep(window, value);
  }

  #addEnds(window: number, count: number, time: number, value: number): void {
    const times = this.#times;
    if (count === 0 || time < (times[window * 2] as number)) {
      times[window * 2] = time;
      this.#cells[window * CELLS + OLDEST] = value;
    }
    if (count === 0 || time > (times[window * 2 + 1] as number)) {
      times[window * 2 + 1] = time;
      this.#cells[window * CELLS + NEWEST] = value;
    }
  }

  #keep(window: number, value: number): void {
    const kept = this.#kept[window] as number;
    let chunk = this.#last[window] as number;
    if (kept % CHUNK_VALUES === 0) {
      chunk = this.#pool.take(chunk);
      if (chunk < 0) {
        this.valuesRefused += 1;
        return;
      }
      this.#last[window] = chunk;
      if (kept === 0) this.#first[window] = chunk;
    }
    this.#pool.set(chunk, kept % CHUNK_VALUES, value);
    this.#kept[window] = kept + 1;
  }

  #grow(): boolean {
    const rows = Math.min(Math.max(ROWS_MIN, this.#rows * 2), this.#windowsMax);
    if (rows <= this.#rows) return false;
    this.#cells = widen(this.#cells, new Float64Array(rows * CELLS));
    this.#times = widen(this.#times, new Uint32Array(rows * 2));
    this.#kept = widen(this.#kept, new Uint32Array(rows));
    this.#first = widen(this.#first, new Int32Array(rows));
    this.#last = widen(this.#last, new Int32Array(rows));
    this.slots = widen(this.slots, new Uint32Array(rows));
    this.starts = widen(this.starts, new Uint32Array(rows));
    this.next = widen(this.next, new Int32Array(rows));
    this.marks = widen(this.marks, new Uint8Array(rows));
    for (let window = rows - 1; window >= this.#rows; window--) {
      this.next[window] = this.#free;
      this.#free = window;
    }
    this.#rows = rows;
    return true;
  }
}

function widen<T extends { set(from: T): void }>(old: T, wide: T): T {
  wide.set(old);
  return wide;
}
