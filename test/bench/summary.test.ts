import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measurement } from '../../bench/e2e-run.ts';
import { cpuRatio, findBehind, median, summarise } from '../../bench/summary.ts';
import { makeMeasurement } from './make-measurement.ts';

test('a median is the middle one, the mean of the two middle ones, or nothing', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('a row holds medians of the figures and sums of the losses', () => {
  const rounds = [0.3, 0.1, 0.2].map((cpu, index) =>
    makeMeasurement('a', index + 1, { cpuSecondsPerMillion: cpu, lost: index }),
  );
  const row = summarise('a', [...rounds, makeMeasurement('b', 1, { cpuSecondsPerMillion: 9 })]);
  assert.equal(row.rounds, 3);
  assert.equal(row.cpu, 0.2);
  assert.equal(row.lost, 3);
  assert.equal(row.expected, 3000);
});

test('more lines than were sent are twice, not a loss that is made up for', () => {
  const row = summarise('a', [makeMeasurement('a', 1, { lost: 5 }), makeMeasurement('a', 2, { lost: -7 })]);
  assert.equal(row.lost, 5);
  assert.equal(row.duplicates, 7);
});

test('a ratio is taken within each round, and rounds that only one of both has count for nothing', () => {
  const cpu = (relay: string, round: number, value: number): Measurement =>
    makeMeasurement(relay, round, { cpuSecondsPerMillionDelivered: value });
  const all = [cpu('a', 1, 1), cpu('b', 1, 2), cpu('a', 2, 10), cpu('b', 2, 100), cpu('a', 3, 7)];
  assert.equal(cpuRatio(all, 'a', 'b'), 0.3);
  assert.ok(Number.isNaN(cpuRatio(all, 'a', 'c')));
});

test('being behind is said of each figure, five per cent are level, and a rate that the load sets is no figure', () => {
  const ours = summarise('a', [
    makeMeasurement('a', 1, { cpuSecondsPerMillionDelivered: 1.04, linesPerSecond: 50, rssPeakMib: 100 }),
  ]);
  const peer = summarise('b', [
    makeMeasurement('b', 1, { cpuSecondsPerMillionDelivered: 1, linesPerSecond: 100, rssPeakMib: 10 }),
  ]);
  assert.deepEqual(
    findBehind(ours, peer, false).map(({ metric }) => metric),
    ['rate', 'rss'],
  );
  assert.deepEqual(
    findBehind(ours, peer, true).map(({ metric }) => metric),
    ['rss'],
  );
});

test('whoever loses nothing is ahead of who loses, and no delay is no figure', () => {
  const noDelay = { samples: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };
  const ours = summarise('a', [makeMeasurement('a', 1, { lost: 1 })]);
  const peer = summarise('b', [makeMeasurement('b', 1, { delay: noDelay })]);
  assert.deepEqual(
    findBehind(ours, peer, true).map(({ metric }) => metric),
    ['lost'],
  );
});
