// SIGTERM under load, in every state of the peer: what senders sent is what the peer has after the restart, each line
// exactly once. Senders that stop at our FIN lose nothing; those that go on lose what we had not read by the deadline.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { assertConserved } from '../assert-conserved.ts';
import { startSender } from '../soak/children.ts';
import { renderLines } from '../soak/numbered-lines.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from './relay-process.ts';
import { openSender } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

const CONNECTIONS = 4;
const LINES_PER_SECOND = 40_000;
const LOAD_MS = 1000;
/** Senders have half of it to hear of the end and to finish. */
const SHUTDOWN = '6s';
/** Lines of a connection before the end, more or less, where senders go on. */
const LINES_BEFORE = 5000;

type State = 'online' | 'slow' | 'frozen' | 'away' | 'replaying';
const STATES: readonly State[] = ['online', 'slow', 'frozen', 'away', 'replaying'];

/** Starts a relay in a folder of its own, again and again. */
function makeStarter(t: TestContext, destination: string): () => Promise<RelayProcess> {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  const head = `${CONFIG_HEAD}spool_dir = "spool"\nshutdown_timeout = "${SHUTDOWN}"\n`;
  writeFileSync(file, head + routeTo(destination));
  return async () => {
    const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
    await relay.untilLogged('is running as instance');
    return relay;
  };
}

/** Brings the peer into a state, or lets it read everything again. */
async function enter(sink: TcpSink, state: State): Promise<void> {
  if (state === 'slow') sink.reading = { slow: 2000 };
  if (state === 'frozen') sink.reading = 'frozen';
  if (state === 'away' || state === 'replaying') await sink.close();
}

async function recover(sink: TcpSink, state: State): Promise<void> {
  sink.reading = 'all';
  if (state === 'away') await sink.listen();
}

/** Lets the load go on until lines are where the state puts them. */
async function untilReached(relay: RelayProcess, sink: TcpSink, state: State): Promise<void> {
  await sleep(LOAD_MS);
  if (state === 'online') return;
  await relay.untilLedger(
    'lines are on disk',
    ({ destinations }) => (destinations[0]?.spooled ?? 0) > 10_000,
  );
  if (state !== 'replaying') return;
  await sink.listen();
  await sink.untilLines(5000);
}

/** Asserts that the peer has lines 0 to `count` - 1 of each connection, once each. */
function assertEachOnce(sink: TcpSink, sent: ReadonlyMap<number, number>): void {
  const wanted: string[] = [];
  for (const [connection, count] of sent) {
    wanted.push(...renderLines(connection, 0, count).split('\n').slice(0, -1));
  }
  assert.equal(sink.kept.length, wanted.length, 'lines that came');
  assert.deepEqual(sink.kept.toSorted(), wanted.toSorted());
}

/** A peer that does not read leaves part of a line in the kernel at the deadline: it gets that part, no newline, and FIN. */
function assertFragments(sink: TcpSink, state: State): void {
  assert.ok(
    sink.fragments.length <= (state === 'slow' || state === 'frozen' ? 1 : 0),
    sink.fragments.join(', '),
  );
}

/** Starts the relay again and waits until all that is left has come. */
async function deliverRest(start: () => Promise<RelayProcess>, sink: TcpSink, first: Ledger): Promise<void> {
  const relay = await start();
  await sink.untilLines(first.received);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.loaded, first.destinations[0]?.spooled);
}

for (const state of STATES) {
  test(`SIGTERM under load while the peer is ${state}: after the restart it has what was sent, each line once`, async (t) => {
    const sink = await startSink(t, { keep: true });
    const rate = state === 'replaying' ? ' replay_rate=40000' : '';
    const start = makeStarter(t, `${sink.addr} reconn=300${rate}`);
    const relay = await start();
    await enter(sink, state);
    const load = { port: relay.port, first: 0, connections: CONNECTIONS, rate: LINES_PER_SECOND };
    const sender = await startSender(t, { ...load, linesPerWrite: 20, seconds: 60 });
    const sending = sender.go();
    await untilReached(relay, sink, state);
    const { exit, ledger } = await relay.terminate();
    const { lines, errors } = await sending;
    assert.equal(exit.code, 0);
    assert.equal(errors, 0);
    assertConserved(ledger);
    assert.deepEqual(ledger.dropped, {});
    const sent = new Map(lines);
    assert.equal(
      ledger.received,
      [...sent.values()].reduce((sum, count) => sum + count, 0),
    );
    if (state === 'away') assert.equal(ledger.destinations[0]?.spooled, ledger.received);
    await recover(sink, state);
    await deliverRest(start, sink, ledger);
    assertEachOnce(sink, sent);
    assertFragments(sink, state);
  });
}

/** Sends lines on and on, whatever the other side says, until the connection is gone; answers how many it had sent. */
async function sendOn(socket: Socket, connection: number): Promise<number> {
  let lines = 0;
  for (;;) {
    if (socket.closed || socket.errored !== null) return lines;
    if (!socket.writableNeedDrain) {
      socket.write(renderLines(connection, lines, 100), 'latin1');
      lines += 100;
    }
    await sleep(5);
  }
}

for (const state of ['online', 'away'] as const) {
  test(`senders that go on after our FIN, peer ${state}: what was received is delivered, once, with no hole`, async (t) => {
    const sink = await startSink(t, { keep: true });
    const start = makeStarter(t, `${sink.addr} reconn=300`);
    const relay = await start();
    await enter(sink, state);
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => openSender(t, relay.port, { allowHalfOpen: true })),
    );
    const sending = sockets.map((socket, connection) => sendOn(socket.resume(), connection));
    await relay.untilLedger('lines are in', ({ received }) => received > CONNECTIONS * LINES_BEFORE);
    const { ledger } = await relay.terminate();
    const sent = await Promise.all(sending);
    assertConserved(ledger);
    // The last line of a connection may have been cut where we stopped to read.
    const { truncated = 0, ...others } = ledger.dropped;
    assert.ok(truncated <= CONNECTIONS, `${truncated} lines`);
    assert.deepEqual(others, {});
    await recover(sink, state);
    await deliverRest(start, sink, { ...ledger, received: ledger.received - truncated });
    const came = new Map(sent.map((_, connection) => [connection, 0]));
    for (const line of sink.kept) {
      const connection = Number(/^soak\.c(\d+)\./.exec(line)?.[1]);
      came.set(connection, (came.get(connection) ?? 0) + 1);
    }
    assertEachOnce(sink, came);
    for (const [connection, count] of came) {
      assert.ok(count <= (sent[connection] ?? 0) && count > 1000, `${count} of ${sent[connection]} came`);
    }
  });
}
