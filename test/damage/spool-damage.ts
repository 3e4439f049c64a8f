// A good spool folder, and tools to damage it: 5 sealed segments of 3 records of 10 lines each, of which the first two
// records have been acknowledged, so that lines 21 to 150 wait.
import { RecordReader } from '../../src/destination/spool/record-reader.ts';
import { FOOTER_BYTES, segmentName } from '../../src/destination/spool/spool-format.ts';
import { MemoryFiles } from '../destination/spool/memory-files.ts';
import { FOLDER, range, seededRandom, SpoolRig } from '../destination/spool/spool-rig.ts';

export const SEGMENTS = 5;
export const RECORDS_PER_SEGMENT = 3;
export const LINES_PER_RECORD = 10;
export const LAST_LINE = SEGMENTS * RECORDS_PER_SEGMENT * LINES_PER_RECORD;
export const CURSOR = `${FOLDER}/cursor`;

/** Where a record lies in its file. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export class DamagedFolder {
  readonly files: MemoryFiles;

  private constructor(files: MemoryFiles) {
    this.files = files;
  }

  /** Makes the good folder. `end`: the relay was closed, or killed before it had sealed the last segment. */
  static async make(end: 'close' | 'kill' = 'close'): Promise<DamagedFolder> {
    const files = new MemoryFiles({ random: seededRandom(7) });
    const rig = new SpoolRig({ files, segmentBytes: 600 });
    await rig.open();
    for (let record = 0; record < SEGMENTS * RECORDS_PER_SEGMENT; record += 1) {
      rig.offer(LINES_PER_RECORD);
      await rig.settle(20);
    }
    // Twice, so that both slots of the cursor are in use.
    for (let record = 0; record < 2; record += 1) {
      rig.spool.ack((await rig.spool.read())!.end);
      await rig.settle(1500);
    }
    if (end === 'close') await rig.spool.close();
    else files.kill();
    return new DamagedFolder(files);
  }

  path(segment: number): string {
    return `${FOLDER}/${segmentName(segment)}`;
  }

  bytes(segment: number): Buffer {
    return this.files.bytes(this.path(segment))!;
  }

  /** Finds where record `index` (from 0) of a segment lies. */
  async place(segment: number, index: number): Promise<Place> {
    const bytes = this.bytes(segment);
    const file = await this.files.process().open(this.path(segment), 'read');
    const reader = new RecordReader({ start: 40, limit: bytes.length, seal: undefined }, file);
    for (let count = 0; ; count += 1) {
      const found = await reader.next();
      if (found === undefined) throw new Error('no such record');
      if (count === index) return { start: found.start, end: found.end };
    }
  }

  /** Flips a bit of the byte at `at`. */
  flip(path: string, at: number): void {
    this.files.damage(path, (bytes) => {
      bytes[at]! ^= 0x10;
    });
  }

  /** Overwrites a stretch. */
  fill(path: string, from: number, to: number, value: number): void {
    this.files.damage(path, (bytes) => bytes.fill(value, from, to));
  }

  /** Puts other bytes in the place of a file's. */
  put(path: string, bytes: Buffer): void {
    this.files.put(path, Buffer.from(bytes));
  }

  cut(segment: number, size: number): void {
    this.files.cut(this.path(segment), size);
  }

  /** Takes the footer off. */
  unseal(segment: number): void {
    this.cut(segment, this.bytes(segment).length - FOOTER_BYTES);
  }
}

/** The lines of record `index` of a segment. */
export function linesOf(segment: number, ...indexes: readonly number[]): number[] {
  return indexes.flatMap((index) => {
    const first = ((segment - 1) * RECORDS_PER_SEGMENT + index) * LINES_PER_RECORD + 1;
    return range(first, first + LINES_PER_RECORD - 1);
  });
}

/** What waits in the good folder, without some lines. */
export function waiting(...without: readonly number[]): number[] {
  const gone = new Set(without);
  return range(21, LAST_LINE).filter((line) => !gone.has(line));
}
