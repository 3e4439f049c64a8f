// What destinations share: one budget for queues and redo windows, and little memory for those that are idle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueueBudget } from '../../../src/destination/queue/queue-budget.ts';
import { makeRig, numbered, type Rig } from '../rig.ts';

test('all queues together stay within the budget, and each destination keeps its guaranteed share', () => {
  const budget = new QueueBudget({ totalBytes: 400_000 });
  const rigs = [1, 2].map(() => makeRig('10.0.0.1:2003 when_full=drop_newest', { budget }));
  const [one, two] = rigs;
  assert.ok(one !== undefined && two !== undefined);
  for (let i = 0; i < 1000; i += 1) one.push(numbered(1, 100));
  assert.ok(one.destination.queueBytes <= 300_000 && one.destination.queueBytes > 290_000);
  two.push(numbered(1, 4000));
  assert.ok(two.destination.queueBytes > 90_000, `${two.destination.queueBytes}`);
  assert.ok(budget.bytes <= 400_000);
  one.destination.stop();
  two.finish();
});

test('a sender paused for want of common budget goes on when another queue gives it back', () => {
  const budget = new QueueBudget({ totalBytes: 400_000 });
  const hog = makeRig('10.0.0.1:2003 when_full=block', { budget });
  const rig = makeRig('10.0.0.1:2003 when_full=block', { budget });
  hog.push(numbered(1, 14_000));
  while (rig.push(numbered(1, 100)));
  let called = 0;
  rig.destination.whenWritable(() => (called += 1));
  assert.equal(called, 0);
  hog.destination.stop();
  assert.equal(called, 1);
  assert.equal(rig.destination.blocking, false);
  rig.finish();
});

test('a sender paused for want of common budget goes on when another destination leaves its share', () => {
  const budget = new QueueBudget({ totalBytes: 400_000 });
  const [idle, rig] = [1, 2].map(() => makeRig('10.0.0.1:2003 when_full=block', { budget })) as [Rig, Rig];
  while (rig.push(numbered(1, 100)));
  let called = 0;
  rig.destination.whenWritable(() => (called += 1));
  assert.equal(called, 0);
  // Half of the budget is guaranteed to the one that is left, and what it holds beyond that leaves room.
  idle.destination.stop();
  assert.equal(called, 1);
  rig.finish();
});

test('paused senders overshoot the budget at most to twice its size', () => {
  const budget = new QueueBudget({ totalBytes: 100_000 });
  const rig = makeRig('10.0.0.1:2003 when_full=block', { budget });
  for (let i = 0; i < 1000; i += 1) rig.push(numbered(1, 100));
  assert.ok(budget.bytes <= 200_000, `${budget.bytes}`);
  assert.ok(rig.destination.counts.dropped.slow_conn > 0);
  rig.finish();
});

test('the redo windows of all destinations share one bound', () => {
  const budget = new QueueBudget({ totalBytes: 100_000 });
  const rigs = [1, 2, 3, 4].map(() => makeRig('10.0.0.1:2003 iobuf=4096 when_full=block', { budget }));
  for (const rig of rigs) {
    rig.connect();
    for (let i = 0; i < 50; i += 1) {
      rig.push(numbered(1, 100));
      rig.turn();
      rig.network.last.completeAll();
    }
  }
  assert.ok(budget.redoBytes <= 200_000, `${budget.redoBytes}`);
  // A window shrinks with the next write of its destination.
  for (const rig of rigs) {
    rig.push(numbered(1, 1));
    rig.turn();
    rig.network.last.complete();
  }
  assert.ok(budget.redoBytes <= 104_096, `${budget.redoBytes}`);
  // Each one keeps at least its even share, but for one record.
  for (const rig of rigs) assert.ok(rig.destination.redoBytes > 20_000);
  for (const rig of rigs.slice(1)) rig.destination.stop();
  rigs[0]?.finish();
});

test('500 idle destinations that are away hold next to nothing', () => {
  const budget = new QueueBudget();
  globalThis.gc?.();
  const before = process.memoryUsage();
  const rigs = Array.from({ length: 500 }, () => makeRig('10.0.0.1:2003 when_full=block', { budget }));
  for (const rig of rigs) rig.destination.start();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  assert.ok(grown / 500 < 200_000, `${grown / 500} bytes each`);
  for (const rig of rigs) assert.equal(rig.pool.takenBytes, 0);
  for (const rig of rigs) rig.destination.stop();
});
