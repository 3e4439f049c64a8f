// Which numbered lines came how often, and which were seen to wait on disk: one byte a line and question, however many.
import { closeSync, openSync, readSync } from 'node:fs';
import { LINE_BYTES, parseLine } from './numbered-lines.ts';

const READ_BYTES = 4 << 20;
const NEWLINE = 0x0a;
const TIMES_MAX = 255;

/** Bytes by connection and number; grows as needed. */
export class LineBytes {
  #rows: Uint8Array[] = [];

  at(connection: number, number: number): number {
    return this.#rows[connection]?.[number] ?? 0;
  }

  /** Adds one; returns what was there before. */
  add(connection: number, number: number): number {
    let row = this.#rows[connection] ?? new Uint8Array(0);
    if (number >= row.length) {
      const longer = new Uint8Array(Math.max(1 << 16, row.length * 2, number + 1));
      longer.set(row);
      row = longer;
      this.#rows[connection] = row;
    }
    const before = row[number] ?? 0;
    row[number] = Math.min(TIMES_MAX, before + 1);
    return before;
  }
}

/** What a file of numbered lines holds. */
export interface FileReading {
  readonly lines: number;
  /** Lines that were in `into` before. */
  readonly again: number;
  /** Lines of another form. A last line without newline is `fragment`. */
  readonly damaged: readonly string[];
  readonly fragment: string;
}

/** Adds the lines of a file to `into`. */
export function tallyFile(file: string, into: LineBytes): FileReading {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(READ_BYTES);
  const damaged: string[] = [];
  let kept = 0;
  let lines = 0;
  let again = 0;
  for (;;) {
    const size = kept + readSync(descriptor, buffer, kept, READ_BYTES - kept, null);
    if (size === kept) break;
    let start = 0;
    for (;;) {
      const end = buffer.indexOf(NEWLINE, start) + 1;
      if (end === 0 || end > size) break;
      const found = end - start === LINE_BYTES ? parseLine(buffer, start) : undefined;
      if (found === undefined) damaged.push(buffer.toString('latin1', start, end));
      else {
        lines += 1;
        if (into.add(found.connection, found.number) > 0) again += 1;
      }
      start = end;
    }
    buffer.copy(buffer, 0, start, size);
    kept = size - start;
  }
  closeSync(descriptor);
  return { lines, again, damaged, fragment: buffer.toString('latin1', 0, kept) };
}
