// The records of a run, one per line that is not refused by its form, and the lists that JavaScript works off.
//
//   record  0 start of the line u32 | 4 length without its newline u16 | 6 key length u16
//           8 hash, from lookup on the entry u32 | 12 state, from measure on the plan u32
//
// A line that is not `key SP value SP timestamp NL` to the byte is written anew that way to the normalised area,
// behind a head of 8 bytes that says where the original lies: start u32, length without newline u32.
import { hashKey } from './hash';
import { reserve } from './memory';

export const RECORD_SIZE: u32 = 16;
/** States: valid; to be judged by JavaScript; refused. */
export const VALID: u32 = 0;
export const ODD: u32 = 1;
export const DEAD: u32 = 2;

/** Shortest line that can be valid: `a 1 1` and a newline. */
export const LINE_SIZE_MIN: u32 = 6;

export let records: u32 = 0;
export let recordCount: u32 = 0;
export let normalised: u32 = 0;
let normalisedTop: u32 = 0;

/** Index lists: records that JavaScript must judge, and records whose key must be resolved. */
export let oddList: u32 = 0;
export let oddCount: u32 = 0;
export let unresolvedList: u32 = 0;
export let unresolvedCount: u32 = 0;

/** Samples of refused lines, in no order: start u32, length u32 (without newline), why u32, plan u32. */
export let rejects: u32 = 0;
export let rejectCount: u32 = 0;
/** Why a line was refused. Each has room for the samples of a whole run, since the phases do not come in line order. */
export const WHY_FORM: u32 = 0;
export const WHY_ODD: u32 = 1;
export const WHY_KEY: u32 = 2;
export const WHY_ORDER: u32 = 3;
export const WHY_RANGE: u32 = 4;
const WHYS: u32 = 5;
const SAMPLES_MAX: u32 = 32;
let sampleCounts: u32 = 0;

/** Lays the record area out for inputs of `inputMax` bytes. */
export function startRecords(inputMax: u32): void {
  const most = inputMax / LINE_SIZE_MIN + 2;
  records = reserve(most * RECORD_SIZE);
  oddList = reserve(most * 4);
  unresolvedList = reserve(most * 4);
  rejects = reserve(WHYS * SAMPLES_MAX * 16);
  sampleCounts = reserve(WHYS * 4);
  normalised = reserve(inputMax * 3 + 64);
}

/** Forgets the last run. */
export function clearRecords(): void {
  recordCount = 0;
  oddCount = 0;
  unresolvedCount = 0;
  if (rejectCount !== 0) memory.fill(sampleCounts, 0, WHYS * 4);
  rejectCount = 0;
  normalisedTop = normalised;
}

// @ts-ignore: decorator
@inline
export function recordAt(index: u32): u32 {
  return records + index * RECORD_SIZE;
}

/** Adds a valid line. */
// @ts-ignore: decorator
@inline
export function addRecord(start: u32, length: u32, keyLength: u32): void {
  const record = recordAt(recordCount);
  store<u32>(record, start);
  store<u32>(record, (length - 1) | (keyLength << 16), 4);
  store<u32>(record, hashKey(start, keyLength), 8);
  store<u32>(record, VALID, 12);
  recordCount += 1;
}

/** Adds a line that JavaScript must judge: the original bytes, without newline. */
export function addOdd(start: u32, length: u32): void {
  const record = recordAt(recordCount);
  store<u32>(record, start);
  store<u32>(record, length, 4);
  store<u32>(record, ODD, 12);
  store<u32>(oddList + oddCount * 4, recordCount);
  oddCount += 1;
  recordCount += 1;
}

/** Adds a sample of a refused line, as long as there is room. */
export function addReject(start: u32, length: u32, why: u32, plan: u32): void {
  const counter = sampleCounts + why * 4;
  if (load<u32>(counter) === SAMPLES_MAX) return;
  store<u32>(counter, load<u32>(counter) + 1);
  const at = rejects + rejectCount * 16;
  if (start >= normalised && start < normalisedTop) {
    length = load<u32>(start - 4);
    start = load<u32>(start - 8);
  }
  store<u32>(at, start);
  store<u32>(at, length, 4);
  store<u32>(at, why, 8);
  store<u32>(at, plan, 12);
  rejectCount += 1;
}

export function addUnresolved(index: u32): void {
  store<u32>(unresolvedList + unresolvedCount * 4, index);
  unresolvedCount += 1;
}

/** True when no line of the run had to be written anew. */
export function isVerbatim(): bool {
  return normalisedTop === normalised;
}

/** Takes `size` bytes of the normalised area for a line whose original is given. */
export function takeNormalised(size: u32, originalStart: u32, originalLength: u32): u32 {
  const start = normalisedTop + 8;
  store<u32>(start - 8, originalStart);
  store<u32>(start - 4, originalLength);
  normalisedTop = (start + size + 3) & ~3;
  return start;
}

/** Makes an odd record valid: JavaScript wrote the canonical line to `start` (from takeNormalised). */
export function setRecord(index: u32, start: u32, length: u32, keyLength: u32): void {
  const record = recordAt(index);
  store<u32>(record, start);
  store<u32>(record, (length - 1) | (keyLength << 16), 4);
  store<u32>(record, hashKey(start, keyLength), 8);
  store<u32>(record, VALID, 12);
}

/** Refuses an odd record. */
export function refuseRecord(index: u32): void {
  const record = recordAt(index);
  store<u32>(record, DEAD, 12);
  addReject(load<u32>(record), load<u32>(record, 4), WHY_ODD, 0);
}
