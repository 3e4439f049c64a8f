// A spool folder written by hand with the encoders of the format, so that tests of what reads it need no spool that runs.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CURSOR_NAME, encodeCursor } from '../../../src/destination/spool/cursor-file.ts';
import { spoolFolderName } from '../../../src/destination/spool/folder-name.ts';
import {
  encodeFooter,
  encodeRecordHeader,
  encodeSegmentHeader,
  segmentName,
} from '../../../src/destination/spool/spool-format.ts';

/** A spool: segments of records of lines; the last segment has no footer unless `sealed`. */
export interface SpoolContent {
  readonly key: string;
  readonly segments: readonly (readonly (readonly string[])[])[];
  readonly sealed?: boolean;
  /** Delivered: so many records of the first segment. */
  readonly passedRecords?: number;
  readonly firstMs?: number;
}

const SPOOL_ID = 7;

/** Writes a spool under a root; answers its folder. */
export async function makeSpool(root: string, content: SpoolContent): Promise<string> {
  const folder = join(root, spoolFolderName(content.key, 0));
  await mkdir(folder, { recursive: true });
  const firstMs = content.firstMs ?? 1_700_000_000_000;
  for (const [index, records] of content.segments.entries()) {
    const number = index + 1;
    const seal = 1000 + number;
    const header = { version: 1, number, madeMs: firstMs, spoolId: SPOOL_ID, seal, previous: 0 };
    const parts: Buffer[] = [encodeSegmentHeader(header)];
    const payloads = records.map((lines) => Buffer.from(lines.map((line) => `${line}\n`).join('')));
    for (const [at, lines] of records.entries()) {
      const payload = payloads[at]!;
      parts.push(
        encodeRecordHeader({ lines: lines.length, firstMs, seal, index: at, parts: [payload] }),
        payload,
      );
      if (index === 0 && at + 1 === content.passedRecords) await writeCursor(folder, parts, records, at + 1);
    }
    const isSealed = content.sealed === true || number < content.segments.length;
    const bytes = Buffer.concat(parts);
    const sum = {
      lines: records.flat().length,
      bytes: payloads.reduce((total, payload) => total + payload.length, 0),
    };
    const footer = { number, records: records.length, ...sum, minMs: firstMs, maxMs: firstMs, seal };
    const end = isSealed ? encodeFooter(footer, bytes.length) : Buffer.alloc(0);
    await writeFile(join(folder, segmentName(number)), Buffer.concat([bytes, end]));
  }
  return folder;
}

async function writeCursor(
  folder: string,
  parts: readonly Buffer[],
  records: readonly (readonly string[])[],
  passed: number,
): Promise<void> {
  const lines = records.slice(0, passed).flat();
  const cursor = {
    spoolId: SPOOL_ID,
    segment: 1,
    offset: parts.reduce((sum, part) => sum + part.length, 0),
    passedLines: lines.length,
    passedBytes: lines.reduce((sum, line) => sum + line.length + 1, 0),
    hole: 0,
  };
  await writeFile(join(folder, CURSOR_NAME), encodeCursor(cursor, 1, 0));
}
