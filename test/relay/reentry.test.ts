// A sender that waits may write on at once when it is let: a pickle sender does. That never happens in the middle of what lets it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsFrame, metricsLines } from '../input/pickle/pickle-frames.ts';
import { Pipeline, routesOf } from './pipeline-rig.ts';

/** Renders `count` lines, each of a series of its own. */
function linesOf(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, i) => `${prefix}.${i} ${i} 1600000000\n`).join('');
}

/** Opens a plain sender, and keeps what it sends. */
function openPlain(pipeline: Pipeline) {
  const stream = pipeline.open('plain', '10.1.0.1:1');
  let sent = '';
  return {
    write(text: string): boolean {
      sent += text;
      return stream.write(text);
    },
    /** What was sent of one route. */
    sentTo: (route: string): string => {
      const lines = sent.split(/(?<=\n)/);
      return lines.filter((line) => line.startsWith(`${route}.`)).join('');
    },
  };
}

/** Says that a peer got lines, each once, in whatever order. */
function assertGot(pipeline: Pipeline, ip: string, text: string): void {
  const [got, wanted] = [pipeline.received(ip), text.split('\n').slice(0, -1)];
  assert.equal(got.length, wanted.length);
  assert.deepEqual(new Set(got), new Set(wanted));
}

/** Says that every line that came is in the books of a destination. */
function assertBooked({ counts, runBooks }: Pipeline, lines: number): void {
  assert.equal(counts.received, lines);
  assert.equal(runBooks.pending, 0);
}

test('a run that makes room in a durable queue is whole, though a pickle sender waits for that room', async () => {
  const pipeline = await Pipeline.start(
    routesOf({
      one: '10.0.0.1:2003',
      disk: '10.0.0.2:2003 durability=disk queue_bytes=1000000',
      two: '10.0.0.3:2003',
    }),
  );
  const { budget } = pipeline;
  const spool = pipeline.spool('disk');
  const plain = openPlain(pipeline);
  const pickle = pipeline.open('pickle', '10.1.0.2:1');
  // What its peer is about to get.
  plain.write(linesOf('disk.first', 500));
  await pipeline.commit();
  // Nearly half of the queue, which is kept in memory once it is synced, then what is not, and a sender that must wait.
  spool.slow = true;
  for (let part = 0; budget.bytes < 495_000; part += 1) plain.write(linesOf(`disk.kept${part}`, 100));
  await pipeline.commit();
  for (let part = 0; budget.bytes < 750_000; part += 1) plain.write(linesOf(`disk.more${part}`, 700));
  assert.equal(pickle.write(metricsFrame('disk.p', 40_000)), false);
  while (budget.bytes > 800_000) spool.write(1);
  assert.equal(pickle.events.length, 0);
  // The queue is full again: what is kept is given up, and then less than half of it is left.
  for (let part = 0; budget.bytes > 700_000; part += 1) {
    assert.ok(budget.bytes < 1_100_000);
    plain.write(linesOf(`one.${part}`, 50) + linesOf(`disk.run${part}`, 1750) + linesOf(`two.${part}`, 50));
  }
  spool.slow = false;
  spool.write();
  await pipeline.flow();
  assert.ok(pickle.events.includes('resume'));
  assertGot(pipeline, '10.0.0.1', plain.sentTo('one'));
  assertGot(pipeline, '10.0.0.2', plain.sentTo('disk') + metricsLines('disk.p', 40_000));
  assertGot(pipeline, '10.0.0.3', plain.sentTo('two'));
  assertBooked(pipeline, ['10.0.0.1', '10.0.0.2', '10.0.0.3'].flatMap((ip) => pipeline.received(ip)).length);
});

test('a run that drops the oldest lines of a queue is whole, though a pickle sender waits for that memory', async () => {
  const pipeline = await Pipeline.start(
    routesOf({
      one: '10.0.0.1:2003',
      waits: '10.0.0.2:2003 when_full=block spool=false iobuf=20000',
      drops: '10.0.0.3:2003 when_full=drop_oldest spool=false',
      two: '10.0.0.4:2003',
    }),
    { totalBytes: 200_000 },
  );
  const plain = openPlain(pipeline);
  const pickle = pipeline.open('pickle', '10.1.0.2:1');
  assert.equal(pickle.write(metricsFrame('waits.p', 18_000)), false);
  pipeline.endTurn();
  // Half of all memory is common ground. Its peer reads on, and the other queue takes all that becomes free.
  const peer = pipeline.socket('10.0.0.2');
  for (let part = 0; pipeline.destination('waits').queueBytes > 40_000; part += 1) {
    peer.complete();
    for (let nth = 0; nth < 2; nth += 1) plain.write(linesOf(`drops.${part}-${nth}`, 400));
  }
  assert.equal(pickle.events.length, 0);
  plain.write(linesOf('one.x', 50) + linesOf('drops.run', 1800) + linesOf('two.x', 50));
  await pipeline.flow();
  assert.ok(pickle.events.includes('resume'));
  assertGot(pipeline, '10.0.0.1', plain.sentTo('one'));
  assertGot(pipeline, '10.0.0.2', metricsLines('waits.p', 18_000));
  assertGot(pipeline, '10.0.0.4', plain.sentTo('two'));
  const { written, dropped } = pipeline.destination('drops').counts;
  assert.equal(pipeline.received('10.0.0.3').length, written);
  assert.ok(dropped.slow_conn > 0);
  assert.equal(written + dropped.slow_conn, plain.sentTo('drops').split('\n').length - 1);
});

test('a table without the queue that a pickle sender waits for finds its lines unroutable', async () => {
  const rest = { one: '10.0.0.1:2003 spool=false' };
  const pipeline = await Pipeline.start(
    routesOf({ full: '10.0.0.2:2003 when_full=block queue_bytes=100000 spool=false', ...rest }),
  );
  const pickle = pipeline.open('pickle', '10.1.0.2:1');
  assert.equal(pickle.write(metricsFrame('full.p', 40_000)), false);
  pipeline.apply(routesOf(rest));
  await pipeline.flow();
  assert.ok(pickle.events.includes('resume'));
  const got = pipeline.received('10.0.0.2').length;
  const { unroutable } = pipeline.counts.dropped;
  assert.ok(unroutable > 0);
  assert.equal(got + unroutable, 40_000);
  assertBooked(pipeline, 40_000);
});
