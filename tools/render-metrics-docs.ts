// The reference of metrics, rendered from the declarations. Committed, and compared by a test.
import { ALL_METRICS, MEASURED_METRICS } from '../src/telemetry/all-metrics.ts';
import { CRNG_REFERENCE } from './crng-reference.ts';

const INTRO = `# Metrics

<!-- Made by \`bin/node tools/generate-docs.ts\` from the declarations in src/. Do not edit. -->

The same figures are shown in three forms:

- \`GET /metrics\`: for Prometheus, under the names of this page; those of the process and of Node.js (\`process_…\`,
  \`nodejs_…\`) come along from the client library.
- \`GET /debug/vars2\` (and \`/debug/vars\`): JSON under carbon-relay-ng's names. Timers and histograms show the last minute.
- \`[instrumentation] graphite_addr\`: the same names as Graphite lines, every \`graphite_interval\`. Timers and histograms show
  what came since the last report; who polls \`/debug/vars2\` takes nothing away from it. A report has a connection of its own,
  with the name looked up again, and passes no queue. \`service\` and \`graphite_prefix\` rename everything; \`into_table\`
  sends it through the routes, booked as \`generated\`. Without \`graphite_addr\` and \`into_table\` nothing is sent.

\`GET /api/timings\` has every histogram with count, mean, quantiles and extremes over 10 s, a minute, an hour and all time.
Quantiles are within 2 %.

[dashboards/](../dashboards/) holds a dashboard for Grafana for either source, and alert rules for Prometheus.
carbon-relay-ng's own dashboard (338) works with the Graphite lines as it is.

## Metrics for Prometheus

A summary shows quantiles of the last minute (1 is the largest value), and \`_sum\` and \`_count\` since the start.

| metric | kind | labels | meaning |
|---|---|---|---|
`;

const NAMES = `
## carbon-relay-ng's names

In front of each name stands \`service=carbon-relay-ng.instance=<instance>.\`, and every \`=\` is sent as \`_is_\`. \`D\` is the key
of a destination, \`A\` that of an aggregator. Of names with \`unit=ns\` (timers) and \`what=FlushSize\` (histograms) there are
as Graphite lines \`.stat_is_min\`, \`max\`, \`mean\`, \`std\`, \`max_50\`, \`max_75\`, \`max_95\`, \`max_99\`, \`max_999\`, a count
(\`mtype_is_count … orig_unit_is_X\`), and of timers \`mean__60\`, \`mean__300\`, \`mean__900\`, \`mean__start\` (a second).

| carbon-relay-ng | here | alert | what differs |
|---|---|---|---|
`;

const REST = `
The second family, \`carbon-relay-ng.stats.<instance>.\`, has \`memory.…\`, \`process.…\` and \`stats.…\` as there, fed from V8:
\`total_bytes_allocated\` is a lower bound, \`obtained_from_sys\` is the resident memory, a collection of garbage is one of V8.
\`memory.gc.heap_objects\`, \`memory.gc.gogc\` and \`aggregator.aggregator.<key>.in_logical\` are not sent (V8 counts no objects
and has no GOGC); in \`memstats\`, \`HeapObjects\` is 0.

Of the queries of dashboard 338 three never had an answer from carbon-relay-ng: \`FlushSize.type_is_overflow\` with
\`stat_is_max\`, \`stat_is_max99\` and \`mean\`. The first has one here; the names of the others are misspelt.
`;

/** Renders docs/metrics.md. */
export function renderMetricsReference(): string {
  const metrics = ALL_METRICS.map(({ name, type, labels, help }) =>
    row([code(name), type, labels.map(code).join(', '), help]),
  );
  const names = CRNG_REFERENCE.map(({ old, native, alert, note = '' }) =>
    row([code(old), code(native), alert === undefined ? '' : code(alert), note]),
  );
  const unmeasured = `\nWith \`measure = false\` these are left out: ${MEASURED_METRICS.map(({ name }) => code(name)).join(', ')}.\n`;
  return INTRO + metrics.join('') + unmeasured + NAMES + names.join('') + REST;
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}
