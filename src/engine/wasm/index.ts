// The module that JavaScript sees. One run of a chunk:
//
//   run -> scan -> [ODD: JavaScript judges lines with bytes >= 128 or numbers in rare forms -> afterOdd]
//       -> lookup -> [UNRESOLVED: JavaScript resolves new keys in order -> afterResolve]
//       -> order, when asked for -> [TIME: JavaScript parses a timestamp in a rare form -> afterTime]
//       -> measure, lay out, emit -> DONE
//
// In the common case `run` goes through to DONE in one call. Figures of the run lie in the report area.
import { powersOfFive } from './decimal';
import { hashKey, seedHash, startHash } from './hash';
import {
  blocked, consumed, copies, generation, invalid, KNOWN, lookup, measure, nextGeneration, nextMarked, outputAt, plans,
  PLAN_SIZE, reserveOutputs, startEmit, touched, touchedCount, unroutable, UNKNOWN,
} from './emit';
import { memoryBytes, pageCount, reserve, startMemory } from './memory';
import { checkOrder, checkRecord, futures, outOfOrder, outOfRange, startOrder } from './order';
import {
  clearRecords, oddCount, oddList, recordAt, recordCount, refuseRecord, rejectCount, rejects, setRecord, startRecords,
  takeNormalised, unresolvedCount, unresolvedList, VALID,
} from './records';
import { countRefused, received, refused, scan, startScan } from './scan';
import {
  addEntry, ENTRY_GENERATION, ENTRY_PLAN, findEntry, forgotten, makeRoom, seriesCount, setRewritten, setValues,
  startTable,
} from './series-table';
import { clearValues, eventCount, numbers, rare, rareCount, slots, startValues, times } from './values';

export {
  memoryBytes, nextGeneration, nextMarked, outputAt, pageCount, reserve, reserveOutputs, seriesCount, takeNormalised,
};

/** What `run` and the `after…` calls return: who has to act next. */
const DONE: u32 = 0;
const ODD: u32 = 1;
const UNRESOLVED: u32 = 2;
const TIME: u32 = 3;

let chunkStart: u32 = 0;
let report: u32 = 0;
let transfer: u32 = 0;
let tail: u32 = 0;
let ordered: bool = false;
let latest: u32 = 0;
let orderAt: u32 = 0;
let inputBytes: u32 = 0;

/** Lays memory out. Returns the address of the report area, whose first words are the addresses JavaScript needs. */
export function start(lineBytesMax: u32, chunkBytesMax: u32, seriesMax: u32, plansMax: u32, validateOrder: bool): u32 {
  startMemory();
  report = reserve(256);
  const inputMax = lineBytesMax + chunkBytesMax;
  const words = startHash(lineBytesMax);
  chunkStart = reserve(inputMax + 64) + lineBytesMax;
  transfer = reserve(lineBytesMax + 64);
  startScan(lineBytesMax, inputMax);
  startRecords(inputMax);
  startEmit(plansMax, inputMax);
  startValues();
  reserveOutputs(64);
  startTable(seriesMax, validateOrder);
  ordered = validateOrder;
  store<u32>(report, words);
  store<u32>(report, chunkStart, 4);
  store<u32>(report, transfer, 8);
  store<u32>(report, plans, 12);
  // Overwritten by the first run.
  store<u32>(report, powersOfFive, 16);
  return report;
}

/** Takes the random bytes that JavaScript put at the hash key words: `lineBytesMax + 64` of them, then 32 at `transfer`. */
export function seed(): void {
  seedHash(transfer);
}

/** Runs `carryBytes` + `chunkBytes` (the carry lies right before the chunk); `latestSec`: newest time that moves order. */
export function run(carryBytes: u32, chunkBytes: u32, latestSec: u32): u32 {
  clearRecords();
  clearValues();
  latest = latestSec;
  const end = chunkStart + chunkBytes;
  inputBytes = carryBytes + chunkBytes;
  const unfinished = scan(chunkStart - carryBytes, end);
  tail = min(end - unfinished, chunkBytes);
  return oddCount !== 0 ? ODD : afterOdd();
}

/** Goes on when all odd records are set or refused. */
export function afterOdd(): u32 {
  // Every line may add its key and, for the order of a key with a leading dot, the key without it.
  const most = recordCount * 2;
  makeRoom(most, inputBytes * 2 + most * 40);
  lookup();
  return unresolvedCount !== 0 ? UNRESOLVED : afterResolve();
}

/** Goes on when all unresolved records are bound. */
export function afterResolve(): u32 {
  startOrder();
  orderAt = 0;
  return ordered ? goOnWithOrder() : finish();
}

function goOnWithOrder(): u32 {
  orderAt = checkOrder(orderAt, latest);
  return orderAt < recordCount ? TIME : finish();
}

/** Goes on with the timestamp of the record at `orderIndex`, parsed. */
export function afterTime(time: u32, inRange: bool): u32 {
  checkRecord(orderAt, time, inRange, latest);
  orderAt += 1;
  return goOnWithOrder();
}

function finish(): u32 {
  measure();
  store<u32>(report, received, 16);
  store<u32>(report, refused + invalid + outOfRange, 20);
  store<u32>(report, outOfOrder, 24);
  store<u32>(report, blocked, 28);
  store<u32>(report, unroutable, 32);
  store<u32>(report, copies, 36);
  store<u32>(report, futures, 40);
  store<u32>(report, tail, 44);
  store<u32>(report, touchedCount, 48);
  store<u32>(report, touched, 52);
  store<u32>(report, rejectCount, 56);
  store<u32>(report, rejects, 60);
  store<u32>(report, consumed, 64);
  store<u32>(report, eventCount, 68);
  store<u32>(report, slots, 72);
  store<u32>(report, times, 76);
  store<u32>(report, numbers, 80);
  store<u32>(report, rareCount, 84);
  store<u32>(report, rare, 88);
  return DONE;
}

/** Records of the run: its lines but those that were refused for their form. */
export function lines(): u32 {
  return recordCount;
}

export function oddAt(index: u32): u32 {
  return load<u32>(oddList + index * 4);
}

export function odds(): u32 {
  return oddCount;
}

export function unresolved(): u32 {
  return unresolvedCount;
}

/** Address of record `index`. */
export function record(index: u32): u32 {
  return recordAt(index);
}

/** Record whose timestamp JavaScript must parse. */
export function orderIndex(): u32 {
  return orderAt;
}

/** Makes an odd record valid: its canonical line was written to `line`. */
export function acceptOdd(index: u32, line: u32, length: u32, keyLength: u32): void {
  setRecord(index, line, length, keyLength);
}

/** Refuses an odd record. */
export function refuseOdd(index: u32): void {
  countRefused();
  refuseRecord(index);
}

/** Record `nth` of the unresolved list, or -1 when its key was resolved meanwhile (seen twice in this chunk). */
export function nextUnresolved(nth: u32): i32 {
  const index = load<u32>(unresolvedList + nth * 4);
  const at = recordAt(index);
  if (load<u32>(at, 12) === UNKNOWN) {
    const entry = findEntry(load<u32>(at, 8), load<u32>(at), load<u16>(at, 6));
    if (entry === 0) return index;
    store<u32>(at, entry, 8);
    store<u32>(at, KNOWN, 12);
  }
  if (load<u32>(load<u32>(at, 8), ENTRY_GENERATION) !== generation) return index;
  store<u32>(at, VALID, 12);
  return -1;
}

/**
 * Gives a record's key its plan; a rewritten key of `rewrittenSize` bytes (0: none) lies at `transfer`, `valueCount` window
 * slots at `values`, reserved by the caller.
 */
export function bind(index: u32, plan: u32, rewrittenSize: u32, values: u32, valueCount: u32): void {
  const at = recordAt(index);
  let entry = load<u32>(at, 8);
  if (load<u32>(at, 12) === UNKNOWN) {
    entry = addEntry(entry, load<u32>(at), load<u16>(at, 6));
    store<u32>(at, entry, 8);
  }
  store<u32>(entry, plan, ENTRY_PLAN);
  store<u32>(entry, generation, ENTRY_GENERATION);
  setRewritten(entry, transfer, rewrittenSize);
  setValues(entry, values, valueCount);
  store<u32>(at, VALID, 12);
}

/** Writes plan `index`: its kind, and the list of its outputs at an address reserved for good. */
export function setPlan(index: u32, kind: u32, list: u32, count: u32): void {
  const plan = plans + index * PLAN_SIZE;
  store<u32>(plan, kind);
  store<u32>(plan, list, 4);
  store<u32>(plan, count, 8);
  store<u64>(plan, 0, 12);
}

/** Series forgotten so far. */
export function forgottenCount(): u32 {
  return forgotten;
}

/** Hashes the bytes at `transfer`, for tests of the hash. */
export function hashTransfer(size: u32): u32 {
  return hashKey(transfer, size);
}
