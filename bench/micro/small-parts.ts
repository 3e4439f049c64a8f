// Is it cheaper to write small blocks from their places (writev) or to copy them together first, and up to which size?
// As in the spool each record of 256 KiB has a CRC, and a write takes a MiB. COPY_BYTES of
// src/destination/spool/block-queue.ts. `bin/node bench/micro/small-parts.ts [FOLDER]`
import { closeSync, mkdtempSync, openSync, rmSync, writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sideBySide } from '../side-by-side.ts';

const RECORD_BYTES = 256 * 1024;
const RECORDS = 4;
const PARTS_MAX = 1024;
const WRITES = 20;

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'sluice-parts-'));
const file = openSync(join(folder, 'file'), 'w');

function write(parts: readonly Buffer[]): number {
  let written = 0;
  for (let at = 0; at < parts.length; at += PARTS_MAX) {
    written += writevSync(file, parts.slice(at, at + PARTS_MAX), written);
  }
  return written;
}

try {
  for (const size of [128, 512, 1024, 2048, 4096, 8192, 16_384]) {
    const record = Array.from({ length: RECORD_BYTES / size }, () => Buffer.alloc(size, 'x'));
    const records = Array.from({ length: RECORDS }, () => record);
    sideBySide(`blocks of ${size} bytes, a KiB`, (WRITES * RECORDS * RECORD_BYTES) / 1024, {
      'from their places': () => {
        let check = 0;
        for (let time = 0; time < WRITES; time++) {
          for (const parts of records) check += parts.reduce((sum, part) => crc32(part, sum), 0);
          check += write(records.flat());
        }
        return check;
      },
      'copied together': () => {
        let check = 0;
        for (let time = 0; time < WRITES; time++) {
          const whole = records.map((parts) => Buffer.concat(parts));
          for (const part of whole) check += crc32(part, 0);
          check += write(whole);
        }
        return check;
      },
    });
  }
} finally {
  closeSync(file);
  rmSync(folder, { recursive: true });
}
