// What a destination measures: how long writes take, why they leave, how long lines wait, how full the queue was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRig, numbered } from './rig.ts';

test('a write is timed from its hand-over until the kernel took it, with its lines, bytes and cause', () => {
  const rig = makeRig('10.0.0.1:2003 flush=1000');
  rig.connect();
  rig.push(numbered(1, 3));
  rig.turn();
  rig.clock.advance(20);
  rig.network.last.complete();
  const { write, write_lines, write_bytes, flush_ticker, flush_overflow, wait, stall } =
    rig.destination.stats.timings;
  const now = rig.clock.nowMs;
  assert.equal(write?.window('10s', now).max, 20_000);
  assert.equal(flush_ticker?.max, 20_000);
  assert.equal(flush_overflow, undefined);
  assert.equal(write_lines?.max, 3);
  assert.equal(write_bytes?.max, numbered(1, 3).length);
  assert.equal(wait?.max, 0);
  assert.equal(stall, undefined);
  rig.finish();
});

test('lines that came during a write waited for it; a write that is full leaves by overflow, the last ones manually', async () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 1));
  rig.turn();
  rig.push(numbered(2, 30_000));
  rig.clock.advance(70);
  rig.network.last.complete();
  const { timings } = rig.destination.stats;
  assert.equal(timings.wait?.max, 70_000);
  rig.network.last.complete();
  assert.ok((rig.destination.stats.timings.flush_overflow?.count ?? 0) >= 1);
  const drained = rig.destination.drain(rig.clock.nowMs + 1000);
  while (rig.network.last.complete());
  rig.network.last.finish();
  await drained;
  assert.ok((rig.destination.stats.timings.flush_manual?.count ?? 0) >= 1);
  const { flush_ticker, flush_overflow, flush_manual, write } = rig.destination.stats.timings;
  const causes = [flush_ticker, flush_overflow, flush_manual].map((one) => one?.count ?? 0);
  assert.equal(
    causes.reduce((sum, count) => sum + count, 0),
    write?.count,
  );
  rig.finish();
});

test('a peer that does not read is a stall, also when the connection breaks before it reads', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 1));
  rig.turn();
  rig.clock.advance(150);
  assert.equal(rig.destination.stalledMs, 150);
  rig.network.last.complete();
  assert.equal(rig.destination.stats.stalledMs, 150);
  rig.push(numbered(2, 2));
  rig.turn();
  rig.clock.advance(400);
  rig.network.last.fail();
  const { stats } = rig.destination;
  assert.equal(stats.stalls, 2);
  assert.equal(stats.stalledMs, 550);
  assert.equal(stats.timings.stall?.max, 400_000);
  assert.equal(stats.timings.write?.count, 1);
  rig.finish();
});

test('the high water of the queue is remembered when it is empty again', () => {
  const rig = makeRig();
  rig.push(numbered(1, 5));
  rig.connect();
  rig.turn();
  rig.network.last.complete();
  const { queueLines, queueBytes } = rig.destination.stats;
  assert.equal(rig.destination.counts.queued, 0);
  assert.equal(queueLines?.max, 5);
  assert.equal(queueBytes?.window('1m', rig.clock.nowMs), numbered(1, 5).length);
  rig.finish();
});

test('lines that go to disk are counted and timed; those that come back are replayed', async () => {
  const disk = { records: [], acked: 0 };
  const rig = makeRig('10.0.0.1:2003 spool=true', { disk });
  rig.connect();
  await rig.settle();
  rig.network.last.fail();
  rig.push(numbered(1, 4));
  rig.clock.advance(1300);
  await rig.settle();
  const { stats } = rig.destination;
  assert.equal(stats.spooledRealTime, 4);
  assert.equal(stats.spooledBulk, 0);
  assert.equal(stats.spoolWaitingLines, 0);
  assert.equal(stats.timings.spool_buffer?.count, 1);
  assert.ok(await rig.destination.backlog?.load(Buffer.from(numbered(5, 6)), 2));
  assert.equal(stats.spooledBulk, 2);
  rig.reconnect();
  for (let i = 0; i < 20 && rig.destination.counts.written < 6; i += 1) {
    await rig.settle();
    rig.clock.advance(100);
    rig.network.last.complete();
  }
  assert.equal(rig.destination.counts.written, 6);
  assert.ok((stats.timings.replay?.count ?? 0) >= 1);
  rig.finish();
});
