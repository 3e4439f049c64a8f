// What came, by number: a bit for each line and copy, the latest number of each series, and how long it took.
//
//   copies by port   bit (number, port): each port gets each line once
//   copies counted   the bits of a number are set one after the other, whatever port a copy came by
//
// A line that comes when its bit, or all of its bits, are set is a duplicate. A line that comes after a later one of its
// series (the same copy) is reordered. Delays are those of a line's copies, not of duplicates.
import { memoryTop, ensure, reserve } from './memory';
import { connections, ownSeries } from './plan';

const EXACT: u32 = 128;
const STEPS: u32 = 64;
const DOUBLINGS: u32 = 26;

/** Counters, 32 bits each, in the order of LineCounts in line-counter.ts. */
export let counters: u32 = 0;
export const ACCEPTED: u32 = 0;
export const DUPLICATES: u32 = 4;
export const REORDERED: u32 = 8;
export const UNWANTED: u32 = 12;
export const RENAMED: u32 = 16;
export const REFORMATTED: u32 = 20;
export const FOREIGN: u32 = 24;
export const DELAY_MAX: u32 = 28;
const COUNTER_BYTES: u32 = 32;

/** Counts of delays; see delay-histogram.ts. */
export let delays: u32 = 0;
export const DELAY_COUNTS: u32 = EXACT + DOUBLINGS * STEPS;

let planes: u32 = 1;
let isByPort: bool = false;
let latest: u32 = 0;
let bits: u32 = 0;

/** Reserves what stays. */
export function startLedger(): void {
  counters = reserve(COUNTER_BYTES);
  delays = reserve(DELAY_COUNTS * 4);
}

/** Forgets everything; `copies` of each line are to come. The bits lie behind everything else and grow. */
export function openLedger(copies: u32, byPort: bool): void {
  planes = copies;
  isByPort = byPort;
  memory.fill(counters, 0, COUNTER_BYTES);
  memory.fill(delays, 0, DELAY_COUNTS * 4);
  const series = ownSeries * connections;
  latest = reserve(series * copies * 4);
  memory.fill(latest, 0, series * copies * 4);
  bits = memoryTop();
  const end = <u32>memory.size() << 16;
  if (end > bits) memory.fill(bits, 0, end - bits);
}

/** Makes room for numbers below `end`. */
export function ensureBits(end: u32): void {
  ensure(bits + <u32>((<u64>end * <u64>planes) >>> 3) + 8);
}

// @ts-ignore: decorator
@inline
export function count(which: u32): void {
  store<u32>(counters + which, load<u32>(counters + which) + 1);
}

/** Enters a line of ours; false: a duplicate. */
// @ts-ignore: decorator
@inline
export function enter(number: u32, series: u32, port: u32): bool {
  let bit = <u64>number * <u64>planes;
  let plane: u32 = isByPort ? port : 0;
  bit += plane;
  let at = bits + <u32>(bit >>> 3);
  let mask = <u8>1 << <u8>(bit & 7);
  while ((load<u8>(at) & mask) !== 0) {
    plane += 1;
    if (isByPort || plane === planes) {
      count(DUPLICATES);
      return false;
    }
    bit += 1;
    at = bits + <u32>(bit >>> 3);
    mask = <u8>1 << <u8>(bit & 7);
  }
  store<u8>(at, load<u8>(at) | mask);
  count(ACCEPTED);
  const place = latest + (series * planes + plane) * 4;
  if (load<u32>(place) > number) count(REORDERED);
  else store<u32>(place, number + 1);
  return true;
}

/** Records the delay of some lines, in microseconds. */
export function recordDelay(micros: u32, lines: u32): void {
  if (micros > load<u32>(counters + DELAY_MAX)) store<u32>(counters + DELAY_MAX, micros);
  let index = micros;
  if (micros >= EXACT) {
    const doubling = 24 - clz(micros);
    index = EXACT + doubling * STEPS + ((micros >>> (doubling + 1)) & (STEPS - 1));
  }
  const at = delays + index * 4;
  store<u32>(at, load<u32>(at) + lines);
}
