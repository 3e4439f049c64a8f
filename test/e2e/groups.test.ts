// Routes that hash and routes that choose by who is online, with real peers that go and come back.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { makeLines, openSender, sendLines, writeLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

/** Exact counts: nothing is sent twice. */
const OPTIONS = 'redo_bytes=0 reconn=200';

async function startGroup(t: TestContext, type: string, count: number, options = OPTIONS) {
  const sinks = await Promise.all(Array.from({ length: count }, () => startSink(t, { keep: true })));
  const list = sinks.map(({ addr }, i) => `"${addr}:i${i} ${options}"`).join(', ');
  const config = `[[route]]\nkey = "g"\ntype = "${type}"\ndestinations = [${list}]\n`;
  const relay = await startRelay(t, config);
  for (const sink of sinks) await relay.untilLogged(`dest ${keyOf(sink, sinks)} new conn online`);
  return { relay, sinks };
}

function keyOf(sink: TcpSink, sinks: readonly TcpSink[]): string {
  return `g_127_0_0_1_${sink.port}_i${sinks.indexOf(sink)}`;
}

async function endWell(relay: RelayProcess): Promise<void> {
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
}

test('failover sends to the second while the first is away, and back to the first', async (t) => {
  const { relay, sinks } = await startGroup(t, 'failover', 2);
  const [first, second] = sinks as [TcpSink, TcpSink];
  const [one, two, three] = [makeLines('one', 500), makeLines('two', 500), makeLines('three', 500)];
  const socket = await openSender(t, relay.port);
  await writeLines(socket, one);
  await first.untilLines(500);
  await first.close();
  await relay.untilLogged(`route "g" fails over from ${keyOf(first, sinks)} to ${keyOf(second, sinks)}`);
  await writeLines(socket, two);
  await second.untilLines(500);
  await first.listen();
  await relay.untilLogged(`route "g" fails over from ${keyOf(second, sinks)} to ${keyOf(first, sinks)}`);
  await writeLines(socket, three);
  await first.untilLines(1000);
  assert.deepEqual(first.kept, [...one, ...three]);
  assert.deepEqual(second.kept, two);
  await endWell(relay);
});

test('failover with when_full=block lets senders go on when the first goes while its queue is full', async (t) => {
  const { relay, sinks } = await startGroup(
    t,
    'failover',
    2,
    `${OPTIONS} when_full=block spool=false queue_bytes=200000`,
  );
  const [first, second] = sinks as [TcpSink, TcpSink];
  first.reading = 'frozen';
  const lines = makeLines('x'.repeat(200), 80_000);
  const socket = await openSender(t, relay.port);
  const written = writeLines(socket, lines);
  await relay.untilNotReady();
  const before = await relay.ledger();
  assert(before.received < lines.length);
  await first.close();
  await written;
  socket.end();
  await relay.untilLedger('everything received', ({ received }) => received === lines.length);
  const waiting = before.destinations[0]!.queued;
  assert(waiting > 0);
  await second.until('the rest', () => second.lines > 0);
  const ledger = await relay.ledger();
  assertConserved(ledger);
  assert.equal(ledger.destinations[0]!.in + ledger.destinations[1]!.in, lines.length);
  await first.listen();
  first.reading = 'all';
  await relay.untilLedger('empty queues', (now) => now.destinations.every(({ queued }) => queued === 0));
  await endWell(relay);
});

test('any_of spreads the keys of one that is away over the others, and none is lost', async (t) => {
  const { relay, sinks } = await startGroup(t, 'any_of', 3);
  const lines = makeLines('any', 3000, 1000);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all written', ({ destinations }) => sum(destinations, 'written') === 3000);
  const before = owners(sinks);
  assert.equal(before.size, 1000);
  const gone = sinks[1]!;
  await gone.close();
  await relay.untilLogged(`${keyOf(gone, sinks)} lost its connection`);
  await sendLines(t, relay.port, lines);
  await relay.untilLedger('all written', ({ destinations }) => sum(destinations, 'written') === 6000);
  for (const [key, owner] of owners(sinks.filter((sink) => sink !== gone))) {
    const was = before.get(key);
    if (was !== gone) assert.equal(owner, was, key);
  }
  await endWell(relay);
});

test('round_robin gives two peers the same number of lines', async (t) => {
  const { relay, sinks } = await startGroup(t, 'round_robin', 2);
  const lines = makeLines('turn', 10_000);
  await sendLines(t, relay.port, lines);
  for (const sink of sinks) await sink.untilLines(5000);
  assert.deepEqual(sinks.flatMap(({ kept }) => kept).toSorted(), lines.toSorted());
  await endWell(relay);
});

test('a member of a ring that is away keeps its share, and gets it when it returns', async (t) => {
  const { relay, sinks } = await startGroup(t, 'carbon_ch', 4);
  const lines = makeLines('ring', 4000, 2000);
  const gone = sinks[2]!;
  await gone.close();
  await relay.untilLogged(`${keyOf(gone, sinks)} lost its connection`);
  await sendLines(t, relay.port, lines);
  const isOthersDone = ({ destinations }: Awaited<ReturnType<RelayProcess['ledger']>>): boolean =>
    sum(destinations, 'in') === 4000 && destinations.every((row, i) => i === 2 || row.written === row.in);
  const ledger = await relay.untilLedger('the others have theirs', isOthersDone);
  const share = ledger.destinations[2]!.in;
  assert(share > 200, `${share} lines`);
  assert.equal(gone.lines, 0);
  await gone.listen();
  await gone.untilLines(share);
  assert.deepEqual(sinks.flatMap(({ kept }) => kept).toSorted(), lines.toSorted());
  await endWell(relay);
});

function owners(sinks: readonly TcpSink[]): Map<string, TcpSink> {
  return new Map(sinks.flatMap((sink) => sink.kept.map((line) => [line.split(' ')[0] ?? '', sink])));
}

function sum(
  rows: readonly { readonly in: number; readonly written: number }[],
  field: 'in' | 'written',
): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

for (const type of ['failover', 'any_of', 'round_robin']) {
  test(`${type}: members that come and go lose nothing`, async (t) => {
    const { relay, sinks } = await startGroup(t, type, 3, 'reconn=200');
    const lines = makeLines('flap', 30_000, 500);
    const socket = await openSender(t, relay.port);
    for (let round = 0; round < 3; round++) {
      const sink = sinks[round % 3]!;
      await writeLines(socket, lines.slice(round * 10_000, round * 10_000 + 5000));
      await sink.close();
      await writeLines(socket, lines.slice(round * 10_000 + 5000, (round + 1) * 10_000));
      await sink.listen();
    }
    await relay.untilLedger('everything written', ({ received, destinations }) => {
      return received === lines.length && destinations.every((row) => row.queued + row.spooled === 0);
    });
    const missing = (): number => {
      const got = new Set(sinks.flatMap(({ kept }) => kept));
      return lines.filter((line) => !got.has(line)).length;
    };
    await sinks[0]!.until('every line at one of the peers', () => missing() === 0);
    await endWell(relay);
  });
}
