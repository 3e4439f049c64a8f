// How fast lines go to disk and come back, by the spool alone, beside `dd` writing the same bytes to the same disk:
// blocks of 256 KiB, synced each second or 64 MiB, and with carbon-relay-ng's default of 10,000 lines. Rounds are
// interleaved; each write ends with all bytes on the disk, for dd (conv=fdatasync) and for us.
//
//   bin/node bench/micro/spool.ts [--mib 1024] [--rounds 5] [--folder /var/tmp]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DiskSpool } from '../../src/destination/spool/disk-spool.ts';
import { systemSpoolFiles } from '../../src/destination/spool/spool-files.ts';
import { systemClock } from '../../src/util/clock.ts';

const BLOCK_BYTES = 256 * 1024;
const BLOCKS = 64;
const DEFAULT_SYNC_LINES = 10_000;
const SYNC_BYTES = 64 * 2 ** 20;

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const totalBytes = Number(values.mib) * 2 ** 20;
const blockCount = Math.floor(totalBytes / BLOCK_BYTES);

interface Block {
  readonly bytes: Buffer;
  readonly lines: number;
}

/** Makes blocks of whole lines as a relay has them, many, so that no cache holds them all. */
function makeBlocks(): Block[] {
  let number = 0;
  return Array.from({ length: BLOCKS }, () => {
    let text = '';
    let lines = 0;
    for (;;) {
      const line = `servers.rack${number % 40}.host${number % 997}.cpu.percent.idle ${number} 1700000000\n`;
      if (text.length + line.length > BLOCK_BYTES) break;
      text += line;
      number += 1;
      lines += 1;
    }
    // The last line takes what is left, so that a block is exactly as long as dd's.
    const bytes = Buffer.alloc(BLOCK_BYTES, 'x');
    bytes.write(text, 0, 'latin1');
    bytes[BLOCK_BYTES - 1] = 10;
    return { bytes, lines: lines + 1 };
  });
}

interface Result {
  readonly writeMib: number;
  readonly readMib: number;
  readonly cpuSeconds: number;
}

/** Writes everything, closes, opens again and reads it back. */
async function runSpool(folder: string, blocks: readonly Block[], syncEveryLines: number): Promise<Result> {
  let writable = (): void => undefined;
  const make = (): DiskSpool =>
    new DiskSpool(
      {
        folder: join(folder, 'spool'),
        segmentBytes: 200 * 2 ** 20,
        syncEveryLines,
        syncPeriodMs: 1000,
        maxBytes: totalBytes * 2 + 2 ** 30,
        maxAgeMs: undefined,
        goes: 'newest',
        reserveBytes: 0,
      },
      {
        files: systemSpoolFiles,
        clock: systemClock,
        random: Math.random,
        events: {
          lost: (lines, reason) => {
            throw new Error(`${lines} lines were lost: ${reason}`);
          },
          writable: () => writable(),
          readable: () => undefined,
        },
      },
    );
  const cpuBefore = process.cpuUsage();
  const spool = make();
  await spool.open();
  const startMs = performance.now();
  for (let index = 0; index < blockCount; index++) {
    const { bytes, lines } = blocks[index % blocks.length]!;
    while (spool.offer({ bytes, lines, firstMs: Date.now() }, checkWritten) !== undefined) {
      await new Promise<void>((resolve) => {
        writable = resolve;
      });
    }
  }
  await spool.close();
  const writeMib = mibPerSecond(startMs);
  const again = make();
  await again.open();
  const readStartMs = performance.now();
  let bytes = 0;
  for (let record = await again.read(); record !== undefined; record = await again.read()) {
    bytes += record.bytes.length;
    again.ack(record.end);
  }
  const readMib = mibPerSecond(readStartMs);
  if (bytes !== blockCount * BLOCK_BYTES) throw new Error(`read ${bytes} bytes of ${totalBytes}`);
  await again.close();
  const cpu = process.cpuUsage(cpuBefore);
  rmSync(join(folder, 'spool'), { recursive: true });
  return { writeMib, readMib, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}

function checkWritten(ok: boolean): void {
  if (!ok) throw new Error('a block was not written');
}

function mibPerSecond(startMs: number): number {
  return totalBytes / 2 ** 20 / ((performance.now() - startMs) / 1000);
}

function runDd(folder: string): number {
  const file = join(folder, 'dd');
  const startMs = performance.now();
  const args = ['if=/dev/zero', `of=${file}`, 'bs=256k', `count=${blockCount}`, 'conv=fdatasync'];
  execFileSync('dd', args, { stdio: 'ignore' });
  const mib = mibPerSecond(startMs);
  rmSync(file);
  return mib;
}

function median(values_: readonly number[]): number {
  return values_.toSorted((a, b) => a - b)[Math.floor(values_.length / 2)] ?? 0;
}

function report(name: string, figures: readonly number[], base: number): void {
  const all = figures.map((figure) => figure.toFixed(0)).join(' ');
  const share = ((100 * median(figures)) / base).toFixed(0);
  console.log(
    `${name.padEnd(34)} median ${median(figures).toFixed(0)} MiB/s, ${share} % of dd's write  (${all})`,
  );
}

const folder = mkdtempSync(join(values.folder, 'sluice-spool-bench-'));
try {
  const blocks = makeBlocks();
  const linesEach = blocks.reduce((sum, { lines }) => sum + lines, 0) / blocks.length;
  const wide = Math.round((SYNC_BYTES / BLOCK_BYTES) * linesEach);
  const dd: number[] = [];
  const seldom: Result[] = [];
  const often: Result[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    dd.push(runDd(folder));
    seldom.push(await runSpool(folder, blocks, wide));
    often.push(await runSpool(folder, blocks, DEFAULT_SYNC_LINES));
  }
  const base = median(dd);
  report('dd bs=256k conv=fdatasync', dd, base);
  const write = ({ writeMib }: Result): number => writeMib;
  report('spool, a sync each second or 64 MiB', seldom.map(write), base);
  report('spool, a sync each 10,000 lines', often.map(write), base);
  const reads = [...seldom, ...often].map(({ readMib }) => readMib);
  report('spool, read back', reads, base);
  const cpu = median(seldom.map(({ cpuSeconds }) => cpuSeconds));
  console.log(`CPU to write and read 1 GiB: ${((cpu / totalBytes) * 2 ** 30).toFixed(2)} s`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
