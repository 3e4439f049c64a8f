// The self-metrics of carbon-relay-ng as Graphite lines. What timers and histograms show is what came since the last time
// the same GraphiteLines was asked.
import { type HistogramReader, type HistogramView, NO_SUMMARY } from '../timing/histogram.ts';
import { type CrngIdentity, type CrngMetric, crngName, NO_RATES, scaleSummary } from './crng-metric.ts';

/** One point. */
export interface Point {
  readonly name: string;
  readonly value: number;
  /** True: shown with two decimals. */
  readonly isFloat?: boolean;
}

/** Renders a point as a line without its newline. */
export function renderPoint({ name, value, isFloat = false }: Point, nowSec: number): string {
  return `${name} ${isFloat ? value.toFixed(2) : Math.round(value)} ${nowSec}`;
}

/** Makes points, and remembers up to where each histogram was shown. */
export class GraphiteLines {
  readonly #identity: CrngIdentity;
  readonly #readers = new WeakMap<HistogramView, HistogramReader>();

  constructor(identity: CrngIdentity) {
    this.#identity = identity;
  }

  /** Makes the points of all metrics; `nowMs` is monotonic. */
  points(metrics: readonly CrngMetric[], nowMs: number): Point[] {
    return metrics.flatMap((metric) => {
      const name = crngName(this.#identity, metric.name);
      return 'value' in metric ? [{ name, value: metric.value }] : this.#histogram(name, metric, nowMs);
    });
  }

  #histogram(
    name: string,
    { kind, histogram, scale }: Extract<CrngMetric, { kind: 'timer' | 'histogram' }>,
    nowMs: number,
  ): Point[] {
    const summary = scaleSummary(this.#take(histogram, nowMs), scale);
    const { count, min, max, mean, stddev, p50, p75, p95, p99, p999 } = summary;
    const float = (suffix: string, value: number): Point => ({
      name: `${name}.stat_is_${suffix}`,
      value,
      isFloat: true,
    });
    const points: Point[] = [
      { name: countName(name), value: count },
      { name: `${name}.stat_is_min`, value: min },
      { name: `${name}.stat_is_max`, value: max },
      float('mean', mean),
      float('std', stddev),
      float('max_50', p50),
      float('max_75', p75),
      float('max_95', p95),
      float('max_99', p99),
      float('max_999', p999),
    ];
    if (kind === 'histogram') return points;
    const { minute, fiveMinutes, fifteenMinutes, sinceStart } = histogram?.rates(nowMs) ?? NO_RATES;
    points.push(float('mean__60', minute), float('mean__300', fiveMinutes));
    points.push(float('mean__900', fifteenMinutes), float('mean__start', sinceStart));
    return points;
  }

  #take(histogram: HistogramView | undefined, nowMs: number): typeof NO_SUMMARY {
    if (histogram === undefined) return NO_SUMMARY;
    let reader = this.#readers.get(histogram);
    if (reader === undefined) this.#readers.set(histogram, (reader = histogram.reader()));
    return reader.take(nowMs);
  }
}

/** The name of a count: the type is `count`, the unit `Metric`, and the unit there was goes to the end. */
function countName(name: string): string {
  const [, unit = ''] = /\.unit_is_([^.]*)/.exec(name) ?? [];
  const named = name
    .replace('mtype_is_gauge', 'mtype_is_count')
    .replace(/\.unit_is_[^.]*/, '.unit_is_Metric');
  return `${named}.orig_unit_is_${unit}`;
}
