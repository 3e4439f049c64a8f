// While the line that makes a peer hang up is looked for: how far in the spool the peer has survived, and which lines of
// records on disk are not sent again because they were rejected. Positions, not counts, so that records that go meanwhile
// (a cap, damage) shift nothing.
import { type Cut, countLines } from '../cut-lines.ts';
import type { SpoolBooks } from './spool-books.ts';
import type { SpoolPosition, SpoolRecord } from '../spool/spool.ts';

interface Rejection {
  readonly line: Buffer;
  readonly taken: (wasWritten: boolean) => void;
}

/** A line that was taken out of a record: its place in what was left of the record before. */
interface Hole {
  readonly end: SpoolPosition;
  readonly at: number;
  readonly size: number;
}

const NOTHING: Cut = { size: 0, lines: 0 };

export class ReplayMark {
  /** The last record with lines that the peer has survived, and how many; undefined: none yet. */
  #mark: { readonly end: SpoolPosition; readonly lines: number } | undefined;
  #skipping = false;
  #rejection: Rejection | undefined;
  /** Until their records are acknowledged. */
  #holes: Hole[] = [];

  /** Puts the mark behind the first `lines` of a record, or else behind the record that ends at `last`. */
  put(record: SpoolRecord | undefined, lines: number, last: SpoolPosition | undefined): void {
    if (record !== undefined && lines > 0) this.#mark = { end: record.end, lines };
    else if (last !== undefined) this.#mark = { end: last, lines: Number.POSITIVE_INFINITY };
  }

  clear(): void {
    this.#mark = undefined;
    this.#skipping = false;
    this.#rejection = undefined;
  }

  /** Records are read from the oldest on again: those before the mark are passed over. */
  skip(): void {
    this.#skipping = this.#mark !== undefined;
  }

  reject(line: Buffer, taken: (wasWritten: boolean) => void): void {
    this.#rejection = { line, taken };
  }

  /** All up to a position is acknowledged. */
  acked(end: SpoolPosition): void {
    if (this.#holes.length > 0) this.#holes = this.#holes.filter((hole) => isBefore(end, hole.end));
  }

  /** Takes the rejected lines out of a record that was read, and finds what of it is passed over. */
  apply(whole: SpoolRecord, books: SpoolBooks): { readonly record: SpoolRecord; readonly passed: Cut } {
    let record = whole;
    for (const hole of this.#holes) {
      if (isSame(hole.end, whole.end)) record = without(record, hole.at, hole.size);
    }
    const passed = this.#passedOf(record);
    const rejection = this.#rejection;
    if (rejection === undefined || passed.lines === record.lines) return { record, passed };
    this.#rejection = undefined;
    const { line } = rejection;
    if (!record.bytes.subarray(passed.size, passed.size + line.length).equals(line))
      return { record, passed };
    this.#holes.push({ end: whole.end, at: passed.size, size: line.length });
    rejection.taken(books.rejected(passed.lines));
    return { record: without(record, passed.size, line.length), passed };
  }

  #passedOf({ end, bytes, lines }: SpoolRecord): Cut {
    const mark = this.#mark;
    if (!this.#skipping || mark === undefined) return NOTHING;
    if (isBefore(end, mark.end)) return { size: bytes.length, lines };
    this.#skipping = false;
    if (!isSame(end, mark.end)) return NOTHING;
    if (mark.lines >= lines) return { size: bytes.length, lines };
    let size = 0;
    for (let left = mark.lines; left > 0; left -= 1) size = bytes.indexOf(10, size) + 1;
    return { size, lines: countLines(bytes, 0, size) };
  }
}

function without(record: SpoolRecord, at: number, size: number): SpoolRecord {
  const { bytes, lines } = record;
  return {
    ...record,
    bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]),
    lines: lines - 1,
  };
}

function isSame(a: SpoolPosition, b: SpoolPosition): boolean {
  return a.segment === b.segment && a.offset === b.offset;
}

function isBefore(a: SpoolPosition, b: SpoolPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}
