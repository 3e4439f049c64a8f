// Real disks that are full, read-only, failing or hung under the spool of the real command: the relay says so, counts what
// it costs, goes on, and comes back by itself. Needs root; skipped where nothing can be mounted.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { assertConserved } from '../assert-conserved.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from '../e2e/relay-process.ts';
import { makeLines, sendLines } from '../e2e/send-lines.ts';
import { startSink, type TcpSink } from '../e2e/tcp-sink.ts';
import { LoopDisk, MemoryDisk, mountTrouble } from './fault-disk.ts';

const STATE_MS = 20_000;
const DELIVERED_MS = 60_000;
/** Beyond every disk here, so that the disk says when it is full. */
const NO_CAP = 'spoolmaxbytes=10000000000';
const PREFIX = 'metric.with.a.name.of.a.usual.length';

interface SpoolView {
  readonly state: string;
  readonly lines: number;
  readonly lastError: string;
}

function writeConfig(folder: string, spoolDir: string, ...destinations: string[]): string {
  const file = join(folder, 'relay.toml');
  const head = `${CONFIG_HEAD}spool_dir = "${spoolDir}"\nshutdown_timeout = "5s"\n`;
  writeFileSync(file, head + routeTo(...destinations));
  return file;
}

async function start(t: TestContext, spoolDir: string, ...destinations: string[]): Promise<RelayProcess> {
  const folder = makeFolder(t);
  const args = ['run', '--config', writeConfig(folder, spoolDir, ...destinations)];
  const relay = new RelayProcess(t, { args, folder });
  await relay.untilLogged('is running as instance');
  return relay;
}

async function untilSpool(relay: RelayProcess, what: string, holds: (view: SpoolView) => boolean) {
  const end = performance.now() + STATE_MS;
  for (;;) {
    const [view] = (await (await relay.get('/api/spools')).json()) as SpoolView[];
    if (view !== undefined && holds(view)) return view;
    if (performance.now() > end) throw new Error(`not in time: ${what}: ${JSON.stringify(view)}`);
    await sleep(20);
  }
}

/** Waits until nothing waits any more, ends the relay and checks its books: every line that was not dropped came, once. */
async function finish(relay: RelayProcess, sink: TcpSink, lines: readonly string[]): Promise<Ledger> {
  const end = performance.now() + DELIVERED_MS;
  for (;;) {
    const { received, destinations } = await relay.ledger();
    const row = destinations.find(({ addr }) => addr === sink.addr);
    if (received === lines.length && row?.queued === 0 && row.spooled === 0) break;
    if (performance.now() > end) throw new Error(`lines still wait: ${JSON.stringify(row)}`);
    await sleep(20);
  }
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  const dropped = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
  await sink.until('what was not dropped', () => sink.lines >= lines.length - dropped);
  const came = new Set(sink.kept);
  assert.equal(came.size, sink.kept.length, 'a line came twice');
  assert.equal(came.size, lines.length - dropped);
  const sent = new Set(lines);
  assert.ok(sink.kept.every((line) => sent.has(line)));
  return ledger;
}

/** Why a test cannot run here; false: it can. */
const needsTmpfs = { skip: mountTrouble('tmpfs') ?? false };
const needsLoop = { skip: mountTrouble('loop') ?? false };

test('a full disk is a state that is shown, memory goes on, and room ends it', needsTmpfs, async (t) => {
  const disk = new MemoryDisk(t, 16);
  const sink = await startSink(t, { keep: true });
  const relay = await start(t, disk.path, `${sink.addr} reconn=300 ${NO_CAP}`);
  await sink.close();
  // 23 MB: what the disk does not hold, memory does.
  const lines = makeLines(PREFIX, 400_000);
  await sendLines(t, relay.port, lines);
  const view = await untilSpool(relay, 'the disk is full', ({ state }) => state === 'full');
  assert.match(view.lastError, /ENOSPC|reserve/);
  const metrics = await (await relay.get('/metrics')).text();
  assert.match(metrics, /^sluice_spool_up\{.*\} 0$/m);
  assert.deepEqual((await relay.ledger()).dropped, {});
  disk.resize(200);
  await untilSpool(relay, 'there is room', ({ state }) => state === 'ready');
  await sink.listen();
  assert.deepEqual((await finish(relay, sink, lines)).dropped, {});
});

test('what neither disk nor memory hold is dropped as spool_full, to the line', needsTmpfs, async (t) => {
  const disk = new MemoryDisk(t, 16);
  const sink = await startSink(t, { keep: true });
  const relay = await start(
    t,
    disk.path,
    `${sink.addr} reconn=300 queue_bytes=4000000 redo_age=1000 ${NO_CAP}`,
  );
  await sink.close();
  const lines = makeLines(PREFIX, 600_000);
  await sendLines(t, relay.port, lines);
  await untilSpool(relay, 'the disk is full', ({ state }) => state === 'full');
  await sink.listen();
  const { dropped } = await finish(relay, sink, lines);
  assert.deepEqual(Object.keys(dropped), ['spool_full']);
});

test('a spool folder that is read-only at the start is one warning', needsTmpfs, async (t) => {
  const disk = new MemoryDisk(t, 16);
  disk.remount('ro');
  const sink = await startSink(t, { keep: true });
  const relay = await start(t, disk.path, `${sink.addr} reconn=300`);
  assert.equal(relay.stderr.split('cannot be used').length - 1, 1);
  const lines = makeLines(PREFIX, 20_000);
  await sendLines(t, relay.port, lines);
  await finish(relay, sink, lines);
});

test(
  'a disk that turns read-only in the middle is a state: memory takes what it does not, and all arrives',
  needsLoop,
  async (t) => {
    const disk = new LoopDisk(t, { sizeMib: 128, kind: 'ext4' });
    const sink = await startSink(t, { keep: true });
    const relay = await start(t, disk.path, `${sink.addr} reconn=300 ${NO_CAP}`);
    await sink.close();
    const lines = makeLines(PREFIX, 400_000);
    await sendLines(t, relay.port, lines.slice(0, 200_000));
    await untilSpool(relay, 'lines are on disk', (view) => view.lines === 200_000);
    disk.abort();
    await sendLines(t, relay.port, lines.slice(200_000));
    const view = await untilSpool(relay, 'the disk fails', ({ state }) => state === 'failed');
    assert.match(view.lastError, /EROFS|EIO/);
    await sink.listen();
    assert.deepEqual((await finish(relay, sink, lines)).dropped, {});
  },
);

test(
  'a disk that fails every sync and every new file with EIO is named, and all arrives',
  needsLoop,
  async (t) => {
    const disk = new LoopDisk(t, { sizeMib: 128, kind: 'ext2' });
    const sink = await startSink(t, { keep: true });
    const relay = await start(t, disk.path, `${sink.addr} reconn=300 ${NO_CAP}`);
    await sink.close();
    const lines = makeLines(PREFIX, 400_000);
    await sendLines(t, relay.port, lines.slice(0, 100_000));
    await untilSpool(relay, 'lines are on disk', (view) => view.lines === 100_000);
    disk.cut(2);
    await sendLines(t, relay.port, lines.slice(100_000, 110_000));
    await untilSpool(relay, 'the disk fails', ({ lastError }) => lastError.includes('EIO'));
    await sendLines(t, relay.port, lines.slice(110_000));
    await sink.listen();
    assert.deepEqual((await finish(relay, sink, lines)).dropped, {});
  },
);

test(
  'files that cannot be read (EIO) are left alone and named; the others arrive, and these once they can be read',
  needsLoop,
  async (t) => {
    const disk = new LoopDisk(t, { sizeMib: 64, kind: 'ext2' });
    const sink = await startSink(t, { keep: true });
    const destination = `${sink.addr} reconn=300 spoolmaxbytesperfile=2000000 ${NO_CAP}`;
    let relay = await start(t, disk.path, destination);
    await sink.close();
    const lines = makeLines(PREFIX, 400_000);
    await sendLines(t, relay.port, lines);
    assert.equal((await relay.terminate()).exit.code, 0);
    // With the mount go the cached pages.
    disk.unmount();
    disk.mount();
    disk.cut(16);
    await sink.listen();
    relay = await start(t, disk.path, destination);
    await relay.untilLogged('cannot be read and is left alone: EIO');
    const found = await relay.untilLedger(
      'what can be read is sent',
      ({ destinations: [row] }) => (row?.loaded ?? 0) > 0 && row?.spooled === 0,
    );
    assert.ok(found.loaded < lines.length);
    assertConserved(found);
    assert.deepEqual(found.dropped, {});
    assert.equal((await relay.terminate()).exit.code, 0);
    assert.equal(sink.lines, found.loaded);
    disk.unmount();
    disk.mend();
    disk.mount();
    relay = await start(t, disk.path, destination);
    await sink.until('the rest', () => new Set(sink.kept).size === lines.length);
    assertConserved((await relay.terminate()).ledger);
    t.diagnostic(`${found.loaded} lines came while the others could not be read`);
  },
);

test(
  'a disk that hangs holds nobody for long: others get their lines, what cannot wait is dropped by name',
  needsLoop,
  async (t) => {
    const disk = new LoopDisk(t, { sizeMib: 200, kind: 'ext4' });
    const [away, healthy] = [await startSink(t, { keep: true }), await startSink(t)];
    const options = `reconn=300 queue_bytes=4000000 ${NO_CAP}`;
    const relay = await start(t, disk.path, `${away.addr} ${options}`, healthy.addr);
    await away.close();
    disk.freeze();
    const lines = makeLines(PREFIX, 400_000);
    const startMs = performance.now();
    await sendLines(t, relay.port, lines);
    await healthy.until('all lines', () => healthy.lines === lines.length, DELIVERED_MS);
    const tookMs = performance.now() - startMs;
    t.diagnostic(`the healthy destination had all after ${tookMs.toFixed(0)} ms of a hung disk`);
    assert.ok(tookMs < 15_000);
    const { dropped } = await relay.ledger();
    assert.deepEqual(Object.keys(dropped), ['slow_spool']);
    disk.thaw();
    await untilSpool(relay, 'the disk works', ({ state }) => state === 'ready');
    await away.listen();
    await finish(relay, away, lines);
  },
);

test('a disk that is slow, 20 ms of work and 100 ms of rest, loses nothing', needsLoop, async (t) => {
  const disk = new LoopDisk(t, { sizeMib: 200, kind: 'ext4' });
  const sink = await startSink(t, { keep: true });
  const relay = await start(t, disk.path, `${sink.addr} reconn=300 ${NO_CAP}`);
  await sink.close();
  const over = new AbortController();
  const slowing = (async () => {
    while (!over.signal.aborted) {
      disk.freeze();
      await sleep(100);
      disk.thaw();
      await sleep(20);
    }
  })();
  const lines = makeLines(PREFIX, 500_000);
  await sendLines(t, relay.port, lines);
  await untilSpool(relay, 'most is on disk', (view) => view.lines > lines.length * 0.8);
  await sink.listen();
  await sink.until('all lines', () => sink.lines >= lines.length, DELIVERED_MS);
  over.abort();
  await slowing;
  assert.deepEqual((await finish(relay, sink, lines)).dropped, {});
});
