// Values for the windows of aggregators: one event for each line and each window slot of its series, in order.
//
//   events   slots u32[] | times u32[] | numbers f64[]      three arrays, so that JavaScript reads each as one
//   rare     0 record u32 | 4 first event u32 | 8 count u32  events whose texts JavaScript must read
//
// A series keeps its slots in its entry (series-table.ts): one is there itself, as slot * 2 + 1; several are a list.
import { decimalToDouble, startDecimal } from './decimal';
import { reserve } from './memory';
import { recordAt, recordCount } from './records';
import { LIST_COUNT, LIST_SLOTS, valuesOf } from './series-table';

const DOT: u32 = 0x2e;
const SPACE: u32 = 0x20;
export const NOT_PLAIN: u64 = u64.MAX_VALUE;
/** Largest integer up to which every integer is a double. */
const EXACT_MAX: u64 = (<u64>1) << 53;
/** Most digits whose integer fits 64 bits. */
const DIGITS_MAX: u32 = 19;
const RARE_SIZE: u32 = 12;

export let slots: u32 = 0;
export let times: u32 = 0;
export let numbers: u32 = 0;
/** Events of the run, and those that JavaScript must still read. */
export let eventCount: u32 = 0;
export let rare: u32 = 0;
export let rareCount: u32 = 0;
let eventsMax: u32 = 0;
let raresMax: u32 = 0;
/** 10^0 to 10^22, the powers of ten that are doubles. */
let powers: u32 = 0;

/** Writes the table of powers. */
export function startValues(): void {
  startDecimal();
  powers = reserve(23 * 8);
  let power: f64 = 1;
  for (let i: u32 = 0; i < 23; i++) {
    store<f64>(powers + i * 8, power);
    power *= 10;
  }
}

/** Forgets the events of the last run. */
export function clearValues(): void {
  eventCount = 0;
  rareCount = 0;
}

/** How many slots an entry's word of values stands for. */
// @ts-ignore: decorator
@inline
export function slotCount(values: u32): u32 {
  return values & 1 ? 1 : load<u32>(values, LIST_COUNT);
}

/** Writes the events of the run, `events` for `lines` lines; records hold their plan, or 0 where they are refused. */
export function writeValues(events: u32, lines: u32): void {
  makeRoom(events, lines);
  const count = recordCount;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(i);
    if (load<u32>(record, 12) === 0) continue;
    const values = valuesOf(load<u32>(record, 8));
    if (values === 0) continue;
    const line = load<u32>(record);
    const value = line + <u32>load<u16>(record, 6) + 1;
    const end = line + <u32>load<u16>(record, 4);
    const number = readNumber(value);
    const time = plainTime(timeStart(value), end);
    const first = eventCount;
    addEvents(values, time > 0xffffffff ? 0 : <u32>time, number);
    // NaN is never what readNumber read.
    if (number !== number || time === NOT_PLAIN) addRare(i, first);
  }
}

function makeRoom(events: u32, lines: u32): void {
  if (events > eventsMax) {
    eventsMax = max<u32>(events * 2, 4096);
    slots = reserve(eventsMax * 4);
    times = reserve(eventsMax * 4);
    numbers = reserve(eventsMax * 8);
  }
  if (lines > raresMax) {
    raresMax = lines * 2;
    rare = reserve(raresMax * RARE_SIZE);
  }
}

// @ts-ignore: decorator
@inline
function addEvents(values: u32, time: u32, number: f64): void {
  if (values & 1) {
    addEvent(values >>> 1, time, number);
    return;
  }
  const end = values + LIST_SLOTS + load<u32>(values, LIST_COUNT) * 4;
  for (let at = values + LIST_SLOTS; at < end; at += 4) addEvent(load<u32>(at), time, number);
}

// @ts-ignore: decorator
@inline
function addEvent(slot: u32, time: u32, number: f64): void {
  store<u32>(slots + eventCount * 4, slot);
  store<u32>(times + eventCount * 4, time);
  store<f64>(numbers + eventCount * 8, number);
  eventCount += 1;
}

function addRare(record: u32, first: u32): void {
  const at = rare + rareCount * RARE_SIZE;
  store<u32>(at, record);
  store<u32>(at, first, 4);
  store<u32>(at, eventCount - first, 8);
  rareCount += 1;
}

/**
 * Reads a decimal number of up to 19 digits; NaN for any other text. It ends at the space after it. An integer up to 2^53
 * times a power of ten up to 22 is exact by one multiplication or division; others go the longer way.
 */
function readNumber(start: u32): f64 {
  let at = start;
  let c = <u32>load<u8>(at);
  const negative = c === 0x2d;
  if (negative || c === 0x2b) c = <u32>load<u8>(++at);
  let mantissa: u64 = 0;
  let digits: u32 = 0;
  let fraction: i32 = 0;
  let dotted: i32 = 0;
  for (; ; c = <u32>load<u8>(++at)) {
    const digit = c - 0x30;
    if (digit < 10) {
      mantissa = mantissa * 10 + digit;
      if (mantissa !== 0) digits += 1;
      fraction += dotted;
    } else if (c === DOT && dotted === 0) dotted = 1;
    else break;
  }
  let exponent: i32 = -fraction;
  if ((c | 0x20) === 0x65) {
    let sign: i32 = 1;
    let written: i32 = 0;
    c = <u32>load<u8>(++at);
    if (c === 0x2d) sign = -1;
    if (c === 0x2d || c === 0x2b) c = <u32>load<u8>(++at);
    for (; c - 0x30 < 10; c = <u32>load<u8>(++at)) {
      if (written < 10000) written = written * 10 + <i32>(c - 0x30);
    }
    exponent += written * sign;
  }
  if (c !== SPACE || digits > DIGITS_MAX) return NaN;
  let value: f64;
  if (mantissa > EXACT_MAX || exponent < -22 || exponent > 22) value = decimalToDouble(mantissa, exponent);
  else if (exponent < 0) value = <f64>mantissa / load<f64>(powers + <u32>(-exponent) * 8);
  else value = <f64>mantissa * load<f64>(powers + <u32>exponent * 8);
  return negative ? -value : value;
}

/** The field after the one that begins at `at`. */
// @ts-ignore: decorator
@inline
function timeStart(at: u32): u32 {
  while (load<u8>(at) !== SPACE) at += 1;
  return at + 1;
}

/** Parses a timestamp of up to 18 digits, its fraction cut; NOT_PLAIN for any other form. */
export function plainTime(from: u32, end: u32): u64 {
  let time: u64 = 0;
  let at = from;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) break;
    time = time * 10 + digit;
  }
  if (at - from > 18 || at === from) return NOT_PLAIN;
  if (at === end) return time;
  if (load<u8>(at) !== DOT) return NOT_PLAIN;
  for (at += 1; at < end; at++) {
    if (<u32>load<u8>(at) - 0x30 > 9) return NOT_PLAIN;
  }
  return time;
}
