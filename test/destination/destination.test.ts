// The writer, the queue's policies, redo and the ends of a destination, with clock and network in the test's hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRig, numbered } from './rig.ts';

const LINE = numbered(1, 1).length;

test('the first line after idle is written at the end of the same turn, and counts once the kernel took it', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 2));
  rig.push(numbered(3, 3));
  assert.deepEqual(rig.network.last.writes, []);
  rig.turn();
  assert.equal(rig.network.last.writes.length, 1);
  assert.equal(rig.destination.counts.written, 0);
  assert.equal(rig.destination.counts.queued, 3);
  rig.network.last.complete();
  assert.equal(rig.destination.counts.written, 3);
  assert.equal(rig.network.last.received, numbered(1, 3));
  rig.finish();
});

test('what comes while a write is under way leaves in one write after it', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 1));
  rig.turn();
  for (let n = 2; n <= 500; n += 1) rig.push(numbered(n, n));
  rig.turn();
  assert.equal(rig.network.last.writes.length, 1);
  rig.network.last.completeAll();
  assert.equal(rig.network.last.writes.length, 2);
  assert.equal(rig.network.last.received, numbered(1, 500));
  rig.finish();
});

test('no write is larger than iobuf or a slab, and each holds whole lines', () => {
  const rig = makeRig('10.0.0.1:2003 iobuf=5000');
  rig.connect();
  rig.push(numbered(1, 2000));
  rig.turn();
  rig.network.last.completeAll();
  assert.ok(rig.network.last.writes.length > 5);
  assert.ok(rig.network.last.writes.every((size) => size <= 5000));
  assert.equal(rig.network.last.received, numbered(1, 2000));
  assert.equal(rig.destination.counts.written, 2000);
  rig.finish();
  const large = makeRig();
  large.connect();
  large.push(numbered(1, 40_000));
  large.turn();
  large.network.last.completeAll();
  assert.ok(large.network.last.writes.every((size) => size <= 256 * 1024));
  assert.ok(large.network.last.writes.length < 10);
  assert.equal(large.network.last.received, numbered(1, 40_000));
  large.finish();
});

test('a line longer than a slab passes whole', () => {
  const rig = makeRig('10.0.0.1:2003 iobuf=5000');
  const long = `${'k'.repeat(400_000)} 1 1\n`;
  rig.connect();
  rig.push(numbered(1, 3) + long + numbered(4, 5));
  rig.turn();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 3) + long + numbered(4, 5));
  rig.finish();
});

test('small writes are paced when the relay asks for it, large ones are not', () => {
  const rig = makeRig('10.0.0.1:2003', { paceMs: () => 5 });
  rig.connect();
  const write = () => {
    rig.push(numbered(1, 1));
    rig.turn();
    return rig.network.last.complete();
  };
  assert.equal(write(), true);
  assert.equal(write(), false);
  assert.equal(write(), false);
  rig.clock.advance(5);
  rig.network.last.complete();
  assert.deepEqual(rig.network.last.writes, [LINE, 2 * LINE]);
  rig.push(numbered(1, 1000));
  rig.turn();
  assert.equal(rig.network.last.complete(), true);
  rig.finish();
});

test('a blocking queue takes what may wait, says so, and calls back at half', () => {
  const rig = makeRig(`10.0.0.1:2003 when_full=block queue_bytes=${LINE * 100} iobuf=4096`);
  rig.connect();
  const line = (n: number) => numbered(n, n).padStart(LINE, 'x');
  assert.equal(rig.push(line(1).repeat(100)), true);
  assert.equal(rig.push(line(1), true), false);
  assert.equal(rig.push(line(1), false), false);
  assert.equal(rig.destination.counts.dropped.slow_conn, 1);
  assert.equal(rig.destination.counts.queued, 101);
  assert.equal(rig.destination.blocking, true);
  let called = 0;
  rig.destination.whenWritable(() => (called += 1));
  assert.equal(called, 0);
  rig.turn();
  rig.network.last.completeAll();
  assert.equal(called, 1);
  assert.equal(rig.destination.blocking, false);
  rig.destination.whenWritable(() => (called += 1));
  assert.equal(called, 2);
  rig.finish();
});

test('a waiting sender goes on only while there is room', () => {
  const rig = makeRig(`10.0.0.1:2003 when_full=block queue_bytes=${LINE * 10}`);
  rig.connect();
  rig.push(numbered(1, 9));
  rig.push(numbered(1, 9));
  const order: string[] = [];
  rig.destination.whenWritable(() => {
    order.push('a');
    rig.push(numbered(1, 9));
  });
  rig.destination.whenWritable(() => order.push('b'));
  rig.turn();
  rig.network.last.complete();
  assert.deepEqual(order, ['a']);
  rig.turn();
  rig.network.last.completeAll();
  assert.deepEqual(order, ['a', 'b']);
  rig.finish();
});

test('drop_newest keeps the first lines that fit and names the reason by the state of the peer', () => {
  const rig = makeRig('10.0.0.1:2003 when_full=drop_newest connbuf=5');
  assert.equal(rig.push(numbered(1, 8)), true);
  assert.equal(rig.destination.counts.dropped.conn_down_no_spool, 3);
  rig.connect();
  rig.push(numbered(9, 9));
  assert.equal(rig.destination.counts.dropped.slow_conn, 1);
  rig.turn();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 5));
  rig.finish();
});

test('a line longer than the whole queue passes when the queue is empty', () => {
  for (const whenFull of ['drop_newest', 'drop_oldest', 'block']) {
    const rig = makeRig(`10.0.0.1:2003 queue_bytes=10 when_full=${whenFull}`);
    rig.connect();
    rig.push(numbered(1, 1), false);
    rig.turn();
    rig.network.last.complete();
    assert.equal(rig.destination.counts.written, 1, whenFull);
    rig.push(numbered(2, 3), false);
    assert.equal(rig.destination.counts.dropped.slow_conn, 1, whenFull);
    rig.finish();
  }
});

test('a full queue that drops takes pieces of shared lines without keeping the slabs around them', () => {
  const rig = makeRig('10.0.0.1:2003 when_full=drop_newest queue_bytes=1048576 iobuf=8192 redo_bytes=0');
  rig.connect();
  const run = numbered(1_000_000, 1_005_999);
  for (let round = 0; round < 400; round += 1) {
    for (let times = 0; times < 4; times += 1) rig.pushShared(run, false);
    rig.turn();
    rig.network.last.complete();
  }
  assert.ok(rig.destination.counts.dropped.slow_conn > 0);
  assert.ok(rig.pool.takenBytes <= 4 * 1024 * 1024, `${rig.pool.takenBytes} bytes of slabs`);
  rig.network.last.completeAll();
  rig.finish();
});

test('drop_oldest keeps the newest lines, never touches the write under way, and frees memory while it hangs', () => {
  const rig = makeRig('10.0.0.1:2003 when_full=drop_oldest connbuf=5');
  rig.connect();
  rig.push(numbered(1, 2));
  rig.turn();
  rig.push(numbered(3, 9));
  rig.turn();
  assert.equal(rig.destination.counts.dropped.slow_conn, 4);
  for (let n = 10; n < 20_000; n += 1) rig.push(numbered(n, n));
  rig.push(numbered(20_000, 20_002));
  assert.equal(rig.destination.counts.queued, 5);
  assert.ok(rig.pool.takenBytes <= 64 * 1024, `${rig.pool.takenBytes} bytes of slabs`);
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 2) + numbered(20_000, 20_002));
  rig.finish();
});

test('a broken write is sent again whole, behind the redo window, and counts once', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 10));
  rig.turn();
  rig.network.last.complete();
  rig.push(numbered(11, 20));
  rig.turn();
  rig.network.last.take(30);
  rig.network.last.fail();
  rig.push(numbered(21, 21));
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 21));
  assert.equal(rig.destination.counts.written, 21);
  assert.equal(rig.destination.counts.resent, 10);
  rig.finish();
});

test('lines older than redo_age are not sent again, nor those beyond redo_bytes', () => {
  const rig = makeRig(`10.0.0.1:2003 redo_age=1000 redo_bytes=${LINE * 3}`);
  rig.connect();
  const write = (n: number) => {
    rig.push(numbered(n, n));
    rig.turn();
    rig.network.last.complete();
  };
  write(1);
  rig.clock.advance(600);
  write(2);
  rig.clock.advance(600);
  rig.network.last.finish();
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(2, 2));
  rig.clock.advance(500);
  for (let n = 3; n <= 8; n += 1) {
    rig.clock.advance(100);
    write(n);
  }
  rig.network.last.finish();
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(6, 8));
  rig.clock.advance(3000);
  assert.equal(rig.destination.redoBytes, 0);
  rig.finish();
});

test('the redo window does not age while the peer does not read', () => {
  const rig = makeRig('10.0.0.1:2003 redo_age=1000');
  rig.connect();
  rig.push(numbered(1, 5));
  rig.turn();
  rig.network.last.complete();
  rig.push(numbered(6, 6));
  rig.turn();
  rig.clock.advance(60_000);
  rig.network.last.complete();
  rig.push(numbered(7, 7));
  rig.turn();
  rig.clock.advance(60_000);
  rig.network.last.fail();
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 7));
  rig.finish();
});

test('redo can be off', () => {
  const rig = makeRig('10.0.0.1:2003 redo_bytes=0');
  rig.connect();
  rig.push(numbered(1, 5));
  rig.turn();
  rig.network.last.complete();
  rig.network.last.fail();
  rig.push(numbered(6, 6));
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(6, 6));
  assert.equal(rig.destination.counts.resent, 0);
  rig.finish();
});

test('a connection that breaks during redo sends the whole window again', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 10));
  rig.turn();
  rig.network.last.complete();
  rig.network.last.fail();
  for (let round = 0; round < 3; round += 1) {
    rig.refuse();
    rig.reconnect();
    rig.network.last.take(50);
    rig.network.last.fail();
  }
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 10));
  assert.equal(rig.destination.counts.written, 10);
  rig.finish();
});

test('a drain sends what is queued, ends the connection and waits for the end of the peer', async () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 10));
  let done = false;
  const drained = rig.destination.drain(rig.clock.nowMs + 5000).then(() => (done = true));
  assert.equal(rig.push(numbered(11, 11)), true);
  assert.equal(rig.destination.counts.dropped.shutdown, 1);
  rig.network.last.completeAll();
  assert.equal(rig.network.last.ended, true);
  assert.equal(rig.destination.state, 'draining');
  await Promise.resolve();
  assert.equal(done, false);
  rig.network.last.finish();
  await drained;
  assert.equal(rig.destination.state, 'stopped');
  assert.equal(rig.network.last.received, numbered(1, 10));
  assert.equal(rig.destination.counts.written, 10);
  rig.finish();
});

test('a drain at its deadline counts the whole lines that the kernel took as written and drops the rest', async () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 9));
  rig.turn();
  rig.push(numbered(10, 12));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  rig.network.last.take(LINE * 4 + 3);
  rig.clock.advance(5000);
  await drained;
  assert.equal(rig.destination.counts.written, 4);
  assert.equal(rig.destination.counts.dropped.shutdown, 8);
  rig.finish();
});

test('a drain sends again what a peer that breaks off may have lost, once', async () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 9));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  rig.network.last.completeAll();
  rig.network.last.fail();
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 9));
  rig.network.last.fail();
  await drained;
  assert.equal(rig.network.sockets.length, 2);
  assert.equal(rig.destination.counts.resent, 9);
  rig.finish();
});

test('a drain of an idle destination whose peer is away ends at once', async () => {
  const rig = makeRig();
  rig.destination.start();
  await rig.destination.drain(rig.clock.nowMs + 60_000);
  rig.finish();
});

test('a destination that was taken out drops its queue under that name', () => {
  const rig = makeRig();
  rig.push(numbered(1, 4));
  rig.destination.stop('removed');
  assert.equal(rig.destination.counts.dropped.removed, 4);
  rig.finish();
});
