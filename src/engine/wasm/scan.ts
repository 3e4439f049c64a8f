// Phase one: finds the lines and fields of a chunk, judges the numbers, hashes the keys, and writes a record a line.
//
// One signed comparison per 16 bytes finds every byte <= 32 and, being negative, every byte >= 128: the marks. Their places
// are listed first, without a branch that depends on how many there are in 64 bytes, which no processor can foretell.
// In the canonical line they are just two spaces and the newline; any other pattern goes to `oddLine`, which splits by
// ASCII white space, or to JavaScript where a byte >= 128 could be Unicode white space.
import { ACCEPTED, judgeNumber, REFUSED, UNDECIDED } from './number';
import { reserve } from './memory';
import { addOdd, addRecord, addReject, LINE_SIZE_MIN, takeNormalised, WHY_FORM } from './records';

const SPACE: u32 = 0x20;
const NEWLINE: u32 = 0x0a;

/** Lines ended in this run, and those refused by their form. */
export let received: u32 = 0;
export let refused: u32 = 0;

let lineSizeMax: u32 = 0;
let lineStart: u32 = 0;
/** Addresses of the marks of a run. */
let places: u32 = 0;
/** Marks of 64 bytes that are listed whether they are there or not; few lines are so short that there are more. */
const LISTED: i32 = 4;

/** Sets the longest line, newline not counted, and makes room for the marks of inputs of `inputMax` bytes. */
export function startScan(lineBytesMax: u32, inputMax: u32): void {
  lineSizeMax = lineBytesMax;
  places = reserve((inputMax + <u32>LISTED) * 4);
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
  const stop = listMarks(start, end);
  let place = places;
  while (place < stop) {
    // Past the last mark there may be old ones; a newline among the three is what counts.
    const first = load<u32>(place);
    const second = load<u32>(place, 4);
    const third = load<u32>(place, 8);
    if (
      place + 12 <= stop &&
      load<u8>(first) === SPACE &&
      load<u8>(second) === SPACE &&
      load<u8>(third) === NEWLINE
    ) {
      endLine(first, second, third);
      lineStart = third + 1;
      place += 12;
    } else {
      while (place < stop && load<u8>(load<u32>(place)) !== NEWLINE) place += 4;
      if (place === stop) break;
      const newline = load<u32>(place);
      received += 1;
      if (newline - lineStart > lineSizeMax) refuse(lineStart, newline);
      else oddLine(lineStart, newline);
      lineStart = newline + 1;
      place += 4;
    }
  }
  return lineStart;
}

/** Lists the marks of [start, end); returns the end of the list. */
function listMarks(start: u32, end: u32): u32 {
  const limit = i8x16.splat(0x21);
  let place = places;
  for (let group = start; group < end; group += 64) {
    let hits =
      <u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group), limit))) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 16), limit))) << 16) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 32), limit))) << 32) |
      (<u64>(<u32>i8x16.bitmask(i8x16.lt_s(v128.load(group, 48), limit))) << 48);
    if (end - group < 64) hits &= ((<u64>1) << (end - group)) - 1;
    const next = place + (<u32>popcnt(hits) << 2);
    for (let i = 0; i < LISTED; i++) {
      store<u32>(place + (i << 2), group + <u32>ctz(hits));
      hits &= hits - 1;
    }
    for (place += LISTED << 2; hits !== 0; place += 4) {
      store<u32>(place, group + <u32>ctz(hits));
      hits &= hits - 1;
    }
    place = next;
  }
  return place;
}

/** Ends a line of three marks: two spaces and the newline. */
// @ts-ignore: decorator
@inline
function endLine(first: u32, second: u32, end: u32): void {
  received += 1;
  if (end - lineStart > lineSizeMax) {
    refuse(lineStart, end);
    return;
  }
  if (first > lineStart && second > first + 1 && end > second + 1) {
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
