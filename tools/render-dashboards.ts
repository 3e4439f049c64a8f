// The dashboards for Grafana, one panel a row of the table: for Prometheus by native names, for Graphite by carbon-relay-ng's.
// Committed, and compared by a test.

interface Panel {
  readonly title: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  /** Queries for Prometheus, with the legend of each. */
  readonly prometheus: readonly (readonly [string, string])[];
  readonly graphite: readonly string[];
}

const WHERE = 'instance=~"$instance"';
const DEST = `${WHERE},destination=~"$destination"`;
const BASE = 'service_is_carbon-relay-ng.instance_is_$instance';
const COUNTER = `${BASE}.mtype_is_counter`;
const GAUGE = `${BASE}.mtype_is_gauge`;

function rates(names: Readonly<Record<string, string>>): string[] {
  return Object.entries(names).map(([legend, name]) => `alias(perSecond(${COUNTER}.${name}), '${legend}')`);
}

/** In the order they are shown, two a row. */
export const PANELS: readonly Panel[] = [
  {
    title: 'Lines in',
    unit: 'cps',
    prometheus: [
      [`rate(sluice_received_total{${WHERE}}[$__rate_interval])`, '{{instance}} received'],
      [`rate(sluice_generated_total{${WHERE}}[$__rate_interval])`, '{{instance}} generated'],
    ],
    graphite: rates({ received: 'unit_is_Metric.direction_is_in' }),
  },
  {
    title: 'Lines refused and dropped',
    unit: 'cps',
    prometheus: [
      [
        `sum by (instance, reason) (rate(sluice_dropped_total{${WHERE}}[$__rate_interval])) > 0`,
        '{{instance}} {{reason}}',
      ],
    ],
    graphite: rates({
      invalid: 'unit_is_Err.type_is_invalid',
      'out of order': 'unit_is_Err.type_is_out_of_order',
      blocklisted: 'unit_is_Metric.direction_is_blocklist',
      unroutable: 'unit_is_Metric.direction_is_unroutable',
    }),
  },
  {
    title: 'Lines out, by destination',
    unit: 'cps',
    prometheus: [[`rate(sluice_destination_written_total{${DEST}}[$__rate_interval])`, '{{destination}}']],
    graphite: [
      `aliasByNode(perSecond(${COUNTER}.dest_is_$destination.unit_is_Metric.direction_is_out), 1, 3)`,
    ],
  },
  {
    title: 'Drops, by destination',
    unit: 'cps',
    prometheus: [
      [`rate(sluice_destination_dropped_total{${DEST}}[$__rate_interval]) > 0`, '{{destination}} {{reason}}'],
    ],
    graphite: [
      `aliasByNode(perSecond(${COUNTER}.dest_is_$destination.unit_is_Metric.action_is_drop.*), 3, 6)`,
    ],
  },
  {
    title: 'Lines in memory',
    unit: 'short',
    prometheus: [
      [`sluice_destination_queued{${DEST}}`, '{{destination}}'],
      [
        `sluice_destination_queue_high_water_lines{${DEST},window="1m"}`,
        '{{destination}} most within a minute',
      ],
    ],
    graphite: [`aliasByNode(${GAUGE}.dest_is_$destination.unit_is_Metric.what_is_numBuffered, 3)`],
  },
  {
    title: 'Age of the oldest line in memory',
    unit: 's',
    prometheus: [
      [`sluice_destination_queue_age_seconds{${DEST}}`, '{{destination}}'],
      [`sluice_destination_wait_seconds{${DEST},quantile="1"}`, '{{destination}} longest of those written'],
    ],
    graphite: [],
  },
  {
    title: 'Write durations, until the kernel took it',
    unit: 's',
    prometheus: ['0.5', '0.99', '1'].map((quantile) => [
      `sluice_destination_write_seconds{${DEST},quantile="${quantile}"}`,
      `{{destination}} ${quantile}`,
    ]),
    graphite: ['max_50', 'max_99', 'max'].map(
      (stat) =>
        `alias(scale(${GAUGE}.unit_is_ns.dest_is_$destination.what_is_durationWrite.stat_is_${stat}, 0.000000001), '${stat}')`,
    ),
  },
  {
    title: 'Part of the time that the peer does not read',
    unit: 'percentunit',
    prometheus: [
      [`rate(sluice_destination_stalled_seconds_total{${DEST}}[$__rate_interval])`, '{{destination}}'],
    ],
    graphite: [],
  },
  {
    title: 'Lines on disk',
    unit: 'short',
    prometheus: [[`sluice_destination_spooled{${DEST}}`, '{{destination}}']],
    graphite: [
      `aliasByNode(perSecond(${COUNTER}.spool_is_$destination.unit_is_Metric.status_is_incomingRT), 3)`,
    ],
  },
  {
    title: 'Spool durations, 99 of 100',
    unit: 's',
    prometheus: ['write', 'sync', 'read'].map((operation) => [
      `sluice_destination_spool_${operation}_seconds{${DEST},quantile="0.99"}`,
      `{{destination}} ${operation}`,
    ]),
    graphite: [
      `aliasByNode(scale(${GAUGE}.unit_is_ns.spool_is_$destination.operation_is_*.stat_is_max_99, 0.000000001), 4, 5)`,
    ],
  },
  {
    title: 'Aggregators',
    unit: 'cps',
    prometheus: [
      [`rate(sluice_aggregator_in_total{${WHERE}}[$__rate_interval])`, '{{aggregator}} in'],
      [`rate(sluice_aggregator_out_total{${WHERE}}[$__rate_interval])`, '{{aggregator}} out'],
      [`rate(sluice_aggregator_too_old_total{${WHERE}}[$__rate_interval])`, '{{aggregator}} too old'],
    ],
    graphite: [
      `aliasByNode(perSecond(${COUNTER}.unit_is_Metric.direction_is_in.aggregator_is_*), 4, 5)`,
      `aliasByNode(perSecond(${COUNTER}.unit_is_Metric.direction_is_out.aggregator_is_*), 4, 5)`,
    ],
  },
  {
    title: 'Books: 1 while they balance',
    unit: 'short',
    prometheus: [[`sluice_ledger_balanced{${WHERE}}`, '{{instance}}']],
    graphite: [],
  },
];

const VARIABLES = {
  prometheus: {
    instance: 'label_values(sluice_info, instance)',
    destination: 'label_values(sluice_destination_in_total{instance=~"$instance"}, destination)',
  },
  graphite: {
    instance: 'service_is_carbon-relay-ng.instance_is_*',
    destination: `${COUNTER}.dest_is_*`,
  },
} as const;

/** Renders the dashboard of one kind of source, as Grafana imports it. */
export function renderDashboard(kind: 'prometheus' | 'graphite'): string {
  const shown = PANELS.filter((panel) => panel[kind].length > 0);
  const source = { type: kind, uid: '${source}' };
  const dashboard = {
    title: `Sluice (${kind === 'prometheus' ? 'Prometheus' : 'Graphite'})`,
    uid: `sluice-${kind}`,
    tags: ['sluice'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'source', label: 'source', type: 'datasource', query: kind },
        ...Object.entries(VARIABLES[kind]).map(([name, query]) => variable(kind, name, query, source)),
      ],
    },
    panels: shown.map((panel, index) => ({
      id: index + 1,
      type: 'timeseries',
      title: panel.title,
      datasource: source,
      gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
      fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
      targets: targetsOf(panel, kind),
    })),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function variable(kind: 'prometheus' | 'graphite', name: string, query: string, source: object): object {
  const [, word] = /\.(\w+_is_)\*$/.exec(query) ?? [];
  return {
    name,
    type: 'query',
    datasource: source,
    query,
    ...(kind === 'graphite' && word !== undefined ? { regex: `/${word}(.*)/` } : {}),
    refresh: 2,
    includeAll: true,
    multi: true,
    ...(kind === 'prometheus' ? { allValue: '.*' } : { allValue: '*' }),
    current: { text: 'All', value: '$__all' },
  };
}

function targetsOf(panel: Panel, kind: 'prometheus' | 'graphite'): object[] {
  const refId = (index: number): string => String.fromCharCode(65 + index);
  if (kind === 'graphite') return panel.graphite.map((target, index) => ({ refId: refId(index), target }));
  return panel.prometheus.map(([expr, legendFormat], index) => ({ refId: refId(index), expr, legendFormat }));
}
