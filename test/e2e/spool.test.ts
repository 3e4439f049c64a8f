// What waits on disk, with the real command, the real disk and real peers: outages of each kind, restarts, kills.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { waitUntil } from '../input/wait-until.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from './relay-process.ts';
import { makeLines, sendLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

/** Nothing here ends by it: what ends at once is far from it, however slow the machine is. */
const SHUTDOWN_MS = 60_000;

/** Starts a relay in a folder of its own, again and again. */
function makeStarter(t: TestContext, ...destinations: string[]): () => Promise<RelayProcess> {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  const head = `${CONFIG_HEAD}spool_dir = "spool"\nshutdown_timeout = "${SHUTDOWN_MS}ms"\n`;
  writeFileSync(file, head + routeTo(...destinations));
  return async () => {
    const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
    await relay.untilLogged('is running as instance');
    return relay;
  };
}

/** What the files of the spool hold. */
function filesIn(folder: string): Buffer[] {
  return readdirSync(join(folder, 'spool'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
}

/** Waits until each line came at least once. */
async function untilAll(sink: TcpSink, lines: readonly string[]): Promise<void> {
  await sink.until(
    'every line',
    () => sink.lines >= lines.length && new Set(sink.kept).size === lines.length,
  );
}

function assertEachOnce(sink: TcpSink, lines: readonly string[]): void {
  assert.equal(sink.kept.length, lines.length, 'lines that came');
  assert.deepEqual(sink.kept.toSorted(), lines.toSorted());
}

const OUTAGES = ['slow', 'frozen', 'away'] as const;
for (const outage of OUTAGES) {
  test(`with default settings a peer that is ${outage} for a while loses nothing`, async (t) => {
    const sink = await startSink(t, { keep: true });
    if (outage === 'slow') sink.reading = { slow: 20_000 };
    else if (outage === 'frozen') sink.reading = 'frozen';
    const start = makeStarter(t, `${sink.addr} reconn=300`);
    const relay = await start();
    if (outage === 'away') await sink.close();
    const lines = makeLines(`metric.with.a.name.of.a.usual.length.${outage}`, 400_000);
    await sendLines(t, relay.port, lines);
    const during = await relay.untilLedger('most is on disk', ({ destinations }) => {
      const [row] = destinations;
      return row !== undefined && row.in === lines.length && row.queued < 60_000 && row.spooled > 100_000;
    });
    assertConserved(during);
    if (outage === 'away') await sink.listen();
    sink.reading = 'all';
    await untilAll(sink, lines);
    const { exit, ledger } = await relay.terminate();
    assert.equal(exit.code, 0);
    assertConserved(ledger);
    assert.deepEqual(ledger.dropped, {});
    assertEachOnce(sink, lines);
  });
}

test('kill -9 loses only what was in memory: what was on disk arrives after the restart', async (t) => {
  const sink = await startSink(t, { keep: true });
  const start = makeStarter(t, `${sink.addr} reconn=300`);
  await sink.close();
  let relay = await start();
  const lines = makeLines('metric.with.a.name.of.a.usual.length', 100_000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all is on disk', ({ destinations }) => destinations[0]?.spooled === lines.length);
  // Offered to the disk is on its way there; what was offered last is written last.
  const last = Buffer.from(`${lines.at(-1)}\n`);
  await waitUntil('the kernel has all', () => filesIn(relay.folder).some((file) => file.includes(last)));
  relay.kill('SIGKILL');
  await relay.exited();
  await sink.listen();
  relay = await start();
  await untilAll(sink, lines);
  const ledger = await relay.untilLedger(
    'nothing is left',
    ({ destinations }) => destinations[0]?.spooled === 0,
  );
  assert.equal(ledger.loaded, lines.length);
  assertEachOnce(sink, lines);
});

test('a second relay on the same spool folder refuses to start and says who has it', async (t) => {
  const sink = await startSink(t);
  const start = makeStarter(t, sink.addr);
  const relay = await start();
  const { folder } = relay;
  const second = new RelayProcess(t, { args: ['run', '--config', join(folder, 'relay.toml')], folder });
  const exit = await second.exited();
  assert.equal(exit.code, 1);
  assert.match(second.stderr, new RegExp(`the spool folder .* is in use by .*${relay.pid}`));
});

test('a spool folder that cannot be made is one warning, and the relay runs without', async (t) => {
  const sink = await startSink(t);
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(join(folder, 'file'), '');
  writeFileSync(file, `${CONFIG_HEAD}spool_dir = "file/spool"\n${routeTo(sink.addr, `${sink.addr}:b`)}`);
  const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
  await relay.untilLogged('is running as instance');
  assert.equal(relay.stderr.split('cannot be used').length - 1, 1);
  await sendLines(t, relay.port, makeLines('a.b', 1000));
  await sink.untilLines(2000);
});

test('after a second signal the disk takes what memory holds, and the next start delivers it', async (t) => {
  const sink = await startSink(t, { keep: true });
  sink.reading = 'frozen';
  const start = makeStarter(t, `${sink.addr} queue_bytes=50000000 reconn=300`);
  const relay = await start();
  const lines = makeLines('metric.with.a.name.of.a.usual.length.twice', 200_000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all is in', ({ received }) => received === lines.length);
  relay.kill('SIGTERM');
  await relay.untilLogged('draining');
  const startedMs = performance.now();
  relay.kill('SIGTERM');
  assert.equal((await relay.exited()).code, 3);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < SHUTDOWN_MS / 2, `it took its time: ${tookMs} ms`);
  const before = relay.finalLedger();
  assertConserved(before);
  assert.deepEqual(before.dropped, {});
  assert.ok((before.destinations[0]?.spooled ?? 0) > 100_000, JSON.stringify(before));
  sink.reading = 'all';
  const next = await start();
  assert.doesNotMatch(next.stderr, /damage/i);
  await untilAll(sink, lines);
  assertConserved((await next.terminate()).ledger);
  assertEachOnce(sink, lines);
});
