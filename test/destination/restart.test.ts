// What a drain puts on disk, and what the next start makes of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskWith, elapse, emptyDisk, flow, startRig, textOf } from './disk-rig.ts';
import { numbered } from './rig.ts';

const LINE = numbered(1, 1).length;

test('a drain puts on disk what a frozen peer did not take, cut at a line, and the next start sends it', async () => {
  const disk = emptyDisk();
  const rig = await startRig('10.0.0.1:2003', disk);
  rig.network.last.accept();
  rig.push(numbered(1, 9));
  rig.turn();
  rig.push(numbered(10, 12));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  rig.network.last.take(LINE * 4 + 3);
  await elapse(rig, 5000);
  await drained;
  assert.equal(rig.destination.counts.written, 4);
  assert.equal(rig.destination.counts.spooled, 8);
  assert.equal(rig.destination.counts.dropped.shutdown, 0);
  assert.deepEqual(textOf(disk).split('\n').toSorted(), numbered(5, 12).split('\n').toSorted());
  rig.finish();
  const next = await startRig('10.0.0.1:2003', disk);
  assert.equal(next.destination.counts.loaded, 8);
  next.network.last.accept();
  await flow(next);
  assert.equal(next.network.last.received, textOf(disk));
  next.finish();
});

test('a drain whose peer is away puts queue and redo on disk at once', async () => {
  const disk = emptyDisk();
  const rig = await startRig('10.0.0.1:2003', disk);
  rig.network.last.accept();
  rig.push(numbered(1, 5));
  rig.turn();
  rig.network.last.completeAll();
  rig.network.last.fail();
  rig.push(numbered(6, 8));
  const drained = rig.destination.drain(rig.clock.nowMs + 60_000);
  await rig.settle();
  rig.clock.advance(50);
  await drained;
  assert.equal(textOf(disk), numbered(1, 8));
  assert.equal(rig.destination.counts.written, 5);
  assert.equal(rig.destination.counts.spooled, 3);
  rig.finish();
});

test('a drain at its deadline while the redo window is sent again puts only those lines on disk that the peer did not take', async () => {
  const disk = emptyDisk();
  const rig = await startRig('10.0.0.1:2003', disk);
  rig.network.last.accept();
  rig.push(numbered(1, 9));
  rig.turn();
  rig.network.last.completeAll();
  rig.network.last.fail();
  rig.reconnect();
  rig.push(numbered(10, 12));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  rig.network.last.take(LINE * 4 + 3);
  await elapse(rig, 5000);
  await drained;
  assert.deepEqual(textOf(disk).split('\n').toSorted(), numbered(5, 12).split('\n').toSorted());
  const { counts } = rig.destination;
  assert.deepEqual([counts.written, counts.resent, counts.spooled], [9, 4, 3]);
  rig.finish();
});

test('what was written to a connection that broke is resent, not written, by who takes the spool over', async () => {
  const disk = emptyDisk();
  const rig = await startRig('10.0.0.1:2003 order=strict', disk);
  rig.network.last.accept();
  rig.push(numbered(1, 5));
  rig.turn();
  rig.network.last.completeAll();
  rig.network.last.fail();
  rig.push(numbered(6, 8));
  const drained = rig.destination.drain(rig.clock.nowMs + 60_000);
  await rig.settle();
  rig.clock.advance(50);
  await drained;
  const repeats = rig.destination.backlog?.repeats ?? 0;
  assert.equal(repeats, 5);
  rig.finish();
  const next = await startRig('10.0.0.1:2003 order=strict', disk, () => ({ entered: 3, repeats }));
  next.network.last.accept();
  await flow(next);
  assert.equal(next.network.last.received, numbered(1, 8));
  const { counts } = next.destination;
  assert.deepEqual(
    [counts.loaded, counts.in, counts.written, counts.spooled, counts.resent],
    [0, 3, 3, 0, 5],
  );
  // Nothing is ahead of live lines any more.
  next.push(numbered(9, 9));
  await flow(next, 5);
  assert.equal(counts.written, 4);
  next.finish();
});

test('a drain while the backlog is sent finishes its record and leaves the others for the next start, no line twice', async () => {
  const disk = diskWith(numbered(1, 1000), numbered(1001, 1100));
  const rig = await startRig('10.0.0.1:2003 iobuf=4096', disk);
  rig.network.last.accept();
  rig.clock.advance(3000);
  await rig.settle();
  rig.clock.advance(100);
  rig.network.last.complete();
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  for (let i = 0; i < 50; i += 1) {
    rig.network.last.completeAll();
    rig.clock.advance(20);
  }
  assert.equal(rig.network.last.received, numbered(1, 1000));
  assert.equal(rig.network.last.ended, true);
  rig.network.last.finish();
  await rig.settle();
  await drained;
  assert.equal(disk.acked, 1);
  assert.equal(rig.destination.counts.spooled, 100);
  rig.finish();
});

test('a drain at its deadline in the middle of a record puts the rest of it behind, so that no line comes twice', async () => {
  const disk = diskWith(numbered(1, 1000), numbered(1001, 1100));
  const rig = await startRig('10.0.0.1:2003 iobuf=4096', disk);
  rig.network.last.accept();
  rig.clock.advance(3000);
  await rig.settle();
  rig.clock.advance(100);
  rig.network.last.complete();
  const drained = rig.destination.drain(rig.clock.nowMs + 2000);
  rig.network.last.take(100);
  await elapse(rig, 2000);
  await drained;
  const sent = rig.network.last.received;
  const whole = sent.slice(0, sent.lastIndexOf('\n') + 1);
  rig.finish();
  const next = await startRig('10.0.0.1:2003', disk);
  next.network.last.accept();
  await flow(next);
  const lines = (whole + next.network.last.received).split('\n').slice(0, -1).toSorted();
  assert.deepEqual(lines, numbered(1, 1100).split('\n').slice(0, -1).toSorted());
  next.finish();
});

test('a drain with a disk that hangs ends in time and drops the rest by name', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.spool.slow = true;
  rig.spool.waitingBytesMax = 1;
  rig.push(numbered(1, 20_000));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  for (let i = 0; i < 400; i += 1) {
    await rig.settle();
    rig.clock.advance(20);
  }
  await drained;
  const { counts } = rig.destination;
  assert.ok(counts.dropped.shutdown > 0);
  assert.equal(counts.dropped.shutdown + counts.spooled, 20_000);
  rig.finish();
});
