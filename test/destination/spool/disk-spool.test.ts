import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_LIMITS, limitFiles } from '../../../src/destination/spool/limited-files.ts';
import { systemError } from './memory-files.ts';
import { range, SpoolRig } from './spool-rig.ts';

async function openRig(options: ConstructorParameters<typeof SpoolRig>[0] = {}): Promise<SpoolRig> {
  const rig = new SpoolRig(options);
  await rig.open();
  return rig;
}

test('lines offered are read back in order, and again after a close', async () => {
  const rig = await openRig();
  for (let block = 0; block < 50; block += 1) assert.equal(rig.offer(20), undefined);
  assert.equal(rig.spool.stats.lines, 1000);
  assert.equal(rig.written, 0);
  await rig.settle(20);
  assert.equal(rig.written, 1000);
  assert.deepEqual(await rig.readAll(false), range(1, 1000));
  assert.equal(await rig.spool.read(), undefined);
  await rig.spool.close();
  const opening = await rig.reopen();
  assert.equal(opening.lines, 1000);
  assert.deepEqual(opening.notes, []);
  assert.deepEqual(await rig.readAll(), range(1, 1000));
  assert.equal(rig.spool.stats.lines, 0);
  await rig.spool.close();
  assert.equal((await rig.reopen()).lines, 0);
  assert.deepEqual(rig.segments, []);
});

test('small blocks are written together after a short wait, a full record at once', async () => {
  const rig = await openRig();
  for (let line = 0; line < 100; line += 1) rig.offer(1);
  await rig.settle(5);
  assert.equal(rig.written, 0);
  await rig.settle(10);
  assert.equal(rig.written, 100);
  const writes = rig.files.counts.get('write');
  assert.equal(writes, 1);
  rig.offer(400, 1000);
  await rig.turn();
  assert.equal(rig.written, 500);
});

test('an acknowledged record does not come back, one that was only read does', async () => {
  const rig = await openRig({ segmentBytes: 4000 });
  for (let block = 0; block < 20; block += 1) {
    rig.offer(10);
    await rig.settle(20);
  }
  const records = [];
  for (let count = 0; count < 15; count += 1) records.push((await rig.spool.read())!);
  rig.spool.ack(records[9]!.end);
  assert.equal(rig.spool.stats.lines, 100);
  rig.spool.rewind();
  assert.deepEqual(await rig.readAll(false), range(101, 200));
  await rig.settle(2000);
  rig.files.kill();
  assert.equal((await rig.reopen()).lines, 100);
  assert.deepEqual(await rig.readAll(), range(101, 200));
});

test('delivered segments are deleted once the cursor behind them is on the disk, and not before', async () => {
  const rig = await openRig({ segmentBytes: 4000 });
  for (let block = 0; block < 30; block += 1) {
    rig.offer(20);
    await rig.settle(20);
  }
  const before = rig.segments.length;
  assert.ok(before > 3);
  rig.files.fault = (operation, path) =>
    operation === 'datasync' && path.endsWith('cursor') ? systemError('EIO') : undefined;
  assert.equal((await rig.readAll()).length, 600);
  await rig.settle(3000);
  assert.equal(rig.segments.length, before);
  rig.files.fault = () => undefined;
  await rig.settle(5000);
  assert.deepEqual(rig.segments, []);
  assert.equal(rig.spool.stats.diskBytes, 0);
});

test('a cursor whose slots cannot be read when it is opened for writing is still newer than what they hold', async () => {
  const rig = await openRig();
  for (let block = 0; block < 20; block += 1) {
    rig.offer(10);
    await rig.settle(200);
    rig.spool.ack((await rig.spool.read())!.end);
  }
  await rig.spool.close();
  await rig.reopen();
  rig.files.fault = (operation, path) =>
    operation === 'read' && path.endsWith('cursor') ? systemError('EIO') : undefined;
  rig.offer(30);
  await rig.settle(50);
  assert.deepEqual(await rig.readAll(), range(201, 230));
  // So short that no sync comes: what is saved goes to one slot, and the other holds what it held.
  await rig.settle(300);
  rig.files.fault = () => undefined;
  rig.files.kill();
  assert.deepEqual((await rig.reopen()).notes, []);
  assert.deepEqual(await rig.readAll(), []);
});

test('the memory of what waits to be written is bounded, and room is told', async () => {
  const rig = await openRig({ waitingBytesMax: 10_000 });
  rig.files.isHolding = true;
  let offers = 0;
  while (rig.offer(10) === undefined) offers += 1;
  assert.ok(offers > 10 && rig.spool.stats.bytes <= 10_000);
  assert.equal(rig.offer(10), 'slow_spool');
  assert.equal(rig.writableCalls, 0);
  await rig.settle(50);
  assert.equal(rig.writableCalls, 1);
  assert.equal(rig.offer(10), undefined);
});

test('at its cap it refuses new lines, and takes them again when old ones have been delivered', async () => {
  const rig = await openRig({ maxBytes: 100_000, segmentBytes: 10_000 });
  while (rig.offer(100) === undefined) await rig.settle(20);
  assert.equal(rig.offer(100), 'spool_full');
  assert.equal(rig.spool.stats.state, 'full');
  assert.ok(rig.spool.stats.diskBytes <= 100_000);
  const { lines } = rig.spool.stats;
  assert.equal((await rig.readAll()).length, lines);
  await rig.settle(3000);
  assert.equal(rig.writableCalls, 1);
  assert.equal(rig.spool.stats.state, 'ready');
  assert.equal(rig.offer(100), undefined);
  assert.equal(rig.lost.size, 0);
});

test('with the oldest to go, new lines push old ones out, which are counted', async () => {
  const rig = await openRig({ maxBytes: 100_000, segmentBytes: 10_000, goes: 'oldest' });
  for (let block = 0; block < 200; block += 1) {
    assert.equal(rig.offer(50), undefined);
    await rig.settle(20);
    assert.ok(rig.spool.stats.diskBytes <= 120_000);
  }
  const { lines } = rig.spool.stats;
  assert.equal(lines + rig.lost.get('spool_full')!, 10_000);
  await rig.spool.close();
  const opening = await rig.reopen();
  assert.deepEqual(opening.notes, []);
  assert.equal(opening.lines, lines);
  assert.deepEqual(await rig.readAll(), range(10_001 - lines, 10_000));
});

test('lines that were handed out when their segment was pushed out count once: delivered, or lost at a rewind', async () => {
  const rig = await openRig({ maxBytes: 100_000, segmentBytes: 10_000, goes: 'oldest' });
  rig.offer(50);
  await rig.settle(20);
  const first = (await rig.spool.read())!;
  for (let block = 0; block < 100; block += 1) {
    rig.offer(50);
    await rig.settle(20);
  }
  assert.equal(rig.spool.stats.lines + rig.lost.get('spool_full')!, 5050);
  rig.spool.ack(first.end);
  assert.equal(rig.spool.stats.lines + rig.lost.get('spool_full')!, 5000);
  const second = (await rig.spool.read())!;
  for (let block = 0; block < 100; block += 1) {
    rig.offer(50);
    await rig.settle(20);
  }
  rig.spool.rewind();
  assert.equal(rig.spool.stats.lines + rig.lost.get('spool_full')!, 10_000);
  rig.spool.ack(second.end);
  assert.equal(rig.spool.stats.lines + rig.lost.get('spool_full')!, 10_000);
});

test('lines that are too old go, read or not, and are counted once', async () => {
  const rig = await openRig({ maxAgeMs: 10_000, segmentBytes: 4000 });
  for (let block = 0; block < 10; block += 1) {
    rig.offer(30);
    await rig.settle(20);
  }
  await rig.settle(8000);
  rig.offer(7);
  await rig.settle(5000);
  // The newest file is not given up while it holds new lines: its old ones go when they are read.
  assert.ok(rig.spool.stats.lines < 150);
  assert.deepEqual(await rig.readAll(), range(301, 307));
  assert.equal(rig.lost.get('spool_expired'), 300);
  rig.offer(5);
  await rig.settle(20);
  const record = (await rig.spool.read())!;
  rig.offer(6);
  await rig.settle(20);
  rig.clock.nowMs += 10_500;
  assert.equal(await rig.spool.read(), undefined);
  rig.spool.rewind();
  assert.equal(await rig.spool.read(), undefined);
  rig.spool.ack(record.end);
  assert.equal(rig.lost.get('spool_expired'), 311);
  assert.equal(rig.spool.stats.lines, 0);
});

test('a full disk whose only segment is delivered gets its room back, and what waited is written', async () => {
  const rig = await openRig({ segmentBytes: 10_000_000 });
  rig.files.capacity = 200_000;
  for (; rig.spool.stats.state !== 'full'; await rig.settle(20)) rig.offer(200);
  const lines = rig.next - 1;
  const first = await rig.readAll();
  assert.ok(first.length > 0 && first.length < lines);
  await rig.settle(5000);
  assert.equal(rig.spool.stats.state, 'ready');
  assert.deepEqual([...first, ...(await rig.readAll())], range(1, lines));
});

test('a full disk is a state that refuses, keeps what was taken, and is left by itself', async () => {
  const rig = await openRig();
  rig.offer(100);
  await rig.settle(20);
  rig.files.capacity = rig.files.usedBytes + 100;
  rig.offer(100);
  await rig.settle(20);
  assert.equal(rig.spool.stats.state, 'full');
  assert.match(rig.spool.stats.lastError, /ENOSPC|free/);
  assert.equal(rig.offer(1), 'spool_full');
  assert.equal(rig.spool.stats.lines, 200);
  await rig.settle(5000);
  assert.equal(rig.failed, 0);
  rig.files.capacity = Number.POSITIVE_INFINITY;
  await rig.settle(1500);
  assert.equal(rig.spool.stats.state, 'ready');
  assert.equal(rig.writableCalls, 1);
  assert.deepEqual(await rig.readAll(), range(1, 200));
});

test('the reserve of the disk is not touched', async () => {
  const rig = await openRig({ reserveBytes: 1_000_000, maxBytes: 1e9 });
  rig.files.capacity = 3_000_000;
  while (rig.spool.stats.state !== 'full') {
    rig.offer(1000, 100);
    await rig.settle(20);
  }
  assert.ok(rig.files.usedBytes <= 2_000_000, `${rig.files.usedBytes} bytes used`);
  assert.ok(rig.files.usedBytes > 1_500_000);
});

test('a disk that fails gives lines back after a few attempts, and is used again when it works', async () => {
  const rig = await openRig();
  rig.offer(10);
  await rig.settle(20);
  rig.files.fault = (operation) => (operation === 'write' ? systemError('EIO') : undefined);
  rig.offer(10);
  await rig.settle(20);
  assert.equal(rig.spool.stats.state, 'failed');
  assert.equal(rig.offer(1), 'spool_error');
  await rig.settle(2000);
  assert.equal(rig.failed, 10);
  assert.equal(rig.spool.stats.lines, 10);
  await rig.settle(60_000);
  assert.ok(rig.segments.length <= 2, 'attempts leave no files behind');
  assert.equal(rig.writableCalls, 0);
  rig.files.fault = () => undefined;
  await rig.settle(6000);
  assert.equal(rig.writableCalls, 1);
  rig.offer(10);
  await rig.settle(20);
  assert.deepEqual(await rig.readAll(), [...range(1, 10), ...range(21, 30)]);
});

test('after a sync that failed nothing more goes into that file', async () => {
  const rig = await openRig();
  rig.offer(10);
  rig.files.fault = (operation, path) =>
    operation === 'datasync' && path.endsWith('.seg') ? systemError('EIO') : undefined;
  await rig.settle(1500);
  rig.files.fault = () => undefined;
  rig.offer(10);
  await rig.settle(50);
  assert.equal(rig.segments.length, 2);
  assert.deepEqual(await rig.readAll(), range(1, 20));
});

test('a disk that cannot read is tried again, and nothing is lost meanwhile', async () => {
  const rig = await openRig();
  rig.offer(10);
  await rig.settle(20);
  rig.files.fault = (operation) => (operation === 'read' ? systemError('EIO') : undefined);
  assert.equal(await rig.spool.read(), undefined);
  assert.equal(rig.spool.stats.state, 'failed');
  await rig.settle(5000);
  rig.files.fault = () => undefined;
  await rig.settle(10_000);
  assert.ok(rig.readableCalls > 0);
  assert.deepEqual(await rig.readAll(), range(1, 10));
});

test('one write, one sync and one read are under way at most, however much is offered', async () => {
  const rig = await openRig({ segmentBytes: 4000, syncEveryLines: 1 });
  rig.files.isHolding = true;
  for (let step = 0; step < 400; step += 1) {
    rig.offer(20);
    rig.clock.advance(10);
    void rig.spool.read();
    await new Promise((resolve) => setImmediate(resolve));
    if (step % 3 === 0) rig.files.release(Math.floor(rig.random() * rig.files.held));
  }
  for (const operation of ['write', 'datasync', 'read'] as const) {
    assert.equal(rig.files.mostUnderWay.get(operation), 1, operation);
  }
});

test('a limit over several spools bounds what a hung disk holds of the thread pool', async () => {
  const rigs: SpoolRig[] = [];
  const first = new SpoolRig();
  let queued = 0;
  const shared = limitFiles(first.files.process(), FILE_LIMITS, () => (queued += 1));
  for (let count = 0; count < 5; count += 1) {
    const rig = new SpoolRig({ files: first.files, wrap: () => shared, folder: `/spool/dest-${count}.0` });
    await rig.open();
    rigs.push(rig);
  }
  first.files.mostUnderWay.clear();
  first.files.isHolding = true;
  for (const rig of rigs) {
    rig.offer(10);
    void rig.spool.read();
    rig.clock.advance(2000);
  }
  for (let step = 0; step < 200; step += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (step % 5 === 0) first.files.release();
    for (const rig of rigs) rig.clock.advance(50);
  }
  const { mostUnderWay } = first.files;
  assert.equal(mostUnderWay.get('datasync'), 1);
  assert.equal(mostUnderWay.get('read'), 1);
  assert.ok((mostUnderWay.get('write') ?? 0) <= 1);
  assert.ok(queued > 0, 'nobody was told that spools wait for each other');
});

test('a close writes what was offered and gives back what a hung disk does not take', async () => {
  const rig = await openRig({ closeTimeoutMs: 1000 });
  rig.offer(10);
  await rig.spool.close();
  assert.equal(rig.written, 10);
  await rig.reopen();
  rig.files.isHolding = true;
  rig.offer(5);
  const closed = rig.spool.close();
  for (let step = 0; step < 20; step += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    rig.clock.advance(100);
  }
  await closed;
  assert.equal(rig.failed, 5);
  assert.equal(rig.offer(1), 'spool_error');
});

test('readable tells of new records only after there was nothing to read', async () => {
  const rig = await openRig();
  rig.offer(1);
  await rig.settle(20);
  assert.equal(rig.readableCalls, 0);
  await rig.readAll();
  rig.offer(1);
  await rig.settle(20);
  assert.equal(rig.readableCalls, 1);
  rig.offer(1);
  await rig.settle(20);
  assert.equal(rig.readableCalls, 1);
});

test('a rewind while a read is under way hands out the oldest record, and no record is lost or doubled', async () => {
  const rig = await openRig();
  for (let block = 0; block < 3; block += 1) {
    rig.offer(1);
    await rig.settle(20);
  }
  await rig.spool.read();
  rig.files.isHolding = true;
  const reading = rig.spool.read();
  rig.spool.rewind();
  await rig.turn();
  rig.files.isHolding = false;
  await rig.turn();
  assert.equal((await reading)?.bytes.toString(), 'm1 1 1700000000\n');
  assert.deepEqual(await rig.readAll(), [2, 3]);
  assert.equal(rig.spool.stats.lines, 0);
});

test('the newest file goes once all is delivered and the spool is quiet', async () => {
  const rig = await openRig();
  rig.offer(10);
  await rig.settle(20);
  await rig.readAll();
  await rig.settle(4000);
  assert.deepEqual(rig.segments, []);
  assert.equal(rig.clock.pending, 0, 'an idle spool needs no timers');
  rig.offer(10);
  await rig.settle(20);
  assert.deepEqual(await rig.readAll(), range(11, 20));
});
