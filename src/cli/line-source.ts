// Lines in blocks, wherever they are: in a spool, a queue of carbon-relay-ng or a plain file. Sources only read; what is
// damaged is stepped over and counted.
import { type FileHandle, open } from 'node:fs/promises';
import { CrngQueueReader } from '../destination/spool/crng-queue-reader.ts';
import { type SpoolView, SpoolWalk } from '../destination/spool/inspect-spool.ts';
import type { SpoolBlock } from '../destination/spool/spool.ts';
import type { SpoolFiles } from '../destination/spool/spool-files.ts';
import { CommandError } from './exit-code.ts';
import { describeSystemError } from './read-config.ts';
import type { SpoolEntry } from './spool/spool-entry.ts';

/** What came of reading. */
export interface SourceOutcome {
  readonly lines: number;
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  readonly notes: readonly string[];
}

export interface LineSource {
  readonly name: string;
  /** For progress; 0 when it cannot be told. */
  readonly totalBytes: number;
  readonly doneBytes: number;
  readonly outcome: SourceOutcome;
  /** Reads the next lines; undefined at the end. The bytes are good until the next call. */
  read(): Promise<SpoolBlock | undefined>;
  close(): Promise<void>;
}

const BLOCK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Opens a spool or queue; `bad`: with the files that carbon-relay-ng gave up. */
export function openEntry(entry: SpoolEntry, files: SpoolFiles, bad = false): LineSource {
  return entry.kind === 'sluice'
    ? new SpoolSource(entry.name, entry.view, files)
    : new CrngSource(entry.name, new CrngQueueReader({ queue: entry.queue, bad }));
}

class CrngSource implements LineSource {
  readonly name: string;
  readonly totalBytes: number;
  readonly #reader: CrngQueueReader;

  constructor(name: string, reader: CrngQueueReader) {
    this.name = name;
    this.#reader = reader;
    this.totalBytes = reader.totalBytes;
  }

  get doneBytes(): number {
    return this.#reader.report.doneBytes;
  }

  get outcome(): SourceOutcome {
    return this.#reader.report;
  }

  read(): Promise<SpoolBlock | undefined> {
    return this.#reader.read();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

class SpoolSource implements LineSource {
  readonly name: string;
  readonly totalBytes: number;
  readonly #walk: SpoolWalk;
  #lines = 0;
  #damagedPlaces = 0;
  #damagedBytes = 0;

  constructor(name: string, view: SpoolView, files: SpoolFiles) {
    this.name = name;
    this.#walk = new SpoolWalk({ segments: view.segments }, files);
    this.totalBytes = view.segments.reduce((sum, { dataEnd, waitingFrom }) => sum + dataEnd - waitingFrom, 0);
  }

  get doneBytes(): number {
    return this.#walk.doneBytes;
  }

  get outcome(): SourceOutcome {
    return {
      lines: this.#lines,
      damagedPlaces: this.#damagedPlaces,
      damagedBytes: this.#damagedBytes,
      notes: this.#walk.notes,
    };
  }

  async read(): Promise<SpoolBlock | undefined> {
    for (let found = await this.#walk.next(); found !== undefined; found = await this.#walk.next()) {
      if (found.kind === 'record') {
        this.#lines += found.lines;
        return found;
      }
      this.#damagedPlaces += 1;
      this.#damagedBytes += found.end - found.start;
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#walk.close();
  }
}

/** Lines of a plain file, `-` for standard input. Empty lines are left out; lines of more than 1 MiB are damage. */
export class PlainFileSource implements LineSource {
  readonly name: string;
  readonly #handle: FileHandle;
  readonly totalBytes: number;
  readonly #firstMs: number;
  #doneBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #atEnd = false;
  #lines = 0;
  #damagedPlaces = 0;
  #damagedBytes = 0;
  #isSkipping = false;

  private constructor(name: string, handle: FileHandle, totalBytes: number, firstMs: number) {
    this.name = name;
    this.#handle = handle;
    this.totalBytes = totalBytes;
    this.#firstMs = firstMs;
  }

  /** Opens a file or throws a CommandError. */
  static async open(path: string): Promise<PlainFileSource> {
    try {
      const handle = await open(path === '-' ? '/dev/stdin' : path, 'r');
      const stats = await handle.stat();
      if (stats.isDirectory()) throw new Error('is a directory');
      return new PlainFileSource(path, handle, stats.isFile() ? stats.size : 0, stats.mtimeMs);
    } catch (error) {
      throw new CommandError(`cannot read "${path}": ${describeSystemError(error)}`);
    }
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  get outcome(): SourceOutcome {
    return {
      lines: this.#lines,
      damagedPlaces: this.#damagedPlaces,
      damagedBytes: this.#damagedBytes,
      notes: [],
    };
  }

  async read(): Promise<SpoolBlock | undefined> {
    while (!this.#atEnd) {
      const chunk = Buffer.allocUnsafe(BLOCK_BYTES);
      const { bytesRead } = await this.#handle.read(chunk, 0, BLOCK_BYTES, null);
      this.#doneBytes += bytesRead;
      this.#atEnd = bytesRead === 0;
      const tail = this.#atEnd && this.#rest.length > 0 ? Buffer.from('\n') : chunk.subarray(0, bytesRead);
      const block = this.#cut(Buffer.concat([this.#rest, tail]));
      if (block.lines > 0) return { ...block, firstMs: this.#firstMs };
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#atEnd = true;
    await this.#handle.close();
  }

  /** Takes the whole lines out of the bytes; what is left is kept for later. */
  #cut(bytes: Buffer): { readonly bytes: Buffer; readonly lines: number } {
    const out = Buffer.allocUnsafe(bytes.length);
    let used = 0;
    let lines = 0;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (this.#isSkipping) this.#damagedBytes += end + 1 - start;
      else if (end > start) {
        used += bytes.copy(out, used, start, end + 1);
        lines += 1;
      }
      this.#isSkipping = false;
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > BLOCK_BYTES || this.#isSkipping) {
      if (!this.#isSkipping) this.#damagedPlaces += 1;
      this.#isSkipping = true;
      this.#damagedBytes += this.#rest.length;
      this.#rest = Buffer.alloc(0);
    }
    this.#lines += lines;
    return { bytes: out.subarray(0, used), lines };
  }
}
