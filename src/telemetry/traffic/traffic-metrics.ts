// The metrics of the traffic on four time scales.
import type { MetricDeclaration, Sample, Scrape } from '../metric-declaration.ts';
import type { TrafficReport } from './traffic.ts';
import type { TrafficFigures, TrafficPeak } from './traffic-meter.ts';
import { PEAK_SPANS } from './traffic-peaks.ts';

type Labels = Readonly<Record<string, string>>;

const SOURCE_LABELS = ['input', 'protocol', 'addr'];
const PEAK_LABELS = ['window_seconds', 'within'];

function sources({ inputs }: TrafficReport): [Labels, TrafficFigures][] {
  return inputs.map((row) => [{ input: row.input, protocol: row.protocol, addr: row.addr }, row]);
}

function now(name: string, help: string, read: (figures: TrafficFigures) => number): MetricDeclaration[] {
  const of = (labels: Labels, figures: TrafficFigures): Sample => ({ labels, value: read(figures) });
  return [
    {
      name: `sluice_input_${name}`,
      type: 'gauge',
      help,
      labels: SOURCE_LABELS,
      read: ({ traffic }: Scrape) => sources(traffic).map(([labels, figures]) => of(labels, figures)),
    },
    {
      name: `sluice_${name}`,
      type: 'gauge',
      help: `${help.slice(0, -1)}, all listeners together.`,
      labels: [],
      read: ({ traffic }: Scrape) => [of({}, traffic.all)],
    },
  ];
}

function* peaks(
  labels: Labels,
  figures: TrafficFigures,
  read: (peak: TrafficPeak) => number,
): Iterable<Sample> {
  for (const window of figures.windows) {
    for (const within of PEAK_SPANS) {
      const windowSeconds = String(window.windowMs / 1000);
      yield { labels: { ...labels, window_seconds: windowSeconds, within }, value: read(window[within]) };
    }
  }
}

function highest(name: string, help: string, read: (peak: TrafficPeak) => number): MetricDeclaration[] {
  return [
    {
      name: `sluice_input_${name}`,
      type: 'gauge',
      help,
      labels: [...SOURCE_LABELS, ...PEAK_LABELS],
      read: ({ traffic }: Scrape) =>
        sources(traffic).flatMap(([labels, figures]) => [...peaks(labels, figures, read)]),
    },
    {
      name: `sluice_${name}`,
      type: 'gauge',
      help: `${help.slice(0, -1)}, all listeners together.`,
      labels: PEAK_LABELS,
      read: ({ traffic }: Scrape) => peaks({}, traffic.all, read),
    },
  ];
}

/** In the order they are shown. */
export const TRAFFIC_METRICS: readonly MetricDeclaration[] = [
  ...now('metrics_per_second', 'Metrics that came in the last second.', (figures) => figures.metricsPerSec),
  ...now('bytes_per_second', 'Bytes that came in the last second.', (figures) => figures.bytesPerSec),
  ...highest(
    'peak_metrics',
    'Most metrics that came within one window of so many seconds, in the last minute, hour and day.',
    (peak) => peak.metrics,
  ),
  ...highest(
    'peak_bytes',
    'Most bytes that came within one window of so many seconds, in the last minute, hour and day.',
    (peak) => peak.bytes,
  ),
];
