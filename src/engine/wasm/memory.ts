// Linear memory of the engine: fixed regions laid out once by `layout`, and 1 MiB blocks for everything that grows.
//
//   | statics | tail masks | hash keys | carry+chunk input | normalised lines | records | index lists | ... | blocks -> |
//
// Blocks are handed out from the end of memory, kept in a free list, and never given back to the system: WebAssembly
// memory cannot shrink. Every region is followed by 64 readable bytes, so that 16-byte loads may run past an end.

/** Size of a block, bytes. */
export const BLOCK_SIZE: u32 = 1 << 20;
/** Bytes after each region that may be read (and are never meaningful). */
export const PAD: u32 = 64;

/** Least pages, of 64 KiB, by which memory grows. */
const GROWTH_PAGES: u32 = 256;

let top: u32 = 0;
let freeBlocks: u32 = 0;
let blockCount: u32 = 0;

/** Starts the layout behind the compiler's statics. */
export function startMemory(): void {
  top = (<u32>__heap_base + 63) & ~63;
}

/** Reserves `size` bytes for good, aligned to 64; traps when memory cannot grow. */
export function reserve(size: u32): u32 {
  const start = top;
  top = (top + size + PAD + 63) & ~63;
  const pages = ((top - 1) >>> 16) + 1;
  const have = <u32>memory.size();
  // In large steps, since JavaScript makes its views anew after each; the system gives memory only as it is touched.
  if (pages > have && memory.grow(<i32>max(pages - have, GROWTH_PAGES)) < 0) {
    if (memory.grow(<i32>(pages - have)) < 0) unreachable();
  }
  return start;
}

/** Pages of memory: the views that JavaScript has hold as long as they stay the same. */
export function pageCount(): u32 {
  return memory.size();
}

/** Takes a block of BLOCK_SIZE bytes; its first word is free to be used as a link. */
export function takeBlock(): u32 {
  if (freeBlocks !== 0) {
    const block = freeBlocks;
    freeBlocks = load<u32>(block);
    return block;
  }
  blockCount += 1;
  return reserve(BLOCK_SIZE - PAD);
}

/** Gives a block back. */
export function giveBlock(block: u32): void {
  store<u32>(block, freeBlocks);
  freeBlocks = block;
}

/** Bytes of memory in use or free within. */
export function memoryBytes(): u32 {
  return top;
}

/** Copies `size` bytes in steps of 16; reads and writes up to 15 bytes past the end. */
// @ts-ignore: decorator
@inline
export function copyPadded(to: u32, from: u32, size: u32): void {
  if (size > 512) {
    memory.copy(to, from, size);
    return;
  }
  const end = from + size;
  while (from < end) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
}
