// One segment of a spool in memory: a few numbers, however large the file. `left` counts what is not acknowledged and not
// lost, `unread` what of it has not been read since the last rewind.
import type { SegmentFooter } from './spool-format.ts';

/** Lines and payload bytes. */
export interface Amount {
  lines: number;
  bytes: number;
}

export class Segment {
  readonly number: number;
  readonly path: string;
  /** undefined: its header cannot be read, nor any record. */
  seal: number | undefined;
  /** Where the first record starts. */
  readonly dataStart: number;
  /** Where the last record ends: what is behind it is a footer, or nothing of ours. */
  dataEnd: number;
  /** Bytes of the file. */
  fileBytes: number;
  records = 0;
  readonly total: Amount = { lines: 0, bytes: 0 };
  readonly left: Amount = { lines: 0, bytes: 0 };
  readonly unread: Amount = { lines: 0, bytes: 0 };
  /** Oldest and newest first arrival of its records, wall ms. */
  minMs = Number.POSITIVE_INFINITY;
  maxMs = Number.NEGATIVE_INFINITY;
  /** Why its file goes before all was delivered; undefined: it does not. */
  goneFor: 'spool_damaged' | 'spool_expired' | 'spool_full' | undefined;
  #sum: Amount | undefined;

  constructor(options: {
    readonly number: number;
    readonly path: string;
    readonly seal: number | undefined;
    readonly dataStart: number;
  }) {
    this.number = options.number;
    this.path = options.path;
    this.seal = options.seal;
    this.dataStart = options.dataStart;
    this.dataEnd = options.dataStart;
    this.fileBytes = options.dataStart;
  }

  /** Adds what is left here, now and later, to a sum over all segments. */
  addTo(sum: Amount): void {
    this.#sum = sum;
    sum.lines += this.left.lines;
    sum.bytes += this.left.bytes;
  }

  /** Counts a record behind the others. */
  append(record: { readonly lines: number; readonly payloadBytes: number; readonly firstMs: number }): void {
    const { lines, payloadBytes, firstMs } = record;
    this.records += 1;
    for (const amount of [this.total, this.unread]) {
      amount.lines += lines;
      amount.bytes += payloadBytes;
    }
    this.#leave(lines, payloadBytes);
    this.minMs = Math.min(this.minMs, firstMs);
    this.maxMs = Math.max(this.maxMs, firstMs);
  }

  /** Takes an amount out of `unread`; when there is more than was known of, it turns out to have been there all along. */
  read(lines: number, bytes: number): void {
    const moreLines = Math.max(0, lines - this.unread.lines);
    const moreBytes = Math.max(0, bytes - this.unread.bytes);
    this.#leave(moreLines, moreBytes);
    this.unread.lines += moreLines - lines;
    this.unread.bytes += moreBytes - bytes;
  }

  /** Makes an amount that was read unread again. */
  unreadAgain(lines: number, bytes: number): void {
    this.unread.lines += lines;
    this.unread.bytes += bytes;
  }

  /** Takes an amount that was read out of `left`: it is acknowledged or lost. */
  settle(lines: number, bytes: number): void {
    this.#leave(-lines, -bytes);
  }

  /** Answers what its footer says. */
  footer(): SegmentFooter {
    const { number, records, minMs, maxMs, seal = 0 } = this;
    return { number, records, minMs, maxMs, seal, lines: this.total.lines, bytes: this.total.bytes };
  }

  /** Gives up all that is unread; answers how many lines that were. */
  giveUpUnread(): number {
    const { lines, bytes } = this.unread;
    this.settle(lines, bytes);
    this.unread.lines = 0;
    this.unread.bytes = 0;
    return lines;
  }

  #leave(lines: number, bytes: number): void {
    this.left.lines += lines;
    this.left.bytes += bytes;
    if (this.#sum === undefined) return;
    this.#sum.lines += lines;
    this.#sum.bytes += bytes;
  }
}
