// Finds line ends inside runs of whole lines, for the rare places where a run must be cut. Every run given to these
// functions ends with a newline, and every cut is just behind one.

const NEWLINE = 10;

/** A cut: bytes before it, and whole lines before it. */
export interface Cut {
  readonly size: number;
  readonly lines: number;
}

/** Counts the lines of `bytes[start, end)`. */
export function countLines(bytes: Uint8Array, start: number, end: number): number {
  let lines = 0;
  let at = bytes.indexOf(NEWLINE, start);
  while (at >= 0 && at < end) {
    lines += 1;
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return lines;
}

/** Finds the longest run of whole lines at `start` that is within `sizeMax` bytes; 0: not even one line is. */
export function longestCut(bytes: Uint8Array, start: number, sizeMax: number): number {
  if (sizeMax <= 0) return 0;
  const at = bytes.lastIndexOf(NEWLINE, start + sizeMax - 1);
  return at < start ? 0 : at + 1 - start;
}

/** Finds the longest run of whole lines at the front of `bytes` within both bounds. */
export function prefixWithin(bytes: Uint8Array, sizeMax: number, linesMax: number): Cut {
  let size = 0;
  let lines = 0;
  while (lines < linesMax) {
    const at = bytes.indexOf(NEWLINE, size);
    if (at < 0 || at + 1 > sizeMax) break;
    size = at + 1;
    lines += 1;
  }
  return { size, lines };
}

/** Finds the shortest run of whole lines at `start` with at least `size` bytes and `lines` lines, or all up to `end`. */
export function shortestCut(bytes: Uint8Array, start: number, end: number, size: number, lines: number): Cut {
  let at = start;
  let found = 0;
  while (at < end && (at - start < size || found < lines)) {
    at = bytes.indexOf(NEWLINE, at) + 1;
    found += 1;
  }
  return { size: at - start, lines: found };
}
