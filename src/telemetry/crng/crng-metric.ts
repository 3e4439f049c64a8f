// A self-metric under the name that carbon-relay-ng gives it.
import type { HistogramView, Summary } from '../timing/histogram.ts';
import type { Rates } from '../traffic/moving-rates.ts';

/** `name` begins behind service and instance, and has `=` where it is sent as `_is_`. */
export type CrngMetric =
  | { readonly kind: 'counter' | 'gauge'; readonly name: string; readonly value: number }
  | {
      readonly kind: 'timer' | 'histogram';
      readonly name: string;
      /** Undefined: nothing was recorded yet. */
      readonly histogram: HistogramView | undefined;
      /** What a value is multiplied by to be in the unit of the name. */
      readonly scale: number;
    };

/** Names the relay in front of all names. */
export interface CrngIdentity {
  readonly service: string;
  readonly instance: string;
}

/** Renders a whole name: every `=` as `_is_`; what would end a name in a line becomes `_`. */
export function crngName({ service, instance }: CrngIdentity, name: string): string {
  return cleanName(`service=${service}.instance=${instance}.${name}`);
}

/** Renders a name so that it is one field of a line. */
export function cleanName(name: string): string {
  return name.replaceAll('=', '_is_').replaceAll(/[\s\p{Cc}]/gu, '_');
}

/** The figures of a summary in another unit; rates stay. */
export function scaleSummary(summary: Summary, scale: number): Summary {
  const { count, sum, min, max, mean, stddev, p50, p75, p90, p95, p99, p999 } = summary;
  return {
    count,
    sum: sum * scale,
    min: min * scale,
    max: max * scale,
    mean: mean * scale,
    stddev: stddev * scale,
    p50: p50 * scale,
    p75: p75 * scale,
    p90: p90 * scale,
    p95: p95 * scale,
    p99: p99 * scale,
    p999: p999 * scale,
  };
}

export const NO_RATES: Rates = { minute: 0, fiveMinutes: 0, fifteenMinutes: 0, sinceStart: 0 };
