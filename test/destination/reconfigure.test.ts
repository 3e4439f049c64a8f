// Options that change while a destination runs: its queue, its disk and its connection stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLiveChange } from '../../src/destination/live-options.ts';
import type { DestinationOptions } from '../../src/destination/options.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { flow, startRig, textOf } from './disk-rig.ts';
import { makeRig, numbered } from './rig.ts';

const LINE = numbered(1, 1).length;

function to(text: string): DestinationOptions {
  const parsed = parseDestination(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return parsed.options;
}

test('which changes a running destination takes up, and which need another one', () => {
  const before = to('h:1');
  for (const live of [
    'flush=1',
    'regex=^a',
    'iobuf=1',
    'connbuf=5',
    'when_full=block',
    'redo_bytes=0',
    'order=strict',
  ]) {
    assert.equal(isLiveChange(before, to(`h:1 ${live}`)), true, live);
  }
  for (const other of ['h:2', 'h:1:instance', 'h:1 spool=true', 'h:1 spool=false', 'h:1 spoolmaxbytes=5']) {
    assert.equal(isLiveChange(before, to(other)), false, other);
  }
});

test('queue and connection stay, and what was queued leaves once', () => {
  const rig = makeRig('10.0.0.1:2003 iobuf=4096');
  rig.connect();
  rig.push(numbered(1, 1000));
  rig.turn();
  rig.network.last.take(100);
  rig.destination.reconfigure(to('10.0.0.1:2003 iobuf=100000 redo_bytes=0'));
  rig.turn();
  assert.equal(rig.destination.counts.queued, 1000);
  rig.network.last.completeAll();
  assert.equal(rig.network.sockets.length, 1);
  assert.equal(rig.network.last.received, numbered(1, 1000));
  assert.equal(rig.destination.counts.written, 1000);
  assert.ok(rig.network.last.writes[0]! <= 4096 && rig.network.last.writes[1]! > 10_000);
  assert.equal(rig.destination.redoBytes, 0);
  assert.equal(rig.destination.options.iobuf, 100_000);
  rig.finish();
});

test('a sender that was held goes on when its lines may be dropped now, or when there is more room', () => {
  for (const [change, queued] of [
    ['queue_bytes=1000000 when_full=block', 4],
    [`queue_bytes=${LINE * 3} when_full=drop_newest`, 4],
  ] as const) {
    const rig = makeRig(`10.0.0.1:2003 queue_bytes=${LINE * 3} when_full=block`);
    rig.destination.start();
    assert.equal(rig.push(numbered(1, 4)), false);
    let resumed = 0;
    rig.destination.whenWritable(() => (resumed += 1));
    assert.equal(resumed, 0);
    rig.destination.reconfigure(to(`10.0.0.1:2003 ${change}`));
    assert.equal(resumed, 1, change);
    assert.equal(rig.destination.counts.queued, queued);
    rig.finish();
  }
});

test('a smaller queue holds what it has and takes nothing more until it fits again', () => {
  const rig = makeRig('10.0.0.1:2003 when_full=drop_newest');
  rig.destination.start();
  rig.push(numbered(1, 8));
  rig.destination.reconfigure(to(`10.0.0.1:2003 when_full=drop_newest queue_bytes=${LINE * 4}`));
  rig.push(numbered(9, 9));
  assert.equal(rig.destination.counts.queued, 8);
  assert.equal(rig.destination.counts.dropped.conn_down_no_spool, 1);
  rig.destination.reconfigure(to('10.0.0.1:2003 when_full=drop_newest connbuf=9'));
  rig.push(numbered(9, 10).slice(-LINE * 2));
  assert.equal(rig.destination.counts.queued, 9);
  rig.finish();
});

test('lines on disk stay there and come back, under the new order too', async () => {
  const rig = await startRig('10.0.0.1:2003');
  rig.push(numbered(1, 50));
  for (let ms = 0; ms < 2000; ms += 100) rig.clock.advance(100);
  await rig.settle();
  assert.equal(textOf(rig.spool.disk), numbered(1, 50));
  rig.destination.reconfigure(to('10.0.0.1:2003 order=strict replay_rate=5000'));
  rig.push(numbered(51, 60));
  rig.network.last.accept();
  await flow(rig);
  assert.equal(rig.network.last.received, numbered(1, 60));
  assert.equal(rig.destination.counts.written, 60);
  rig.finish();
});
