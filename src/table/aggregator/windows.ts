// The open windows of all aggregators, by the time of the points: values in, closed windows out.
//
//   plan ── slot ──▶ last used window ──▶ row of figures          the path of a point: two loads, one comparison, one update
//                └─▶ window by slot and start (a map)             when the point is of another bucket than the one before
//                     └─▶ a new window, or counted                when there is none
//
// A slot is one family of outputs of one rule for one text made from keys; a window is a slot and a bucket start
// (timestamp - timestamp mod interval). A point opens a window only while its bucket is not due: start > now - wait. A
// window that is open takes points until it leaves. Bounded in slots, windows and values; what finds no room is counted.
//
// This class knows no clock and no destination: it is told the time, and hands out closed windows one by one (`due`), so
// that a caller may pause between two.
import { assert } from '../../util/assert.ts';
import type { WindowFigures } from './functions.ts';
import { AMEND_INTERVALS, type Bucket, type LiveRule } from './live-rule.ts';
import { type Slot, SlotTable } from './slot-table.ts';
import { type WindowBounds, WindowColumns } from './window-columns.ts';

/** Bounds of all windows together. */
export interface WindowsOptions extends WindowBounds {
  readonly slotsMax: number;
  /** Points further ahead of the clock than this are not taken, seconds. */
  readonly futureMaxSec: number;
}

/** Values on their way in; `engine/` makes them. */
export interface ValueBatch {
  readonly count: number;
  readonly slots: Uint32Array;
  readonly times: Uint32Array;
  readonly numbers: Float64Array;
}

/** A window that leaves. */
export interface ClosedWindow {
  readonly rule: LiveRule;
  readonly slot: Slot;
  readonly startSec: number;
  readonly figures: WindowFigures;
}

/** All of a window that outlives the process. `mark`: bits, 1 has left, 2 changed since. */
export interface SavedWindow {
  readonly family: number;
  readonly text: string;
  readonly startSec: number;
  readonly mark: number;
  readonly figures: WindowFigures;
}

const SLOT_SPAN = 2 ** 32;
/** A clock that was set back by no more than this does not open buckets again that have left, seconds. */
const CLOCK_STEP_MAX_SEC = 60;
/** Marks of windows: has left; changed since. */
const LEFT = 1;
const CHANGED = 2;
/** Most slots: slot and start make one exact number, with room for those that count only. */
const SLOTS_MAX = 2 ** 20;

export class Windows {
  readonly #options: WindowsOptions;
  readonly #slots: SlotTable;
  readonly #columns: WindowColumns;
  readonly #rules: (LiveRule | undefined)[] = [];
  /** Points by rule number; read into the rule's counts when asked for. */
  #points = new Float64Array(16);
  readonly #bySlotAndStart = new Map<number, number>();
  /** A key found no slot since the last sweep. */
  #wanting = false;

  constructor(options: WindowsOptions) {
    assert(options.slotsMax <= SLOTS_MAX, 'more slots than can be told apart');
    this.#options = options;
    this.#slots = new SlotTable(options.slotsMax);
    this.#columns = new WindowColumns(options);
  }

  /** Slots in use; windows open; values left out for want of room. */
  get stats(): { readonly slots: number; readonly windows: number; readonly valuesRefused: number } {
    const { used, valuesRefused } = this.#columns;
    return { slots: this.#slots.used, windows: used, valuesRefused };
  }

  /** Lowest number that no rule has. */
  get freeRule(): number {
    const free = this.#rules.indexOf(undefined);
    return free < 0 ? this.#rules.length : free;
  }

  addRule(rule: LiveRule): void {
    this.#rules[rule.number] = rule;
    if (rule.number >= this.#points.length) {
      const wide = new Float64Array(rule.number * 2);
      wide.set(this.#points);
      this.#points = wide;
    }
    this.#points[rule.number] = 0;
  }

  /** Forgets a rule whose windows have all left (`due` with everything), and its slots; its number may be used again. */
  removeRule(rule: LiveRule): void {
    this.readCounts(rule);
    this.#rules[rule.number] = undefined;
    for (const slots of rule.slots) {
      for (const slot of slots.values()) this.#slots.remove(slot);
      slots.clear();
    }
    for (const slot of [rule.noRoomSlot, rule.badKeySlot]) if (slot >= 0) this.#slots.remove(slot);
    rule.noRoomSlot = -1;
    rule.badKeySlot = -1;
  }

  /** The slot of a family and a text, made if need be. Without room it is one where points are counted as such. */
  slotOf(rule: LiveRule, family: number, text: string): number {
    const slots = rule.slots[family] as Map<string, number>;
    const known = slots.get(text);
    if (known !== undefined) return known;
    const slot = this.#slots.add({ rule, family, text }, rule.needs[family] as number);
    if (slot < 0) {
      this.#wanting = true;
      return this.#countingSlot(rule, 'noRoomSlot');
    }
    slots.set(text, slot);
    return slot;
  }

  /** The slot for keys of which a rule makes none that can be sent. */
  badKeySlot(rule: LiveRule): number {
    return this.#countingSlot(rule, 'badKeySlot');
  }

  #countingSlot(rule: LiveRule, name: 'noRoomSlot' | 'badKeySlot'): number {
    if (rule[name] < 0) rule[name] = this.#slots.addBeyond({ rule, family: -1, text: '' });
    return rule[name];
  }

  /** Takes the values of a run; `nowSec`: wall time, whole seconds. */
  take({ count, slots, times, numbers }: ValueBatch, nowSec: number): void {
    const table = this.#slots;
    const columns = this.#columns;
    const points = this.#points;
    const { rules, intervals, needs, windows } = table;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const time = times[i] as number;
      const rule = rules[slot] as number;
      points[rule] = (points[rule] as number) + 1;
      let window = windows[slot] as number;
      if (window < 0 || (time - (columns.starts[window] as number)) >>> 0 >= (intervals[slot] as number)) {
        window = this.#reach(slot, time, nowSec);
        if (window < 0) continue;
      }
      columns.add(window, needs[slot] as number, time, numbers[i] as number);
      if (columns.marks[window] !== 0) this.#noteLate(window, rule);
    }
  }

  /** Says whether a key found no slot; `sweep` may make room. */
  get wanting(): boolean {
    return this.#wanting;
  }

  /** Takes back the slots that nothing came for since the last sweep; plans must then be made anew. Returns how many. */
  sweep(): number {
    this.#wanting = false;
    const idle = this.#slots.sweep();
    for (const slot of idle) {
      const { rule, family, text } = this.#slots.get(slot) as Slot;
      rule.slots[family]?.delete(text);
      this.#slots.remove(slot);
    }
    return idle.length;
  }

  /** Hands out the windows of a rule whose buckets start at `upToSec` or before, oldest bucket first, and closes them. */
  *due(rule: LiveRule, upToSec: number): Generator<ClosedWindow> {
    const starts = [...rule.buckets.keys()].filter((start) => start <= upToSec).sort((a, b) => a - b);
    rule.closedSec = closedAt(rule, upToSec);
    for (const start of starts) {
      const bucket = rule.buckets.get(start);
      if (bucket === undefined) continue;
      if (rule.options.late === 'amend') {
        yield* this.#leave(rule, bucket);
        if (start > upToSec - AMEND_INTERVALS * rule.intervalSec) continue;
        for (let window = bucket.first; window >= 0; ) window = this.#free(window, bucket);
      } else {
        for (let window = bucket.first; window >= 0; window = bucket.first) {
          const closed = this.#read(rule, window);
          this.#free(window, bucket);
          yield closed;
        }
      }
      rule.buckets.delete(start);
    }
  }

  /** Windows of a rule that are due and have not left yet. */
  waiting(rule: LiveRule): number {
    let count = 0;
    for (const bucket of rule.buckets.values()) {
      if (bucket.startSec <= rule.closedSec) count += bucket.left ? bucket.changed : bucket.count;
    }
    return count;
  }

  /** Windows of a rule. */
  open(rule: LiveRule): number {
    let count = 0;
    for (const bucket of rule.buckets.values()) count += bucket.count;
    return count;
  }

  /** The figures of a rule, up to date. */
  readCounts(rule: LiveRule): LiveRule['counts'] {
    rule.counts.in += this.#points[rule.number] as number;
    this.#points[rule.number] = 0;
    return rule.counts;
  }

  /** Lists all windows of a rule with what `restore` needs to make them again. */
  *saved(rule: LiveRule): Generator<SavedWindow> {
    for (const bucket of rule.buckets.values()) {
      for (let window = bucket.first; window >= 0; window = this.#columns.next[window] as number) {
        const { slot, startSec, figures } = this.#read(rule, window);
        const mark = this.#columns.marks[window] as number;
        yield { family: slot.family, text: slot.text, startSec, mark, figures };
      }
    }
  }

  /** Makes a window again that `saved` told of; false when there is no room, or the window is there. */
  restore(rule: LiveRule, { family, text, startSec, mark, figures }: SavedWindow): boolean {
    if (rule.slots[family] === undefined) return false;
    const slot = this.slotOf(rule, family, text);
    if (this.#slots.get(slot)?.family !== family) return false;
    if (this.#bySlotAndStart.has(slot * SLOT_SPAN + startSec)) return false;
    const window = this.#open(rule, slot, startSec, (mark & LEFT) !== 0);
    if (window < 0) return false;
    this.#columns.restore(window, figures);
    this.#columns.marks[window] = mark;
    if ((mark & CHANGED) !== 0) (rule.buckets.get(startSec) as Bucket).changed += 1;
    return true;
  }

  /** Finds or opens the window of a slot for a time; -1 when the point is counted only. */
  #reach(slot: number, time: number, nowSec: number): number {
    const entry = this.#slots.get(slot);
    assert(entry !== undefined, 'a plan names a slot that was taken back');
    const { rule } = entry;
    const { counts, intervalSec } = rule;
    if (entry.family < 0) {
      counts[slot === rule.noRoomSlot ? 'noRoom' : 'badKey'] += 1;
      return -1;
    }
    const startSec = time - (time % intervalSec);
    const known = this.#bySlotAndStart.get(slot * SLOT_SPAN + startSec);
    if (known !== undefined) {
      this.#slots.windows[slot] = known;
      return known;
    }
    const closedSec = closedAt(rule, rule.dueSec(nowSec));
    const isLate = startSec <= closedSec;
    const keptSec = rule.options.late === 'amend' ? AMEND_INTERVALS * intervalSec : 0;
    if (startSec <= closedSec - keptSec) counts.tooOld += 1;
    else if (startSec > nowSec + this.#options.futureMaxSec) counts.tooNew += 1;
    else {
      const window = this.#open(rule, slot, startSec, isLate);
      if (window < 0) counts.noRoom += 1;
      return window;
    }
    return -1;
  }

  #open(rule: LiveRule, slot: number, startSec: number, isLate: boolean): number {
    const columns = this.#columns;
    const window = columns.take(slot, startSec);
    if (window < 0) return -1;
    this.#bySlotAndStart.set(slot * SLOT_SPAN + startSec, window);
    this.#slots.windows[slot] = window;
    this.#slots.noteOpened(slot);
    let bucket = rule.buckets.get(startSec);
    if (bucket === undefined) {
      bucket = { startSec, first: -1, last: -1, count: 0, left: isLate, changed: 0 };
      rule.buckets.set(startSec, bucket);
    }
    if (bucket.count === 0) bucket.first = window;
    else columns.next[bucket.last] = window;
    bucket.last = window;
    bucket.count += 1;
    if (bucket.left) columns.marks[window] = LEFT;
    return window;
  }

  /** A point came for a window that has left. */
  #noteLate(window: number, number: number): void {
    const rule = this.#rules[number] as LiveRule;
    const { marks, starts } = this.#columns;
    rule.counts.amended += 1;
    if (((marks[window] as number) & CHANGED) !== 0) return;
    marks[window] = LEFT | CHANGED;
    (rule.buckets.get(starts[window] as number) as Bucket).changed += 1;
  }

  /** Hands out the windows of a bucket that may be amended: all when it leaves, later those that changed. */
  *#leave(rule: LiveRule, bucket: Bucket): Generator<ClosedWindow> {
    const { left } = bucket;
    if (left && bucket.changed === 0) return;
    for (let window = bucket.first; window >= 0; window = this.#columns.next[window] as number) {
      const mark = this.#columns.marks[window] as number;
      if (left && (mark & CHANGED) === 0) continue;
      if ((mark & CHANGED) !== 0) bucket.changed -= 1;
      this.#columns.marks[window] = LEFT;
      yield this.#read(rule, window);
    }
    bucket.left = true;
  }

  #read(rule: LiveRule, window: number): ClosedWindow {
    const slot = this.#slots.get(this.#columns.slots[window] as number);
    assert(slot !== undefined, 'a window without a slot');
    const startSec = this.#columns.starts[window] as number;
    return { rule, slot, startSec, figures: this.#columns.read(window) };
  }

  /** Gives a window back, which must be the first of its bucket; returns the next one, or -1. */
  #free(window: number, bucket: Bucket): number {
    const columns = this.#columns;
    const slot = columns.slots[window] as number;
    const next = columns.next[window] as number;
    this.#bySlotAndStart.delete(slot * SLOT_SPAN + bucket.startSec);
    if (this.#slots.windows[slot] === window) this.#slots.windows[slot] = -1;
    this.#slots.open[slot] = (this.#slots.open[slot] as number) - 1;
    columns.give(window);
    bucket.first = next;
    bucket.count -= 1;
    return next;
  }
}

/** Buckets up to this start take no new windows, when those up to `dueSec` are due. */
function closedAt(rule: LiveRule, dueSec: number): number {
  // A clock that was far ahead and came back must not stop the rule until the time it had shown.
  return rule.closedSec - dueSec > CLOCK_STEP_MAX_SEC ? dueSec : Math.max(dueSec, rule.closedSec);
}
