// The series table: key bytes -> entry, a bounded cache of two generations.
//
//   directory (top bits of the hash) -> segment of 4096 slots { hash u32, entry u32 } -> entry in an arena block
//
//   entry   0 key length u32 | 4 plan u32 | 8 plan generation u32 | 12 mark u32 | 16 more: address u32
//          20 last timestamp u32, where order is checked | then the key bytes
//   mark     what a watch of lines noted of the series (index.ts); 0: nothing
//   more     0: none | what few series have: 0 rewritten key: address u32 | 4 its length u16 | 6 its capacity u16 | 8 values u32
//   values   0: none | slot * 2 + 1: one window slot | else the address of a list: 0 capacity u32 | 4 count u32 | 8 slots
//
// An entry has no room for what its series does not have: of 10 M series each byte is 10 MB.
// Extendible hashing: a full segment splits in two, the directory doubles when it must, so the table grows
// without ever being rehashed as a whole. A slot holds the whole hash; the key is compared on every hit.
// Generations: series enter the young one; when it holds half of the bound (entries or bytes) it becomes the old one,
// and what was old is dropped as a whole, by giving its blocks back. A hit in the old one moves the entry, so the most
// recently seen half of the bound is always kept, with no scan and no pause. Rotation happens between runs only
// (`makeRoom`), so that entry addresses hold during a run.
import { hashKey, sameBytes } from './hash';
import { BLOCK_SIZE, giveBlock, reserve, takeBlock } from './memory';

export const ENTRY_PLAN: u32 = 4;
export const ENTRY_GENERATION: u32 = 8;
export const ENTRY_MARK: u32 = 12;
const ENTRY_MORE: u32 = 16;
/** There only where order is checked. */
export const ENTRY_LAST: u32 = 20;
const MORE_REWRITTEN: u32 = 0;
const MORE_REWRITTEN_SIZE: u32 = 4;
const MORE_REWRITTEN_ROOM: u32 = 6;
const MORE_VALUES: u32 = 8;
const MORE_SIZE: u32 = 12;
const LIST_ROOM: u32 = 0;
export const LIST_COUNT: u32 = 4;
export const LIST_SLOTS: u32 = 8;
/** Where the key bytes of an entry begin. */
let entryKey: u32 = 0;

const SLOTS: u32 = 4096;
const SEGMENT_SIZE: u32 = SLOTS * 8;
/** Slots in use at which a segment splits (73 %). */
const SEGMENT_FULL: u32 = 3000;
const DEPTH_MAX: u32 = 16;
const SEGMENTS_PER_BLOCK: u32 = (BLOCK_SIZE - 128) / (SEGMENT_SIZE + 64);

// A segment: 64 bytes of head (local depth, slots in use), then the slots.
const HEAD: u32 = 64;

let young: u32 = 0;
let old: u32 = 0;
let freeSegments: u32 = 0;
let splitBuffer: u32 = 0;
let entriesMax: u32 = 0;
let bytesMax: u32 = 0;
/** Series forgotten so far (the count of the generation dropped, less what had moved on). */
export let forgotten: u32 = 0;

// A generation: 64 bytes of head, then the directory.
const GEN_DEPTH: u32 = 0;
const GEN_ENTRIES: u32 = 4;
const GEN_BYTES: u32 = 8;
const GEN_BLOCK: u32 = 12;
const GEN_AT: u32 = 16;
const GEN_MOVED: u32 = 20;

/** Lays the table out for at most `seriesMax` series; each generation holds half. `ordered`: with their last timestamps. */
export function startTable(seriesMax: u32, ordered: bool): void {
  entryKey = ordered ? ENTRY_LAST + 4 : ENTRY_LAST;
  entriesMax = seriesMax >>> 1;
  // An entry of a 45-byte key takes 68 bytes; long keys and rewritten keys must not outgrow the bound by much.
  bytesMax = <u32>min<u64>(<u64>entriesMax * 192 + BLOCK_SIZE, <u64>1 << 30);
  splitBuffer = reserve(SEGMENT_SIZE);
  young = reserve(64 + (<u32>4 << DEPTH_MAX));
  old = reserve(64 + (<u32>4 << DEPTH_MAX));
  startGeneration(young);
  store<u32>(old, 0, GEN_ENTRIES);
}

/** Series remembered now. */
export function seriesCount(): u32 {
  return load<u32>(young, GEN_ENTRIES) + load<u32>(old, GEN_ENTRIES) - load<u32>(old, GEN_MOVED);
}

function startGeneration(generation: u32): void {
  memory.fill(generation, 0, 64);
  store<u32>(generation + 64, takeSegment(0));
}

function takeSegment(depth: u32): u32 {
  if (freeSegments === 0) {
    // Segments stay segments: their blocks are never given back to the arenas.
    const block = takeBlock() + 64;
    for (let i: u32 = 0; i < SEGMENTS_PER_BLOCK; i++) {
      const segment = block + i * (SEGMENT_SIZE + HEAD);
      store<u32>(segment, freeSegments);
      freeSegments = segment;
    }
  }
  const segment = freeSegments;
  freeSegments = load<u32>(segment);
  memory.fill(segment, 0, SEGMENT_SIZE + HEAD);
  store<u32>(segment, depth);
  return segment;
}

/** Makes room for `lines` new entries of `bytes` in all: rotates the generations when the young one is full. */
export function makeRoom(lines: u32, bytes: u32): void {
  const entries = load<u32>(young, GEN_ENTRIES);
  if (entries === 0) return;
  if (entries + lines <= entriesMax && load<u32>(young, GEN_BYTES) + bytes <= bytesMax) return;
  if (load<u32>(old, GEN_ENTRIES) !== 0) dropGeneration(old);
  const emptied = old;
  old = young;
  young = emptied;
  startGeneration(young);
}

function dropGeneration(generation: u32): void {
  forgotten += load<u32>(generation, GEN_ENTRIES) - load<u32>(generation, GEN_MOVED);
  const depth = load<u32>(generation, GEN_DEPTH);
  let at: u32 = 0;
  while (at < <u32>1 << depth) {
    const segment = load<u32>(generation + 64 + at * 4);
    at += <u32>1 << (depth - load<u32>(segment));
    store<u32>(segment, freeSegments);
    freeSegments = segment;
  }
  let block = load<u32>(generation, GEN_BLOCK);
  while (block !== 0) {
    const next = load<u32>(block);
    giveBlock(block);
    block = next;
  }
  store<u32>(generation, 0, GEN_ENTRIES);
  store<u32>(generation, 0, GEN_MOVED);
}

// @ts-ignore: decorator
@inline
function segmentOf(generation: u32, hash: u32): u32 {
  const index = <u32>((<u64>hash << load<u32>(generation, GEN_DEPTH)) >> 32);
  return load<u32>(generation + 64 + index * 4);
}

/** Finds the entry in one generation; 0: not there. The walk ends at the first empty slot; a segment is never full. */
// @ts-ignore: decorator
@inline
function findIn(generation: u32, hash: u32, key: u32, size: u32): u32 {
  const slots = segmentOf(generation, hash) + HEAD;
  let at = hash & (SLOTS - 1);
  while (true) {
    const entry = load<u32>(slots + at * 8, 4);
    if (entry === 0) return 0;
    if (load<u32>(slots + at * 8) === hash && isEntryOf(entry, key, size)) {
      return entry;
    }
    at = (at + 1) & (SLOTS - 1);
  }
}

/**
 * The first entry of the young generation whose whole hash is that of a key, most likely the key's own, unseen; 0: none.
 * It touches no entry, so that many of these run at once while memory answers.
 */
// @ts-ignore: decorator
@inline
export function guessEntry(hash: u32): u32 {
  const slots = segmentOf(young, hash) + HEAD;
  let at = hash & (SLOTS - 1);
  while (true) {
    const entry = load<u32>(slots + at * 8, 4);
    if (entry === 0 || load<u32>(slots + at * 8) === hash) return entry;
    at = (at + 1) & (SLOTS - 1);
  }
}

/** Says whether an entry is that of a key. */
// @ts-ignore: decorator
@inline
export function isEntryOf(entry: u32, key: u32, size: u32): bool {
  return load<u32>(entry) === size && sameBytes(entry + entryKey, key, size);
}

/** Finds the entry of a key; an entry of the old generation is moved first. 0: unknown. */
// @ts-ignore: decorator
@inline
export function findEntry(hash: u32, key: u32, size: u32): u32 {
  const entry = findIn(young, hash, key, size);
  if (entry !== 0 || load<u32>(old, GEN_ENTRIES) === 0) return entry;
  return moveEntry(hash, key, size);
}

function moveEntry(hash: u32, key: u32, size: u32): u32 {
  const from = findIn(old, hash, key, size);
  if (from === 0) return 0;
  const to = addEntry(hash, key, size);
  store<u32>(to, load<u32>(from, ENTRY_PLAN), ENTRY_PLAN);
  store<u32>(to, load<u32>(from, ENTRY_GENERATION), ENTRY_GENERATION);
  store<u32>(to, load<u32>(from, ENTRY_MARK), ENTRY_MARK);
  if (entryKey > ENTRY_LAST) store<u32>(to, load<u32>(from, ENTRY_LAST), ENTRY_LAST);
  if (load<u32>(from, ENTRY_MORE) !== 0) {
    setRewritten(to, rewrittenAt(from), rewrittenSize(from));
    const values = valuesOf(from);
    if (values & 1) store<u32>(makeMore(to), values, MORE_VALUES);
    else if (values !== 0) setList(to, values + LIST_SLOTS, load<u32>(values, LIST_COUNT));
  }
  store<u32>(old, load<u32>(old, GEN_MOVED) + 1, GEN_MOVED);
  return to;
}

/** Adds an entry that must not be there yet: no plan (generation 0), last timestamp 0. */
export function addEntry(hash: u32, key: u32, size: u32): u32 {
  const entry = allocate(entryKey + size);
  memory.fill(entry, 0, entryKey);
  store<u32>(entry, size);
  memory.copy(entry + entryKey, key, size);
  let segment = segmentOf(young, hash);
  while (load<u32>(segment, 4) >= SEGMENT_FULL) {
    if (!split(segment, hash)) break;
    segment = segmentOf(young, hash);
  }
  if (load<u32>(segment, 4) >= SLOTS - 1) {
    // Cannot happen short of 2^28 series or an adversary who knows the hash keys: forget the segment, not the bound.
    forgotten += load<u32>(segment, 4);
    store<u32>(young, load<u32>(young, GEN_ENTRIES) - load<u32>(segment, 4), GEN_ENTRIES);
    memory.fill(segment + HEAD, 0, SEGMENT_SIZE);
    store<u32>(segment, 0, 4);
  }
  putSlot(segment, hash, entry);
  store<u32>(young, load<u32>(young, GEN_ENTRIES) + 1, GEN_ENTRIES);
  return entry;
}

// @ts-ignore: decorator
@inline
function putSlot(segment: u32, hash: u32, entry: u32): void {
  let at = hash & (SLOTS - 1);
  while (load<u32>(segment + HEAD + at * 8, 4) !== 0) at = (at + 1) & (SLOTS - 1);
  store<u32>(segment + HEAD + at * 8, hash);
  store<u32>(segment + HEAD + at * 8, entry, 4);
  store<u32>(segment, load<u32>(segment, 4) + 1, 4);
}

/** Splits a segment by the next bit of its hashes; false when the directory is as deep as it goes. */
function split(segment: u32, hash: u32): bool {
  const depth = load<u32>(segment);
  if (depth === load<u32>(young, GEN_DEPTH) && !deepen()) return false;
  const directory = young + 64;
  const other = takeSegment(depth + 1);
  store<u32>(segment, depth + 1);
  const span = <u32>1 << (load<u32>(young, GEN_DEPTH) - depth);
  const first = <u32>((<u64>hash << load<u32>(young, GEN_DEPTH)) >> 32) & ~(span - 1);
  for (let i = span >>> 1; i < span; i++) store<u32>(directory + (first + i) * 4, other);
  memory.copy(splitBuffer, segment + HEAD, SEGMENT_SIZE);
  memory.fill(segment + HEAD, 0, SEGMENT_SIZE);
  store<u32>(segment, 0, 4);
  for (let at: u32 = 0; at < SEGMENT_SIZE; at += 8) {
    const entry = load<u32>(splitBuffer + at, 4);
    if (entry === 0) continue;
    const hashed = load<u32>(splitBuffer + at);
    putSlot((hashed >>> (31 - depth)) & 1 ? other : segment, hashed, entry);
  }
  return true;
}

function deepen(): bool {
  const depth = load<u32>(young, GEN_DEPTH);
  if (depth === DEPTH_MAX) return false;
  const directory = young + 64;
  for (let i: i32 = (1 << depth) - 1; i >= 0; i--) {
    const segment = load<u32>(directory + i * 4);
    store<u32>(directory + i * 8, segment);
    store<u32>(directory + i * 8, segment, 4);
  }
  store<u32>(young, depth + 1, GEN_DEPTH);
  return true;
}

/** Takes `size` bytes of the young arena; one block holds any entry, since keys are shorter than 64 KiB. */
function allocate(size: u32): u32 {
  const rounded = (size + 3) & ~3;
  let at = load<u32>(young, GEN_AT);
  const block = load<u32>(young, GEN_BLOCK);
  if (block === 0 || at + rounded > block + BLOCK_SIZE - 128) {
    const fresh = takeBlock();
    store<u32>(fresh, block);
    store<u32>(young, fresh, GEN_BLOCK);
    store<u32>(young, load<u32>(young, GEN_BYTES) + BLOCK_SIZE, GEN_BYTES);
    at = fresh + 16;
  }
  store<u32>(young, at + rounded, GEN_AT);
  return at;
}

/** Length of the rewritten key of an entry; 0: it has none. */
// @ts-ignore: decorator
@inline
export function rewrittenSize(entry: u32): u32 {
  const more = load<u32>(entry, ENTRY_MORE);
  return more === 0 ? 0 : <u32>load<u16>(more, MORE_REWRITTEN_SIZE);
}

/** Where the rewritten key of an entry that has one lies. */
// @ts-ignore: decorator
@inline
export function rewrittenAt(entry: u32): u32 {
  return load<u32>(load<u32>(entry, ENTRY_MORE), MORE_REWRITTEN);
}

/** The word of values of an entry; 0: it has none. */
// @ts-ignore: decorator
@inline
export function valuesOf(entry: u32): u32 {
  const more = load<u32>(entry, ENTRY_MORE);
  return more === 0 ? 0 : load<u32>(more, MORE_VALUES);
}

/** What an entry has more than others, made if need be. */
function makeMore(entry: u32): u32 {
  const known = load<u32>(entry, ENTRY_MORE);
  if (known !== 0) return known;
  const more = allocate(MORE_SIZE);
  memory.fill(more, 0, MORE_SIZE);
  store<u32>(entry, more, ENTRY_MORE);
  return more;
}

/** Gives an entry a rewritten key (copied); size 0 takes it away. */
export function setRewritten(entry: u32, key: u32, size: u32): void {
  if (size === 0 && rewrittenSize(entry) === 0) return;
  const more = makeMore(entry);
  if (size > <u32>load<u16>(more, MORE_REWRITTEN_ROOM)) {
    store<u32>(more, allocate(size), MORE_REWRITTEN);
    store<u16>(more, <u16>min<u32>((size + 3) & ~3, 0xffff), MORE_REWRITTEN_ROOM);
  }
  store<u16>(more, <u16>size, MORE_REWRITTEN_SIZE);
  memory.copy(load<u32>(more, MORE_REWRITTEN), key, size);
}

/** Gives an entry the window slots that its values go to: `count` of them at `list` (copied); 0 takes them away. */
export function setValues(entry: u32, list: u32, count: u32): void {
  if (count > 1) setList(entry, list, count);
  else if (count === 1) store<u32>(makeMore(entry), load<u32>(list) * 2 + 1, MORE_VALUES);
  else if (valuesOf(entry) !== 0) store<u32>(makeMore(entry), 0, MORE_VALUES);
}

function setList(entry: u32, from: u32, count: u32): void {
  const more = makeMore(entry);
  let list = load<u32>(more, MORE_VALUES);
  if (list === 0 || list & 1 || load<u32>(list, LIST_ROOM) < count) {
    list = allocate(LIST_SLOTS + count * 4);
    store<u32>(list, count, LIST_ROOM);
    store<u32>(more, list, MORE_VALUES);
  }
  store<u32>(list, count, LIST_COUNT);
  memory.copy(list + LIST_SLOTS, from, count * 4);
}

/** The entry that holds the order of a key with a leading dot: that of the key without it, made if need be. */
export function orderEntry(key: u32, size: u32): u32 {
  const hash = hashKey(key, size);
  const entry = findEntry(hash, key, size);
  return entry !== 0 ? entry : addEntry(hash, key, size);
}
