// Lines that go to disk because memory holds too many or for too long, and disks that do not take them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapse, emptyDisk, flow, startRig, textOf } from '../disk-rig.ts';
import { makeRig, numbered } from '../rig.ts';

test('while the peer is away lines go to disk after a second, or sooner when there is a block of them', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.push(numbered(1, 10));
  rig.clock.advance(900);
  assert.equal(rig.destination.counts.spooled, 0);
  rig.clock.advance(250);
  assert.equal(rig.destination.counts.spooled, 10);
  await rig.settle();
  assert.equal(textOf(rig.spool.disk), numbered(1, 10));
  rig.push(numbered(11, 4000));
  rig.clock.advance(500);
  await rig.settle();
  assert.equal(rig.destination.counts.spooled, 4000);
  assert.equal(rig.destination.queueBytes, 0);
  assert.equal(rig.budget.bytes, 0);
  rig.finish();
});

test('while the peer is away the lines of the last quarter of a second stay in memory, and leave first when it is back', async () => {
  const rig = await startRig('10.0.0.1:2003');
  const { counts } = rig.destination;
  const perPush = 500;
  let last = 0;
  const push = (): void => {
    rig.push(numbered(last + 1, last + perPush));
    last += perPush;
    rig.clock.advance(10);
  };
  for (let round = 0; round < 100; round += 1) push();
  // However long ago the disk got lines: what came within 240 ms is in memory, what came 510 ms ago is not.
  for (let more = 0; more < 30; more += 1) {
    assert.ok(
      counts.queued >= 24 * perPush && counts.queued <= 51 * perPush,
      `${counts.queued} lines queued`,
    );
    push();
    await rig.settle();
  }
  const { queued } = counts;
  rig.network.last.accept();
  await flow(rig);
  assert.ok(rig.network.last.received.startsWith(numbered(last - queued + 1, last)));
  assert.equal(counts.written, last);
  rig.finish();
});

test('a peer that stalls for less than a second never touches the disk, a longer stall moves only the oldest half second', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.network.last.accept();
  rig.push(numbered(1, 5));
  rig.turn();
  for (let round = 0; round < 20; round += 1) {
    rig.push(numbered(6, 6));
    rig.clock.advance(600);
    rig.network.last.completeAll();
    rig.push(numbered(7, 7));
    rig.turn();
    rig.clock.advance(300);
    rig.network.last.completeAll();
  }
  assert.deepEqual(rig.spool.offers, []);
  rig.push(numbered(8, 8));
  rig.turn();
  for (let n = 10; n < 25; n += 1) {
    rig.push(numbered(n, n));
    rig.clock.advance(100);
  }
  const { spooled } = rig.destination.counts;
  assert.ok(spooled >= 5 && spooled <= 11, `${spooled} lines on disk`);
  rig.finish();
});

test('a queue past half of its bound moves its oldest lines down to a quarter, in large blocks', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=4000000');
  rig.network.last.accept();
  rig.push(numbered(1, 10));
  rig.turn();
  let last = 10;
  while (rig.spool.offers.length === 0) {
    rig.push(numbered(last + 1, last + 1000));
    last += 1000;
    assert.ok(rig.destination.queueBytes < 2_100_000);
  }
  assert.ok(rig.destination.queueBytes <= 1_000_000);
  assert.ok(Math.min(...rig.spool.offers.slice(1)) > 200_000);
  await flow(rig);
  assert.equal(rig.destination.counts.written, last);
  assert.equal(rig.destination.counts.spooled, 0);
  rig.finish();
});

test('nothing is lost while the disk takes lines, however small connbuf is', async () => {
  const rig = await startRig('10.0.0.1:2003 connbuf=10');
  for (let n = 1; n < 5000; n += 100) rig.push(numbered(n, n + 99), false);
  await rig.settle();
  await rig.settle();
  assert.equal(rig.destination.counts.queued + rig.destination.counts.spooled, 5000);
  rig.network.last.accept();
  await flow(rig, 600);
  assert.equal(rig.destination.counts.written, 5000);
  rig.finish();
});

test('a disk that is behind holds senders as long as it moves, and drops by name when it hangs', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=200000');
  rig.spool.slow = true;
  rig.spool.waitingBytesMax = 100_000;
  let held = false;
  for (let i = 0; i < 100 && !held; i += 1) held = !rig.push(numbered(1, 500));
  assert.ok(held);
  assert.equal(rig.destination.counts.dropped.slow_spool, 0);
  let called = 0;
  rig.destination.whenWritable(() => (called += 1));
  rig.spool.write();
  await rig.settle();
  rig.clock.advance(300);
  rig.spool.write();
  assert.equal(called, 1);
  held = false;
  for (let i = 0; i < 100 && !held; i += 1) held = !rig.push(numbered(1, 500));
  assert.ok(held);
  rig.destination.whenWritable(() => (called += 1));
  rig.clock.advance(5001);
  assert.equal(called, 2);
  for (let i = 0; i < 20; i += 1) assert.equal(rig.push(numbered(1, 500)), true);
  assert.ok(rig.destination.counts.dropped.slow_spool > 0);
  rig.spool.write();
  rig.finish();
});

test('senders that a full queue holds go on as fast as the disk takes lines, not when a timer looks', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=4000000');
  rig.spool.slow = true;
  rig.spool.waitingBytesMax = 600_000;
  let held = false;
  for (let i = 0; i < 500 && !held; i += 1) held = !rig.push(numbered(1, 500));
  assert.ok(held);
  const called: true[] = [];
  rig.destination.whenWritable(() => called.push(true));
  for (let i = 0; i < 20 && called.length === 0; i += 1) {
    rig.spool.write(1);
    await rig.settle();
  }
  assert.equal(called.length, 1);
  rig.spool.write();
  rig.finish();
});

test('senders are not held for ever by a disk that took some more and then nothing', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=4000000');
  rig.spool.slow = true;
  rig.spool.waitingBytesMax = 3_000_000;
  let held = false;
  for (let i = 0; i < 500 && !held; i += 1) held = !rig.push(numbered(1, 500));
  assert.ok(held);
  const called: true[] = [];
  rig.destination.whenWritable(() => called.push(true));
  rig.spool.write(1);
  await rig.settle();
  assert.equal(called.length, 0);
  rig.clock.advance(4900);
  assert.equal(called.length, 0);
  rig.clock.advance(200);
  assert.equal(called.length, 1);
  rig.spool.write();
  rig.finish();
});

test('what the disk does not have yet counts as memory', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=200000');
  rig.spool.slow = true;
  for (let i = 0; i < 100; i += 1) rig.push(numbered(1, 500), false);
  assert.ok(rig.pool.takenBytes <= 600_000, `${rig.pool.takenBytes} bytes of slabs`);
  assert.ok(rig.budget.bytes <= 200_000, `${rig.budget.bytes} bytes`);
  assert.ok(rig.destination.counts.dropped.slow_spool > 0);
  rig.spool.write();
  assert.equal(rig.budget.bytes, rig.destination.queueBytes);
  rig.finish();
});

for (const refusal of ['spool_full', 'spool_error'] as const) {
  test(`a disk that says ${refusal} leaves memory, then drops under that name`, async () => {
    const rig = await startRig('10.0.0.1:2003 queue_bytes=10000');
    rig.spool.refuse = refusal;
    for (let i = 0; i < 10; i += 1) assert.equal(rig.push(numbered(1, 100)), true);
    const { counts } = rig.destination;
    assert.ok(counts.queued > 400);
    assert.equal(counts.dropped[refusal], 1000 - counts.queued);
    rig.spool.refuse = undefined;
    rig.push(numbered(1, 100));
    await rig.settle();
    assert.equal(counts.dropped[refusal] + counts.queued + counts.spooled, 1100);
    rig.finish();
  });
}

test('a blocking destination with spool=true spills first and blocks when the disk is full', async () => {
  const rig = await startRig('10.0.0.1:2003 queue_bytes=10000 spool=true when_full=block');
  for (let i = 0; i < 10; i += 1) {
    rig.push(numbered(1, 100));
    await rig.settle();
  }
  assert.ok(rig.destination.counts.spooled > 400);
  assert.equal(rig.destination.blocking, false);
  rig.spool.refuse = 'spool_full';
  let held = false;
  for (let i = 0; i < 10 && !held; i += 1) held = !rig.push(numbered(1, 100));
  assert.ok(held);
  rig.finish();
});

test('blocks that a failing disk gives back wait in memory again, in their order, and nothing is lost', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.spool.slow = true;
  for (let block = 0; block < 3; block += 1) {
    rig.push(numbered(block * 10 + 1, block * 10 + 10));
    rig.clock.advance(1300);
  }
  assert.equal(rig.destination.counts.spooled, 30);
  rig.push(numbered(31, 40));
  rig.spool.write(1);
  rig.spool.refuse = 'spool_error';
  rig.spool.fail();
  assert.equal(rig.destination.counts.dropped.spool_error, 0);
  assert.deepEqual([rig.destination.counts.spooled, rig.destination.counts.queued], [10, 30]);
  rig.network.last.accept();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(11, 40) + numbered(1, 10));
  assert.equal(rig.destination.counts.written, 40);
  rig.finish();
});

test('what a failing disk gives back at the end is booked as spool_error', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.spool.slow = true;
  rig.push(numbered(1, 10));
  rig.clock.advance(1100);
  const draining = rig.destination.drain(rig.clock.monotonicMs() + 3000);
  await rig.settle();
  rig.spool.fail();
  await elapse(rig, 3000);
  await draining;
  assert.equal(rig.destination.counts.dropped.spool_error, 10);
  assert.equal(rig.destination.counts.spooled, 0);
  rig.finish();
});

test('a folder that cannot be used is said once; memory goes on, and what does not fit is dropped', async () => {
  const disk = emptyDisk();
  const rig = makeRig('10.0.0.1:2003 queue_bytes=10000', { disk });
  assert.ok(rig.spool !== undefined);
  rig.spool.failsToOpen = new Error('EACCES: permission denied');
  rig.destination.start();
  await rig.settle();
  assert.equal(rig.logged.filter((line) => line.includes('cannot use its spool: EACCES')).length, 1);
  for (let i = 0; i < 10; i += 1) assert.equal(rig.push(numbered(1, 100)), true);
  assert.ok(rig.destination.counts.dropped.conn_down_no_spool > 0);
  rig.network.last.accept();
  await flow(rig);
  assert.ok(rig.destination.counts.written > 400);
  rig.finish();
});

test('spool=false never makes a spool', () => {
  const rig = makeRig('10.0.0.1:2003 spool=false', { disk: emptyDisk() });
  assert.equal(rig.spool, undefined);
  rig.finish();
});
