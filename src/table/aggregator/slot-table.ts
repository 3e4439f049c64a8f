// Window slots: the numbers that plans name and the engine puts on every value. A slot is one result of one family of one
// rule; it is made when a key is resolved that feeds it, and taken back when nothing came for it for long.
//
// A plan may outlive a slot that is taken back, so all plans must be made anew before its number is used again: whoever
// calls `sweep` sees to that.
import type { LiveRule } from './live-rule.ts';

/** What stands behind a slot. */
export interface Slot {
  readonly rule: LiveRule;
  /** -1: points are counted here and go into no window. */
  readonly family: number;
  /** What the family makes of the keys, a byte string. */
  readonly text: string;
}

export class SlotTable {
  readonly #slotsMax: number;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #free: number[] = [];
  #room = 0;
  /** Read on every point: rule number, interval, needs of the family, the window last used (-1: none). */
  rules = new Uint32Array(0);
  intervals = new Uint32Array(0);
  needs = new Uint8Array(0);
  windows = new Int32Array(0);
  /** Open windows of a slot, and 1 when one was opened since the last sweep. */
  open = new Uint32Array(0);
  #seen = new Uint8Array(0);
  /** Slots in use. */
  used = 0;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** What stands behind a slot; undefined when it was taken back. */
  get(slot: number): Slot | undefined {
    return this.#slots[slot];
  }

  /** Makes a slot; -1 when there is no room. */
  add(entry: Slot, needs: number): number {
    if (this.used >= this.#slotsMax) return -1;
    this.used += 1;
    return this.#add(entry, needs);
  }

  /** Makes a slot that opens no windows and does not count. */
  addBeyond(entry: Slot): number {
    return this.#add(entry, 0);
  }

  #add(entry: Slot, needs: number): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    if (slot >= this.#room) this.#grow();
    this.#slots[slot] = entry;
    this.rules[slot] = entry.rule.number;
    this.intervals[slot] = entry.rule.intervalSec;
    this.needs[slot] = needs;
    this.windows[slot] = -1;
    this.open[slot] = 0;
    this.#seen[slot] = 1;
    return slot;
  }

  /** Notes that a window of the slot was opened. */
  noteOpened(slot: number): void {
    this.open[slot] = (this.open[slot] as number) + 1;
    this.#seen[slot] = 1;
  }

  /** Takes back a slot without open windows. */
  remove(slot: number): void {
    if ((this.#slots[slot] as Slot).family >= 0) this.used -= 1;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Lists the slots in which nothing is open and nothing was since the last sweep. */
  sweep(): number[] {
    const idle: number[] = [];
    for (const [slot, entry] of this.#slots.entries()) {
      if (entry === undefined || entry.family < 0) continue;
      if (this.#seen[slot] === 0 && this.open[slot] === 0) idle.push(slot);
      this.#seen[slot] = 0;
    }
    return idle;
  }

  #grow(): void {
    this.#room = Math.max(256, this.#room * 2);
    this.rules = widen(this.rules, new Uint32Array(this.#room));
    this.intervals = widen(this.intervals, new Uint32Array(this.#room));
    this.needs = widen(this.needs, new Uint8Array(this.#room));
    this.windows = widen(this.windows, new Int32Array(this.#room));
    this.open = widen(this.open, new Uint32Array(this.#room));
    this.#seen = widen(this.#seen, new Uint8Array(this.#room));
  }
}

function widen<T extends { set(from: T): void }>(old: T, wide: T): T {
  wide.set(old);
  return wide;
}
