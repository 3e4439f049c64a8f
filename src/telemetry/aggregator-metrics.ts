// The metrics of aggregators: one row a rule, labelled with the short name that carbon-relay-ng gives it.
import type { MetricDeclaration, Sample, Scrape } from './metric-declaration.ts';
import type { AggregatorStats } from './relay-view.ts';

const LABELS = ['aggregator', 'function'];

function perAggregator(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (stats: AggregatorStats) => number,
): MetricDeclaration {
  return {
    name,
    type,
    help,
    labels: LABELS,
    read: ({ aggregation }) =>
      aggregation.rules.map((stats) => ({ labels: labelsOf(stats), value: read(stats) })),
  };
}

function labelsOf({ key, functions }: AggregatorStats): Record<string, string> {
  return { aggregator: key, function: functions.join() };
}

function* refusals({ aggregation }: Scrape): Iterable<Sample> {
  for (const stats of aggregation.rules) {
    const labels = labelsOf(stats);
    yield { labels: { ...labels, reason: 'no_room' }, value: stats.noRoom };
    yield { labels: { ...labels, reason: 'too_new' }, value: stats.tooNew };
    yield { labels: { ...labels, reason: 'bad_key' }, value: stats.badKey };
  }
}

function receivedRange({ aggregation }: Scrape): Sample[] {
  const { receivedRange: range } = aggregation;
  if (range === undefined) return [];
  return [
    { labels: { bound: 'min' }, value: range.minSec },
    { labels: { bound: 'max' }, value: range.maxSec },
  ];
}

/** In the order they are shown. */
export const AGGREGATOR_METRICS: readonly MetricDeclaration[] = [
  perAggregator('sluice_aggregator_in_total', 'counter', 'Points that matched.', (a) => a.in),
  perAggregator('sluice_aggregator_out_total', 'counter', 'Lines that left.', (a) => a.out),
  perAggregator(
    'sluice_aggregator_too_old_total',
    'counter',
    'Points that came when their window had left; not lost as lines unless dropRaw ends them.',
    (a) => a.tooOld,
  ),
  perAggregator(
    'sluice_aggregator_amended_total',
    'counter',
    'Points that came late and let their window leave again.',
    (a) => a.amended,
  ),
  {
    name: 'sluice_aggregator_refused_total',
    type: 'counter',
    help: 'Points that went into no window, by reason.',
    labels: [...LABELS, 'reason'],
    read: refusals,
  },
  perAggregator('sluice_aggregator_windows', 'gauge', 'Windows kept now.', (a) => a.open),
  perAggregator(
    'sluice_aggregator_flush_waiting',
    'gauge',
    'Windows that are due and have not left yet.',
    (a) => a.waiting,
  ),
  {
    name: 'sluice_aggregation_received_timestamp_seconds',
    type: 'gauge',
    help: 'Oldest and newest timestamp among the points of the last second; absent when none came.',
    labels: ['bound'],
    read: receivedRange,
  },
  {
    name: 'sluice_aggregation_keys',
    type: 'gauge',
    help: 'Results by key that aggregators hold a place for.',
    labels: [],
    read: ({ aggregation }) => [{ labels: {}, value: aggregation.keys }],
  },
  {
    name: 'sluice_aggregation_values_refused_total',
    type: 'counter',
    help: 'Values left out of percentiles, median, stdev and variance because their memory was full.',
    labels: [],
    read: ({ aggregation }) => [{ labels: {}, value: aggregation.valuesRefused }],
  },
];
