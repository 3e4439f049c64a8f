// The meter of traffic against plain code that keeps every read and adds up every window.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Traffic } from '../../../src/telemetry/traffic/traffic.ts';
import { TRAFFIC_WINDOWS_MS, TrafficMeter } from '../../../src/telemetry/traffic/traffic-meter.ts';
import { PEAK_SPANS, type PeakSpan } from '../../../src/telemetry/traffic/traffic-peaks.ts';

interface Read {
  readonly atMs: number;
  readonly lines: number;
  readonly bytes: number;
}

const SPAN_MS: Readonly<Record<PeakSpan, { readonly span: number; readonly slot: number }>> = {
  minute: { span: 60_000, slot: 1000 },
  hour: { span: 3_600_000, slot: 60_000 },
  day: { span: 86_400_000, slot: 1_800_000 },
};

/** The most within a window that ends with a tick in which something came, in a span that begins with a whole slot. */
function slowPeak(
  reads: readonly Read[],
  windowMs: number,
  span: PeakSpan,
  nowMs: number,
  of: 'lines' | 'bytes',
) {
  const { span: spanMs, slot } = SPAN_MS[span];
  const nowTick = Math.floor(nowMs);
  const firstTick = Math.floor(nowTick / slot) * slot - spanMs;
  let most = 0;
  for (const { atMs, [of]: amount } of reads) {
    const end = Math.floor(atMs);
    if (amount === 0 || end < firstTick || end >= nowTick) continue;
    const within = reads.filter(
      (read) => Math.floor(read.atMs) <= end && Math.floor(read.atMs) > end - windowMs,
    );
    most = Math.max(
      most,
      within.reduce((sum, read) => sum + read[of], 0),
    );
  }
  return most;
}

function slowSecond(reads: readonly Read[], nowMs: number, of: 'lines' | 'bytes'): number {
  const nowTick = Math.floor(nowMs);
  return reads
    .filter((read) => Math.floor(read.atMs) < nowTick && Math.floor(read.atMs) >= nowTick - 1000)
    .reduce((sum, read) => sum + read[of], 0);
}

/** Steps from a few microseconds to hours. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0.001, max: 3, noNaN: true }) },
  { weight: 3, arbitrary: fc.double({ min: 3, max: 2500, noNaN: true }) },
  { weight: 2, arbitrary: fc.double({ min: 2500, max: 130_000, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 130_000, max: 50_000_000, noNaN: true }) },
);

test('the highest of every window and span, and the last second, are those of a plain count', () => {
  const reads = fc.array(
    fc.tuple(step, fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 70_000 })),
    {
      minLength: 1,
      maxLength: 120,
    },
  );
  fc.assert(
    fc.property(reads, step, fc.integer({ min: 0, max: 10_000_000 }), (steps, pause, startMs) => {
      const meter = new TrafficMeter();
      const seen: Read[] = [];
      let nowMs = startMs;
      for (const [afterMs, lines, bytes] of steps) {
        nowMs += afterMs;
        seen.push({ atMs: nowMs, lines, bytes });
        meter.note(lines, bytes, nowMs);
      }
      nowMs += pause;
      const figures = meter.figures(nowMs);
      assert.equal(figures.metricsPerSec, slowSecond(seen, nowMs, 'lines'));
      assert.equal(figures.bytesPerSec, slowSecond(seen, nowMs, 'bytes'));
      for (const window of figures.windows) {
        for (const span of PEAK_SPANS) {
          const { metrics, bytes, metricsPerMinute } = window[span];
          assert.equal(
            metrics,
            slowPeak(seen, window.windowMs, span, nowMs, 'lines'),
            `${window.windowMs} ${span}`,
          );
          assert.equal(
            bytes,
            slowPeak(seen, window.windowMs, span, nowMs, 'bytes'),
            `${window.windowMs} ${span}`,
          );
          assert.equal(metricsPerMinute, metrics * (60_000 / window.windowMs));
        }
      }
      // Reading changes nothing.
      assert.deepEqual(meter.figures(nowMs), figures);
    }),
    { numRuns: 300 },
  );
});

test('a burst across the border of two seconds is seen whole', () => {
  const meter = new TrafficMeter();
  for (let at = 995; at < 1005; at++) meter.note(70, 4000, at + 0.5);
  const ten = meter.figures(3000).windows.find(({ windowMs }) => windowMs === 10);
  assert.equal(ten?.minute.metrics, 700);
  assert.equal(ten?.minute.metricsPerMinute, 4_200_000);
});

test('a peak leaves the minute, then the hour, then the day', () => {
  const meter = new TrafficMeter();
  meter.note(900, 9, 500);
  const seen = (nowMs: number): number[] => {
    const [second] = meter.figures(nowMs).windows;
    return PEAK_SPANS.map((span) => second?.[span].metrics ?? -1);
  };
  assert.deepEqual(seen(59_000), [900, 900, 900]);
  meter.note(1, 1, 61_500);
  assert.deepEqual(seen(62_000), [1, 900, 900]);
  assert.deepEqual(seen(61 * 60_000), [0, 1, 900]);
  assert.deepEqual(seen(26 * 3_600_000), [0, 0, 0]);
});

test('gaps between reads are counted by powers of two, the longest exactly', () => {
  let nowMs = 0;
  const traffic = new Traffic({ monotonicMs: () => nowMs });
  const note = traffic.add({ input: 'plain', protocol: 'tcp', addr: ':2003' });
  for (const gapMicros of [0, 1, 3, 4, 5, 1000, 1024, 3_000_000]) {
    nowMs += gapMicros / 1000;
    note(1, 10);
  }
  const [row] = traffic.report().inputs;
  assert.equal(row?.gaps.count, 7);
  assert.equal(row.gaps.maxMicros, 3_000_000);
  const counted = new Map(row.gaps.buckets.map(({ upToMicros, count }) => [upToMicros, count]));
  assert.equal(counted.get(4194304), 1);
  assert.equal(
    [...counted.values()].reduce((sum, count) => sum + count),
    7,
  );
  assert.equal(row.gaps.p99Micros, 3_000_000);
  assert.ok(row.gaps.p50Micros <= 1024);
});

test('listeners are measured apart and together', () => {
  let nowMs = 100;
  const traffic = new Traffic({ monotonicMs: () => nowMs });
  const tcp = traffic.add({ input: 'plain', protocol: 'tcp', addr: ':2003' });
  const udp = traffic.add({ input: 'plain', protocol: 'udp', addr: ':2003' });
  tcp(5, 300);
  udp(7, 400);
  nowMs = 200;
  const { all, inputs } = traffic.report();
  assert.deepEqual(
    inputs.map(({ protocol, metrics, bytes, metricsPerSec }) => [protocol, metrics, bytes, metricsPerSec]),
    [
      ['tcp', 5, 300, 5],
      ['udp', 7, 400, 7],
    ],
  );
  assert.equal(all.metrics, 12);
  assert.deepEqual(
    all.windows.map(({ windowMs, minute }) => [windowMs, minute.metrics]),
    TRAFFIC_WINDOWS_MS.map((windowMs) => [windowMs, 12]),
  );
});

test('reads that wait to be added up count as if they had been added at once', () => {
  let nowMs = 0;
  const traffic = new Traffic({ monotonicMs: () => nowMs });
  const meters = [new TrafficMeter(), new TrafficMeter()];
  const all = new TrafficMeter();
  const notes = [':1', ':2'].map((addr) => traffic.add({ input: 'plain', protocol: 'tcp', addr }));
  for (let read = 0; read < 5000; read++) {
    nowMs += (read % 7) * 0.3 + (read % 500 === 0 ? 1500 : 0);
    const which = read % 3 === 0 ? 0 : 1;
    notes[which]?.(read % 11, read % 701);
    meters[which]?.note(read % 11, read % 701, nowMs);
    all.note(read % 11, read % 701, nowMs);
    if (read % 1234 !== 0) continue;
    assert.deepEqual(traffic.report().all, all.figures(nowMs));
  }
  const report = traffic.report();
  assert.deepEqual(report.all, all.figures(nowMs));
  for (const [index, meter] of meters.entries()) {
    const { input: _, protocol: __, addr: ___, ...figures } = report.inputs[index]!;
    assert.deepEqual(figures, meter.figures(nowMs));
  }
});
