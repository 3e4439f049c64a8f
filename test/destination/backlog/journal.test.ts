// A durable destination: every line goes to disk first, counts then, and is sent after that, from memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemFiles } from '../../../src/destination/sender/file-system.ts';
import { elapse, emptyDisk, flow, textOf } from '../disk-rig.ts';
import type { FakeDisk, FakeSpool } from '../fake-spool.ts';
import { makeRig, numbered, type Rig } from '../rig.ts';

interface JournalRig extends Rig {
  readonly spool: FakeSpool;
  readonly disk: FakeDisk;
  /** Lines that the destination said are in its books. */
  readonly entered: { lines: number };
}

/** Starts a durable destination whose folder is open; its peer has accepted unless `away`. */
async function startJournal(options = '', { away = false, disk = emptyDisk() } = {}): Promise<JournalRig> {
  const entered = { lines: 0 };
  const rig = makeRig(`10.0.0.1:2003 durability=disk ${options}`, {
    disk,
    entered: (lines) => void (entered.lines += lines),
  });
  const { spool } = rig;
  assert.ok(spool !== undefined);
  rig.destination.start();
  if (!away) rig.network.last.accept();
  await rig.settle();
  return { ...rig, spool, disk, entered };
}

/** Lets a commit begin, and end if the disk is quick. */
async function commit(rig: Rig): Promise<void> {
  rig.clock.advance(5);
  rig.turn();
  await rig.settle();
}

test('a line is in no book, and is not sent, before it is synced', async () => {
  const rig = await startJournal();
  const { destination, spool, entered } = rig;
  spool.slow = true;
  rig.push(numbered(1, 10));
  await commit(rig);
  assert.equal(spool.waitingLines, 10);
  assert.equal(destination.unsyncedLines, 10);
  assert.deepEqual([destination.counts.in, destination.counts.spooled, entered.lines], [0, 0, 0]);
  assert.deepEqual(rig.network.last.writes, []);
  spool.write();
  assert.deepEqual([destination.counts.in, destination.counts.spooled, entered.lines], [10, 10, 10]);
  assert.equal(destination.unsyncedLines, 0);
  await flow(rig, 5);
  assert.equal(rig.network.last.received, numbered(1, 10));
  assert.equal(destination.counts.written, 10);
  rig.finish();
});

test('a peer that keeps up is sent everything from memory, in order', async () => {
  const rig = await startJournal();
  await flow(rig, 2);
  for (let round = 0; round < 50; round += 1) {
    rig.push(numbered(round * 20 + 1, round * 20 + 20));
    await commit(rig);
    await flow(rig, 2);
  }
  assert.equal(rig.network.last.received, numbered(1, 1000));
  assert.equal(rig.spool.diskReads, 0);
  assert.ok(rig.destination.backlog?.progress === undefined, 'that is no replay');
  rig.finish();
});

test('what comes during a commit goes with the next, as one', async () => {
  const rig = await startJournal();
  rig.spool.slow = true;
  rig.push(numbered(1, 5));
  await commit(rig);
  for (let line = 6; line <= 50; line += 1) {
    rig.push(numbered(line, line));
    await commit(rig);
  }
  assert.equal(rig.spool.offers.length, 1);
  rig.spool.write();
  await commit(rig);
  assert.equal(rig.spool.offers.length, 2);
  assert.equal(rig.spool.waitingLines, 45);
  rig.spool.write();
  assert.equal(rig.destination.counts.in, 50);
  rig.finish();
});

test('a commit waits for company no longer than 4 ms, and not at all for a mebibyte', async () => {
  const rig = await startJournal();
  rig.push(numbered(1, 1));
  rig.turn();
  await rig.settle();
  assert.equal(rig.destination.counts.in, 1, 'the first goes at once');
  rig.push(numbered(2, 2));
  rig.turn();
  rig.clock.advance(3.9);
  await rig.settle();
  assert.equal(rig.spool.offers.length, 1);
  rig.clock.advance(0.1);
  await rig.settle();
  assert.equal(rig.destination.counts.in, 2);
  rig.spool.slow = true;
  rig.push(numbered(3, 3));
  rig.clock.advance(4);
  const offers = rig.spool.offers.length;
  rig.push(numbered(4, 60_000));
  rig.turn();
  assert.ok(rig.spool.offers.length > offers, 'with so much it does not wait for the commit under way');
  rig.spool.write();
  rig.finish();
});

test('blocks that could not be written wait again, in their order, and count nothing', async () => {
  const rig = await startJournal();
  rig.spool.slow = true;
  rig.push(numbered(1, 5));
  await commit(rig);
  rig.push(numbered(6, 40_000));
  rig.push(numbered(40_001, 50_000));
  await commit(rig);
  assert.ok(rig.spool.offers.length >= 3);
  rig.spool.fail();
  assert.equal(rig.destination.counts.in, 0);
  assert.equal(rig.destination.unsyncedLines, 50_000);
  rig.spool.slow = false;
  for (let round = 0; round < 10; round += 1) await commit(rig);
  assert.equal(textOf(rig.disk), numbered(1, 50_000));
  await flow(rig, 40);
  assert.equal(rig.network.last.received, numbered(1, 50_000));
  rig.finish();
});

test('with a full disk lines wait uncounted, then drop by name', async () => {
  const rig = await startJournal('queue_bytes=1000');
  rig.spool.refuse = 'spool_full';
  assert.equal(rig.push(numbered(1, 30)), true);
  await commit(rig);
  assert.equal(rig.destination.counts.in, 0);
  assert.equal(rig.push(numbered(31, 100)), true);
  const { counts } = rig.destination;
  assert.ok(counts.dropped.spool_full > 40);
  assert.equal(counts.in, counts.dropped.spool_full);
  assert.equal(rig.entered.lines, counts.in);
  assert.equal(rig.logged.filter((line) => line.includes('cannot make lines durable')).length, 1);
  const kept = rig.destination.unsyncedLines;
  rig.spool.refuse = undefined;
  rig.spool.write();
  await flow(rig, 5);
  assert.equal(counts.written, kept);
  assert.equal(rig.network.last.received, numbered(1, kept));
  rig.finish();
});

test('a disk that is full with lines that it took is said, and new lines drop by that name', async () => {
  const rig = await startJournal('queue_bytes=1000');
  rig.spool.slow = true;
  rig.push(numbered(1, 40));
  await commit(rig);
  rig.spool.state = 'full';
  rig.clock.advance(1000);
  assert.equal(rig.logged.filter((line) => line.includes('cannot make lines durable')).length, 1);
  assert.equal(rig.push(numbered(41, 60)), true);
  const { counts } = rig.destination;
  const dropped = counts.dropped.spool_full;
  assert.ok(dropped > 0);
  assert.equal(counts.in, dropped);
  assert.equal(rig.logged.filter((line) => line.includes('cannot make lines durable')).length, 1);
  rig.spool.state = 'ready';
  rig.spool.slow = false;
  rig.spool.write();
  await flow(rig, 5);
  assert.equal(rig.logged.filter((line) => line.includes('writes its lines to disk again')).length, 1);
  assert.equal(rig.network.last.received, numbered(1, 60 - dropped));
  rig.finish();
});

test('with when_full=block a full disk holds the senders and drops nothing', async () => {
  const rig = await startJournal('queue_bytes=1000 when_full=block');
  rig.spool.refuse = 'spool_full';
  let resumed = 0;
  assert.equal(rig.push(numbered(1, 60)), false);
  rig.destination.whenWritable(() => void (resumed += 1));
  await elapse(rig, 60_000);
  assert.equal(resumed, 0);
  rig.spool.refuse = undefined;
  rig.spool.write();
  await flow(rig, 5);
  assert.equal(resumed, 1);
  assert.equal(rig.network.last.received, numbered(1, 60));
  assert.equal(rig.destination.counts.written, 60);
  rig.finish();
});

test('a hung disk holds senders for 5 s, then lines drop by name; memory stays within the bound', async () => {
  const rig = await startJournal('queue_bytes=100000');
  rig.spool.slow = true;
  let pushed = 0;
  const pushSome = (): boolean => {
    const answer = rig.push(numbered(pushed + 1, pushed + 1000));
    pushed += 1000;
    return answer;
  };
  while (pushSome());
  let resumed = false;
  rig.destination.whenWritable(() => {
    resumed = true;
  });
  await elapse(rig, 4000);
  assert.equal(resumed, false);
  await elapse(rig, 1500);
  assert.equal(resumed, true);
  for (let round = 0; round < 20; round += 1) assert.equal(pushSome(), true);
  const { counts } = rig.destination;
  assert.ok(counts.dropped.slow_spool >= 19_000);
  assert.equal(counts.in, counts.dropped.slow_spool);
  assert.equal(counts.in + rig.destination.unsyncedLines, pushed);
  rig.spool.slow = false;
  rig.spool.write();
  await flow(rig, 20);
  assert.equal(counts.written + counts.dropped.slow_spool, pushed);
  rig.finish();
});

test('a peer that does not keep up costs no more memory than half of the queue, and gets the rest from disk in order', async () => {
  const rig = await startJournal('queue_bytes=200000 replay_rate=10000000');
  await flow(rig, 2);
  let pushed = 0;
  for (let round = 0; round < 100; round += 1) {
    rig.push(numbered(pushed + 1, pushed + 500));
    pushed += 500;
    await commit(rig);
  }
  assert.equal(rig.destination.counts.in, pushed);
  assert.ok(rig.budget.bytes <= 100_000, `${rig.budget.bytes} bytes are held`);
  await flow(rig, 400);
  assert.equal(rig.network.last.received, numbered(1, pushed));
  assert.ok(rig.spool.diskReads > 0);
  const { diskReads } = rig.spool;
  rig.push(numbered(pushed + 1, pushed + 10));
  await flow(rig, 5);
  assert.equal(rig.network.last.received, numbered(1, pushed + 10));
  assert.equal(rig.spool.diskReads, diskReads, 'once it has caught up, memory again');
  rig.finish();
});

test('a broken connection is sent its redo window again from disk, before all that follows', async () => {
  const rig = await startJournal();
  await flow(rig, 2);
  rig.push(numbered(1, 100));
  await flow(rig, 3);
  rig.network.last.fail();
  rig.push(numbered(101, 200));
  await commit(rig);
  rig.reconnect();
  await flow(rig, 20);
  assert.equal(rig.network.last.received, numbered(1, 200));
  assert.equal(rig.destination.counts.resent, 100);
  assert.equal(rig.destination.counts.written, 200);
  rig.finish();
});

test('a folder that cannot be opened takes nothing, and is tried again', async () => {
  const rig = makeRig('10.0.0.1:2003 durability=disk queue_bytes=500', { disk: emptyDisk() });
  const { spool, destination } = rig;
  assert.ok(spool !== undefined);
  spool.failsToOpen = new Error('EROFS');
  destination.start();
  rig.network.last.accept();
  await rig.settle();
  rig.push(numbered(1, 40));
  rig.turn();
  await rig.settle();
  assert.deepEqual(rig.network.last.writes, []);
  assert.ok(destination.counts.dropped.spool_error > 10);
  assert.equal(destination.counts.in, destination.counts.dropped.spool_error);
  const waiting = destination.unsyncedLines;
  assert.ok(waiting > 10);
  spool.failsToOpen = undefined;
  await elapse(rig, 5100);
  await flow(rig, 5);
  assert.equal(rig.network.last.received, numbered(1, waiting));
  rig.finish();
});

test('a drain commits what waits, sends it, and leaves nothing on disk', async () => {
  const rig = await startJournal();
  await flow(rig, 2);
  rig.push(numbered(1, 500));
  const drained = rig.destination.drain(rig.clock.nowMs + 4000);
  await flow(rig, 10);
  rig.network.last.finish();
  await flow(rig, 5);
  await drained;
  assert.equal(rig.network.last.received, numbered(1, 500));
  assert.equal(rig.destination.counts.written, 500);
  assert.equal(rig.disk.acked, rig.disk.records.length, 'all is acknowledged');
  rig.finish();
});

test('a drain while the peer is away puts all on disk, and the next start sends it once', async () => {
  const disk = emptyDisk();
  const before = await startJournal('', { away: true, disk });
  before.push(numbered(1, 500));
  const drained = before.destination.drain(before.clock.nowMs + 4000);
  await elapse(before, 500);
  await drained;
  assert.equal(before.destination.counts.spooled, 500);
  assert.equal(before.destination.counts.in, 500);
  before.finish();
  const rig = await startJournal('', { disk });
  await flow(rig, 20);
  assert.equal(rig.network.last.received, numbered(1, 500));
  rig.finish();
});

test('a stop during a write that cannot be called off never lets others reuse its bytes', async () => {
  const file = {
    regular: true,
    size: 0,
    modifiedMs: 0,
    endsLine: true,
    write: () => new Promise<number>(() => undefined),
    cutBack: async () => undefined,
    isInPlace: async () => true,
    sync: async () => undefined,
    close: async () => undefined,
  };
  const rig = makeRig('file:/x durability=disk', {
    disk: emptyDisk(),
    files: { ...systemFiles, openAppend: async () => file },
  });
  rig.destination.start();
  await rig.settle();
  rig.turn();
  rig.push(numbered(1, 3));
  await commit(rig);
  assert.equal(rig.spool?.diskReads, 0);
  assert.ok(rig.destination.stalledMs >= 0 && rig.destination.counts.spooled === 3);
  rig.destination.stop();
  rig.spool?.end();
  assert.equal(rig.pool.keptBytes, 0, "the slab that is being written is nobody else's");
});

test('a stop drops what is not synced by name', async () => {
  const rig = await startJournal();
  rig.spool.slow = true;
  rig.push(numbered(1, 10));
  await commit(rig);
  rig.push(numbered(11, 15));
  rig.destination.stop();
  const { counts } = rig.destination;
  assert.deepEqual([counts.in, counts.dropped.shutdown, rig.entered.lines], [15, 15, 15]);
  rig.spool.write();
  assert.deepEqual([counts.in, rig.entered.lines], [15, 15], 'what the disk says later changes no book');
  rig.finish();
});
