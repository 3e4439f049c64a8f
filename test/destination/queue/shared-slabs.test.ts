import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineQueue } from '../../../src/destination/queue/line-queue.ts';
import { QueueBudget } from '../../../src/destination/queue/queue-budget.ts';
import { SharedSlabs } from '../../../src/destination/queue/shared-slabs.ts';
import { SLAB_BYTES, SlabPool } from '../../../src/destination/queue/slab-pool.ts';

const OPTIONS = { writeBytesMax: SLAB_BYTES, redoBytes: 0, redoAgeMs: 1000 };
const LINE = `${'k'.repeat(95)} 1 1\n`;
const RUN_LINES = 400;

/** So many lines, all of one letter. */
function makeRun(letter: string, lines = RUN_LINES): Buffer {
  return Buffer.from(LINE.replaceAll('k', letter).repeat(lines));
}

function makeQueues(count: number, options = OPTIONS) {
  const pool = new SlabPool();
  const shared = new SharedSlabs({ pool });
  const queues = Array.from(
    { length: count },
    () => new LineQueue(options, { pool, budget: new QueueBudget() }),
  );
  const append = (bytes: Buffer, to = queues): void => {
    const slab = shared.put(bytes, 0);
    assert.ok(slab !== undefined);
    const place = slab.bytes.subarray(slab.used - bytes.length, slab.used);
    for (const queue of to) queue.append(place, bytes.length / LINE.length, 0, slab);
  };
  const takeAll = (queue: LineQueue): string => {
    let text = '';
    for (let bytes = queue.take(); bytes !== undefined; bytes = queue.take()) {
      text += bytes.toString('latin1');
      queue.complete(0);
    }
    return text;
  };
  return { pool, queues, append, takeAll };
}

test('lines for several queues lie in memory once, and each queue has all of them in order', () => {
  const { pool, queues, append, takeAll } = makeQueues(3);
  const runs = ['a', 'b', 'c', 'd', 'e'].map((letter) => makeRun(letter));
  for (const run of runs) append(run);
  assert.equal(pool.takenBytes, SLAB_BYTES);
  for (const queue of queues) assert.equal(queue.bytes, runs[0]!.length * runs.length);
  const all = Buffer.concat(runs).toString('latin1');
  for (const queue of queues) assert.equal(takeAll(queue), all);
});

test('a slab comes to new use only when the last queue that has lines in it has sent them', () => {
  const { pool, queues, append, takeAll } = makeQueues(2);
  const [quick, slow] = queues as [LineQueue, LineQueue];
  append(makeRun('a'));
  let sent = '';
  for (let round = 0; round < 30; round++) {
    append(makeRun('b'), [quick]);
    sent += takeAll(quick);
  }
  assert.equal(sent.length, makeRun('a').length * 31);
  assert.equal(takeAll(slow), makeRun('a').toString('latin1'));
  // What is left is the slab that is being filled.
  assert.equal(pool.takenBytes, SLAB_BYTES);
});

test('what is small, or larger than a slab, is not shared', () => {
  const shared = new SharedSlabs({ pool: new SlabPool() });
  assert.equal(shared.put(Buffer.from(LINE), 0), undefined);
  assert.equal(shared.put(Buffer.alloc(SLAB_BYTES + 1, LINE), 0), undefined);
});

test('queues that seldom get lines hold no more memory than a multiple of these, whoever fills the slabs between', () => {
  const redoBytes = 2 * 1024 * 1024;
  const { pool, queues, append } = makeQueues(14, { ...OPTIONS, redoBytes });
  const run = makeRun('a', 90);
  // Pairs of queues: the first gets lines in each round, the next in every second one, the last in every 64th.
  const pairs = Array.from({ length: 7 }, (_, nth) => queues.slice(2 * nth, 2 * nth + 2));
  const rounds = 64 * Math.ceil((2 * redoBytes) / run.length);
  for (let round = 0; round < rounds; round++) {
    for (const [nth, pair] of pairs.entries()) {
      if (round % 2 ** nth !== 0) continue;
      append(run, pair);
      for (const queue of pair) while (queue.take() !== undefined) queue.complete(0);
    }
  }
  for (const { redoBytes: held } of queues) assert.ok(held > redoBytes / 2);
  for (let left = queues; left.length > 0; left = left.slice(1)) {
    // Twice the lines in shared slabs and once in slabs of its own, and at both ends of each kind one that is held in part.
    const most = left.reduce((sum, { redoBytes: held }) => sum + 3 * held + 4 * SLAB_BYTES, SLAB_BYTES);
    assert.ok(pool.takenBytes <= most, `${pool.takenBytes} > ${most} of ${left.length} queues`);
    left[0]!.clear();
  }
});

test('a slab is forgotten once, however many writes of it cannot be called off', () => {
  const { pool, queues, append } = makeQueues(2);
  append(makeRun('a'));
  for (let times = 0; times < 2; times++) {
    for (const queue of queues) {
      assert.ok(queue.take() !== undefined);
      queue.callOff(0, false, 0);
    }
  }
  assert.equal(pool.takenBytes, 0);
});
