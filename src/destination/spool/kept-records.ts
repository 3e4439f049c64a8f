// Records of a durable spool that are still in memory, so that a reader that keeps up never reads the disk. They are on
// disk as well: each may be given up at any time. Oldest first; there may be gaps, which the reader then fills from disk.
import type { RecordDraft } from './block-queue.ts';
import type { FoundRecord } from './record-reader.ts';
import { RECORD_HEADER_BYTES } from './spool-format.ts';

interface Kept {
  readonly segment: number;
  readonly record: FoundRecord;
}

export class KeptRecords {
  #records: Kept[] = [];

  /** Keeps those of some records that may be kept; they were written one after the other from `position` on, behind all others. */
  keep(segment: number, position: number, records: readonly RecordDraft[]): void {
    let start = position;
    for (const { parts, lines, firstMs, payloadBytes, release } of records) {
      const end = start + RECORD_HEADER_BYTES + payloadBytes;
      const [bytes] = parts;
      if (release !== undefined && bytes !== undefined) {
        this.#records.push({
          segment,
          record: { kind: 'record', start, end, bytes, lines, firstMs, index: 0, release },
        });
      }
      start = end;
    }
  }

  /** Takes the record that starts at a place, and gives up those before it; undefined when it is not here. */
  take(segment: number, offset: number): FoundRecord | undefined {
    for (let first = this.#records[0]; first !== undefined; first = this.#records[0]) {
      const { start, release } = first.record;
      if (first.segment > segment || (first.segment === segment && start > offset)) return undefined;
      this.#records.shift();
      if (first.segment === segment && start === offset) return first.record;
      release?.();
    }
    return undefined;
  }

  /** Gives all up. */
  clear(): void {
    const records = this.#records;
    this.#records = [];
    for (const { record } of records) record.release?.();
  }
}
