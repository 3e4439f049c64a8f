// The last 10 s, minute and hour of something that can be added up, without a timer and within a fixed number of parts:
//
//   parts of 2 s ──5 kept = 10 s──▶ parts of 10 s ──6 kept = 1 min──▶ parts of 5 min ──12 kept = 1 h
//
// A window is the parts that are kept and what is still gathering below them: it covers at least its time, and at most one
// part more, so that what was worst is never left out.

/** The windows that figures are kept for. */
export const WINDOW_NAMES = ['10s', '1m', '1h'] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

/** Length of the shortest part, ms: whoever uses TimeWindows closes one so often. */
export const PART_MS = 2000;

const KEPT = [5, 6, 12] as const;
/** How many parts of the row below make one of this row. */
const MADE_OF = [1, 5, 30] as const;
/** After so many parts without anything every window is empty. */
const PARTS_MAX = MADE_OF[1] * MADE_OF[2] * (KEPT[2] + 1);

interface Row<T> {
  readonly kept: T[];
  gathering: T;
  gathered: number;
}

/** Keeps parts and adds them up. */
export class TimeWindows<T> {
  readonly #empty: T;
  readonly #merge: (a: T, b: T) => T;
  #rows: readonly Row<T>[];

  constructor(empty: T, merge: (a: T, b: T) => T) {
    this.#empty = empty;
    this.#merge = merge;
    this.#rows = this.#makeRows();
  }

  /** Takes what came within the last PART_MS. */
  close(part: T): void {
    this.#add(0, part);
  }

  /** Lets parts pass in which nothing came. */
  skip(parts: number): void {
    if (parts >= PARTS_MAX) this.#rows = this.#makeRows();
    else for (let part = 0; part < parts; part += 1) this.#add(0, this.#empty);
  }

  /** Adds a window up; `open` is what came since the last part was closed. */
  sum(window: WindowName, open: T): T {
    let total = open;
    const last = WINDOW_NAMES.indexOf(window);
    for (const [index, row] of this.#rows.entries()) {
      if (index > last) break;
      total = this.#merge(total, row.gathering);
      if (index === last) total = row.kept.reduce((sum, part) => this.#merge(sum, part), total);
    }
    return total;
  }

  #add(index: number, part: T): void {
    const row = this.#rows[index];
    if (row === undefined) return;
    row.gathering = this.#merge(row.gathering, part);
    row.gathered += 1;
    if (row.gathered < MADE_OF[index]!) return;
    const whole = row.gathering;
    row.gathering = this.#empty;
    row.gathered = 0;
    row.kept.push(whole);
    if (row.kept.length > KEPT[index]!) row.kept.shift();
    this.#add(index + 1, whole);
  }

  #makeRows(): readonly Row<T>[] {
    return KEPT.map(() => ({ kept: [], gathering: this.#empty, gathered: 0 }));
  }
}

/** Tells how many parts ended between `startMs`, the start of the open one, and `nowMs`. */
export function partsPassed(startMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - startMs) / PART_MS));
}
