// Phases two and three: looks every record's key up, then measures, lays out and writes the lines of each output.
//
//   plan    0 kind u32 | 4 outputs: address u32 | 8 their count u32 | 12 bytes u32 | 16 lines u32 | 20..31 spare
//   output  0 bytes u32 | 4 lines u32 | 8 start u32 | 12 cursor u32
//
// The areas of all outputs lie one behind the other in `scratch`, sized exactly by the measure pass, 32 bytes apart so
// that copies in steps of 16 never reach the next one. A run of neighbouring lines with one plan is copied as a whole; a
// chunk that is one such run is not copied at all: its outputs point into the input.
import { copyPadded, reserve } from './memory';
import { addReject, addUnresolved, DEAD, isVerbatim, recordAt, recordCount, VALID, WHY_KEY } from './records';
import {
  ENTRY_GENERATION, ENTRY_MARK, ENTRY_PLAN, findEntry, guessEntry, isEntryOf, rewrittenAt, rewrittenSize, valuesOf,
} from './series-table';
import { slotCount, writeValues } from './values';

export const PLAN_SIZE: u32 = 32;
export const OUTPUT_SIZE: u32 = 16;
/** Kinds of plan. */
export const KIND_ROUTE: u32 = 0;
export const KIND_INVALID: u32 = 1;
export const KIND_BLOCKED: u32 = 2;
export const KIND_UNROUTABLE: u32 = 3;
export const KIND_CONSUMED: u32 = 4;

export let generation: u32 = 1;
export let plans: u32 = 0;
let outputs: u32 = 0;
let outputsMax: u32 = 0;
let scratch: u32 = 0;
let scratchSize: u32 = 0;
/** Output ids touched by the run, and their count. */
export let touched: u32 = 0;
export let touchedCount: u32 = 0;
let touchedPlans: u32 = 0;
/** By record, while keys are looked up: the entry that is most likely its own. */
let guesses: u32 = 0;
let touchedPlanCount: u32 = 0;
let anyRewritten: bool = false;
/** Lines by kind of plan, and copies beyond the first. */
export let invalid: u32 = 0;
export let blocked: u32 = 0;
export let unroutable: u32 = 0;
export let consumed: u32 = 0;
export let copies: u32 = 0;

/** Reserves the plan table and the first scratch area. */
export function startEmit(plansMax: u32, inputMax: u32): void {
  plans = reserve(plansMax * PLAN_SIZE);
  touchedPlans = reserve((inputMax / 6 + 2) * 4);
  guesses = reserve((inputMax / 6 + 2) * 4);
  scratchSize = inputMax * 2;
  scratch = reserve(scratchSize);
}

/** Makes room for output ids below `count`. */
export function reserveOutputs(count: u32): void {
  if (count <= outputsMax) return;
  outputsMax = count * 2;
  outputs = reserve(outputsMax * OUTPUT_SIZE);
  touched = reserve(outputsMax * 4);
  memory.fill(outputs, 0, outputsMax * OUTPUT_SIZE);
}

/** Makes every plan stale; series keep their entries and are resolved again when seen. */
export function nextGeneration(): void {
  generation += 1;
}

/** States of a record between lookup and bind: its entry is there without a fresh plan; it has no entry. */
export const KNOWN: u32 = 3;
export const UNKNOWN: u32 = 4;

/**
 * Finds the entry of every valid record; those without a fresh plan go to the unresolved list. In two passes, since slots
 * and entries of many series are in no near cache: each pass waits for the memory of several records at once, where one
 * that goes from a slot to its entry waits for one after the other (bench/micro/engine.ts).
 */
export function lookup(): void {
  const count = recordCount;
  for (let i: u32 = 0; i < count; i++) store<u32>(guesses + i * 4, guessEntry(load<u32>(recordAt(i), 8)));
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(i);
    if (load<u32>(record, 12) !== VALID) continue;
    const key = load<u32>(record);
    const size = <u32>load<u16>(record, 6);
    const guess = load<u32>(guesses + i * 4);
    const entry = guess !== 0 && isEntryOf(guess, key, size) ? guess : findEntry(load<u32>(record, 8), key, size);
    if (entry !== 0) {
      store<u32>(record, entry, 8);
      if (load<u32>(entry, ENTRY_GENERATION) === generation) continue;
    }
    // A hash stays in the record of an unknown key; bind looks it up again.
    store<u32>(record, entry !== 0 ? KNOWN : UNKNOWN, 12);
    addUnresolved(i);
  }
}

/** Adds the lines and bytes of each plan and output up, and writes the lines of each output to its area. */
export function measure(): void {
  invalid = 0;
  blocked = 0;
  unroutable = 0;
  consumed = 0;
  copies = 0;
  clearOutputs();
  touchedPlanCount = 0;
  anyRewritten = false;
  let events: u32 = 0;
  let eventLines: u32 = 0;
  const count = recordCount;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(i);
    if (load<u32>(record, 12) === DEAD) {
      store<u32>(record, 0, 12);
      continue;
    }
    const entry = load<u32>(record, 8);
    const plan = plans + load<u32>(entry, ENTRY_PLAN) * PLAN_SIZE;
    store<u32>(record, plan, 12);
    const lines = load<u32>(plan, 16);
    if (lines === 0) {
      store<u32>(touchedPlans + touchedPlanCount * 4, plan);
      touchedPlanCount += 1;
    }
    let size: u32 = <u32>load<u16>(record, 4) + 1;
    const rewritten = rewrittenSize(entry);
    if (rewritten !== 0) {
      size += rewritten - load<u16>(record, 6);
      anyRewritten = true;
    }
    const values = valuesOf(entry);
    if (values !== 0) {
      events += slotCount(values);
      eventLines += 1;
    }
    store<u32>(plan, load<u32>(plan, 12) + size, 12);
    store<u32>(plan, lines + 1, 16);
    if (load<u32>(plan) === KIND_INVALID) {
      addReject(load<u32>(record), load<u16>(record, 4), WHY_KEY, load<u32>(entry, ENTRY_PLAN));
    }
  }
  if (events !== 0) writeValues(events, eventLines);
  const whole = isOneRun();
  for (let i: u32 = 0; i < touchedPlanCount; i++) settlePlan(load<u32>(touchedPlans + i * 4));
  if (touchedCount === 0) return;
  if (whole) pointToInput();
  else {
    layOut();
    emit();
  }
}

/** True when all lines of the run have one plan and lie as they leave, without a gap. */
function isOneRun(): bool {
  if (touchedPlanCount !== 1 || anyRewritten || !isVerbatim() || recordCount === 0) return false;
  const last = recordAt(recordCount - 1);
  const span = load<u32>(last) + <u32>load<u16>(last, 4) + 1 - load<u32>(recordAt(0));
  return load<u32>(load<u32>(touchedPlans), 12) === span;
}

function pointToInput(): void {
  const start = load<u32>(recordAt(0));
  for (let i: u32 = 0; i < touchedCount; i++) {
    store<u32>(outputs + load<u32>(touched + i * 4) * OUTPUT_SIZE, start, 8);
  }
}

/** Books a plan's lines to its kind or its outputs, and clears it. */
function settlePlan(plan: u32): void {
  const kind = load<u32>(plan);
  const bytes = load<u32>(plan, 12);
  const lines = load<u32>(plan, 16);
  store<u32>(plan, 0, 12);
  store<u32>(plan, 0, 16);
  if (kind === KIND_INVALID) invalid += lines;
  else if (kind === KIND_BLOCKED) blocked += lines;
  else if (kind === KIND_UNROUTABLE) unroutable += lines;
  else if (kind === KIND_CONSUMED) consumed += lines;
  else {
    const count = load<u32>(plan, 8);
    let list = load<u32>(plan, 4);
    copies += lines * (count - 1);
    for (let i: u32 = 0; i < count; i++, list += 4) {
      const id = load<u32>(list);
      const output = outputs + id * OUTPUT_SIZE;
      if (load<u32>(output, 4) === 0) {
        store<u32>(touched + touchedCount * 4, id);
        touchedCount += 1;
      }
      store<u32>(output, load<u32>(output) + bytes);
      store<u32>(output, load<u32>(output, 4) + lines, 4);
    }
  }
}

/** Gives each touched output its area. */
function layOut(): void {
  let size: u32 = 0;
  for (let i: u32 = 0; i < touchedCount; i++) {
    const output = outputs + load<u32>(touched + i * 4) * OUTPUT_SIZE;
    store<u32>(output, size, 8);
    size = (size + load<u32>(output) + 47) & ~15;
  }
  if (size > scratchSize) {
    scratchSize = size * 2;
    scratch = reserve(scratchSize);
  }
  for (let i: u32 = 0; i < touchedCount; i++) {
    const output = outputs + load<u32>(touched + i * 4) * OUTPUT_SIZE;
    const start = scratch + load<u32>(output, 8);
    store<u32>(output, start, 8);
    store<u32>(output, start, 12);
  }
}

/** Writes the lines; afterwards each touched output has its start, bytes and lines. */
function emit(): void {
  const count = recordCount;
  let runPlan: u32 = 0;
  let runStart: u32 = 0;
  let runEnd: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(i);
    const plan = load<u32>(record, 12);
    if (plan === 0 || load<u32>(plan) !== KIND_ROUTE) continue;
    const start = load<u32>(record);
    const end = start + <u32>load<u16>(record, 4) + 1;
    const entry = load<u32>(record, 8);
    const rewritten = rewrittenSize(entry);
    if (rewritten === 0 && plan === runPlan && start === runEnd) {
      runEnd = end;
      continue;
    }
    if (runEnd !== runStart) append(runPlan, runStart, runEnd - runStart);
    runPlan = plan;
    runStart = start;
    runEnd = end;
    if (rewritten !== 0) {
      append(plan, rewrittenAt(entry), rewritten);
      runStart = start + <u32>load<u16>(record, 6);
    }
  }
  if (runEnd !== runStart) append(runPlan, runStart, runEnd - runStart);
}

/** Appends bytes to each output of a plan. */
// @ts-ignore: decorator
@inline
function append(plan: u32, from: u32, size: u32): void {
  let list = load<u32>(plan, 4);
  const end = list + load<u32>(plan, 8) * 4;
  for (; list < end; list += 4) {
    const output = outputs + load<u32>(list) * OUTPUT_SIZE;
    const to = load<u32>(output, 12);
    copyPadded(to, from, size);
    store<u32>(output, to + size, 12);
  }
}

/** Clears what the last run left in its outputs. */
export function clearOutputs(): void {
  for (let i: u32 = 0; i < touchedCount; i++) {
    const output = outputs + load<u32>(touched + i * 4) * OUTPUT_SIZE;
    store<u64>(output, 0);
  }
  touchedCount = 0;
}

/**
 * The next record from `index` on, not refused, whose series has one of the bits `wanted` in its mark or was not marked in
 * this `round`; the count of records: none. A mark is round << 8 | bits.
 */
export function nextMarked(index: u32, round: u32, wanted: u32): u32 {
  const count = recordCount;
  for (; index < count; index++) {
    const record = recordAt(index);
    const plan = load<u32>(record, 12);
    if (plan === 0 || load<u32>(plan) === KIND_INVALID) continue;
    const mark = load<u32>(load<u32>(record, 8), ENTRY_MARK);
    if (mark >>> 8 !== round || (mark & wanted) !== 0) break;
  }
  return index;
}

/** The address of an output's record. */
export function outputAt(id: u32): u32 {
  return outputs + id * OUTPUT_SIZE;
}
