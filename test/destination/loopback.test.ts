// Destinations against real peers on loopback: slow, frozen, reset, refused, restarting, talking, half-closed.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Destination } from '../../src/destination/destination.ts';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { makeTcpConnect, systemLookup } from '../../src/destination/sender/peer-socket.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLog } from '../../src/util/log.ts';
import { assertConserved } from '../assert-conserved.ts';
import { startPeer, until } from './peer.ts';
import { numbered } from './rig.ts';

interface Shared {
  readonly pool: SlabPool;
  readonly budget: QueueBudget;
}

function makeShared(): Shared {
  return { pool: new SlabPool(), budget: new QueueBudget() };
}

function startDestination(t: TestContext, text: string, shared: Shared = makeShared()): Destination {
  const parsed = parseDestination(`${text} reconn=200 when_full=block`);
  assert.ok(parsed.ok);
  const destination = new Destination(parsed.options, {
    routeKey: 'r',
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    connect: makeTcpConnect(),
    lookup: systemLookup,
    files: systemFiles,
    afterTurn: (run) => setImmediate(run),
    ...shared,
  });
  t.after(() => {
    destination.stop();
    assertConserved(destination.counts);
    assert.equal(destination.counts.queued, 0);
  });
  destination.start();
  return destination;
}

function push(destination: Destination, from: number, to: number): void {
  destination.push(Buffer.from(numbered(from, to)), to - from + 1, true);
}

/** Checks that every line 1..last arrived and that none is broken; lines may come twice only when `resent` allows it. */
function assertArrived(text: string, last: number, resent = 0): void {
  const lines = text.split('\n');
  assert.equal(lines.pop(), '');
  const seen = new Set(lines);
  assert.equal(seen.size, last);
  assert.ok(lines.length - seen.size <= resent, `${lines.length - seen.size} lines came twice`);
  for (let n = 1; n <= last; n += 1) assert.ok(seen.has(numbered(n, n).trimEnd()), `line ${n} is missing`);
}

test('a million lines pass in order and the drain waits for the end of the peer', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  const chunk = Buffer.from('abc.def.ghi 1 1600000000\n'.repeat(2000));
  for (let i = 0; i < 500; i += 1) {
    if (!destination.push(chunk, 2000, true)) {
      await new Promise<void>((resolve) => destination.whenWritable(resolve));
    }
  }
  await destination.drain(performance.now() + 60_000);
  await until('all bytes arrive', () => peer.text.length === chunk.length * 500);
  assert.equal(destination.counts.written, 1_000_000);
  assert.equal(destination.counts.resent, 0);
  assert.equal(destination.counts.dropped.shutdown, 0);
});

test('small writes that a frozen peer takes in part, or not at all, arrive whole and in order when it reads', async (t) => {
  const peer = await startPeer(t);
  peer.reading = false;
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  await until('it is online', () => destination.online);
  let sent = '';
  // Odd sizes, so that the kernel takes a part of the last.
  for (let n = 1; !(destination.stalledMs > 50); n += 300) {
    assert.ok(sent.length < 64 * 1024 * 1024, 'the kernel takes all');
    const lines = numbered(n, n + 299);
    destination.push(Buffer.from(lines), 300, true);
    sent += lines;
    await new Promise((resolve) => setImmediate(resolve));
  }
  peer.reading = true;
  await until('all bytes arrive', () => peer.text.length >= sent.length);
  assert.equal(peer.text === sent, true);
  assert.equal(destination.counts.resent, 0);
});

test('a name is looked up and all its addresses are tried', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `localhost:${peer.port}`);
  push(destination, 1, 10);
  await until('the lines arrive', () => peer.text === numbered(1, 10));
});

test('a frozen peer holds up nobody else, and nothing is lost when it goes on', async (t) => {
  const shared = makeShared();
  const frozen = await startPeer(t);
  const healthy = await startPeer(t);
  frozen.reading = false;
  const one = startDestination(t, `127.0.0.1:${frozen.port} queue_bytes=1000000`, shared);
  const two = startDestination(t, `127.0.0.1:${healthy.port}`, shared);
  let last = 0;
  // Well past what socket buffers swallow.
  let writable = true;
  while (writable) {
    writable = one.push(Buffer.from(numbered(last + 1, last + 4000)), 4000, true);
    last += 4000;
    push(two, last - 3999, last);
    await new Promise(setImmediate);
  }
  assert.ok(one.blocking);
  await until('the healthy peer got all', () => two.counts.written === last);
  await until('the frozen one is stuck', () => one.stalledMs > 50);
  assert.ok(one.counts.written < last);
  frozen.reading = true;
  await until('the frozen peer got all', () => one.counts.written === last);
  assert.equal(one.blocking, false);
  assert.equal(one.counts.resent, 0);
});

test('bytes that an unread connection had swallowed are sent again after a reset', async (t) => {
  const peer = await startPeer(t);
  peer.reading = false;
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  await until('online', () => destination.online);
  await until('accepted', () => peer.sockets.length === 1);
  push(destination, 1, 20_000);
  await until('the kernel took all', () => destination.counts.written === 20_000);
  peer.reset();
  peer.reading = true;
  await until('all arrives', () => peer.text.endsWith(numbered(20_000, 20_000)));
  assertArrived(peer.texts.at(-1) ?? '', 20_000);
  assert.ok(destination.counts.resent >= 19_000, `${destination.counts.resent} lines`);
  assert.equal(destination.counts.written, 20_000);
});

test('a reset in the middle of large writes loses nothing and leaves no broken line', async (t) => {
  const peer = await startPeer(t);
  peer.reading = false;
  const destination = startDestination(t, `127.0.0.1:${peer.port} redo_bytes=30000000 queue_bytes=60000000`);
  await until('online', () => destination.online);
  let last = 0;
  while (destination.stalledMs < 20) {
    if (destination.queueBytes < 8_000_000) {
      push(destination, last + 1, last + 5000);
      last += 5000;
    }
    await new Promise(setImmediate);
  }
  await until('accepted', () => peer.sockets.length === 1);
  peer.reset();
  peer.reading = true;
  await until('written', () => destination.counts.written === last);
  await destination.drain(performance.now() + 60_000);
  await until('all arrives', () => (peer.texts.at(-1) ?? '').endsWith(numbered(last, last)));
  assertArrived(peer.texts.at(-1) ?? '', last);
});

test('lines wait while nobody listens and leave when the peer starts', async (t) => {
  const peer = await startPeer(t);
  await peer.close();
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  push(destination, 1, 1000);
  await until('an attempt failed', () => destination.senderStats.lastError.includes('ECONNREFUSED'));
  await peer.listen();
  await until('the lines arrive', () => peer.text === numbered(1, 1000));
});

test('a peer that restarts again and again gets every line', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  let last = 0;
  for (let round = 0; round < 4; round += 1) {
    await until('online', () => destination.online);
    for (let i = 0; i < 20; i += 1) {
      push(destination, last + 1, last + 50);
      last += 50;
      await new Promise(setImmediate);
    }
    await peer.close();
    push(destination, last + 1, last + 50);
    last += 50;
    await peer.listen();
  }
  await destination.drain(performance.now() + 60_000);
  await until('all arrives', () => peer.text.endsWith(numbered(last, last)));
  const whole = peer.texts.map((text) => text.slice(0, text.lastIndexOf('\n') + 1)).join('');
  assertArrived(whole, last, Number.POSITIVE_INFINITY);
  assert.equal(destination.counts.written, last);
});

test('a peer that talks all the time is read and ignored', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  await until('accepted', () => peer.sockets.length === 1);
  const [socket] = peer.sockets;
  assert.ok(socket !== undefined);
  for (let i = 0; i < 100; i += 1) socket.write('x'.repeat(65_536));
  push(destination, 1, 100);
  await until('the talk is read', () => socket.writableLength === 0);
  await until('the lines arrive', () => peer.text === numbered(1, 100));
});

test('a peer that closes its side is noticed before anything is written', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  await until('accepted', () => peer.sockets.length === 1);
  peer.sockets[0]?.end();
  await until('a second connection', () => peer.sockets.length === 2);
  push(destination, 1, 10);
  await until('the lines arrive', () => peer.texts[1] === numbered(1, 10));
  assert.equal(destination.counts.resent, 0);
});

test('a drain at its deadline counts what the kernel took of a frozen peer as written', async (t) => {
  const peer = await startPeer(t);
  peer.reading = false;
  const destination = startDestination(t, `127.0.0.1:${peer.port}`);
  await until('accepted', () => peer.sockets.length === 1);
  let last = 0;
  while (destination.stalledMs < 50) {
    if (destination.queueBytes < 2_000_000) {
      push(destination, last + 1, last + 5000);
      last += 5000;
    }
    await new Promise(setImmediate);
  }
  await destination.drain(performance.now() + 100);
  const { written, dropped } = destination.counts;
  assert.equal(written + dropped.shutdown, last);
  assert.ok(dropped.shutdown > 0);
  peer.reading = true;
  await until('the peer got the end', () => peer.sockets[0]?.readableEnded === true);
  // What was counted is exactly what arrives, but for a fragment behind the last whole line.
  assert.equal(peer.text.split('\n').length - 1, written);
});

test('a peer that reads part and resets loses exactly what its kernel held beyond the redo window, and nobody can tell', async (t) => {
  const peer = await startPeer(t);
  const destination = startDestination(t, `127.0.0.1:${peer.port} redo_bytes=100000 iobuf=10000`);
  await until('accepted', () => peer.sockets.length === 1);
  push(destination, 1, 1000);
  await until('the first part is read', () => peer.text === numbered(1, 1000));
  peer.reading = false;
  push(destination, 1001, 40_000);
  await until('the kernel took all', () => destination.counts.written === 40_000);
  peer.reset();
  peer.reading = true;
  await until('the end arrives', () => peer.text.endsWith(numbered(40_000, 40_000)));
  const again = peer.texts.at(-1)?.split('\n').length ?? 0;
  // Written, not read, and further back than the window: plain carbon has no acknowledgement, so these are gone.
  assert.ok(again > 3000 && again < 5000, `${again} lines came again`);
  assert.equal(destination.counts.resent, again - 1);
  assert.equal(destination.counts.written, 40_000);
});
