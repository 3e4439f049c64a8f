// The module that JavaScript sees: lines are rendered for the sender and taken apart for the sink. One instance does one
// of the two for one load after the other; `open` begins each.
import { keyBytesMax, setKeys, startKeys } from './keys';
import { counters, DELAY_COUNTS, delays, openLedger, startLedger } from './ledger';
import { cutMemory, memoryTop, reserve, startMemory } from './memory';
import { setPlan, TAIL_BYTES } from './plan';
import { render } from './render';
import { openScan, scan, scanned, slotAt, startScan } from './scan';

export { render, scan };

let areas: u32 = 0;
let input: u32 = 0;
let timeText: u32 = 0;

/** Lays memory out with `inputBytes` for chunks, or for rendered lines. Returns where they go. */
export function start(inputBytes: u32): u32 {
  startMemory();
  input = reserve(inputBytes);
  timeText = reserve(16);
  startKeys();
  startLedger();
  startScan();
  areas = memoryTop();
  return input;
}

/** Begins a load, see setPlan and setKeys; `copies` 0: nothing is to be received. `time`: seconds, ten digits. */
export function open(
  lines: u32,
  links: u32,
  own: u32,
  blocked: u32,
  newNth: u32,
  serial: u32,
  pad: u32,
  tags: u32,
  time: u32,
  copies: u32,
  byPort: bool,
): void {
  cutMemory(areas);
  putTime(time);
  setPlan(lines, links, own, blocked, newNth, serial, timeText);
  setKeys(pad, tags);
  if (copies === 0) return;
  openScan(time);
  openLedger(copies, byPort);
}

function putTime(time: u32): void {
  store<u8>(timeText, 0x20);
  let rest = time;
  for (let at: u32 = 10; at > 0; at--) {
    store<u8>(timeText + at, 0x30 + (rest % 10));
    rest /= 10;
  }
  store<u8>(timeText + 11, 0x0a);
}

/** Lines that ended in the last scan. */
export function scannedLines(): u32 {
  return scanned;
}

/** The longest line of the plan, the newline included. */
export function lineBytesMax(): u32 {
  return keyBytesMax() + TAIL_BYTES;
}

/** Where the counters lie. */
export function countersAt(): u32 {
  return counters;
}

/** Where the counts of delays lie, 32 bits each. */
export function delaysAt(): u32 {
  return delays;
}

/** How many counts of delays there are. */
export function delayCounts(): u32 {
  return DELAY_COUNTS;
}

/** Where `readSlot` puts what it knows. */
export function slotArea(): u32 {
  return slotAt;
}
