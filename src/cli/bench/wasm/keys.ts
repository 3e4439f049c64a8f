// The key of each series, by formula, so that ten million series need no table, neither where they are sent nor where
// they are checked:
//
//   plain    g7.app7.host0012.cpu7.s0000127.user______      group, host and cpu from the number of the series, padded
//   new      g7.app7.host0012.cpu7.s0000127.pod000000041.user     with a serial number
//   blocked  blocked.host0012.s0000127_____________
//
// and behind each as many tags as asked for, `;tag00=v27`.
import { reserve } from './memory';

/** Which of the forms a key has. */
export const PLAIN: u32 = 0;
export const NEW: u32 = 1;
export const BLOCKED: u32 = 2;

/** Where the series stands in a plain or new key, and in a blocked one: an `s` and seven digits. */
const SERIES_AT: u32 = 22;
const BLOCKED_SERIES_AT: u32 = 17;

const HEAD_BYTES: u32 = 31;
const WORDS: u32 = 6;
const WORD_BYTES: u32 = 16;
const BLOCKED_BYTES: u32 = 38;
const TAG_BYTES: u32 = 10;
/** `;tag00=v`, the first byte lowest. */
const TAG: u64 = 0x763d_3030_6761_743b;

/** The four digits of each number below 10,000. */
export let digits: u32 = 0;
let head: u32 = 0;
let blockedHead: u32 = 0;
let words: u32 = 0;
let wordSizes: u32 = 0;
let padBytes: u32 = 0;
let tagCount: u32 = 0;

/** Fills the tables. */
export function startKeys(): void {
  digits = reserve(40_000);
  for (let number: u32 = 0; number < 10_000; number++) {
    const at = digits + number * 4;
    store<u8>(at, 0x30 + number / 1000);
    store<u8>(at + 1, 0x30 + ((number / 100) % 10));
    store<u8>(at + 2, 0x30 + ((number / 10) % 10));
    store<u8>(at + 3, 0x30 + (number % 10));
  }
  head = putText(reserve(64), 'g0.app0.host0000.cpu0.s0000000.');
  blockedHead = putText(reserve(64), 'blocked.host0000.s0000000_______');
  words = reserve(WORDS * WORD_BYTES);
  wordSizes = reserve(WORDS);
  putWord(0, 'idle');
  putWord(1, 'user');
  putWord(2, 'system');
  putWord(3, 'wait-io');
  putWord(4, 'steal');
  putWord(5, 'softirq');
}

function putText(at: u32, text: string): u32 {
  for (let index = 0; index < text.length; index++) store<u8>(at + index, text.charCodeAt(index));
  return at;
}

function putWord(nth: u32, word: string): void {
  memory.fill(words + nth * WORD_BYTES, 0x5f, WORD_BYTES);
  putText(words + nth * WORD_BYTES, word);
  store<u8>(wordSizes + nth, word.length);
}

/** Sets the least length of a key, tags left out, to which 0 to 6 bytes are added by series, and the number of tags. */
export function setKeys(pad: u32, tags: u32): void {
  padBytes = pad;
  tagCount = tags;
}

/** The longest key there is. */
export function keyBytesMax(): u32 {
  return max<u32>(padBytes + 6, 64) + tagCount * TAG_BYTES;
}

/** Writes a key; returns its end. Writes up to 16 bytes more. */
export function putKey(at: u32, form: u32, series: u32, serial: u32): u32 {
  const end = form === BLOCKED ? putBlocked(at, series) : putNamed(at, form === NEW, series, serial);
  return tagCount === 0 ? end : putTags(end, series);
}

// @ts-ignore: decorator
@inline
function putNamed(at: u32, isNew: bool, series: u32, serial: u32): u32 {
  v128.store(at, v128.load(head));
  v128.store(at + 16, v128.load(head, 16));
  const group = <u8>(0x30 + (series % 10));
  store<u8>(at + 1, group);
  store<u8>(at + 6, group);
  store<u32>(at + 12, four((series / 10) % 1000));
  store<u8>(at + 20, 0x30 + (series & 7));
  store<u32>(at + SERIES_AT, four((series / 10_000) % 1000));
  store<u8>(at + SERIES_AT, 0x73);
  store<u32>(at + SERIES_AT + 4, four(series % 10_000));
  let word = at + HEAD_BYTES;
  if (isNew) {
    store<u32>(word, 0x30646f70);
    store<u8>(word + 3, 0x30 + ((serial / 100_000_000) % 10));
    store<u32>(word + 4, four((serial / 10_000) % 10_000));
    store<u32>(word + 8, four(serial % 10_000));
    store<u8>(word + 12, 0x2e);
    word += 13;
  }
  const nth = series % WORDS;
  v128.store(word, v128.load(words + nth * WORD_BYTES));
  return pad(word + <u32>load<u8>(wordSizes + nth), word + WORD_BYTES, at + padBytes + (series % 7));
}

// @ts-ignore: decorator
@inline
function putBlocked(at: u32, series: u32): u32 {
  v128.store(at, v128.load(blockedHead));
  v128.store(at + 16, v128.load(blockedHead, 16));
  store<u32>(at + 12, four((series / 10) % 1000));
  store<u32>(at + BLOCKED_SERIES_AT, four((series / 10_000) % 1000));
  store<u8>(at + BLOCKED_SERIES_AT, 0x73);
  store<u32>(at + BLOCKED_SERIES_AT + 4, four(series % 10_000));
  return pad(at + 25, at + 32, at + BLOCKED_BYTES);
}

/** Writes `_` up to `wanted` where it is behind `end`; up to `filled` they stand there. */
// @ts-ignore: decorator
@inline
function pad(end: u32, filled: u32, wanted: u32): u32 {
  if (wanted <= end) return end;
  for (let at = filled; at < wanted; at += 16) v128.store(at, i8x16.splat(0x5f));
  return wanted;
}

function putTags(start: u32, series: u32): u32 {
  let at = start;
  for (let tag: u32 = 0; tag < tagCount; tag++) {
    store<u64>(at, TAG);
    store<u16>(at + 4, two(tag));
    store<u16>(at + 8, two((series + tag * 7) % 100));
    at += TAG_BYTES;
  }
  return at;
}

/** The four digits of a number below 10,000, to be stored at once. */
// @ts-ignore: decorator
@inline
export function four(number: u32): u32 {
  return load<u32>(digits + number * 4);
}

/** The two digits of a number below 100. */
// @ts-ignore: decorator
@inline
export function two(number: u32): u16 {
  return load<u16>(digits + number * 4, 2);
}
