// The names of the functions of aggregators, for whoever reads them from a user.
import type { AggregatorFunction } from './options.ts';

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
  return (AGGREGATOR_FUNCTIONS as readonly string[]).includes(word) || percentOf(word) !== undefined;
}

/** The percentile of a name: `p5` 5, `p95` 95, and as carbon spells it `p999` 99.9; undefined for any other word. */
export function percentOf(word: string): number | undefined {
  const digits = /^p([1-9]\d?|99\d{1,2})$/.exec(word)?.[1];
  if (digits === undefined) return undefined;
  return digits.length <= 2 ? Number(digits) : Number(`${digits.slice(0, 2)}.${digits.slice(2)}`);
}
