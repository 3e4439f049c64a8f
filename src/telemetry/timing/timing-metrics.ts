// The histograms of destinations as Prometheus summaries: quantiles of the last minute (1 is the largest), and sum and
// count since the start, of which `rate(sum) / rate(count)` makes means over any time.
import { DESTINATION_TIMINGS, type TimingName } from './destination-timings.ts';
import type { Summary } from './histogram.ts';
import { DESTINATION_LABELS, destinationLabels } from '../destination-metrics.ts';
import type { MetricDeclaration, Sample } from '../metric-declaration.ts';
import type { DestinationStats } from '../relay-view.ts';

const MICROS_PER_SEC = 1e6;

/** The quantiles that are shown, by their label. */
const QUANTILES: readonly (readonly [string, (summary: Summary) => number])[] = [
  ['0.5', (s) => s.p50],
  ['0.75', (s) => s.p75],
  ['0.95', (s) => s.p95],
  ['0.99', (s) => s.p99],
  ['0.999', (s) => s.p999],
  ['1', (s) => s.max],
];

function* timingSamples(
  stats: DestinationStats,
  name: TimingName,
  divisor: number,
  nowMs: number,
): Iterable<Sample> {
  const histogram = stats.timings[name];
  if (histogram === undefined) return;
  const labels = destinationLabels(stats);
  const minute = histogram.window('1m', nowMs);
  for (const [quantile, read] of QUANTILES) {
    // What did not happen within the minute has no quantiles.
    const value = minute.count === 0 ? Number.NaN : read(minute) / divisor;
    yield { labels: { ...labels, quantile }, value };
  }
  yield { labels, part: 'sum', value: histogram.sum / divisor };
  yield { labels, part: 'count', value: histogram.count };
}

/** One summary for each histogram. */
export const TIMING_METRICS: readonly MetricDeclaration[] = DESTINATION_TIMINGS.map(
  ({ name, unit, help }): MetricDeclaration => ({
    name: `sluice_destination_${name.replace(/_(bytes|lines)$/, '')}_${unit === 'us' ? 'seconds' : unit}`,
    type: 'summary',
    help: `${help}; quantiles of the last minute.`,
    labels: DESTINATION_LABELS,
    read: ({ destinations, view }) =>
      destinations.flatMap((stats) => [
        ...timingSamples(stats, name, unit === 'us' ? MICROS_PER_SEC : 1, view.monotonicMs()),
      ]),
  }),
);
