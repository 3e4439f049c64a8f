// What a destination notes reaches its histograms late, and is in them as if it had come at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DestinationHistograms } from '../../../src/telemetry/timing/destination-meter.ts';
import { HighWater } from '../../../src/telemetry/timing/high-water.ts';
import { Histogram } from '../../../src/telemetry/timing/histogram.ts';
import { WINDOW_NAMES } from '../../../src/telemetry/timing/time-windows.ts';

const CAUSES = ['ticker', 'overflow', 'manual'] as const;

const write = fc.record({
  afterMs: fc.oneof(
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.double({ min: 0, max: 9000, noNaN: true }),
  ),
  cause: fc.constantFrom(...CAUSES),
  bytes: fc.integer({ min: 0, max: 100_000 }),
  lines: fc.integer({ min: 0, max: 1000 }),
  durationMs: fc.double({ min: 0, max: 200, noNaN: true }),
  waitedMs: fc.double({ min: 0, max: 200, noNaN: true }),
  isRead: fc.boolean(),
});

test('histograms and high waters are those of plain ones that were told at once, whenever somebody reads', () => {
  fc.assert(
    fc.property(fc.array(write, { minLength: 1, maxLength: 400 }), (writes) => {
      const meter = new DestinationHistograms();
      const plain = new Map<string, Histogram>();
      let nowMs = 1000;
      const record = (name: string, value: number): void => {
        const histogram = plain.get(name) ?? new Histogram(nowMs);
        plain.set(name, histogram);
        histogram.record(value, nowMs);
      };
      const [highBytes, highLines] = [new HighWater(nowMs), new HighWater(nowMs)];
      for (const { afterMs, cause, bytes, lines, durationMs, waitedMs, isRead } of writes) {
        meter.waited(waitedMs, nowMs);
        record('wait', waitedMs * 1000);
        meter.grew(bytes, lines, nowMs);
        highBytes.note(bytes, nowMs);
        highLines.note(lines, nowMs);
        nowMs += afterMs;
        meter.wrote(cause, bytes, lines, durationMs, nowMs);
        record('write', durationMs * 1000);
        record(`flush_${cause}`, durationMs * 1000);
        record('write_lines', lines);
        record('write_bytes', bytes);
        record(`flush_${cause}_bytes`, bytes);
        if (isRead) void meter.timings;
      }
      const { timings } = meter;
      assert.deepEqual(Object.keys(timings).toSorted(), [...plain.keys()].toSorted());
      for (const [name, histogram] of plain) {
        const own = timings[name as keyof typeof timings];
        for (const window of WINDOW_NAMES) {
          assert.deepEqual(own?.window(window, nowMs), histogram.window(window, nowMs), `${name} ${window}`);
        }
        assert.deepEqual(own?.total(nowMs), histogram.total(nowMs), name);
      }
      for (const window of WINDOW_NAMES) {
        assert.equal(meter.queueBytes?.window(window, nowMs), highBytes.window(window, nowMs));
        assert.equal(meter.queueLines?.window(window, nowMs), highLines.window(window, nowMs));
      }
    }),
    { numRuns: 100 },
  );
});

test('what has a figure alone is noted under its name', () => {
  const meter = new DestinationHistograms();
  assert.deepEqual(meter.timings, {});
  meter.replayed(1, 10);
  meter.stalled(2, 10);
  meter.waited(3, 10);
  meter.buffered(4, 10);
  const { replay, stall, wait, spool_buffer: buffer } = meter.timings;
  assert.deepEqual(
    [replay, stall, wait, buffer].map((histogram) => [histogram?.count, histogram?.sum]),
    [
      [1, 1000],
      [1, 2000],
      [1, 3000],
      [1, 4000],
    ],
  );
});

test('a lower level counts again when the higher one has left the window', () => {
  const meter = new DestinationHistograms();
  meter.grew(100, 10, 0);
  meter.grew(50, 5, 20_000);
  assert.deepEqual(
    [meter.queueBytes?.window('10s', 20_500), meter.queueLines?.window('10s', 20_500)],
    [50, 5],
  );
  assert.equal(meter.queueBytes?.max, 100);
});
