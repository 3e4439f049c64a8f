// `durability = "disk"` with the real command: what the ledger called received before a kill -9 arrives after it, whatever the
// peer does meanwhile. DURABILITY_KILLS=n kills so often in each state.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from './relay-process.ts';
import { makeLines, openSender, writeLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

const KILLS = Number(process.env['DURABILITY_KILLS'] ?? 3);
const REDO_BYTES = 200_000;
/** Sent in pieces, one each PIECE_MS, so that a kill meets lines in every place. */
const PIECE_LINES = 250;
const PIECE_MS = 5;
/** What a cursor may lag: it is handed to the kernel each 100 ms; doubled for a busy machine, and a record on top. */
const CURSOR_LAG_LINES = (PIECE_LINES / PIECE_MS) * 1000;

function makeStarter(t: TestContext, head: string, ...destinations: string[]): () => Promise<RelayProcess> {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(file, `${CONFIG_HEAD}spool_dir = "spool"\n${head}${routeTo(...destinations)}`);
  return async () => {
    const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
    await relay.untilLogged('is running as instance');
    return relay;
  };
}

/** Sends until the relay dies; returns how many of its lines the ledger last called received. */
async function sendUntilKilled(
  t: TestContext,
  relay: RelayProcess,
  lines: readonly string[],
): Promise<number> {
  const socket = await openSender(t, relay.port);
  let received = 0;
  const isAlive = { yes: true };
  const sending = (async () => {
    for (let at = 0; at < lines.length && isAlive.yes; at += PIECE_LINES) {
      socket.write(`${lines.slice(at, at + PIECE_LINES).join('\n')}\n`);
      await sleep(PIECE_MS);
    }
  })();
  const killAt = lines.length / 2;
  while (received < killAt) {
    const ledger = await relay.ledger();
    assert.equal(ledger.balanced, true);
    received = ledger.received;
  }
  relay.kill('SIGKILL');
  isAlive.yes = false;
  await Promise.all([sending, relay.exited()]);
  socket.destroy();
  return received;
}

async function untilHas(sink: TcpSink, wanted: readonly string[]): Promise<void> {
  const missing = new Set(wanted);
  let at = 0;
  await sink.until('every line that was received', () => {
    const { kept } = sink;
    for (; at < kept.length; at += 1) missing.delete(kept[at] ?? '');
    return missing.size === 0;
  });
}

const STATES = ['online', 'slow', 'frozen', 'away'] as const;
for (const state of STATES) {
  test(`kill -9 while the peer is ${state}: what was received before arrives`, async (t) => {
    const sink = await startSink(t, { keep: true });
    const start = makeStarter(t, 'durability = "disk"\n', `${sink.addr} reconn=300 redo_bytes=${REDO_BYTES}`);
    let promised: string[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      if (state === 'slow') sink.reading = { slow: 20_000 };
      if (state === 'frozen') sink.reading = 'frozen';
      if (state === 'away') await sink.close();
      const relay = await start();
      const lines = makeLines(`round${round}.with.a.name.of.a.usual.length`, 12_000 + round * 3000);
      const received = await sendUntilKilled(t, relay, lines);
      promised = [...promised, ...lines.slice(0, received)];
      if (state === 'away') await sink.listen();
      sink.reading = 'all';
    }
    const relay = await start();
    await untilHas(sink, promised);
    const { exit, ledger } = await relay.terminate();
    assert.equal(exit.code, 0);
    assertConserved(ledger);
    assert.deepEqual(ledger.dropped, {});
    const twice = sink.kept.length - new Set(sink.kept).size;
    const lineBytes = promised[0]?.length ?? 1;
    const twiceMax = KILLS * (REDO_BYTES / lineBytes + CURSOR_LAG_LINES);
    assert.ok(twice <= twiceMax, `${twice} lines came twice, at most ${twiceMax} may`);
    t.diagnostic(`${promised.length} lines promised, ${twice} came twice`);
  });
}

test('a line counts for each destination when it is on disk there, and SIGTERM sends each exactly once', async (t) => {
  const [first, second] = [await startSink(t, { keep: true }), await startSink(t, { keep: true })];
  const third = await startSink(t, { keep: true });
  const start = makeStarter(
    t,
    'durability = "disk"\n',
    first.addr,
    `${second.addr} reconn=300`,
    `${third.addr} durability=memory`,
  );
  let relay = await start();
  for (const sink of [first, second, third]) await sink.until('connected', () => sink.connections > 0);
  await second.close();
  await relay.untilLogged('lost its connection');
  const lines = makeLines('metric.with.a.name.of.a.usual.length', 50_000);
  const socket = await openSender(t, relay.port);
  await writeLines(socket, lines);
  socket.resume();
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.equal(ledger.received, lines.length);
  assert.equal(ledger.copies, 2 * lines.length);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.destinations[0]?.written, lines.length);
  assert.equal(ledger.destinations[1]?.spooled, lines.length);
  await second.listen();
  relay = await start();
  await second.untilLines(lines.length);
  assertConserved((await relay.terminate()).ledger);
  for (const { kept } of [first, second, third]) assert.deepEqual(kept, lines);
});

test('with when_full=block a full spool pauses the senders, and gives nothing up that was received', async (t) => {
  const sink = await startSink(t, { keep: true });
  await sink.close();
  const options =
    'when_full=block spoolmaxbytes=4000000 spoolmaxbytesperfile=400000 queue_bytes=500000 redo_bytes=100000 reconn=300';
  const start = makeStarter(t, '', `${sink.addr} durability=disk ${options}`);
  const relay = await start();
  const lines = makeLines('metric.with.a.name.of.a.usual.length', 150_000);
  const socket = await openSender(t, relay.port);
  const sent = writeLines(socket, lines);
  await relay.untilNotReady();
  await relay.untilLogged('cannot make lines durable: its spool is full');
  const metrics = await (await relay.get('/metrics')).text();
  assert.match(metrics, /^sluice_destination_durable\{[^}]*\} 1$/m);
  assert.match(metrics, /^sluice_destination_unsynced_lines\{[^}]*\} [1-9]/m);
  assert.match(metrics, /^sluice_spool_full\{[^}]*\} 1$/m);
  await sink.listen();
  await sent;
  socket.end();
  await sink.untilLines(lines.length);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.deepEqual(sink.kept, lines);
});

test('a spool folder that cannot be used is an error, not a relay that promises nothing', async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(join(folder, 'file'), '');
  writeFileSync(file, `${CONFIG_HEAD}spool_dir = "file/spool"\n${routeTo('127.0.0.1:1 durability=disk')}`);
  const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
  assert.equal((await relay.exited()).code, 1);
  assert.match(
    relay.stderr,
    /durability = "disk" needs a spool folder, and spool_dir "file\/spool" cannot be used: ENOTDIR/,
  );
});
