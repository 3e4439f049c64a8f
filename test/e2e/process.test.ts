// The command as a process: how it starts without a config, how it ends, and what it says when it cannot start.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo, startRelay } from './relay-process.ts';
import { makeLines, openSender, sendLines, writeLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

test('SIGTERM sends what is queued to a slow peer, then ends with 0', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(t, routeTo(sink.addr));
  sink.reading = { slow: 100_000 };
  const lines = makeLines('metric.with.a.name.of.usual.length', 100_000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all is in', ({ received }) => received === lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.deepEqual(exit, { code: 0, signal: null });
  assertConserved(ledger);
  assert.equal(ledger.destinations[0]?.written, lines.length);
  assert.equal(ledger.destinations[0]?.queued, 0);
  await sink.untilLines(lines.length);
  assert.equal(sink.lines, lines.length);
});

test('SIGTERM lets a sender finish what it had begun', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(t, routeTo(sink.addr));
  const socket = await openSender(t, relay.port, { allowHalfOpen: true });
  await writeLines(socket, makeLines('m', 10));
  await sink.untilLines(10);
  relay.kill('SIGTERM');
  // The relay's FIN: it wants no more, and reads on to ours.
  socket.resume();
  await once(socket, 'end');
  socket.end('last 1 1700000000');
  assert.equal((await relay.exited()).code, 0);
  await sink.untilLines(11);
  assert.equal(sink.kept.at(-1), 'last 1 1700000000');
  assertConserved(relay.finalLedger());
});

test('a second signal ends at once and counts what was dropped', async (t) => {
  const sink = await startSink(t);
  sink.reading = 'frozen';
  const relay = await startRelay(
    t,
    `shutdown_timeout = "60s"\n${routeTo(`${sink.addr} queue_bytes=50000000 spool=false`)}`,
  );
  const lines = makeLines('metric.with.a.name.of.usual.length', 300_000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all is in', ({ received }) => received === lines.length);
  relay.kill('SIGTERM');
  await relay.untilLogged('draining');
  const startedMs = performance.now();
  relay.kill('SIGTERM');
  assert.deepEqual(await relay.exited(), { code: 3, signal: null });
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 30_000, `it took its time: ${tookMs} ms`);
  const ledger = relay.finalLedger();
  assertConserved(ledger);
  assert.ok((ledger.dropped.shutdown ?? 0) > 0, 'nothing is counted as dropped');
});

test('a drain that runs out of time ends with 1 and counts what was dropped', async (t) => {
  const sink = await startSink(t);
  sink.reading = 'frozen';
  const relay = await startRelay(
    t,
    `shutdown_timeout = "500ms"\n${routeTo(`${sink.addr} queue_bytes=50000000 spool=false`)}`,
  );
  const lines = makeLines('metric.with.a.name.of.usual.length', 300_000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all is in', ({ received }) => received === lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 1);
  assertConserved(ledger);
  assert.ok((ledger.dropped.shutdown ?? 0) > 0, 'nothing is counted as dropped');
});

test('without a config it keeps metrics in a file and says how to send one', async (t) => {
  const folder = makeFolder(t);
  const args = ['--listen-addr', '127.0.0.1:0', '--http-addr', '127.0.0.1:0'];
  const relay = new RelayProcess(t, { args, folder });
  await relay.untilLogged('is running as instance');
  await sendLines(t, relay.port, ['a.b 1 1700000000']);
  await relay.untilLedger('the line is written', ({ destinations }) => destinations[0]?.written === 1);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.equal(readFileSync(join(folder, 'data/metrics.log'), 'utf8'), 'a.b 1 1700000000\n');
  assert.match(relay.stdout, new RegExp(`127\\.0\\.0\\.1:${relay.port}`));
  assert.match(relay.stdout, /echo "hello\.world/);
});

test('without a config it sends metrics to $GRAPHITE_ADDR', async (t) => {
  const sink = await startSink(t, { keep: true });
  const args = ['--listen-addr', '127.0.0.1:0', '--http-addr', '127.0.0.1:0'];
  const relay = new RelayProcess(t, { args, folder: makeFolder(t), env: { GRAPHITE_ADDR: sink.addr } });
  await relay.untilLogged('is running as instance');
  await sendLines(t, relay.port, ['a.b 1 1700000000']);
  await sink.untilLines(1);
  assert.deepEqual(sink.kept, ['a.b 1 1700000000']);
  assertConserved((await relay.terminate()).ledger);
});

/** Runs a config that cannot start; returns the one line that says so. */
async function refusal(t: TestContext, config: string): Promise<string> {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(file, config);
  const relay = new RelayProcess(t, { args: [file], folder });
  assert.equal((await relay.exited()).code, 1);
  const lines = relay.stderr.trim().split('\n');
  // What it could do before is no part of the complaint.
  const complaints = lines.filter((line) => !/\[(INFO|WARNING)\]/.test(line));
  assert.equal(complaints.length, 1, relay.stderr);
  assert.doesNotMatch(relay.stderr, /^\s+at /m);
  return complaints[0] ?? '';
}

test('a port in use is one clear line and exit code 1', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const rest = routeTo('127.0.0.1:9');
  const plain = CONFIG_HEAD.replace('listen_addr = "127.0.0.1:0"', `listen_addr = "127.0.0.1:${port}"`);
  assert.match(await refusal(t, plain + rest), new RegExp(`127\\.0\\.0\\.1:${port}`));
  const http = CONFIG_HEAD.replace('http_addr = "127.0.0.1:0"', `http_addr = "127.0.0.1:${port}"`);
  assert.match(await refusal(t, http + rest), new RegExp(`127\\.0\\.0\\.1:${port}`));
});

test('a config that is no TOML, or names a route type that is not built, is one clear line', async (t) => {
  assert.match(await refusal(t, `${CONFIG_HEAD}[[route\n`), /relay\.toml:\d+:\d+: /);
  const unbuilt = '[[route]]\nkey = "k"\ntype = "kafkaMdm"\n';
  assert.match(await refusal(t, CONFIG_HEAD + unbuilt), /kafkaMdm/);
});

test('a config that is not there is one clear line', async (t) => {
  const relay = new RelayProcess(t, { args: ['run', '--config', 'nowhere.toml'], folder: makeFolder(t) });
  assert.equal((await relay.exited()).code, 1);
  assert.match(relay.stderr, /^[^\n]*nowhere\.toml[^\n]*\n$/);
});

test('a file destination in a folder that cannot be made is one clear line', async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file/folder/metrics.log');
  assert.match(await refusal(t, CONFIG_HEAD + routeTo(`file:${path}`)), /file\/folder cannot be written/);
});

test('a pid_file that cannot be written is a warning, and the relay ends in order', async (t) => {
  const folder = makeFolder(t);
  const relay = await startRelay(t, `pid_file = "${folder}"\n${routeTo('127.0.0.1:9')}`);
  assert.match(relay.stderr, /\[WARNING\] pid_file /);
  assert.equal((await relay.terminate()).exit.code, 0, relay.stderr);
});

test('a pid_file is there while the relay runs, and one that somebody else took away is no error', async (t) => {
  const file = join(makeFolder(t), 'pid');
  const relay = await startRelay(t, `pid_file = "${file}"\n${routeTo('127.0.0.1:9')}`);
  assert.equal(readFileSync(file, 'utf8'), String(relay.pid));
  rmSync(file);
  mkdirSync(file);
  assert.equal((await relay.terminate()).exit.code, 0, relay.stderr);
  assert.match(relay.stderr, /\[WARNING\] pid_file .* cannot be removed/);
});
