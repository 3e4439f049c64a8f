// The command delivers what it was sent, whatever the peer does; the ledger tells the same story.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { routeTo, startRelay } from './relay-process.ts';
import { makeLines, openSender, sendLines, writeLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

test('lines leave rewritten, by the routes that match, without the blocked ones', async (t) => {
  const [first, second] = [await startSink(t, { keep: true }), await startSink(t, { keep: true })];
  const relay = await startRelay(
    t,
    `blocklist = ["prefix secret."]
[[rewriter]]
old = "/^old\\\\.(.*)/"
new = "new.$1"
not = ""
max = -1
[[route]]
key = "all"
type = "sendAllMatch"
destinations = ["${first.addr}"]
[[route]]
key = "some"
type = "sendAllMatch"
prefix = "new."
destinations = ["${second.addr}"]
`,
  );
  const plain = makeLines('plain', 1000);
  const old = makeLines('old', 500);
  await sendLines(t, relay.port, [...plain, ...makeLines('secret', 200), ...old, 'not a line', '']);
  await first.untilLines(1500);
  await second.untilLines(500);

  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  const renamed = old.map((line) => line.replace(/^old\./, 'new.'));
  assert.deepEqual(first.kept, [...plain, ...renamed]);
  assert.deepEqual(second.kept, renamed);
  assertConserved(ledger);
  assert.equal(ledger.received, 1702);
  assert.equal(ledger.copies, 500);
  assert.deepEqual(ledger.dropped, { invalid: 2, blocklisted: 200 });
});

test('a last line without newline counts after an orderly close', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(t, routeTo(sink.addr));
  const socket = await openSender(t, relay.port);
  socket.end('a 1 1700000000\nb 2 1700000000');
  await sink.untilLines(2);
  assert.deepEqual(sink.kept, ['a 1 1700000000', 'b 2 1700000000']);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
});

test('a last line without newline is counted as truncated after a reset', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(t, routeTo(sink.addr));
  const socket = await openSender(t, relay.port);
  socket.write('a 1 1700000000\nb 2 1700000000');
  await sink.untilLines(1);
  socket.resetAndDestroy();
  await relay.untilLedger('the rest is dropped', ({ dropped }) => dropped.truncated === 1);
  const { ledger } = await relay.terminate();
  assert.deepEqual(sink.kept, ['a 1 1700000000']);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, { truncated: 1 });
});

test('a frozen peer pauses the sender, and all arrives when it thaws', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(t, routeTo(`${sink.addr} when_full=block queue_bytes=1000000`));
  sink.reading = 'frozen';
  const socket = await openSender(t, relay.port);
  // More than queue and kernel buffers together take.
  const lines = makeLines('metric.with.a.name.of.usual.length', 600_000);
  let isSent = false;
  const sending = writeLines(socket, lines).then(() => {
    isSent = true;
  });
  await relay.untilNotReady();
  assert.equal(isSent, false);
  assert.ok((await relay.ledger()).received < lines.length);

  sink.reading = 'all';
  await sending;
  socket.end();
  await sink.untilLines(lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assert.equal(sink.lines, lines.length);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
});

test('a peer that restarts gets every line, none cut in two', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(t, routeTo(`${sink.addr} reconn=100`));
  const lines = makeLines('m', 20_000);
  const socket = await openSender(t, relay.port);
  await writeLines(socket, lines.slice(0, 5000));
  await sink.untilLines(5000);
  await sink.close();
  await writeLines(socket, lines.slice(5000, 15_000));
  await sink.listen();
  await writeLines(socket, lines.slice(15_000));
  socket.end();
  const got = (): Set<string> => new Set(sink.kept);
  await sink.until('every line', () => got().size === lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assert.deepEqual([...got()].toSorted(), lines.toSorted());
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.destinations[0]?.written, lines.length);
});

test('a peer that resets with bytes unread gets every line', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(t, routeTo(`${sink.addr} reconn=100`));
  const lines = makeLines('metric.with.a.name.of.usual.length', 30_000);
  const half = lines.length / 2;
  const socket = await openSender(t, relay.port);
  await writeLines(socket, lines.slice(0, 1000));
  await sink.untilLines(1000);
  sink.reading = 'frozen';
  await writeLines(socket, lines.slice(1000, half));
  // The kernel has them all, the peer has read none of them.
  await relay.untilLedger('half is written', ({ destinations }) => destinations[0]?.written === half);
  sink.reset();
  sink.reading = 'all';
  await writeLines(socket, lines.slice(half));
  socket.end();
  await sink.until('every line', () => new Set(sink.kept).size === lines.length);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.destinations[0]?.written, lines.length);
  assert.ok((ledger.destinations[0]?.resent ?? 0) > 0, 'nothing was sent again');
});

test('a dead destination does not keep lines from the other one', async (t) => {
  const [alive, dead] = [await startSink(t), await startSink(t)];
  await dead.close();
  const options = 'when_full=drop_newest queue_bytes=1000000';
  const relay = await startRelay(t, routeTo(alive.addr, `${dead.addr} ${options}`));
  const lines = makeLines('metric.with.a.name.of.usual.length', 100_000);
  await sendLines(t, relay.port, lines);
  await alive.untilLines(lines.length);
  const ledger = await relay.ledger();
  assertConserved(ledger);
  const row = ledger.destinations.find(({ addr }) => addr.startsWith(dead.addr));
  assert.ok(
    (row?.dropped.slow_conn ?? 0) + (row?.dropped.conn_down_no_spool ?? 0) > 0,
    'nothing was dropped',
  );
  assert.equal(row?.in, lines.length);
});
