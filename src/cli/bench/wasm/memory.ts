// Linear memory of the module: areas one behind the other, each followed by bytes that may be read and written past its end.

/** Bytes after each area that may be touched and mean nothing. */
const PAD: u32 = 64;

let top: u32 = 0;

/** Starts the layout behind the compiler's statics. */
export function startMemory(): void {
  top = (<u32>__heap_base + 63) & ~63;
}

/** Reserves `size` bytes, aligned to 64; traps when memory cannot grow. */
export function reserve(size: u32): u32 {
  const start = top;
  ensure(start + size + PAD);
  top = (start + size + PAD + 63) & ~63;
  return start;
}

/** Makes memory reach to `end`. */
export function ensure(end: u32): void {
  const pages = ((end - 1) >>> 16) + 1;
  const have = <u32>memory.size();
  if (pages > have && memory.grow(<i32>(pages - have)) < 0) unreachable();
}

/** The end of all areas: what lies behind it may be laid out anew. */
export function memoryTop(): u32 {
  return top;
}

/** Gives back all areas behind `end`, a former top. */
export function cutMemory(end: u32): void {
  top = end;
}
