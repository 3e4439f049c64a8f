import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDropCounts } from '../../src/telemetry/drop-reason.ts';
import { ALL_METRICS, MEASURED_METRICS } from '../../src/telemetry/all-metrics.ts';
import { MetricRegistry } from '../../src/telemetry/registry.ts';
import { FakeView, makeDestinationStats, makeInputStats } from './fake-view.ts';
import { type Family, labelKey, parsePrometheus } from './parse-prometheus.ts';

function makeRegistry({ processMetrics = false, measure = true } = {}): {
  view: FakeView;
  scrape: () => Promise<Map<string, Family>>;
  registry: MetricRegistry;
} {
  const view = new FakeView();
  const registry = new MetricRegistry(
    { processMetrics, measure },
    {
      view,
      watch: { unbalancedChecks: 4 },
      badMetrics: { unrecorded: { ...makeDropCounts(), invalid: 11 } },
      log: { lost: 2 },
    },
  );
  return { view, registry, scrape: async () => parsePrometheus(await registry.render()) };
}

const DESTINATION = { route: 'default', destination: 'dest_a', addr: '127.0.0.1:2003' };

function value(
  families: Map<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  return families.get(name)?.samples.get(labelKey(labels));
}

test('a scrape shows the relay its books, inputs and destinations', async () => {
  const { view, scrape } = makeRegistry();
  view.pass({ written: 5, queued: 3, slowConn: 2, invalid: 4 });
  view.inputRows = [makeInputStats(), makeInputStats({ protocol: 'udp', datagrams: 9, kernelDrops: 6 })];
  view.destinationRows = [makeDestinationStats()];
  const families = await scrape();
  assert.equal(value(families, 'sluice_received_total'), 14);
  assert.equal(value(families, 'sluice_dropped_total', { reason: 'invalid' }), 4);
  assert.equal(value(families, 'sluice_dropped_total', { reason: 'slow_conn' }), 2);
  assert.equal(value(families, 'sluice_dropped_total', { reason: 'purged' }), 0);
  assert.equal(value(families, 'sluice_destination_written_total', DESTINATION), 5);
  assert.equal(value(families, 'sluice_destination_queued', DESTINATION), 3);
  assert.equal(
    value(families, 'sluice_destination_dropped_total', { ...DESTINATION, reason: 'slow_conn' }),
    2,
  );
  assert.equal(value(families, 'sluice_destination_online', DESTINATION), 1);
  assert.equal(value(families, 'sluice_destination_write_seconds', { ...DESTINATION, quantile: '1' }), 0.1);
  const udp = { input: 'plain', protocol: 'udp', addr: '127.0.0.1:2003' };
  assert.equal(value(families, 'sluice_input_kernel_drops_total', udp), 6);
  assert.equal(value(families, 'sluice_input_connections', { ...udp, protocol: 'tcp' }), 3);
  assert.equal(value(families, 'sluice_info', { version: '1.2.3', instance: 'test' }), 1);
  assert.equal(value(families, 'sluice_series'), 7);
  assert.equal(value(families, 'sluice_ready'), 1);
  assert.equal(value(families, 'sluice_ledger_balanced'), 1);
  assert.equal(value(families, 'sluice_ledger_unbalanced_total'), 4);
  assert.equal(value(families, 'sluice_bad_lines_unrecorded_total', { reason: 'invalid' }), 11);
  assert.equal(value(families, 'sluice_log_lines_lost_total'), 2);
});

test('a second scrape shows the figures of its time, not sums, and rows that are gone disappear', async () => {
  const { view, scrape } = makeRegistry();
  view.pass({ written: 5 });
  view.destinationRows = [makeDestinationStats()];
  await scrape();
  view.pass({ written: 8 });
  const [first, second] = await Promise.all([scrape(), scrape()]);
  for (const families of [first, second]) {
    assert.equal(value(families, 'sluice_destination_written_total', DESTINATION), 8);
    assert.equal(value(families, 'sluice_received_total'), 8);
  }
  view.destinationRows = [];
  assert.equal(value(await scrape(), 'sluice_destination_online', DESTINATION), undefined);
});

test('what users name things cannot break the format', async () => {
  const { view, scrape } = makeRegistry();
  const route = 'a "b" \\ c\nd {e="f"} \u00e9,';
  view.destinationRows = [makeDestinationStats({ route })];
  assert.equal(value(await scrape(), 'sluice_destination_online', { ...DESTINATION, route }), 1);
});

test('every metric has a help text, a plain name, and _total exactly when it is a counter', async () => {
  const { scrape } = makeRegistry();
  const families = await scrape();
  assert.deepEqual(
    [...families.keys()],
    ALL_METRICS.map((metric) => metric.name),
  );
  for (const [name, { type, help }] of families) {
    assert.match(name, /^sluice_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.match(help, /\.$/, name);
    assert.doesNotMatch(name, /_ms|_kb|millis/);
  }
});

test('the metrics of the process and the event loop come along when asked for', async () => {
  const { scrape } = makeRegistry({ processMetrics: true });
  const families = await scrape();
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    assert.ok(families.has(name), name);
  }
});

test('what is not measured is left out, and no other family', async () => {
  const { scrape, view } = makeRegistry({ measure: false });
  view.pass({ written: 5 });
  view.destinationRows = [makeDestinationStats()];
  const families = await scrape();
  const measured = new Set(MEASURED_METRICS.map(({ name }) => name));
  assert.ok(measured.has('sluice_destination_write_seconds') && measured.size > 20);
  assert.deepEqual(
    [...families.keys()],
    ALL_METRICS.map(({ name }) => name).filter((name) => !measured.has(name)),
  );
  assert.equal(value(families, 'sluice_destination_written_total', DESTINATION), 5);
});
