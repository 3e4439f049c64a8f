// What the functions of aggregators compute, by carbon-relay-ng's formulas (processor.go), bit for bit where the points come
// in the same order. Which figures of a window a function needs is said here too, so that nothing else is kept.
import { type AGGREGATOR_FUNCTIONS, percentileOf, type Percentile } from '../aggregator-options.ts';
import type { AggregatorFunction } from '../options.ts';

/** Figures that a window keeps, as bits. */
export const NEED_SUM = 1;
export const NEED_EXTREMES = 2;
export const NEED_LAST = 4;
export const NEED_ENDS = 8;
/** All values, in order of arrival. */
export const NEED_VALUES = 16;

/** A closed window as the functions see it; only what their needs ask for is set. */
export interface WindowFigures {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  /** The points with the lowest and the highest timestamp; of equal ones the first to arrive. */
  oldest: number;
  oldestSec: number;
  newest: number;
  newestSec: number;
  /** In order of arrival. */
  values: Float64Array;
  /** The same, ascending; made by `sorted` when a function asks. */
  ordered: Float64Array | undefined;
}

/** One result: what is appended to the key, and the value. */
export interface FunctionResult {
  readonly suffix: string;
  readonly value: number;
}

/** crng's `percentiles` makes a series of each of these. */
const PERCENTILES = [25, 50, 75, 90, 95, 99];
const MEDIAN: Percentile = { percent: 50, fraction: 0.5, method: undefined };

const NEEDS: Readonly<Record<(typeof AGGREGATOR_FUNCTIONS)[number], number>> = {
  avg: NEED_SUM,
  count: 0,
  delta: NEED_EXTREMES,
  derive: NEED_ENDS,
  last: NEED_LAST,
  max: NEED_EXTREMES,
  median: NEED_VALUES,
  min: NEED_EXTREMES,
  percentiles: NEED_VALUES,
  stdev: NEED_SUM | NEED_VALUES,
  sum: NEED_SUM,
  variance: NEED_SUM | NEED_VALUES,
};

/** What is appended to the key for each result of a function. */
export function resultSuffixes(name: AggregatorFunction): readonly string[] {
  return name === 'percentiles' ? PERCENTILES.map((percent) => `.p${percent}`) : [''];
}

/** Says which figures a function needs. */
export function needsOf(name: AggregatorFunction): number {
  return name in NEEDS ? NEEDS[name as (typeof AGGREGATOR_FUNCTIONS)[number]] : NEED_VALUES;
}

/** Computes a function; a window may have no result (`derive` of points at one time). */
export function computeFunction(name: AggregatorFunction, figures: WindowFigures): readonly FunctionResult[] {
  if (name === 'percentiles') {
    const ordered = sorted(figures);
    if (ordered.length === 0) return [];
    return PERCENTILES.map((percent) => ({
      suffix: `.p${percent}`,
      value: nistPercentile(ordered, percent),
    }));
  }
  const value = computeOne(name, figures);
  return value === undefined ? [] : [{ suffix: '', value }];
}

function computeOne(name: AggregatorFunction, figures: WindowFigures): number | undefined {
  switch (name) {
    case 'avg':
      return figures.sum / figures.count;
    case 'count':
      return figures.count;
    case 'delta':
      return figures.max - figures.min;
    case 'derive':
      if (figures.newestSec === figures.oldestSec) return undefined;
      return (figures.newest - figures.oldest) / (figures.newestSec - figures.oldestSec);
    case 'last':
      return figures.last;
    case 'max':
      return figures.max;
    case 'min':
      return figures.min;
    case 'stdev':
      return figures.values.length === 0 ? undefined : Math.sqrt(variance(figures));
    case 'sum':
      return figures.sum;
    case 'variance':
      return figures.values.length === 0 ? undefined : variance(figures);
    default: {
      const ordered = sorted(figures);
      return ordered.length === 0 ? undefined : percentile(ordered, percentileOf(name));
    }
  }
}

/** The population variance, in two passes. */
function variance({ sum, count, values }: WindowFigures): number {
  const mean = sum / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return squares / values.length;
}

/** A percentile of ascending values, at least one; undefined: the median. */
function percentile(ordered: Float64Array, { percent, fraction, method }: Percentile = MEDIAN): number {
  switch (method) {
    case 'linear':
      return linearPercentile(ordered, fraction);
    case 'nearest':
      return nearestPercentile(ordered, fraction);
    case undefined:
      return nistPercentile(ordered, percent);
  }
}

/** carbon's, between the two values next to the rank (Hyndman and Fan's R7), in the order in which carbon computes it. */
function linearPercentile(ordered: Float64Array, fraction: number): number {
  const rank = fraction * (ordered.length - 1);
  const [left, right] = [Math.floor(rank), Math.ceil(rank)];
  const low = ordered[left] as number;
  return left === right ? low : low * (right - rank) + (ordered[right] as number) * (rank - left);
}

/** carbon-c-relay's, which is one of the values: the rank goes up from a tenth on, not from any fraction. */
function nearestPercentile(ordered: Float64Array, fraction: number): number {
  const rank = Math.trunc(fraction * ordered.length + 0.9);
  // With few values and a low percentile its rank is 0, and it reads what is no value.
  return ordered[Math.max(1, rank) - 1] as number;
}

/** NIST's (Hyndman and Fan's R6) percentile of ascending values, at least one. */
function nistPercentile(ordered: Float64Array, percent: number): number {
  const count = ordered.length;
  const rank = (percent / 100) * (count + 1);
  const below = Math.floor(rank);
  if (rank < 1) return ordered[0] as number;
  if (below >= count) return ordered[count - 1] as number;
  const low = ordered[below - 1] as number;
  return low + (rank - below) * ((ordered[below] as number) - low);
}

/** Sorts as Go does: what is no number comes first. */
function sorted(figures: WindowFigures): Float64Array {
  if (figures.ordered !== undefined) return figures.ordered;
  const ordered = figures.values.slice().sort();
  let numbers = ordered.length;
  while (numbers > 0 && Number.isNaN(ordered[numbers - 1])) numbers -= 1;
  if (numbers < ordered.length) {
    ordered.copyWithin(ordered.length - numbers, 0, numbers);
    ordered.fill(Number.NaN, 0, ordered.length - numbers);
  }
  figures.ordered = ordered;
  return ordered;
}
