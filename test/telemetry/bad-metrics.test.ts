import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BadMetrics, type BadMetricsOptions } from '../../src/telemetry/bad-metrics.ts';
import type { DropReason } from '../../src/telemetry/drop-reason.ts';

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const HOUR_MS = 3_600_000;

class Bench {
  nowMs = 0;
  readonly store: BadMetrics;

  constructor(options: Partial<BadMetricsOptions> = {}) {
    const clock = { monotonicMs: () => this.nowMs, wallMs: () => START_MS + this.nowMs };
    this.store = new BadMetrics({ maxAgeMs: 24 * HOUR_MS, recordsPerSecMax: 1e6, ...options }, { clock });
  }

  bad(line: string | Uint8Array, reason: DropReason = 'invalid', error = 'no unit tag'): void {
    this.store.record(reason, typeof line === 'string' ? Buffer.from(line) : line, error, '127.0.0.1:4711');
  }

  metrics(withinMs = HOUR_MS): string[] {
    return this.store.list(withinMs).map((record) => record.Metric);
  }
}

test('a record has the fields of crng first, in its order and form', () => {
  const bench = new Bench();
  bench.bad('a.b x 1', 'invalid', 'value field is not a float or int');
  const [record] = bench.store.list(HOUR_MS);
  assert.ok(record);
  assert.deepEqual(Object.keys(record).slice(0, 4), ['Metric', 'LastMsg', 'LastErr', 'LastSeen']);
  const { LastSeen, ...rest } = record;
  assert.equal(Date.parse(LastSeen), START_MS);
  assert.deepEqual(rest, {
    Metric: 'a.b',
    LastMsg: 'a.b x 1',
    LastErr: 'value field is not a float or int',
    Reason: 'invalid',
    Sender: '127.0.0.1:4711',
    Count: 1,
  });
});

test('there is one record per key and reason, the last line wins, and the last seen of a key comes last', () => {
  const bench = new Bench();
  bench.bad('k 2 1', 'out_of_order', 'point is not newer than previous');
  bench.nowMs = 10;
  bench.bad('k 1 x');
  bench.nowMs = 20;
  bench.bad('k 2 x');
  assert.deepEqual(
    bench.store.list(HOUR_MS).map((r) => [r.LastMsg, r.Reason, r.Count]),
    [
      ['k 2 1', 'out_of_order', 1],
      ['k 2 x', 'invalid', 2],
    ],
  );
});

test('lines that do not have three fields share the empty key', () => {
  const bench = new Bench();
  for (const line of ['', ' ', 'a', 'a b', 'a 1 2 3', '\0', 'x\u00a01']) bench.bad(line);
  assert.deepEqual(bench.metrics(), ['']);
  bench.bad(' .a\t1 \u00a0 x ');
  assert.deepEqual(bench.metrics(), ['', '.a']);
});

test('the list is sorted by key and holds only what was seen within the span', () => {
  const bench = new Bench();
  for (const key of ['c', 'a', 'b', 'B']) {
    bench.bad(`${key} 1 x`);
    bench.nowMs += 1000;
  }
  assert.deepEqual(bench.metrics(), ['B', 'a', 'b', 'c']);
  assert.deepEqual(bench.metrics(2001), ['B', 'b']);
  assert.deepEqual(bench.metrics(0), []);
  assert.deepEqual(bench.metrics(-1000), []);
});

test('records are forgotten after the maximum age, seen again they stay', () => {
  const bench = new Bench({ maxAgeMs: 1000 });
  bench.bad('old 1 x');
  bench.bad('again 1 x');
  bench.nowMs = 600;
  bench.bad('again 1 x');
  bench.nowMs = 1000;
  assert.deepEqual(bench.metrics(), ['again']);
  assert.equal(bench.store.size, 1);
  bench.nowMs = 1600;
  assert.deepEqual(bench.metrics(), []);
  assert.equal(bench.store.size, 0);
});

test('the flood of one reason leaves the records of another alone', () => {
  const bench = new Bench({ recordsMax: 10 });
  for (let i = 0; i < 3; i += 1) bench.bad(`order${i} 1 1`, 'out_of_order');
  for (let i = 0; i < 100; i += 1) bench.bad(`flood${i} 1 x`);
  const reasons = bench.store.list(HOUR_MS).map((record) => record.Reason);
  assert.equal(reasons.length, 10);
  assert.equal(reasons.filter((reason) => reason === 'out_of_order').length, 3);
  assert.ok(bench.metrics().includes('flood99'));
  assert.ok(!bench.metrics().includes('flood0'));
});

test('beyond the rate bad lines are only counted, and each reason has its own rate', () => {
  const bench = new Bench({ recordsPerSecMax: 100 });
  for (let i = 0; i < 1000; i += 1) bench.bad(`a${i} 1 x`);
  bench.bad('b 1 1', 'out_of_order');
  bench.store.countOnly('invalid', 5);
  assert.equal(bench.store.size, 11);
  assert.equal(bench.store.unrecorded.invalid, 995);
  assert.ok(bench.metrics().includes('b'));
  bench.nowMs = 100;
  bench.bad('later 1 x');
  assert.ok(bench.metrics().includes('later'));
});

test('a long line is cut, and bytes that are no text do no harm', () => {
  const bench = new Bench();
  bench.bad(Buffer.alloc(10e6, 0x61));
  bench.bad(Uint8Array.from({ length: 256 }, (_, i) => i));
  const [long] = bench.store.list(HOUR_MS);
  assert.ok((long?.LastMsg.length ?? 0) <= 1025);
  assert.doesNotThrow(() => JSON.stringify(bench.store.list(HOUR_MS)));
});

test('the store is within its bounds and lists what a plain model lists', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 30 }),
    reason: fc.constantFrom<DropReason>('invalid', 'out_of_order', 'truncated'),
    waitMs: fc.integer({ min: 0, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const bench = new Bench({ maxAgeMs: 1000, recordsMax: 1000 });
      const model = new Map<string, number>();
      for (const { key, reason, waitMs } of steps) {
        bench.nowMs += waitMs;
        bench.bad(`k${key} 1 x`, reason);
        model.set(`k${key} ${reason}`, bench.nowMs);
      }
      const expected = [...model].filter(([, seenMs]) => bench.nowMs - seenMs < 1000).map(([name]) => name);
      const listed = bench.store.list(HOUR_MS).map((record) => `${record.Metric} ${record.Reason}`);
      assert.deepEqual(listed.sort(), expected.sort());
      assert.equal(bench.store.size, expected.length);
    }),
    { numRuns: 100 },
  );
});
