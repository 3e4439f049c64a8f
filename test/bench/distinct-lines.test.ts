import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DistinctLines, LineCutter } from '../../bench/distinct-lines.ts';

const line = (series: number, stamp: number): string =>
  `g1.app1.host0001.cpu1.s${String(series).padStart(6, '0')}.idle +${String(stamp).padStart(12, '0')} 1700000000`;

test('the same series at the same time is one line, however often it comes and in what order', () => {
  const lines = new DistinctLines();
  const sent = [
    line(1, 500),
    line(2, 500),
    line(1, 400),
    line(1, 999_999_999_999),
    line(1, 500),
    line(2, 500),
  ];
  for (const one of sent) lines.add(one);
  assert.equal(lines.count, 4);
});

test('what is no line of the load counts for nothing', () => {
  const lines = new DistinctLines();
  for (const one of ['', 'a.b 1 2', 'carbon.relays.s000001 1 2']) lines.add(one);
  assert.equal(lines.count, 0);
});

test('lines are cut out of chunks that end anywhere', () => {
  const got: string[] = [];
  const cutter = new LineCutter((one) => got.push(one));
  for (const chunk of ['a\nb', 'c', '\n', 'd']) cutter.add(Buffer.from(chunk));
  assert.deepEqual(got, ['a', 'bc']);
});
