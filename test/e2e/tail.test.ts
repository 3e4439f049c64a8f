// `sluice tail` on a relay at work: what it shows, how it ends, and that nobody is slowed by a client that never reads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TAIL_CLIENTS_MAX, type TailLine } from '../../src/telemetry/tail/tail-report.ts';
import { assertConserved } from '../assert-conserved.ts';
import { waitUntil } from '../input/wait-until.ts';
import { CONFIG_HEAD, RelayProcess, routeTo, startRelay } from './relay-process.ts';
import { makeLines, openSender, sendLines, writeLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

/** In so much time the relay saves up some time to look, ms. */
const SAVE_MS = 500;

/** Starts the command and waits until it watches. */
async function startTail(t: TestContext, relay: RelayProcess, ...flags: string[]): Promise<RelayProcess> {
  const args = ['tail', '--url', `127.0.0.1:${relay.httpPort}`, ...flags];
  const tail = new RelayProcess(t, { args, folder: relay.folder });
  await tail.untilLogged('watching');
  return tail;
}

test('lines of a rare key are shown with route, destination and sender, and Ctrl-C ends with a summary', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(
    t,
    `[[route]]\nkey = "web"\ntype = "sendAllMatch"\nprefix = "servers.web1."\ndestinations = ["${sink.addr}"]\n${routeTo(`${sink.addr}:all`)}`,
  );
  const tail = await startTail(t, relay, '--match', '^servers\\.web1\\.');
  const json = await startTail(t, relay, '--route', 'web', '--json', '--count', '2');
  const drops = await startTail(t, relay, '--reason', 'any');
  const socket = await openSender(t, relay.port);
  // On a loaded machine there may be no time to look at all of a burst: so two bursts of new series, and time between them.
  await writeLines(socket, makeLines('other.metric', 200_000, 5000));
  await relay.untilLedger('the first are in', ({ received }) => received === 200_000);
  await new Promise((resolve) => setTimeout(resolve, SAVE_MS));
  await writeLines(socket, ['servers.web1.cpu 1 1700000000', 'bad', 'servers.web1.cpu 2 1700000060']);
  await writeLines(socket, makeLines('other.metric', 100_000, 5000));
  assert.deepEqual(await json.exited(), { code: 0, signal: null });
  const shown = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TailLine);
  assert.deepEqual(shown.map(({ line }) => line).sort(), [
    'servers.web1.cpu 1 1700000000',
    'servers.web1.cpu 2 1700000060',
  ]);
  await waitUntil('the drop is shown', () => drops.stdout.includes('DROPPED'));
  assert.match(
    drops.stdout,
    /^bad {2}DROPPED invalid: packet must consist of 3 fields {2}from 127\.0\.0\.1:\d+\n$/,
  );
  await waitUntil('both lines are shown', () => tail.stdout.split('\n').length === 3);
  for (const line of tail.stdout.trim().split('\n')) {
    assert.match(
      line,
      /^servers\.web1\.cpu \d 17000000\d0 {2}-> web 127\.0\.0\.1:\d+, all 127\.0\.0\.1:\d+:all {2}from 127\.0\.0\.1:\d+$/,
    );
  }
  tail.kill('SIGINT');
  assert.deepEqual(await tail.exited(), { code: 0, signal: null });
  assert.match(tail.stderr, /\d+ s: .*lines looked at, 2 matched, 2 shown\n$/);
  await relay.untilLedger('all is in', ({ received }) => received === 300_003);
  const { ledger, exit } = await relay.terminate();
  assert.equal(exit.code, 0, relay.stderr);
  assertConserved(ledger);
  assert.deepEqual(await drops.exited(), { code: 1, signal: null });
  assert.match(drops.stderr, /sluice: the relay is ending\n$/);
});

test('lines for which a destination has no room are shown with that destination', async (t) => {
  const sink = await startSink(t);
  sink.reading = 'frozen';
  const relay = await startRelay(
    t,
    routeTo(`${sink.addr} queue_bytes=100000 spool=false when_full=drop_newest`),
  );
  const tail = await startTail(t, relay, '--reason', 'slow_conn', '--count', '3');
  await sendLines(t, relay.port, makeLines('metric.with.a.name.of.usual.length', 300_000));
  assert.deepEqual(await tail.exited(), { code: 0, signal: null });
  const lines = tail.stdout.trim().split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.match(
      line,
      /^metric\.\S+ \d+ 1700000000 {2}DROPPED slow_conn at all 127\.0\.0\.1:\d+ {2}from 127\.\S+$/,
    );
  }
  sink.reading = 'all';
  assertConserved((await relay.terminate()).ledger);
});

const ROUNDS = 3;

/** As many clients as may look at lines, none of which reads. */
async function openDeaf(t: TestContext, relay: RelayProcess): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let nth = 0; nth < TAIL_CLIENTS_MAX; nth++) {
    const socket = connect(relay.httpPort, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    socket.write(`GET /api/tail?rate=1000${nth % 2 === 0 ? '' : '&match=s9'} HTTP/1.1\r\nhost: a\r\n\r\n`);
    sockets.push(socket);
  }
  return sockets;
}

test('clients that never read slow nobody, and do not hold the end up', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(t, `shutdown_timeout = "60s"\n${routeTo(sink.addr)}`);
  const lines = makeLines('metric.with.a.name.of.usual.length', 200_000, 10_000);
  const send = async (): Promise<number> => {
    const startMs = performance.now();
    const want = sink.lines + lines.length;
    await sendLines(t, relay.port, lines);
    await sink.untilLines(want);
    return performance.now() - startMs;
  };
  await send();
  const times: { readonly alone: number[]; readonly watched: number[] } = { alone: [], watched: [] };
  // In turns, so that a busy machine is busy for both.
  for (let round = 1; round <= ROUNDS; round++) {
    times.alone.push(await send());
    const sockets = await openDeaf(t, relay);
    times.watched.push(await send());
    if (round < ROUNDS) for (const socket of sockets) socket.destroy();
  }
  const [alone, watched] = [Math.min(...times.alone), Math.min(...times.watched)];
  assert.ok(watched < alone * 2 + 500, `${alone.toFixed(0)} ms alone, ${watched.toFixed(0)} ms watched`);
  const startMs = performance.now();
  const { ledger, exit } = await relay.terminate();
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 30_000, `the end is held up: ${tookMs} ms`);
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  const all = lines.length * (1 + 2 * ROUNDS);
  assert.deepEqual([ledger.received, sink.lines], [all, all]);
});

test('a reload that takes the route away is told, and one that brings it back has its lines shown again', async (t) => {
  const sink = await startSink(t);
  const other = routeTo(sink.addr);
  const both = `${other}[[route]]\nkey = "web"\ntype = "sendAllMatch"\nprefix = "web."\ndestinations = ["${sink.addr}:w"]\n`;
  const relay = await startRelay(t, both);
  const tail = await startTail(t, relay, '--route', 'web');
  const reload = (rest: string): void => {
    writeFileSync(join(relay.folder, 'relay.toml'), CONFIG_HEAD + rest);
    relay.kill('SIGHUP');
  };
  const send = async (text: string): Promise<void> => sendLines(t, relay.port, [text, 'else.a 1 1700000000']);
  await send('web.a 1 1700000000');
  await waitUntil('it is shown', () => tail.stdout.includes('web.a 1 '));
  reload(other);
  await tail.untilLogged('route "web" is not in the table any more');
  await send('web.a 2 1700000000');
  reload(both);
  await tail.untilLogged('route "web" is in the table again');
  await send('web.a 3 1700000000');
  await waitUntil('it is shown again', () => tail.stdout.includes('web.a 3 '));
  assert.equal(tail.stdout.trim().split('\n').length, 2);
  await relay.untilLedger('all is in', ({ received }) => received === 6);
  assertConserved((await relay.terminate()).ledger);
});

test('what cannot be watched is one line', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(t, routeTo(sink.addr));
  const url = ['--url', `127.0.0.1:${relay.httpPort}`];
  for (const [flags, code, error] of [
    [[...url, '--route', 'al'], 2, /says 400: no route "al"; did you mean "all"\?\n$/],
    [
      [...url, '--match', 'a['],
      2,
      /says 400: match: regex "a\[": missing closing \]: `\[`, at character 2\n$/,
    ],
    [[...url, '--reason', 'slow'], 2, /says 400: reason is one of invalid, /],
    [[...url, '--count', '0'], 2, /--count "0": not a whole number/],
    [['--url', `127.0.0.1:${sink.port + 0}`, '--count', '1'], 1, /no relay answers at/],
  ] as const) {
    if (code === 1) await sink.close();
    const tail = new RelayProcess(t, { args: ['tail', ...flags], folder: relay.folder });
    assert.deepEqual(await tail.exited(), { code, signal: null }, tail.stderr);
    assert.match(tail.stderr, error);
    assert.equal(tail.stderr.split('\n').length, 2);
  }
});
