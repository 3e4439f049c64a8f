// Lines that come back from disk: who goes first, how fast, and what a break or a loss does to them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskWith, flow, startRig } from '../disk-rig.ts';
import { numbered } from '../rig.ts';

const LINE = numbered(1, 1).length;

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

test('what is on disk can be added to, booked as loaded, and given up, booked as purged', async () => {
  const rig = await startRig('10.0.0.1:2003', diskWith(numbered(1, 10), numbered(11, 20)));
  const { backlog } = rig.destination;
  assert.ok(backlog !== undefined);
  assert.equal(await backlog.load(Buffer.from(numbered(21, 25)), 5), true);
  assert.equal(rig.destination.counts.loaded, 25);
  rig.network.last.accept();
  await rig.settle();
  rig.clock.advance(50);
  rig.network.last.complete();
  await rig.settle();
  assert.equal(rig.destination.counts.written, 10);
  // The second record is under way, to a peer that takes nothing: only what is behind it goes.
  assert.equal(await backlog.purge(), 5);
  const { dropped, spooled } = rig.destination.counts;
  assert.deepEqual([dropped.purged, spooled], [5, 10]);
  assert.equal(backlog.stats.lines, 0);
  rig.spool.refuse = 'spool_full';
  assert.equal(await backlog.load(Buffer.from(numbered(1, 1)), 1), false);
  rig.push(numbered(30, 31));
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 20) + numbered(30, 31));
  rig.finish();
});

test('counts of a damaged disk that are too low or too high end in balanced books', async () => {
  const disk = diskWith(numbered(1, 10));
  const rig = await startRig('10.0.0.1:2003 redo_age=1000', disk);
  // The disk had said 10, and holds 15; then it says 20 and holds none of the last.
  disk.records.push({ text: numbered(11, 15), lines: 5, firstMs: 1 });
  rig.network.last.accept();
  await flow(rig);
  const { counts } = rig.destination;
  assert.deepEqual([counts.loaded, counts.written, counts.spooled], [15, 15, 0]);
  rig.finish();
  const high = await startRig('10.0.0.1:2003 redo_age=1000', { ...diskWith(numbered(1, 10)), claims: 30 });
  high.network.last.accept();
  await flow(high);
  assert.deepEqual(
    [high.destination.counts.loaded, high.destination.counts.written, high.destination.counts.spooled],
    [30, 10, 0],
  );
  assert.equal(high.destination.counts.dropped.spool_damaged, 20);
  high.finish();
});
