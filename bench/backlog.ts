// A backlog of 10 GB on disk, made by the segment writer itself: how long a start takes with it, after an orderly end and
// after a kill, and what memory the relay holds while a part of it is replayed. The files go when it ends.
//
//   bin/node bench/backlog.ts [--gb 10] [--seconds 30] [--folder /var/tmp]
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DiskSpool } from '../src/destination/spool/disk-spool.ts';
import { spoolFolderName } from '../src/destination/spool/folder-name.ts';
import { systemSpoolFiles } from '../src/destination/spool/spool-files.ts';
import { FOOTER_BYTES } from '../src/destination/spool/spool-format.ts';
import { systemClock } from '../src/util/clock.ts';
import { ROOT } from '../tools/source-files.ts';
import { freePort, stop } from './e2e-run.ts';
import { readProcessCost } from './process-cost.ts';
import { renderPiece, seriesKey } from './series-lines.ts';
import type { TroubledReport, TroubledRequest } from './troubled-sink.ts';

const BLOCK_LINES = 3600;
const BLOCKS = 32;
const SEGMENT_BYTES = 200 * 2 ** 20;

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '30' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const totalBytes = Number(values.gb) * 1e9;

async function ask(sink: ChildProcess, request: TroubledRequest): Promise<TroubledReport> {
  sink.send(request);
  const [report] = (await once(sink, 'message')) as [TroubledReport];
  return report;
}

/** Fills the spool of a destination; returns its lines. */
async function fill(folder: string): Promise<number> {
  let writable = (): void => undefined;
  const spool = new DiskSpool(
    {
      folder,
      segmentBytes: SEGMENT_BYTES,
      syncEveryLines: 10_000,
      syncPeriodMs: 1000,
      maxBytes: totalBytes * 2,
      maxAgeMs: undefined,
      goes: 'newest',
      reserveBytes: 0,
    },
    {
      files: systemSpoolFiles,
      clock: systemClock,
      random: Math.random,
      events: { lost: () => undefined, writable: () => writable(), readable: () => undefined },
    },
  );
  await spool.open();
  const timestampSec = Math.floor(Date.now() / 1000);
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const specs = Array.from({ length: BLOCK_LINES }, (__, at) => {
      return { key: seriesKey((block * BLOCK_LINES + at) % 10_000), stamped: false, blocked: false };
    });
    return renderPiece(specs, timestampSec).bytes;
  });
  let lines = 0;
  for (let bytes = 0; bytes < totalBytes; ) {
    const block = blocks[(lines / BLOCK_LINES) % BLOCKS]!;
    const offer = { bytes: block, lines: BLOCK_LINES, firstMs: Date.now() };
    while (spool.offer(offer, () => undefined) !== undefined) {
      await new Promise<void>((resolve) => {
        writable = resolve;
      });
    }
    lines += BLOCK_LINES;
    bytes += block.length;
  }
  await spool.close();
  return lines;
}

/** Starts the relay; answers it and the time until it listens and until the backlog is known, ms. */
async function start(config: string, folder: string) {
  const startMs = performance.now();
  const child = spawn(join(ROOT, 'bin/sluice'), ['run', '--config', config], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const found = { listeningMs: 0, backlogMs: 0, lines: 0 };
  let log = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  child.stderr.on('data', (data: Buffer) => {
    log += data.toString();
    if (found.listeningMs === 0 && log.includes('listening on'))
      found.listeningMs = performance.now() - startMs;
    const lines = /found (\d+) lines on disk/.exec(log)?.[1];
    if (lines === undefined || found.backlogMs > 0) return;
    found.backlogMs = performance.now() - startMs;
    found.lines = Number(lines);
    resolve();
  });
  child.on('exit', (code) => {
    if (code !== 0) console.log(`the relay ended with ${code}:\n${log}`);
    resolve();
  });
  await promise;
  return { child, ...found };
}

function describe(what: string, { listeningMs, backlogMs, lines }: Awaited<ReturnType<typeof start>>): void {
  console.log(
    `${what}: listens after ${listeningMs.toFixed(0)} ms, knows its ${lines} lines after ${backlogMs.toFixed(0)} ms`,
  );
}

/** Watches memory while the sink reads for some seconds. */
async function replay(relay: ChildProcess, sink: ChildProcess): Promise<void> {
  const pid = relay.pid ?? 0;
  const before = readProcessCost(pid);
  const first = await ask(sink, { mode: 'healthy' });
  const rss: number[] = [];
  for (let second = 0; second < Number(values.seconds); second++) {
    await sleep(1000);
    rss.push(readProcessCost(pid).rssMib);
  }
  const report = await ask(sink, { report: true });
  const after = readProcessCost(pid);
  console.log(
    `replayed ${report.lines - first.lines} lines in ${values.seconds} s: RSS before ${before.rssMib.toFixed(0)} MiB, ` +
      `then by second ${rss.map((mib) => mib.toFixed(0)).join(' ')}, peak ${after.rssPeakMib.toFixed(0)} MiB`,
  );
}

const folder = mkdtempSync(join(values.folder, 'sluice-backlog-'));
const children: ChildProcess[] = [];
try {
  const sink = fork(join(import.meta.dirname, 'troubled-sink.ts'));
  children.push(sink);
  const { port } = await ask(sink, { mode: 'healthy' });
  await ask(sink, { mode: 'away' });
  const config = join(folder, 'relay.toml');
  const head = `instance = "bench"\nlisten_addr = "127.0.0.1:${await freePort()}"\nhttp_addr = "127.0.0.1:${await freePort()}"\n`;
  const route = `[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = ["127.0.0.1:${port} spoolmaxbytes=${totalBytes * 2}"]\n`;
  writeFileSync(
    config,
    `${head}log_level = "info"\nspool_dir = "spool"\nbad_metrics_max_age = "1h"\n${route}`,
  );
  const spoolFolder = join(folder, 'spool', spoolFolderName(`all_127_0_0_1_${port}`, 0));
  const fillMs = performance.now();
  const lines = await fill(spoolFolder);
  const segments = readdirSync(spoolFolder).filter((name) => name.endsWith('.seg'));
  console.log(
    `${values.gb} GB: ${lines} lines in ${segments.length} segments, written in ${((performance.now() - fillMs) / 1000).toFixed(1)} s`,
  );
  // A kill leaves the newest segment without its footer: it is read through at the next start.
  const newest = join(spoolFolder, segments.toSorted().at(-2) ?? '');
  truncateSync(newest, statSync(newest).size - FOOTER_BYTES);
  const killed = await start(config, folder);
  children.push(killed.child);
  describe('a start with a whole segment unsealed, as after a kill', killed);
  await stop(killed.child);
  const relay = await start(config, folder);
  children.push(relay.child);
  describe('a start after an orderly end', relay);
  await replay(relay.child, sink);
} finally {
  for (const child of children.toReversed()) await stop(child);
  rmSync(folder, { recursive: true, force: true });
}
