// The formulas of aggregators, with carbon-relay-ng's own oracles (COMPAT 7.1).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AGGREGATOR_FUNCTIONS,
  isAggregatorFunction,
  percentileOf,
} from '../../../src/table/aggregator-options.ts';
import { computeFunction, needsOf } from '../../../src/table/aggregator/functions.ts';
import { renderValue } from '../../../src/table/aggregator/render-value.ts';
import { WindowColumns } from '../../../src/table/aggregator/window-columns.ts';
import { parseNumber } from '../../../src/metric/number.ts';
import type { AggregatorFunction } from '../../../src/table/options.ts';

/** Feeds a window for one function, timestamps 1, 2, …; results by suffix. */
function compute(
  name: AggregatorFunction,
  values: readonly number[],
  times?: readonly number[],
): Record<string, number> {
  const columns = new WindowColumns({ windowsMax: 1, valuesMax: 1000 });
  const window = columns.take(0, 0);
  for (const [i, value] of values.entries()) columns.add(window, needsOf(name), times?.[i] ?? i + 1, value);
  return Object.fromEntries(
    computeFunction(name, columns.read(window)).map(({ suffix, value }) => [suffix, value]),
  );
}

test('COMPAT 7.1: the oracles of carbon-relay-ng', () => {
  const one = [1, 2, 5, 4, 3];
  assert.equal(compute('stdev', one)[''], 1.4142135623730951);
  assert.deepEqual(compute('percentiles', one), {
    '.p25': 1.5,
    '.p50': 3,
    '.p75': 4.5,
    '.p90': 5,
    '.p95': 5,
    '.p99': 5,
  });
  assert.equal(compute('derive', one)[''], 0.5);
  const two = [6, 2, 3, 1];
  assert.equal(compute('stdev', two)[''], 1.8708286933869707);
  assert.deepEqual(Object.values(compute('percentiles', two)).slice(0, 3), [1.25, 2.5, 5.25]);
  assert.equal(compute('derive', two)[''], -5 / 3);
  const three = [5, 4, 7, 4, 2, 5, 4, 9];
  assert.equal(compute('stdev', three)[''], 2);
  assert.deepEqual(Object.values(compute('percentiles', three)).slice(0, 3), [4, 4.5, 6.5]);
  assert.equal(compute('derive', three)[''], 4 / 7);
});

test('every function of the same points', () => {
  const values = [3, -1, 4, 1, -5, 9];
  const results = AGGREGATOR_FUNCTIONS.filter((name) => name !== 'percentiles').map((name) => [
    name,
    compute(name, values)[''],
  ]);
  const mean = 11 / 6;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 6;
  assert.deepEqual(Object.fromEntries(results), {
    avg: mean,
    count: 6,
    delta: 14,
    derive: 6 / 5,
    last: 9,
    max: 9,
    median: 2,
    min: -5,
    stdev: Math.sqrt(variance),
    sum: 11,
    variance,
  });
});

test('derive goes by timestamps, the first of equal ones counts, and points at one time make nothing', () => {
  assert.deepEqual(compute('derive', [10, 4, 7, 99], [5, 3, 3, 5]), { '': 3 });
  assert.deepEqual(compute('derive', [1, 2], [7, 7]), {});
  assert.deepEqual(compute('derive', [1], [7]), {});
});

test('last is what arrived last, whatever its timestamp', () => {
  assert.deepEqual(compute('last', [1, 2, 3], [9, 8, 7]), { '': 3 });
});

test('a first value that is no number stays the minimum and the maximum, a later one is none', () => {
  assert.deepEqual(compute('max', [Number.NaN, 5]), { '': Number.NaN });
  assert.deepEqual(compute('min', [5, Number.NaN, 3]), { '': 3 });
});

test('percentiles sort what is no number first, as Go does', () => {
  assert.deepEqual(compute('p99', [2, Number.NaN, 1]), { '': 2 });
  assert.ok(Number.isNaN(compute('p1', [2, Number.NaN, 1])['']));
});

test('names of percentiles are those of carbon', () => {
  const percents = ['p1', 'p5', 'p50', 'p95', 'p99', 'p999', 'p9999'].map(
    (word) => percentileOf(word)?.percent,
  );
  assert.deepEqual(percents, [1, 5, 50, 95, 99, 99.9, 99.99]);
  for (const word of [
    'p',
    'p0',
    'p05',
    'p100',
    'p500',
    'p99999',
    'P50',
    'pfoo',
    'p95_',
    'p95_higher',
    'p0_nearest',
  ]) {
    assert.equal(isAggregatorFunction(word), false, word);
  }
  assert.deepEqual(compute('p999', [1, 2, 3]), { '': 3 });
});

test('the other ways to a percentile', () => {
  const values = [30, 10, 20, 40, 50, 60, 70, 80, 90, 100, 110];
  const names = ['p50', 'p95', 'p999', 'p1'] as const;
  const by = (method: 'linear' | 'nearest') => names.map((name) => compute(`${name}_${method}`, values)['']);
  // Python: carbon.aggregator.rules.percentile(0.5), (0.95), (0.999), (0.01).
  assert.deepEqual(by('linear'), [60, 105, 109.9, 11]);
  // A running carbon-c-relay says the same but for the last, where it reads what is no value.
  assert.deepEqual(by('nearest'), [60, 110, 110, 10]);
  assert.deepEqual(compute('p50_nearest', [1, 2, 3, 4]), { '': 2 });
  assert.deepEqual(compute('p50_linear', [1, 2, 3, 4]), { '': 2.5 });
  assert.deepEqual(compute('p5_nearest', [7]), { '': 7 });
  assert.deepEqual(compute('p5_linear', [7]), { '': 7 });
});

test('values are rendered so that they read back as they are', () => {
  const values = [
    0,
    -0,
    1.0000001,
    1e-9,
    1e21,
    123456789012345680000,
    0.1 + 0.2,
    5e-324,
    -1.7976931348623157e308,
  ];
  for (const value of [...values, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.ok(Object.is(parseNumber(renderValue(value)), value), renderValue(value));
    assert.ok(renderValue(value).length <= 24);
  }
  assert.deepEqual([-0, Number.POSITIVE_INFINITY, 1e21].map(renderValue), ['-0', '+Inf', '1e+21']);
});
