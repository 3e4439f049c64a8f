// Reads the lines that wait in a queue of carbon-relay-ng, in order, past whatever is damaged. Changes nothing.
// Memory is bounded by the read buffer and one block, however long the queue. Never rejects: what cannot be read is counted.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CrngFile, type CrngQueue, startOf } from './crng-disk-queue.ts';
import { crngRecordBytes, findCrngRecord, matchCrngRecord, RECORD_LOOK_BYTES } from './crng-record-scan.ts';
import type { SpoolBlock } from './spool.ts';

/** What was read so far, and what could not be. */
export interface CrngReadReport {
  readonly lines: number;
  /** Bytes of the lines, each with a newline. */
  readonly bytes: number;
  /** Of the lines: written after the meta file, which crng would lose. */
  readonly tailLines: number;
  /** Stretches that hold no record, each at least one line lost. */
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  /** Bytes of files that were gone through, for progress. */
  readonly doneBytes: number;
  readonly notes: readonly string[];
}

/** `bad`: read the files that crng gave up, too. */
export interface CrngQueueReaderOptions {
  readonly queue: CrngQueue;
  readonly bad?: boolean;
}

interface Region {
  readonly file: CrngFile;
  readonly start: number;
  readonly end: number;
  readonly isTail: boolean;
}

/** Most bytes of a block; also what is read at once. */
const BLOCK_BYTES = 1024 * 1024;
const BUFFER_BYTES = RECORD_LOOK_BYTES + BLOCK_BYTES;
const NEWLINE = 0x0a;

export class CrngQueueReader {
  readonly #regions: Region[];
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  readonly #report = {
    lines: 0,
    bytes: 0,
    tailLines: 0,
    damagedPlaces: 0,
    damagedBytes: 0,
    doneBytes: 0,
    notes: [] as string[],
  };
  #region: Region | undefined;
  #handle: FileHandle | undefined;
  /** The unread bytes are `#buffer[#start, #end)`; `#offset` is where the next read from the file goes on. */
  #start = 0;
  #end = 0;
  #offset = 0;
  #isDamaged = false;

  constructor({ queue, bad = false }: CrngQueueReaderOptions) {
    const setAside = queue.badFiles.map((file) => ({ file, start: 0, end: file.bytes, isTail: false }));
    this.#regions = [...(bad ? setAside : []), ...queue.files.flatMap((file) => regionsOf(queue, file))];
  }

  get report(): CrngReadReport {
    return this.#report;
  }

  /** Bytes of files that are to be gone through in all. */
  get totalBytes(): number {
    const left = this.#regions.reduce((sum, { start, end }) => sum + end - start, 0);
    const current =
      this.#region === undefined ? 0 : this.#region.end - this.#offset + this.#end - this.#start;
    return this.#report.doneBytes + current + left;
  }

  /** Reads the next lines, up to 1 MiB and at least one; undefined at the end. The block belongs to the caller. */
  async read(): Promise<SpoolBlock | undefined> {
    while (await this.#fill()) {
      const firstMs = this.#region!.file.modifiedMs;
      const block = this.#cut();
      if (block.lines > 0) return { ...block, firstMs };
    }
    return undefined;
  }

  /** Closes the file that is open. */
  async close(): Promise<void> {
    this.#regions.length = 0;
    await this.#leaveRegion();
  }

  /** Makes sure that there is a record to judge in the buffer; false at the end of everything. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const region = this.#region;
      if (region === undefined) {
        const next = this.#regions.shift();
        if (next === undefined) return false;
        await this.#enterRegion(next);
        continue;
      }
      const isLast = this.#offset >= region.end;
      const unread = this.#end - this.#start;
      if (unread >= RECORD_LOOK_BYTES || (isLast && unread > 0)) return true;
      if (isLast) await this.#leaveRegion();
      else await this.#readMore(region);
    }
  }

  async #enterRegion(region: Region): Promise<void> {
    this.#region = region;
    this.#offset = region.start;
    this.#start = 0;
    this.#end = 0;
    this.#isDamaged = false;
    try {
      this.#handle = await open(region.file.path, 'r');
    } catch (error) {
      this.#giveUp(region, error);
    }
  }

  async #readMore(region: Region): Promise<void> {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const size = Math.min(this.#buffer.length - this.#end, region.end - this.#offset);
    try {
      const { bytesRead } = await this.#handle!.read(this.#buffer, this.#end, size, this.#offset);
      if (bytesRead === 0) throw new Error('is shorter than it was');
      this.#end += bytesRead;
      this.#offset += bytesRead;
    } catch (error) {
      this.#giveUp(region, error);
    }
  }

  /** Goes on with what is in the buffer, as if the region ended there. */
  #giveUp(region: Region, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#report.notes.push(`${basename(region.file.path)}: ${why}`);
    this.#skip(region.end - this.#offset, region);
    this.#offset = region.end;
  }

  async #leaveRegion(): Promise<void> {
    this.#region = undefined;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  /** Turns the records in the buffer into lines; skips what is none. */
  #cut(): { readonly bytes: Buffer; readonly lines: number } {
    const buffer = this.#buffer;
    const region = this.#region!;
    const isLast = this.#offset >= region.end;
    const sure = isLast ? this.#end - 1 : this.#end - RECORD_LOOK_BYTES;
    // A record takes four bytes more than its line, which takes one more in the block.
    const out = Buffer.allocUnsafe(this.#end - this.#start);
    let used = 0;
    let lines = 0;
    while (this.#start <= sure) {
      const size = matchCrngRecord(buffer, this.#start, this.#end);
      if (size === 0) {
        const next = findCrngRecord(buffer, this.#start + 1, this.#end, isLast);
        this.#report.doneBytes += next - this.#start;
        this.#skip(next - this.#start, region);
        this.#start = next;
        continue;
      }
      const next = this.#start + crngRecordBytes(size);
      buffer.copy(out, used, next - size, next);
      used += size;
      out[used++] = NEWLINE;
      lines += 1;
      this.#report.doneBytes += next - this.#start;
      this.#start = next;
      this.#isDamaged = false;
    }
    this.#report.lines += lines;
    this.#report.bytes += used;
    if (region.isTail) this.#report.tailLines += lines;
    return { bytes: out.subarray(0, used), lines };
  }

  /** Books bytes without a record. In the tail they are leftovers of records that were written over. */
  #skip(bytes: number, region: Region): void {
    if (bytes === 0 || region.isTail) return;
    this.#report.damagedBytes += bytes;
    if (!this.#isDamaged) this.#report.damagedPlaces += 1;
    this.#isDamaged = true;
  }
}

function regionsOf({ meta }: CrngQueue, file: CrngFile): Region[] {
  const start = Math.min(startOf(meta, file), file.bytes);
  const end = file.bytes;
  if (meta === undefined || file.number < meta.write.file) return [{ file, start, end, isTail: false }];
  const split = file.number > meta.write.file ? 0 : Math.min(Math.max(meta.write.offset, start), end);
  return [
    { file, start, end: split, isTail: false },
    { file, start: split, end, isTail: true },
  ].filter((region) => region.end > region.start);
}
