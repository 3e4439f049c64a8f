// What a line looks like at which peers are known to hang up: carbon-cache does at more than 16,384 bytes, and at what is
// not UTF-8. A look says nothing about guilt; it says where to look first.
import { isUtf8 } from 'node:buffer';

/** What is suspicious about a line. */
export type Suspicion = 'long' | 'not UTF-8';

/** A line longer than this is suspicious, bytes; the strictest readers known take 4 KiB. */
const LONG_BYTES = 4096;

/** Tells what is suspicious about a line, given with its newline. */
export function suspicionOf(line: Buffer): Suspicion | undefined {
  if (line.length > LONG_BYTES) return 'long';
  return isUtf8(line) ? undefined : 'not UTF-8';
}

/** Finds the start of the first suspicious line of `bytes`, whole lines; undefined: there is none. */
export function findSuspicious(bytes: Buffer): number | undefined {
  const isText = isUtf8(bytes);
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1;
    if (end - start > LONG_BYTES || (!isText && !isUtf8(bytes.subarray(start, end)))) return start;
    start = end;
  }
  return undefined;
}
