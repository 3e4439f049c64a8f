// The order check (`validate_order`), between lookup and measure: a point must be newer than the last accepted one of
// its series. Runs over the records in order of arrival; stops at a timestamp in a rare form for JavaScript to parse.
import { generation, KIND_INVALID, PLAN_SIZE, plans } from './emit';
import { addReject, DEAD, recordAt, recordCount, WHY_ORDER, WHY_RANGE } from './records';
import { ENTRY_GENERATION, ENTRY_LAST, ENTRY_PLAN, orderEntry } from './series-table';
import { NOT_PLAIN, plainTime } from './values';

/** Lines refused as not newer, and as out of the range of a timestamp. */
export let outOfOrder: u32 = 0;
export let outOfRange: u32 = 0;
/** Points that passed but were too far in the future to move the order of their series. */
export let futures: u32 = 0;

const DOT: u32 = 0x2e;

/** Begins a run. */
export function startOrder(): void {
  outOfOrder = 0;
  outOfRange = 0;
  futures = 0;
}

/** Checks the records from `index` on; returns the index of one whose timestamp JavaScript must parse, or the count. */
export function checkOrder(index: u32, latest: u32): u32 {
  const count = recordCount;
  for (; index < count; index++) {
    const record = recordAt(index);
    if (load<u32>(record, 12) === DEAD) continue;
    const time = recordTime(record);
    if (time === NOT_PLAIN) return index;
    checkRecord(index, time > 0xffffffff ? 0 : <u32>time, time <= 0xffffffff, latest);
  }
  return count;
}

/** Checks one record; `inRange` false: its timestamp is no uint32. */
export function checkRecord(index: u32, time: u32, inRange: bool, latest: u32): void {
  const record = recordAt(index);
  let entry = load<u32>(record, 8);
  const plan = plans + load<u32>(entry, ENTRY_PLAN) * PLAN_SIZE;
  if (load<u32>(entry, ENTRY_GENERATION) === generation && load<u32>(plan) === KIND_INVALID) return;
  if (!inRange) {
    outOfRange += 1;
    kill(record, WHY_RANGE);
    return;
  }
  const line = load<u32>(record);
  const keySize = <u32>load<u16>(record, 6);
  if (load<u8>(line) === DOT) entry = orderEntry(line + 1, keySize - 1);
  if (time <= load<u32>(entry, ENTRY_LAST)) {
    outOfOrder += 1;
    kill(record, WHY_ORDER);
  } else if (time > latest) futures += 1;
  else store<u32>(entry, time, ENTRY_LAST);
}

function kill(record: u32, why: u32): void {
  addReject(load<u32>(record), load<u16>(record, 4), why, 0);
  store<u32>(record, DEAD, 12);
}

/** The timestamp of a record; NOT_PLAIN when JavaScript must parse it. */
function recordTime(record: u32): u64 {
  const end = load<u32>(record) + <u32>load<u16>(record, 4);
  let from = end;
  while (load<u8>(from - 1) !== 0x20) from -= 1;
  return plainTime(from, end);
}

