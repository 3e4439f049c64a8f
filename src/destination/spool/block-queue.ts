// Blocks offered and not yet written, and how they become records: small ones are put together until a record holds
// 256 KiB, and a write takes a few records at once. In a durable spool each block is a record, so that what is read from
// memory is what was offered.
import type { SpoolBlock } from './spool.ts';

/** A record is closed once it holds so much. */
export const RECORD_BYTES = 256 * 1024;
/** A write takes no more records once it holds so much. */
const BATCH_BYTES = 1024 * 1024;
/** Blocks that are smaller on average are copied together: then it costs less than their parts (bench/micro/small-parts.ts). */
const COPY_BYTES = 2048;

interface Waiting {
  readonly block: SpoolBlock;
  readonly written: (ok: boolean) => void;
}

/** A record to be written. */
export interface RecordDraft {
  readonly parts: readonly Buffer[];
  readonly lines: number;
  readonly payloadBytes: number;
  readonly firstMs: number;
  /** See SpoolBlock; only where the record is one block. */
  readonly release?: (() => void) | undefined;
}

/** What one write takes. */
export interface Batch {
  readonly records: readonly RecordDraft[];
  readonly blocks: number;
  readonly lines: number;
  readonly bytes: number;
}

export class BlockQueue {
  /** A record is closed once it holds so much. */
  readonly #recordBytes: number;
  #waiting: Waiting[] = [];
  #lines = 0;
  #bytes = 0;

  constructor(options: { readonly recordPerBlock: boolean }) {
    this.#recordBytes = options.recordPerBlock ? 1 : RECORD_BYTES;
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Arrival of the oldest line; undefined when there is none. */
  get firstMs(): number | undefined {
    return this.#waiting[0]?.block.firstMs;
  }

  push(block: SpoolBlock, written: (ok: boolean) => void): void {
    this.#waiting.push({ block, written });
    this.#lines += block.lines;
    this.#bytes += block.bytes.length;
  }

  /** Puts together the next batch and leaves its blocks where they are; `settle` takes them out. */
  batch(): Batch {
    const records: RecordDraft[] = [];
    let parts: Buffer[] = [];
    let record = { lines: 0, payloadBytes: 0, firstMs: 0 };
    const total = { blocks: 0, lines: 0, bytes: 0 };
    for (const { block } of this.#waiting) {
      if (total.bytes >= BATCH_BYTES) break;
      record = {
        lines: record.lines + block.lines,
        payloadBytes: record.payloadBytes + block.bytes.length,
        firstMs: parts.length === 0 ? block.firstMs : Math.min(record.firstMs, block.firstMs),
      };
      parts.push(block.bytes);
      total.blocks += 1;
      total.lines += block.lines;
      total.bytes += block.bytes.length;
      if (record.payloadBytes < this.#recordBytes) continue;
      const release = this.#recordBytes === 1 ? block.release : undefined;
      records.push({ ...record, parts: together(parts, record.payloadBytes), release });
      parts = [];
      record = { lines: 0, payloadBytes: 0, firstMs: 0 };
    }
    if (parts.length > 0) records.push({ ...record, parts: together(parts, record.payloadBytes) });
    return { records, ...total };
  }

  /** Takes the first `blocks` out and tells their givers how it went. */
  settle(blocks: number, ok: boolean): void {
    const settled = this.#waiting.slice(0, blocks);
    this.#waiting = this.#waiting.slice(blocks);
    for (const { block } of settled) {
      this.#lines -= block.lines;
      this.#bytes -= block.bytes.length;
    }
    for (const { written } of settled) written(ok);
  }

  /** Hands everything back as not written. */
  handBack(): void {
    this.settle(this.#waiting.length, false);
  }
}

function together(parts: Buffer[], bytes: number): readonly Buffer[] {
  return parts.length > 1 && bytes / parts.length < COPY_BYTES ? [Buffer.concat(parts, bytes)] : parts;
}
