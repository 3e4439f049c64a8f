import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DropLog, type DropRow } from '../../src/telemetry/drop-log.ts';
import { makeDropCounts } from '../../src/telemetry/drop-reason.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeClock } from '../destination/fake-clock.ts';

function makeRow(key: string) {
  return { key, addr: `${key}:2003`, dropped: makeDropCounts() };
}

function makeRig(rows: DropRow[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = { ...silentLog, warn: (line: string) => void lines.push(line) };
  const drops = new DropLog({ rows: () => rows, clock, log });
  drops.start();
  return { clock, drops, take: () => lines.splice(0) };
}

test('a million drops are one line at first and one in ten seconds, which say how many, why, where and which', () => {
  const row = makeRow('all_a');
  const { clock, drops, take } = makeRig([row]);
  for (let i = 0; i < 12_345; i++) {
    row.dropped.slow_conn += 1;
    drops.note('slow_conn', Buffer.from(`servers.web${i % 100}.load 1 1700000000\nother 1 1\n`), row.addr);
  }
  clock.advance(1000);
  assert.deepEqual(take(), [
    'dest all_a dropped 12,345 metrics due to slow conn; some of them: servers.web0.load, servers.web1.load, servers.web2.load',
  ]);
  for (let second = 0; second < 9; second++) {
    row.dropped.slow_conn += 100_000;
    clock.advance(1000);
  }
  assert.deepEqual(take(), []);
  drops.note('slow_conn', Buffer.from('late 1 1\n'), row.addr);
  clock.advance(1000);
  assert.deepEqual(take(), [
    'dest all_a dropped 900,000 metrics due to slow conn in 10 s; some of them: late',
  ]);
  clock.advance(60_000);
  assert.deepEqual(take(), [], 'nothing is said when nothing is dropped');
});

test('each reason and place has a line of its own; what was asked for has none', () => {
  const before = { key: '', addr: '', dropped: makeDropCounts() };
  const row = makeRow('b');
  const { clock, drops, take } = makeRig([before, row]);
  before.dropped.invalid = 1;
  before.dropped.blocklisted = 1000;
  row.dropped.purged = 1000;
  row.dropped.spool_full = 2;
  drops.note('invalid', Buffer.from('bad\u001b[31m\nkey'), '');
  clock.advance(1000);
  assert.deepEqual(take(), [
    'dest b dropped 2 metrics due to spool full',
    'dropped 1 metric due to invalid; some of them: bad',
  ]);
});

test('a crowd of destinations in trouble is a few lines and a sum', () => {
  const rows = Array.from({ length: 500 }, (_, index) => makeRow(`d${index}`));
  const { clock, take } = makeRig(rows);
  for (const [index, row] of rows.entries()) row.dropped.conn_down_no_spool = 1000 - index;
  clock.advance(1000);
  const lines = take();
  assert.equal(lines.length, 11);
  assert.equal(lines[0], 'dest d0 dropped 1,000 metrics due to conn down no spool');
  assert.equal(lines[10], 'dropped 365,295 more metrics in 490 other places');
  clock.advance(5000);
  assert.deepEqual(take(), []);
});

test('the end says what was not said yet, and so do books that are closed', () => {
  const row = makeRow('c');
  const gone = makeRow('gone');
  const { clock, drops, take } = makeRig([row]);
  row.dropped.slow_conn = 5;
  clock.advance(1000);
  row.dropped.slow_conn = 8;
  gone.dropped.removed = 4;
  take();
  drops.closed(gone);
  assert.deepEqual(take(), ['dest gone dropped 4 metrics due to removed']);
  drops.stop();
  assert.deepEqual(take(), ['dest c dropped 3 metrics due to slow conn']);
  drops.stop();
  clock.advance(20_000);
  assert.deepEqual(take(), []);
});

test('keys that fill the log or steer a terminal are cut and escaped, and few places are kept', () => {
  const row = makeRow('k');
  const { clock, drops, take } = makeRig([row]);
  row.dropped.slow_conn = 1;
  drops.note('slow_conn', Buffer.from(`${'x'.repeat(5000)} 1 1\n`), row.addr);
  for (let i = 0; i < 100_000; i++) drops.note('slow_conn', Buffer.from('a 1 1\n'), `other${i}`);
  clock.advance(1000);
  const [line = ''] = take();
  assert.ok(line.length < 300, line);
  assert.ok(line.endsWith('…'));
});
