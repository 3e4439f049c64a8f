// The names of the functions of aggregators, for whoever reads them from a user.
import type { AggregatorFunction, PercentileMethod } from './options.ts';

/** The functions with a name of their own. */
export const AGGREGATOR_FUNCTIONS = [
  'avg',
  'count',
  'delta',
  'derive',
  'last',
  'max',
  'median',
  'min',
  'percentiles',
  'stdev',
  'sum',
  'variance',
] as const satisfies readonly AggregatorFunction[];

/** Tells a function's name from any other word. */
export function isAggregatorFunction(word: string): word is AggregatorFunction {
  return (AGGREGATOR_FUNCTIONS as readonly string[]).includes(word) || percentileOf(word) !== undefined;
}

/** One percentile and the way to it; without a method it is that of carbon-relay-ng. */
export interface Percentile {
  readonly percent: number;
  /** The same as a part of one, as written: 0.999, where 99.9 / 100 is another number. */
  readonly fraction: number;
  readonly method: PercentileMethod | undefined;
}

/**
 * The percentile of a name: `p5` 5, `p95` 95, and as carbon spells it `p999` 99.9, each alone or with `_linear` or
 * `_nearest`; undefined for any other word.
 */
export function percentileOf(word: string): Percentile | undefined {
  const [, digits, method] = /^p([1-9]\d?|99\d{1,2})(?:_(linear|nearest))?$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  const percent = digits.length <= 2 ? Number(digits) : Number(`${digits.slice(0, 2)}.${digits.slice(2)}`);
  const fraction = Number(`0.${digits.padStart(2, '0')}`);
  return { percent, fraction, method: method as PercentileMethod | undefined };
}
