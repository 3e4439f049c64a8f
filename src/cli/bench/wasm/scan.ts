// Finds the lines of a chunk and holds each against what was sent under its number.
//
// The numbers stand at fixed places before the newline, whatever the key is, so that a line as sent needs no search for
// fields: time and number are read backwards, and the key that belongs to the number is written and compared. What does not
// fit goes to `oddLine`, which takes any white space and any way to write the number.
import { keyBytesMax } from './keys';
import {
  count, ensureBits, enter, FOREIGN, recordDelay, REFORMATTED, RENAMED, UNWANTED,
} from './ledger';
import { reserve } from './memory';
import { connections, cycle, NUMBER_BASE, NUMBER_DIGITS, ownSeries, putKeyOf, slotLines, TAIL_BYTES, timeText } from './plan';

/** Asks JavaScript for a slot, written to `slotAt`: connection, turn, round. Returns when it was sent, 0: it was not. */
// @ts-ignore: decorator
@external('env', 'readSlot')
declare function readSlot(slot: u32): u32;

/** Asks JavaScript for the number that some text means; NaN: none. */
// @ts-ignore: decorator
@external('env', 'readNumber')
declare function readNumber(at: u32, size: u32): f64;

/** Shows JavaScript a line that is not of the bench. */
// @ts-ignore: decorator
@external('env', 'foreignLine')
declare function foreignLine(at: u32, size: u32): void;

const NONE: u64 = u64.MAX_VALUE;
const KEY_BYTES_MIN: u32 = 24;
/** Numbers that a load may have. */
const NUMBERS: u64 = 4_000_000_000;

export let slotAt: u32 = 0;
let scratch: u32 = 0;
let timeSec: u64 = 0;
let slot: u32 = u32.MAX_VALUE;
let slotSentMicros: u32 = 0;
let slotConnection: u32 = 0;
let slotTurn: u32 = 0;
let slotRound: u32 = 0;
/** Lines of the slot since its delay was recorded last. */
let slotCopies: u32 = 0;
let nowMicros: u32 = 0;
let port: u32 = 0;
/** Lines that ended in the last scan. */
export let scanned: u32 = 0;

/** Reserves what stays. */
export function startScan(): void {
  slotAt = reserve(16);
}

/** Begins anew; the plan is set. */
export function openScan(time: u64): void {
  scratch = reserve(keyBytesMax() + 16);
  timeSec = time;
  slot = u32.MAX_VALUE;
  slotCopies = 0;
}

/** Scans the lines that end in [start, end), come at `now` by a port; returns where the unfinished last one begins. */
export function scan(start: u32, end: u32, fromPort: u32, now: u32): u32 {
  port = fromPort;
  nowMicros = now;
  scanned = 0;
  let lineStart = start;
  const newline = i8x16.splat(0x0a);
  for (let group = start; group < end; group += 16) {
    let hits = <u32>i8x16.bitmask(i8x16.eq(v128.load(group), newline));
    if (end - group < 16) hits &= (1 << (end - group)) - 1;
    while (hits !== 0) {
      const at = group + <u32>ctz(hits);
      hits &= hits - 1;
      if (!takeLine(lineStart, at)) oddLine(lineStart, at);
      lineStart = at + 1;
      scanned += 1;
    }
  }
  closeSlot();
  return lineStart;
}

/** Takes a line that is as it was sent; false: it is not. */
// @ts-ignore: decorator
@inline
function takeLine(start: u32, newline: u32): bool {
  if (newline - start < KEY_BYTES_MIN + TAIL_BYTES - 1) return false;
  const time = newline - NUMBER_DIGITS - 1;
  if (load<u64>(time) !== load<u64>(timeText) || load<u64>(time + 3) !== load<u64>(timeText + 3)) return false;
  const blank = time - NUMBER_DIGITS - 1;
  const high = <u32>load<u16>(blank, 1);
  const low = load<u64>(blank, 3);
  if (load<u8>(blank) !== 0x20 || (high & 0xf0f0) !== 0x3030 || !areDigits(low)) return false;
  const number = (<u64>((high & 15) * 10 + ((high >>> 8) & 15)) * 100_000_000 + readEight(low)) - NUMBER_BASE;
  if (number >= NUMBERS) return false;
  return takeNumber(<u32>number, start, blank - start, false);
}

// @ts-ignore: decorator
@inline
function areDigits(eight: u64): bool {
  return ((eight & (eight + 0x0606060606060606)) & 0xf0f0f0f0f0f0f0f0) === 0x3030303030303030;
}

/** The number that eight digits mean, the first of them in the lowest byte. */
// @ts-ignore: decorator
@inline
function readEight(eight: u64): u64 {
  const pairs = (eight & 0x0f0f0f0f0f0f0f0f) * 2561 >>> 8;
  const fours = (pairs & 0x00ff00ff00ff00ff) * 6553601 >>> 16;
  return (fours & 0x0000ffff0000ffff) * 42949672960001 >>> 32;
}

/** Enters a line with a number if there is such a one and the key is the right one or, reformatted, holds it. */
// @ts-ignore: decorator
@inline
function takeNumber(number: u32, key: u32, keySize: u32, isOdd: bool): bool {
  const wanted = number / slotLines;
  if (wanted !== slot && !openSlot(wanted)) return false;
  let turn = slotTurn + (number - wanted * slotLines);
  let round = slotRound;
  if (turn >= cycle) {
    round += turn / cycle;
    turn %= cycle;
  }
  const size = putKeyOf(scratch, slotConnection, turn, round) - scratch;
  const isBlocked = turn >= ownSeries;
  if (size !== keySize || !isEqual(scratch, key, size)) {
    if (!isOdd || !holdsKey(key, keySize, size)) return false;
    count(RENAMED);
  } else if (isOdd) {
    count(REFORMATTED);
  }
  if (isBlocked) count(UNWANTED);
  else if (enter(number, turn * connections + slotConnection, port)) slotCopies += 1;
  return true;
}

/** Makes another slot the present one; false: it was not sent. */
function openSlot(wanted: u32): bool {
  closeSlot();
  const sentMicros = readSlot(wanted);
  if (sentMicros === 0) {
    slot = u32.MAX_VALUE;
    return false;
  }
  slot = wanted;
  slotSentMicros = sentMicros;
  slotConnection = load<u32>(slotAt);
  slotTurn = load<u32>(slotAt, 4);
  slotRound = load<u32>(slotAt, 8);
  ensureBits((wanted + 1) * slotLines);
  return true;
}

/** Records the delay of what came of the present slot. */
function closeSlot(): void {
  if (slotCopies === 0) return;
  recordDelay(nowMicros > slotSentMicros ? nowMicros - slotSentMicros : 0, slotCopies);
  slotCopies = 0;
}

/** Compares `size` bytes, at least 16. */
// @ts-ignore: decorator
@inline
function isEqual(one: u32, other: u32, size: u32): bool {
  const last = size - 16;
  for (let at: u32 = 0; at < last; at += 16) {
    if (v128.any_true(v128.xor(v128.load(one + at), v128.load(other + at)))) return false;
  }
  return !v128.any_true(v128.xor(v128.load(one + last), v128.load(other + last)));
}

/** Tells whether a key holds the one in the scratch area, `wanted` bytes, whole: a relay may put something around it. */
function holdsKey(key: u32, size: u32, wanted: u32): bool {
  for (let at: u32 = 0; at + wanted <= size; at++) if (isEqual(scratch, key + at, wanted)) return true;
  return false;
}

/** Takes a line that was reformatted or renamed, or counts it as foreign. */
function oddLine(start: u32, newline: u32): void {
  const key = skipBlanks(start, newline);
  const keyEnd = skipWord(key, newline);
  const number = skipBlanks(keyEnd, newline);
  const numberEnd = skipWord(number, newline);
  const time = skipBlanks(numberEnd, newline);
  const timeEnd = skipWord(time, newline);
  if (timeEnd > time && skipBlanks(timeEnd, newline) === newline) {
    const shown = readWhole(number, numberEnd);
    if (shown !== NONE && shown >= NUMBER_BASE && shown - NUMBER_BASE < NUMBERS) {
      if (readWhole(time, timeEnd) === timeSec && takeNumber(<u32>(shown - NUMBER_BASE), key, keyEnd - key, true)) {
        return;
      }
    }
  }
  count(FOREIGN);
  foreignLine(start, newline - start);
}

function skipBlanks(start: u32, end: u32): u32 {
  let at = start;
  while (at < end && load<u8>(at) <= 0x20) at++;
  return at;
}

function skipWord(start: u32, end: u32): u32 {
  let at = start;
  while (at < end && load<u8>(at) > 0x20) at++;
  return at;
}

/** Reads a whole number, however it is written; NONE: it is none. */
function readWhole(start: u32, end: u32): u64 {
  let whole: u64 = 0;
  let at = start;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) {
    whole = whole * 10 + <u64>(load<u8>(at) - 0x30);
    at++;
  }
  if (at > start && at === end && end - start <= 15) return whole;
  const value = readNumber(start, end - start);
  return value >= 0 && value < 1e15 && Math.floor(value) === value ? <u64>value : NONE;
}
