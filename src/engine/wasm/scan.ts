// Phase one: finds the lines and fields of a chunk, judges the numbers, hashes the keys, and writes a record a line.
//
// One signed comparison per 16 bytes finds every byte <= 32 and, being negative, every byte >= 128. In the canonical
// line those are just two spaces and the newline; any other pattern goes to `oddLine`, which splits by ASCII white
// space, or to JavaScript where a byte >= 128 could be Unicode white space.
import { ACCEPTED, judgeNumber, REFUSED, UNDECIDED } from './number';
import { addOdd, addRecord, addReject, LINE_SIZE_MIN, takeNormalised, WHY_FORM } from './records';

const SPACE: u32 = 0x20;
const NEWLINE: u32 = 0x0a;

/** Lines ended in this run, and those refused by their form. */
export let received: u32 = 0;
export let refused: u32 = 0;

let lineSizeMax: u32 = 0;
let lineStart: u32 = 0;
let first: u32 = 0;
let second: u32 = 0;
let marks: u32 = 0;

/** Sets the longest line, newline not counted. */
export function startScan(lineBytesMax: u32): void {
  lineSizeMax = lineBytesMax;
}

/** Counts a refused line that JavaScript judged. */
export function countRefused(): void {
  refused += 1;
}

/** Scans [start, end); returns the start of the unfinished last line (end: none). Reads up to 64 bytes past the end. */
export function scan(start: u32, end: u32): u32 {
  received = 0;
  refused = 0;
  lineStart = start;
  marks = 0;
  const limit = i8x16.splat(0x21);
  for (let group = start; group < end; group += 64) {
    let hits =
      <u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group), limit))) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 16), limit))) << 16) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 32), limit))) << 32) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 48), limit))) << 48);
    if (end - group < 64) hits &= ((<u64>1) << (end - group)) - 1;
    while (hits !== 0) {
      const at = group + <u32>ctz(hits);
      hits &= hits - 1;
      mark(at);
    }
  }
  return lineStart;
}

/** Takes the next byte <= 32 or >= 128 of a line. */
// @ts-ignore: decorator
@inline
function mark(at: u32): void {
  const byte = <u32>load<u8>(at);
  if (byte === SPACE) {
    if (marks === 0) first = at;
    else second = at;
    marks += 1;
  } else if (byte === NEWLINE) {
    endLine(at);
    lineStart = at + 1;
    marks = 0;
  } else {
    marks = 100;
  }
}

// @ts-ignore: decorator
@inline
function endLine(end: u32): void {
  received += 1;
  if (end - lineStart > lineSizeMax) {
    refuse(lineStart, end);
    return;
  }
  if (marks === 2 && first > lineStart && second > first + 1 && end > second + 1) {
    if (judgeNumber(first + 1, second) === ACCEPTED && judgeNumber(second + 1, end) === ACCEPTED) {
      addRecord(lineStart, end + 1 - lineStart, first - lineStart);
      return;
    }
  }
  oddLine(lineStart, end);
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte === SPACE || byte - 9 < 5;
}

/** Judges a line in any form: [start, end) without its newline. */
function oddLine(start: u32, end: u32): void {
  let fields: u32 = 0;
  let keyStart: u32 = 0;
  let keyEnd: u32 = 0;
  let valueStart: u32 = 0;
  let valueEnd: u32 = 0;
  let timeStart: u32 = 0;
  let timeEnd: u32 = 0;
  let at = start;
  let high = false;
  while (at < end) {
    while (at < end && isSpace(load<u8>(at))) at += 1;
    if (at === end) break;
    const from = at;
    while (at < end && !isSpace(load<u8>(at))) {
      if (load<u8>(at) >= 0x80) high = true;
      at += 1;
    }
    fields += 1;
    if (fields === 1) (keyStart = from), (keyEnd = at);
    else if (fields === 2) (valueStart = from), (valueEnd = at);
    else (timeStart = from), (timeEnd = at);
  }
  // A line shorter than `a 1 1` has no record to its name, and cannot be valid whatever its bytes are.
  const short = end - start < LINE_SIZE_MIN - 1;
  if (high && !short) {
    addOdd(start, end - start);
    return;
  }
  if (fields !== 3 || short) {
    refuse(start, end);
    return;
  }
  const verdict = judgeBoth(valueStart, valueEnd, timeStart, timeEnd);
  if (verdict === REFUSED) refuse(start, end);
  else if (verdict === UNDECIDED) addOdd(start, end - start);
  else normalise(start, end, keyStart, keyEnd - keyStart, valueStart, valueEnd - valueStart, timeStart, timeEnd - timeStart);
}

function judgeBoth(valueStart: u32, valueEnd: u32, timeStart: u32, timeEnd: u32): u32 {
  const value = judgeNumber(valueStart, valueEnd);
  const time = judgeNumber(timeStart, timeEnd);
  if (value === REFUSED || time === REFUSED) return REFUSED;
  return value === UNDECIDED || time === UNDECIDED ? UNDECIDED : ACCEPTED;
}

function refuse(start: u32, end: u32): void {
  refused += 1;
  addReject(start, end - start, WHY_FORM, 0);
}

/** Writes the fields anew with single spaces. */
function normalise(
  start: u32,
  end: u32,
  key: u32,
  keySize: u32,
  value: u32,
  valueSize: u32,
  time: u32,
  timeSize: u32,
): void {
  const size = keySize + valueSize + timeSize + 3;
  const line = takeNormalised(size, start, end - start);
  memory.copy(line, key, keySize);
  store<u8>(line + keySize, SPACE);
  memory.copy(line + keySize + 1, value, valueSize);
  store<u8>(line + keySize + 1 + valueSize, SPACE);
  memory.copy(line + keySize + valueSize + 2, time, timeSize);
  store<u8>(line + size - 1, NEWLINE);
  addRecord(line, size, keySize);
}
