// docs/metrics.md, the dashboards and the alert rules speak of what is exported, and of all of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CRNG_REFERENCE } from '../../tools/crng-reference.ts';
import { PANELS, renderDashboard } from '../../tools/render-dashboards.ts';
import { renderMetricsReference } from '../../tools/render-metrics-docs.ts';
import { crngMetrics } from '../../src/telemetry/crng/crng-metrics.ts';
import { GraphiteLines } from '../../src/telemetry/crng/graphite-lines.ts';
import { makeDropCounts } from '../../src/telemetry/drop-reason.ts';
import { ProcessFigures } from '../../src/telemetry/process-figures.ts';
import { MetricRegistry } from '../../src/telemetry/registry.ts';
import { FakeView, makeDestinationStats } from './fake-view.ts';
import { type Family, parsePrometheus } from './parse-prometheus.ts';

const AGGREGATOR = {
  key: 'A',
  functions: ['sum'],
  in: 1,
  out: 1,
  tooOld: 0,
  amended: 0,
  noRoom: 0,
  tooNew: 0,
  badKey: 0,
  open: 0,
  waiting: 0,
};

function read(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

function makeView(): FakeView {
  const view = new FakeView();
  view.pass({ written: 1 });
  view.destinationRows = [makeDestinationStats({ key: 'D' })];
  view.aggregationFigures = {
    rules: [AGGREGATOR],
    keys: 1,
    receivedRange: { minSec: 1, maxSec: 2 },
    valuesRefused: 0,
  };
  return view;
}

async function scrape(processMetrics: boolean): Promise<Map<string, Family>> {
  const registry = new MetricRegistry(
    { processMetrics, measure: true },
    {
      view: makeView(),
      watch: { unbalancedChecks: 0 },
      badMetrics: { unrecorded: makeDropCounts() },
      log: { lost: 0 },
      reports: () => ({ sent: 1, failed: 0, skipped: 0 }),
    },
  );
  return parsePrometheus(await registry.render());
}

/** carbon-relay-ng's names as they are sent, behind service and instance. */
function sentNames(t: { after: (fn: () => void) => void }): string[] {
  const view = makeView();
  const figures = new ProcessFigures();
  t.after(() => figures.stop());
  return crngMetrics({
    measure: true,
    ledger: view.ledger(),
    destinations: view.destinations(),
    aggregation: view.aggregation(),
    process: figures.read(),
    nowSec: 1,
  }).map(({ name }) => name);
}

function metricNames(text: string): string[] {
  return [...new Set(text.match(/\b(sluice|process|nodejs)_[a-z_]+\b(?=[{[\s)]|$)/g) ?? [])];
}

function assertExported(names: readonly string[], families: ReadonlyMap<string, Family>): void {
  for (const name of names) {
    const summary = families.get(name.replace(/_(sum|count)$/, ''));
    assert.ok(families.has(name) || summary?.type === 'summary', `${name} is not exported`);
  }
}

test('docs/metrics.md and the dashboards are what the declarations say (bin/node tools/generate-docs.ts)', () => {
  assert.equal(read('docs/metrics.md'), renderMetricsReference());
  assert.equal(read('dashboards/sluice-prometheus.json'), renderDashboard('prometheus'));
  assert.equal(read('dashboards/sluice-graphite.json'), renderDashboard('graphite'));
});

test('docs/metrics.md lists exactly what /metrics shows, with kind and labels', async () => {
  const [, table = ''] = read('docs/metrics.md').split('| metric | kind | labels | meaning |');
  const [rows = ''] = table.split('\n\n');
  const listed = [...rows.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \|$/gm)];
  const families = await scrape(false);
  assert.deepEqual(
    listed.map(([, name, kind, , help]) => [name, kind, help]),
    [...families].map(([name, { type, help }]) => [name, type, help.replaceAll('|', '\\|')]),
  );
  for (const [, name = '', , labels = ''] of listed) {
    const allowed = new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label));
    for (const sample of families.get(name)?.samples.keys() ?? []) {
      const shown = (JSON.parse(sample) as [string, string][]).map(([label]) => label);
      for (const label of shown) assert.ok(allowed.has(label) || label === 'quantile', `${name} ${label}`);
    }
  }
});

test('every name of carbon-relay-ng that is sent has a row, with a native metric that exists', async (t) => {
  const families = await scrape(true);
  const sent = sentNames(t).map((name) => name.replace('=dest_a', '=D'));
  assert.deepEqual(CRNG_REFERENCE.map(({ old }) => old).toSorted(), sent.toSorted());
  const alerts = new Set(
    [...read('dashboards/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name),
  );
  for (const { native, alert } of CRNG_REFERENCE) {
    assertExported([native.replace(/\{.*/, '')], families);
    if (alert !== undefined) assert.ok(alerts.has(alert), alert);
  }
});

test('alert rules ask for what is exported, and each says what to do', async () => {
  const families = await scrape(true);
  const rules = read('dashboards/alerts.yaml').split('- alert: ').slice(1);
  assert.ok(rules.length > 8);
  for (const rule of rules) {
    const [name = '', expr = ''] = /^(\w+)\n\s+expr: (.*)/.exec(rule)?.slice(1) ?? [];
    assert.match(name, /^Sluice\w+$/, rule);
    assert.ok(metricNames(expr).length > 0, rule);
    assertExported(metricNames(expr), families);
    assert.match(rule, /summary: .+\n\s+description: .+/, name);
  }
  for (const wanted of ['DestinationDrops', 'SpoolGrowing', 'QueueAge', 'LedgerUnbalanced']) {
    assert.ok(
      rules.some((rule) => rule.startsWith(`Sluice${wanted}`)),
      wanted,
    );
  }
});

test('the dashboard for Prometheus asks for what is exported', async () => {
  const families = await scrape(true);
  for (const { prometheus, title } of PANELS) {
    for (const [expr] of prometheus) {
      assert.ok(metricNames(expr).length > 0, title);
      assertExported(metricNames(expr), families);
    }
  }
});

test('the dashboard for Graphite asks for what is reported', (t) => {
  const view = makeView();
  const figures = new ProcessFigures();
  t.after(() => figures.stop());
  const sources = {
    measure: true,
    ledger: view.ledger(),
    destinations: view.destinations(),
    aggregation: view.aggregation(),
    process: figures.read(),
    nowSec: 1,
  };
  const lines = new GraphiteLines({ service: 'carbon-relay-ng', instance: 'i' });
  const names = lines.points(crngMetrics(sources), 1000).map(({ name }) => name);
  for (const { graphite } of PANELS) {
    for (const target of graphite) {
      const [series = ''] = /service_is_[^,)]+/.exec(target) ?? [];
      const glob = series.replaceAll(/\$\w+/g, '*').replaceAll('.', '\\.').replaceAll('*', '[^.]*');
      assert.ok(
        names.some((name) => new RegExp(`^${glob}$`).test(name)),
        target,
      );
    }
  }
});
