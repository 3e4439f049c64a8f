import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { HighWater } from '../../../src/telemetry/timing/high-water.ts';
import { bucketOf, BUCKETS, middleOf, VALUE_MAX } from '../../../src/telemetry/timing/histogram-slice.ts';
import { Histogram, type Summary } from '../../../src/telemetry/timing/histogram.ts';
import type { WindowName } from '../../../src/telemetry/timing/time-windows.ts';

const ERROR_MAX = 1 / 60;

const WINDOWS_MS: Readonly<Record<WindowName, number>> = { '10s': 10_000, '1m': 60_000, '1h': 3_600_000 };
/** How much longer than its name a window may be: one part. */
const PARTS_MS: Readonly<Record<WindowName, number>> = { '10s': 2000, '1m': 12_000, '1h': 312_000 };

function near(actual: number, expected: number): void {
  const bound = Math.max(0.51, expected * ERROR_MAX);
  assert.ok(Math.abs(actual - expected) <= bound, `${actual} is not near ${expected}`);
}

function checkAgainst(summary: Summary, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
  assert.equal(summary.count, values.length);
  assert.equal(summary.max, sorted.at(-1) ?? 0);
  assert.equal(summary.min, sorted[0] ?? 0);
  const mean = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(summary.mean - mean) <= mean * 1e-9);
  const { p50, p75, p95, p99, p999 } = summary;
  for (const [part, value] of [
    [0.5, p50],
    [0.75, p75],
    [0.95, p95],
    [0.99, p99],
    [0.999, p999],
  ] as const) {
    near(value, at(part));
  }
}

test('every whole number has a bucket whose middle is near it, and buckets go up', () => {
  fc.assert(
    fc.property(fc.nat(VALUE_MAX), (value) => {
      const bucket = bucketOf(value);
      assert.ok(bucket >= 0 && bucket < BUCKETS);
      near(middleOf(bucket), value);
      if (value > 0) assert.ok(bucketOf(value - 1) <= bucket);
    }),
  );
  assert.equal(bucketOf(VALUE_MAX), BUCKETS - 1);
});

test('a histogram says what a sorted list of all values says, within 2 %', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(100), fc.nat(VALUE_MAX)), { maxLength: 500 }), (values) => {
      const histogram = new Histogram(0);
      for (const value of values) histogram.record(value, 0);
      checkAgainst(histogram.total(0), values);
      checkAgainst(histogram.window('10s', 0), values);
    }),
  );
});

test('a window holds what came within its time, and nothing that is older than one part more', () => {
  const steps = fc.array(
    fc.record({
      waitMs: fc.oneof(fc.nat(3000), fc.nat(100_000), fc.nat(5_000_000)),
      value: fc.integer({ min: 1, max: 1_000_000 }),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const histogram = new Histogram(0);
      const seen: { atMs: number; value: number }[] = [];
      let nowMs = 0;
      for (const { waitMs, value } of all) {
        nowMs += waitMs;
        histogram.record(value, nowMs);
        seen.push({ atMs: nowMs, value });
        for (const [name, spanMs] of Object.entries(WINDOWS_MS) as [WindowName, number][]) {
          const { count, max } = histogram.window(name, nowMs);
          const within = (ms: number) => seen.filter(({ atMs }) => nowMs - atMs < ms);
          const must = within(spanMs);
          const may = within(spanMs + PARTS_MS[name]);
          assert.ok(count >= must.length && count <= may.length, `${name}: ${count}`);
          assert.ok(max >= Math.max(...must.map((one) => one.value)));
        }
      }
      assert.equal(histogram.count, seen.length);
      assert.equal(
        histogram.sum,
        seen.reduce((sum, one) => sum + one.value, 0),
      );
    }),
  );
});

test('each reader sees what came since it last asked, whoever else asks', () => {
  const actions = fc.array(fc.oneof(fc.nat(1_000_000), fc.constantFrom('a', 'b', 'look')), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(actions, fc.nat(5000), (all, stepMs) => {
      const histogram = new Histogram(0);
      const readers = { a: histogram.reader(), b: histogram.reader() };
      const expected: Record<'a' | 'b', number[]> = { a: [], b: [] };
      let nowMs = 0;
      for (const action of all) {
        nowMs += stepMs;
        if (action === 'look') histogram.window('1m', nowMs);
        else if (action === 'a' || action === 'b') {
          checkAgainst(readers[action].take(nowMs), expected[action].splice(0));
        } else {
          histogram.record(action, nowMs);
          expected.a.push(action);
          expected.b.push(action);
        }
      }
    }),
  );
});

test('odd values are brought within bounds', () => {
  const histogram = new Histogram(0);
  for (const value of [-1, Number.NaN, 0.4, Number.POSITIVE_INFINITY, 1e300]) histogram.record(value, 0);
  const { count, min, max } = histogram.total(0);
  assert.deepEqual({ count, min, max }, { count: 5, min: 0, max: VALUE_MAX });
});

test('rates follow what happens, and fall when nothing does', () => {
  const histogram = new Histogram(0);
  let nowMs = 0;
  for (; nowMs < 3_600_000; nowMs += 100) histogram.record(1, nowMs);
  const busy = histogram.rates(nowMs);
  for (const rate of Object.values(busy)) assert.ok(Math.abs(rate - 10) < 0.1, `${rate}`);
  const idle = histogram.rates(nowMs + 60_000);
  assert.ok(Math.abs(idle.minute - 10 / Math.E) < 0.3, `${idle.minute}`);
  assert.ok(idle.fifteenMinutes > 9);
});

test('a high water is remembered for each window, and for good', () => {
  const high = new HighWater(0);
  high.note(7, 0);
  high.note(3, 100);
  assert.equal(high.window('10s', 9000), 7);
  high.note(5, 30_000);
  assert.equal(high.window('10s', 30_000), 5);
  assert.equal(high.window('1m', 59_000), 7);
  assert.equal(high.window('1m', 75_000), 5);
  assert.equal(high.window('1h', 3_500_000), 7);
  assert.equal(high.window('1h', 4_000_000), 0);
  assert.equal(high.max, 7);
});
