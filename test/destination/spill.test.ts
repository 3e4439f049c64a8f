// Lines that go to disk, and what comes back: spill, replay, order, restart. Clock, network and disk are in the test's hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeDisk, FakeSpool } from './fake-spool.ts';
import { makeRig, numbered, type Rig } from './rig.ts';

const LINE = numbered(1, 1).length;

function emptyDisk(): FakeDisk {
  return { records: [], acked: 0 };
}

function diskWith(...texts: string[]): FakeDisk {
  const records = texts.map((text) => ({ text, lines: text.split('\n').length - 1, firstMs: 1 }));
  return { records, acked: 0 };
}

async function startRig(
  text: string,
  disk: FakeDisk = emptyDisk(),
): Promise<Rig & { readonly spool: FakeSpool }> {
  const rig = makeRig(text, { disk });
  const { spool } = rig;
  assert.ok(spool !== undefined);
  rig.destination.start();
  await rig.settle();
  return { ...rig, spool };
}

/** Lets the peer take everything, reads of the disk included, until nothing moves. */
async function flow(rig: Rig, steps = 200): Promise<void> {
  for (let i = 0; i < steps; i += 1) {
    rig.turn();
    rig.network.last.completeAll();
    await rig.settle();
    rig.clock.advance(20);
  }
}

/** Lets time pass in steps, so that promises keep up. */
async function elapse(rig: Rig, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    rig.clock.advance(50);
    await rig.settle();
  }
}

function textOf(disk: FakeDisk): string {
  return disk.records.map(({ text }) => text).join('');
}

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

test('a write that fails for good is booked as spool_error', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.spool.slow = true;
  rig.push(numbered(1, 10));
  rig.clock.advance(1100);
  rig.spool.write(1, false);
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

test('what was on disk is loaded and sent; live lines go first', async () => {
  const rig = await startRig('10.0.0.1:2003', diskWith(numbered(1, 3), numbered(4, 6)));
  assert.equal(rig.destination.counts.loaded, 6);
  assert.equal(rig.destination.counts.spooled, 6);
  rig.push(numbered(100, 101));
  rig.network.last.accept();
  rig.turn();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(100, 101) + numbered(1, 6));
  assert.equal(rig.destination.counts.written, 8);
  rig.finish();
});

test('with order = strict the backlog goes first, and new lines behind it', async () => {
  const rig = await startRig('10.0.0.1:2003 order=strict', diskWith(numbered(1, 3), numbered(4, 6)));
  rig.network.last.accept();
  rig.push(numbered(7, 8));
  rig.turn();
  await rig.settle();
  rig.clock.advance(1500);
  rig.push(numbered(9, 9));
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 9));
  assert.equal(rig.destination.counts.spooled, 0);
  rig.finish();
});

test('with order = strict a write that broke off goes before what went to disk behind it', async () => {
  const rig = await startRig('10.0.0.1:2003 order=strict redo_bytes=0');
  rig.network.last.accept();
  rig.push(numbered(1, 5));
  rig.turn();
  rig.push(numbered(6, 9));
  rig.clock.advance(1500);
  assert.ok(rig.destination.counts.spooled > 0);
  rig.network.last.fail();
  rig.clock.advance(1500);
  rig.push(numbered(10, 12));
  rig.reconnect();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 12));
  rig.finish();
});

test('live lines that never end leave a tenth of what is written to the backlog', async () => {
  const old = numbered(1, 2000);
  const rig = await startRig('10.0.0.1:2003 iobuf=4096', diskWith(...Array.from({ length: 30 }, () => old)));
  rig.network.last.accept();
  rig.clock.advance(5000);
  for (let i = 0; i < 400; i += 1) {
    while (rig.destination.queueBytes < 8192) rig.push(numbered(9000, 9100));
    rig.turn();
    rig.network.last.complete();
    await rig.settle();
    rig.clock.advance(1);
  }
  const { received } = rig.network.last;
  const lines = received.split('\n');
  const replayed = lines.filter((line) => !line.startsWith('a.b.c9')).length;
  assert.ok(replayed > lines.length / 20 && replayed < lines.length / 6, `${replayed} of ${lines.length}`);
  rig.destination.stop();
});

test('replay_rate is never passed', async () => {
  const rig = await startRig('10.0.0.1:2003 replay_rate=100', diskWith(numbered(1, 5000)));
  rig.network.last.accept();
  for (let second = 1; second <= 10; second += 1) {
    for (let i = 0; i < 50; i += 1) {
      rig.network.last.completeAll();
      await rig.settle();
      rig.clock.advance(20);
    }
    assert.ok(rig.destination.counts.written <= 100 * second + 10, `${rig.destination.counts.written} lines`);
  }
  assert.ok(rig.destination.counts.written > 700, `${rig.destination.counts.written}`);
  rig.finish();
});

test('without a bound the backlog starts gently after a reconnect and soon goes at full speed', async () => {
  const block = numbered(100_000, 109_999);
  const rig = await startRig('10.0.0.1:2003', diskWith(...Array.from({ length: 40 }, () => block)));
  rig.network.last.accept();
  const perSecond: number[] = [];
  for (let second = 0; second < 6; second += 1) {
    const before = rig.destination.counts.written;
    for (let i = 0; i < 100; i += 1) {
      rig.network.last.completeAll();
      await rig.settle();
      rig.clock.advance(10);
    }
    perSecond.push(rig.destination.counts.written - before);
  }
  const [first = 0, second = 0] = perSecond;
  assert.ok(first <= 16_000 && second > first, perSecond.join(' '));
  assert.equal(rig.destination.counts.written, 400_000, perSecond.join(' '));
  assert.ok(rig.logged.some((line) => /sends from disk: \d+ lines to send/.test(line)));
  await flow(rig);
  assert.ok(
    rig.logged.some((line) => line.includes('sent all from disk: 400000 lines')),
    rig.logged.join('\n'),
  );
  rig.finish();
});

test('a full socket stops the backlog for a moment and slows it', async () => {
  const block = numbered(100_000, 109_999);
  const rig = await startRig('10.0.0.1:2003', diskWith(...Array.from({ length: 40 }, () => block)));
  rig.network.last.accept();
  rig.clock.advance(8000);
  await rig.settle();
  rig.network.last.complete();
  await rig.settle();
  rig.clock.advance(500);
  rig.network.last.complete();
  await rig.settle();
  const { length } = rig.network.last.writes;
  rig.push(numbered(1, 1));
  rig.turn();
  assert.equal(rig.network.last.writes.length, length + 1);
  assert.equal(rig.network.last.writes.at(-1), LINE);
  rig.network.last.complete();
  rig.clock.advance(101);
  await rig.settle();
  rig.clock.advance(50);
  const size = rig.network.last.writes.at(-1) ?? 0;
  assert.ok(size !== LINE && size < 100_000, `${size}`);
  rig.destination.stop();
});

test('what was replayed stays on disk until it left the redo window, and comes again after a break as resent', async () => {
  const rig = await startRig('10.0.0.1:2003 redo_age=1000', diskWith(numbered(1, 10), numbered(11, 20)));
  rig.network.last.accept();
  await rig.settle();
  rig.clock.advance(100);
  rig.network.last.completeAll();
  await rig.settle();
  rig.clock.advance(100);
  rig.network.last.completeAll();
  assert.equal(rig.destination.counts.written, 20);
  assert.equal(rig.spool.disk.acked, 0);
  rig.network.last.fail();
  rig.reconnect();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 20));
  assert.equal(rig.destination.counts.written, 20);
  assert.equal(rig.destination.counts.resent, 20);
  assert.equal(rig.spool.disk.acked, 2);
  rig.finish();
});

test('a break in the middle of a record sends the record again and counts each line once', async () => {
  const rig = await startRig('10.0.0.1:2003 iobuf=4096', diskWith(numbered(1, 1000)));
  rig.network.last.accept();
  rig.clock.advance(3000);
  await rig.settle();
  rig.clock.advance(100);
  rig.network.last.complete();
  const { written } = rig.destination.counts;
  assert.ok(written > 100 && written < 1000, `${written}`);
  rig.network.last.take(100);
  rig.network.last.fail();
  rig.reconnect();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 1000));
  assert.equal(rig.destination.counts.written, 1000);
  assert.equal(rig.destination.counts.resent, written);
  rig.finish();
});

test('lines that the disk gives up are booked by name, and not twice when they had been written', async () => {
  const rig = await startRig('10.0.0.1:2003', diskWith(numbered(1, 10), numbered(11, 20), numbered(21, 30)));
  rig.spool.loseNext('spool_expired');
  assert.equal(rig.destination.counts.dropped.spool_expired, 10);
  rig.network.last.accept();
  await rig.settle();
  rig.clock.advance(50);
  rig.network.last.completeAll();
  assert.equal(rig.destination.counts.written, 10);
  rig.network.last.fail();
  await rig.settle();
  rig.spool.loseNext('spool_full');
  await flow(rig);
  const { dropped, written, spooled } = rig.destination.counts;
  assert.deepEqual([written, dropped.spool_expired, dropped.spool_full, spooled], [10, 10, 0, 10]);
  rig.reconnect();
  await flow(rig);
  assert.equal(rig.destination.counts.written, 20);
  rig.finish();
});

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
