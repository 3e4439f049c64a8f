// Reads the records of one segment file in order and steps over damage: behind a bad record it searches for the next
// header whose CRC and seal are right, so that one bad record costs itself and not the file. Every read goes forward by
// at least one byte, so it always ends. Used by recovery, by replay and by `sluice spool`.
import {
  decodeRecordHeader,
  FORMAT_VERSION,
  payloadIsWhole,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  type RecordHeader,
} from './spool-format.ts';
import { errorCode, type SpoolFile } from './spool-files.ts';

/** Read from the file at once; a record that does not fit is read whole. Hundreds of spools may hold as much each. */
const CHUNK_BYTES = 128 * 1024;
/** Where records are longer, so much is read at once that one of them and the header of the next fit in, up to this. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** The unit in which a failing disk is read around its bad places. */
const PAGE_BYTES = 4096;
/** Reads that fail before their pages are read one by one; twice as many before a page is given up on its own. */
export const PATIENCE = 5;
const EMPTY = Buffer.alloc(0);

/** A whole record. */
export interface FoundRecord {
  readonly kind: 'record';
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  readonly lines: number;
  readonly firstMs: number;
  readonly index: number;
  /** See SpoolBlock; only of one that was kept in memory. */
  readonly release?: (() => void) | undefined;
}

/** A stretch without a whole record. */
export interface FoundDamage {
  readonly kind: 'damage';
  readonly start: number;
  readonly end: number;
  /** Lines of the record at its start, where its header can still be read; else 0. */
  readonly lines: number;
}

export interface RecordReaderOptions {
  readonly start: number;
  /** Where the records end; may grow by `extend`. */
  readonly limit: number;
  /** The segment's seal; undefined when its header is lost: then the first whole record tells it. */
  readonly seal: number | undefined;
  /** True: the payloads handed out are overwritten by the next read, whatever `next` is told. Saves memory in a scan. */
  readonly reuse?: boolean;
}

export class RecordReader {
  readonly #file: SpoolFile;
  readonly #reuse: boolean;
  #seal: number | undefined;
  #position: number;
  #limit: number;
  #chunk: Buffer = EMPTY;
  #chunkStart = 0;
  #chunkBytes = CHUNK_BYTES;
  /** The memory that `#chunk` is a part of. */
  #memory: Buffer = EMPTY;
  /** True when nobody needs what was handed out of `#memory`. */
  #mayOverwrite = false;
  #badPages = 0;
  #attempts = 0;

  constructor(options: RecordReaderOptions, file: SpoolFile) {
    this.#file = file;
    this.#reuse = options.reuse ?? false;
    this.#seal = options.seal;
    this.#position = options.start;
    this.#limit = options.limit;
  }

  /** Where the next record starts. */
  get position(): number {
    return this.#position;
  }

  /** The seal, as far as it is known. */
  get seal(): number | undefined {
    return this.#seal;
  }

  /** Pages that the disk could not read; they were taken as zeros. */
  get badPages(): number {
    return this.#badPages;
  }

  /** Says how often reading at this place has failed before: with patience, bad places on the disk are stepped over. */
  insist(attempts: number): void {
    this.#attempts = attempts;
  }

  /** Moves the end of the records, because more have been written. */
  extend(limit: number): void {
    this.#limit = limit;
  }

  /** Forgets what was read ahead, to give memory back while there is nothing to read. */
  rest(): void {
    this.#chunk = EMPTY;
    this.#memory = EMPTY;
  }

  /**
   * Reads the next record or stretch of damage; undefined at the end. Rejects when the disk reads nothing at all. `done`:
   * the payloads handed out before are not needed any more, and their memory is used again.
   */
  async next(done: boolean = this.#reuse): Promise<FoundRecord | FoundDamage | undefined> {
    this.#mayOverwrite = done || this.#reuse;
    const start = this.#position;
    if (start >= this.#limit) return undefined;
    const header = this.#accept(await this.#load(start, RECORD_HEADER_BYTES));
    if (header !== undefined) {
      const end = start + RECORD_HEADER_BYTES + header.payloadBytes;
      if (end <= this.#limit) {
        const whole = await this.#load(start, end - start);
        const bytes = whole.subarray(RECORD_HEADER_BYTES);
        if (header.version <= FORMAT_VERSION && payloadIsWhole(header, bytes)) {
          this.#seal = header.seal;
          this.#position = end;
          const needed = end - start + RECORD_HEADER_BYTES;
          this.#chunkBytes = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES, needed));
          const { lines, firstMs, index } = header;
          return { kind: 'record', start, end, bytes, lines, firstMs, index };
        }
      }
    }
    const end = await this.#search(start + 1);
    this.#position = end;
    return { kind: 'damage', start, end, lines: header?.lines ?? 0 };
  }

  #accept(bytes: Buffer, at = 0): RecordHeader | undefined {
    const header = decodeRecordHeader(bytes, at);
    return header !== undefined && (this.#seal ?? header.seal) === header.seal ? header : undefined;
  }

  /** Searches for the next record header from `from` on; answers where it is, or where the records end. */
  async #search(from: number): Promise<number> {
    let position = from;
    while (position + RECORD_HEADER_BYTES <= this.#limit) {
      const bytes = await this.#load(position, Math.min(CHUNK_BYTES, this.#limit - position));
      if (bytes.length < RECORD_HEADER_BYTES) return this.#limit;
      for (let at = bytes.indexOf(RECORD_MAGIC); at >= 0; at = bytes.indexOf(RECORD_MAGIC, at + 1)) {
        if (at + RECORD_HEADER_BYTES > bytes.length) break;
        if (this.#accept(bytes, at) !== undefined) return position + at;
      }
      // A header may lie across the end of what was searched.
      position += bytes.length - RECORD_HEADER_BYTES + 1;
    }
    return this.#limit;
  }

  /** Answers `size` bytes from `start` on, from what was read ahead or from the file; fewer at the end of the file. */
  async #load(start: number, size: number): Promise<Buffer> {
    const from = start - this.#chunkStart;
    if (from < 0 || from + size > this.#chunk.length) await this.#fill(start, size);
    const at = start - this.#chunkStart;
    return this.#chunk.subarray(at, at + size);
  }

  async #fill(start: number, size: number): Promise<void> {
    const want = Math.max(size, Math.min(this.#chunkBytes, this.#limit - start));
    const from = start - this.#chunkStart;
    const kept = from >= 0 && from < this.#chunk.length ? this.#chunk.subarray(from) : EMPTY;
    // `kept` may lie in the same memory: copying back to front is safe then.
    if (!this.#mayOverwrite || this.#memory.length < want) this.#memory = Buffer.allocUnsafeSlow(want);
    const into = this.#memory.subarray(0, want);
    this.#mayOverwrite = true;
    kept.copy(into, 0, 0, want);
    const had = Math.min(kept.length, want);
    const got = await this.#readAround(into.subarray(had), start + had);
    this.#chunk = into.subarray(0, had + got);
    this.#chunkStart = start;
  }

  /** Reads; where the disk fails again and again, page by page with zeros for the bad ones, which the CRCs then find. */
  async #readAround(into: Buffer, position: number): Promise<number> {
    if (into.length === 0) return 0;
    try {
      return await this.#file.read(into, position);
    } catch (error) {
      if (errorCode(error) !== 'EIO' || this.#attempts < PATIENCE) throw error;
      return await this.#readPages(into, position, error);
    }
  }

  async #readPages(into: Buffer, position: number, cause: unknown): Promise<number> {
    let bad = 0;
    let good = 0;
    let done = 0;
    while (done < into.length) {
      const toPageEnd = PAGE_BYTES - ((position + done) % PAGE_BYTES);
      const page = into.subarray(done, Math.min(done + toPageEnd, into.length));
      try {
        const got = await this.#file.read(page, position + done);
        done += got;
        good += 1;
        if (got < page.length) break;
      } catch {
        page.fill(0);
        done += page.length;
        bad += 1;
      }
    }
    // Nothing but errors is a disk that is gone, not a bad place on it: that is tried again later.
    if (good === 0 && !(bad === 1 && this.#attempts >= 2 * PATIENCE)) throw cause;
    this.#badPages += bad;
    return done;
  }
}
