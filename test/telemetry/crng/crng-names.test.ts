// The names that carbon-relay-ng's users have in dashboards and alerts: COMPAT section 9 is the oracle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crngMetrics } from '../../../src/telemetry/crng/crng-metrics.ts';
import type { CrngMetric } from '../../../src/telemetry/crng/crng-metric.ts';
import { renderDebugVars } from '../../../src/telemetry/crng/debug-vars.ts';
import { GraphiteLines, renderPoint } from '../../../src/telemetry/crng/graphite-lines.ts';
import { processPoints } from '../../../src/telemetry/crng/process-points.ts';
import { Histogram, NO_SUMMARY } from '../../../src/telemetry/timing/histogram.ts';
import type { ProcessReport } from '../../../src/telemetry/process-figures.ts';
import { FakeView, makeDestinationStats, makeHistogram } from '../fake-view.ts';

const IDENTITY = { service: 'carbon-relay-ng', instance: 'i' };
const BASE = 'service_is_carbon-relay-ng.instance_is_i';

const PROCESS: ProcessReport = {
  heapUsedBytes: 1000,
  heapBytes: 2000,
  residentBytes: 3000,
  virtualBytes: 4000,
  allocatedBytes: 5000,
  minorFaults: 6,
  majorFaults: 7,
  cpuSec: 8.5,
  collections: 9,
  collectionsMs: 17,
  lastCollectionMs: 0.5,
};

function makeMetrics(): CrngMetric[] {
  const view = new FakeView();
  view.pass({ written: 5, queued: 3, slowConn: 2, invalid: 4 });
  const rule = {
    key: 'agg1',
    functions: ['sum'],
    in: 11,
    out: 3,
    tooOld: 2,
    amended: 0,
    noRoom: 0,
    tooNew: 0,
    badKey: 0,
    open: 1,
    waiting: 1,
  };
  return crngMetrics({
    measure: true,
    ledger: view.ledger(),
    destinations: [makeDestinationStats()],
    aggregation: { rules: [rule], keys: 1, receivedRange: { minSec: 50, maxSec: 60 }, valuesRefused: 0 },
    process: PROCESS,
    nowSec: 70,
  });
}

const COUNTERS: Readonly<Record<string, number>> = {
  'unit_is_Metric.direction_is_in': 14,
  'unit_is_Err.type_is_invalid': 4,
  'unit_is_Err.type_is_out_of_order': 0,
  'unit_is_Metric.direction_is_blocklist': 0,
  'unit_is_Metric.direction_is_unroutable': 0,
  'unit_is_Metric.direction_is_in.aggregator_is_agg1': 11,
  'unit_is_Metric.direction_is_out.aggregator_is_agg1': 3,
  'module_is_aggregator.unit_is_Metric.what_is_TooOld': 2,
  'dest_is_dest_a.unit_is_Metric.direction_is_out': 5,
  'dest_is_dest_a.unit_is_Metric.action_is_drop.reason_is_conn_down_no_spool': 0,
  'dest_is_dest_a.unit_is_Metric.action_is_drop.reason_is_slow_conn': 2,
  'dest_is_dest_a.unit_is_Metric.action_is_drop.reason_is_slow_spool': 0,
  'dest_is_dest_a.unit_is_Metric.action_is_drop.reason_is_bad_pickle': 0,
  'dest_is_dest_a.unit_is_Err.type_is_truncated': 0,
  'dest_is_dest_a.unit_is_Err.type_is_write': 1,
  'dest_is_dest_a.unit_is_Err.type_is_flush': 0,
  'spool_is_dest_a.unit_is_Metric.status_is_incomingRT': 60,
  'spool_is_dest_a.unit_is_Metric.status_is_incomingBulk': 6,
};

const GAUGES: Readonly<Record<string, number>> = {
  'dest_is_dest_a.unit_is_Metric.what_is_numBuffered': 3,
  'dest_is_dest_a.unit_is_Metric.what_is_bufferSize': 30_000,
  'spool_is_dest_a.unit_is_Metric.status_is_buffered': 1,
  'unit_is_aggregator.what_is_flush_waiting': 1,
  'module_is_aggregator.unit_is_s.what_is_timestamp_received.type_is_min': 50,
  'module_is_aggregator.unit_is_s.what_is_timestamp_received.type_is_max': 60,
  'what_is_virtual_memory.unit_is_Byte': 4000,
  'what_is_memory_allocated.unit_is_Byte': 1000,
};

const TIMERS = [
  'dest_is_dest_a.what_is_durationWrite',
  'dest_is_dest_a.what_is_durationFlush.type_is_ticker',
  'dest_is_dest_a.what_is_durationFlush.type_is_manual',
  'dest_is_dest_a.what_is_durationFlush.type_is_overflow',
  'spool_is_dest_a.operation_is_write',
  'spool_is_dest_a.operation_is_buffer',
];

const HISTOGRAMS = ['ticker', 'manual', 'overflow'].map(
  (cause) => `dest_is_dest_a.unit_is_B.what_is_FlushSize.type_is_${cause}`,
);

const STATS = ['min', 'max', 'mean', 'std', 'max_50', 'max_75', 'max_95', 'max_99', 'max_999'];
const RATES = ['mean__60', 'mean__300', 'mean__900', 'mean__start'];

test('GET /debug/vars2 holds exactly the names of carbon-relay-ng, sorted', () => {
  const text = renderDebugVars(makeMetrics(), {
    identity: IDENTITY,
    commandLine: ['sluice', 'run'],
    process: PROCESS,
    nowMs: 1000,
  });
  const vars = JSON.parse(text) as Record<string, unknown>;
  const names = Object.keys(vars);
  assert.deepEqual(names, names.toSorted());
  const suffixes = [
    'count',
    'min',
    'max',
    'mean',
    'std-dev',
    ...['50', '75', '95', '99', '999'].map((part) => `${part}-percentile`),
  ];
  const rates = ['one-minute', 'five-minute', 'fifteen-minute', 'mean-rate'];
  const expected = [
    'cmdline',
    'instance',
    'memstats',
    'service',
    ...Object.keys(COUNTERS).map((name) => `${BASE}.mtype_is_counter.${name}`),
    ...Object.keys(GAUGES).map((name) => `${BASE}.mtype_is_gauge.${name}`),
    ...TIMERS.flatMap((name) =>
      [...suffixes, ...rates].map((suffix) => `${BASE}.mtype_is_gauge.unit_is_ns.${name}.${suffix}`),
    ),
    ...HISTOGRAMS.flatMap((name) => suffixes.map((suffix) => `${BASE}.mtype_is_gauge.${name}.${suffix}`)),
  ];
  assert.deepEqual(names, expected.toSorted());
  for (const [name, value] of Object.entries(COUNTERS)) {
    assert.equal(vars[`${BASE}.mtype_is_counter.${name}`], value, name);
  }
  for (const [name, value] of Object.entries(GAUGES)) {
    assert.equal(vars[`${BASE}.mtype_is_gauge.${name}`], value, name);
  }
  assert.equal(vars[`${BASE}.mtype_is_gauge.unit_is_ns.${TIMERS[0]}.max`], 100_000_000);
  assert.deepEqual(vars['cmdline'], ['sluice', 'run']);
  assert.deepEqual(vars['memstats'], {
    Alloc: 1000,
    TotalAlloc: 5000,
    Sys: 3000,
    HeapAlloc: 1000,
    HeapSys: 2000,
    HeapObjects: 0,
    NumGC: 9,
    PauseTotalNs: 17_000_000,
  });
});

test("what the vendor's smoke test greps for is there once when there are no aggregators", () => {
  const metrics = makeMetrics().filter(({ name }) => !name.includes('aggregator='));
  const extras = { identity: IDENTITY, commandLine: [], process: PROCESS, nowMs: 1000 };
  const found = renderDebugVars(metrics, extras).match(/"[^"]*\.direction_is_in"[: ]+[0-9]+/g);
  assert.equal(found?.length, 1);
});

test('a report holds exactly the names of carbon-relay-ng, ints whole and floats with two decimals', () => {
  const points = new GraphiteLines(IDENTITY).points(makeMetrics(), 1000);
  const lines = points.map((point) => renderPoint(point, 1_700_000_000));
  const expected = [
    ...Object.keys(COUNTERS).map((name) => `${BASE}.mtype_is_counter.${name}`),
    ...Object.keys(GAUGES).map((name) => `${BASE}.mtype_is_gauge.${name}`),
    ...TIMERS.flatMap((name) => [
      `${BASE}.mtype_is_count.unit_is_Metric.${name}.orig_unit_is_ns`,
      ...[...STATS, ...RATES].map((stat) => `${BASE}.mtype_is_gauge.unit_is_ns.${name}.stat_is_${stat}`),
    ]),
    ...HISTOGRAMS.flatMap((name) => [
      `${BASE}.mtype_is_count.${name.replace('unit_is_B', 'unit_is_Metric')}.orig_unit_is_B`,
      ...STATS.map((stat) => `${BASE}.mtype_is_gauge.${name}.stat_is_${stat}`),
    ]),
  ];
  assert.deepEqual(points.map(({ name }) => name).toSorted(), expected.toSorted());
  const write = `${BASE}.mtype_is_gauge.unit_is_ns.dest_is_dest_a.what_is_durationWrite`;
  assert.ok(lines.includes(`${BASE}.mtype_is_counter.unit_is_Metric.direction_is_in 14 1700000000`));
  assert.ok(lines.includes(`${write}.stat_is_max 100000000 1700000000`));
  assert.ok(lines.includes(`${write}.stat_is_mean 28000000.00 1700000000`));
  for (const line of lines) assert.match(line, /^[^\s=]+ -?\d+(\.\d\d)? 1700000000$/);
});

test('the second family has the names of carbon-relay-ng, but those that have no meaning here', () => {
  const figures = {
    isConnected: true,
    makeNs: 5,
    reportBytes: 10,
    waiting: 0,
    waitingMax: 1,
    sent: { ...NO_SUMMARY, count: 1 },
    spanSec: 10,
  };
  const names = processPoints(IDENTITY, PROCESS, figures, 0).map(({ name }) => name);
  const latencies = ['min', 'mean', 'median', 'p75', 'p90', 'max'];
  const expected = [
    'memory.total_bytes_allocated.counter64',
    'memory.bytes.allocated_in_heap.gauge64',
    'memory.bytes.obtained_from_sys.gauge64',
    'memory.total_gc_cycles.counter64',
    'memory.gc.cpu_fraction.gauge32',
    'memory.gc.last_duration.gauge64',
    'process.virtual_memory_bytes.gauge64',
    'process.resident_memory_bytes.gauge64',
    'process.minor_page_faults.counter64',
    'process.major_page_faults.counter64',
    'process.cpu_seconds_total.counter64',
    'stats.generate_message.duration.gauge32',
    'stats.message_size.gauge32',
    'stats.graphite.connected.gauge1',
    'stats.graphite.write_queue.size.gauge32',
    'stats.graphite.write_queue.items.min.gauge32',
    'stats.graphite.write_queue.items.max.gauge32',
    ...latencies.map((part) => `stats.graphite.flush.latency.${part}.gauge32`),
    'stats.graphite.flush.values.count32',
    'stats.graphite.flush.values.rate32',
  ];
  assert.deepEqual(
    names,
    expected.map((name) => `carbon-relay-ng.stats.i.${name}`),
  );
  const quiet = processPoints(IDENTITY, PROCESS, figures, PROCESS.collections);
  assert.ok(!quiet.some(({ name }) => name.endsWith('last_duration.gauge64')), 'shown without a collection');
});

test('polling /debug/vars2 takes nothing from the reports, nor does one report from another', () => {
  const histogram = new Histogram(0);
  const metrics: CrngMetric[] = [{ kind: 'histogram', name: 'mtype=gauge.unit=B.x', histogram, scale: 1 }];
  const readers = [new GraphiteLines(IDENTITY), new GraphiteLines(IDENTITY)];
  const shown = (lines: GraphiteLines, nowMs: number): number | undefined =>
    lines.points(metrics, nowMs).find(({ name }) => name.endsWith('orig_unit_is_B'))?.value;
  for (let round = 1; round <= 3; round += 1) {
    const nowMs = round * 10_000;
    for (let i = 0; i < round; i += 1) histogram.record(7, nowMs);
    for (let poll = 0; poll < 3; poll += 1) {
      renderDebugVars(metrics, { identity: IDENTITY, commandLine: [], process: PROCESS, nowMs });
    }
    for (const lines of readers) assert.equal(shown(lines, nowMs), round);
  }
  for (const lines of readers) assert.equal(shown(lines, 40_000), 0);
});

test('names that users chose stay one field of a line; destinations of one name add up', () => {
  const stats = makeDestinationStats({ key: 'a b=c\nd', timings: { write: makeHistogram([1]) } });
  const view = new FakeView();
  const metrics = crngMetrics({
    measure: true,
    ledger: view.ledger(),
    destinations: [stats, stats],
    aggregation: view.aggregation(),
    process: PROCESS,
    nowSec: 1,
  });
  const points = new GraphiteLines({ service: 's', instance: 'x y' }).points(metrics, 1000);
  for (const { name } of points) assert.match(name, /^service_is_s\.instance_is_x_y\.[^\s=]+$/);
  const writes = points.filter(({ name }) => name.endsWith('dest_is_a_b_is_c_d.unit_is_Err.type_is_write'));
  assert.deepEqual(
    writes.map(({ value }) => value),
    [2],
  );
});
