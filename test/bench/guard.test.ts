// The arithmetic of the guard: what it lets pass and what not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  type Baseline,
  baselineFor,
  type BaselineFile,
  betterOf,
  type Figure,
  judge,
  makeFigure,
  median,
  passes,
} from '../../bench/guard/judge.ts';

const baseline: Baseline = { origin: {}, ratios: { a: 2, b: 4 } };

function figure(name: string, ratio: number, lost = 0): Figure {
  return { name, ratio, spread: 1, lost };
}

function verdicts(...figures: readonly Figure[]): string[] {
  return judge(figures, baseline).map(({ name, verdict }) => `${name} ${verdict}`);
}

test('the median is the middle of the values, whatever their order', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('a figure is the median of the ratios of its rounds, so that one slow round does not count', () => {
  const made = makeFigure('a', [10, 90, 12], [5, 6, 6], 0);
  assert.deepEqual(made, { name: 'a', ratio: 2, spread: 7.5, lost: 0 });
});

test('a ratio passes up to a quarter above the baseline and not beyond', () => {
  assert.deepEqual(verdicts(figure('a', 2.5), figure('b', 5.01)), ['a ok', 'b worse']);
  assert.deepEqual(verdicts(figure('a', 2), figure('b', 2.99)), ['a ok', 'b better']);
});

test('a lost line fails whatever the ratio', () => {
  assert.deepEqual(verdicts(figure('a', 1, 1), figure('b', 4, Number.NaN)), ['a lost', 'b lost']);
});

test('a figure without a baseline fails, and so does a baseline that nothing was measured for', () => {
  assert.deepEqual(verdicts(figure('a', 2), figure('c', 2)), ['a ok', 'c no baseline', 'b not measured']);
  assert.deepEqual(
    judge([figure('a', 2)], undefined).map(({ verdict }) => verdict),
    ['no baseline'],
  );
});

test('a ratio that is no number fails', () => {
  assert.deepEqual(verdicts(figure('a', Number.NaN), figure('b', 4)), ['a worse', 'b ok']);
  assert.deepEqual(verdicts(makeFigure('a', [], [], 0), figure('b', 4)), ['a worse', 'b ok']);
});

test('only ok and better pass', () => {
  const passing = judge([figure('a', 2), figure('b', 1), figure('c', 1)], baseline).filter(passes);
  assert.deepEqual(
    passing.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('of two measurements the better one counts, but a loss stays', () => {
  assert.equal(betterOf(figure('a', 3), figure('a', 2)).ratio, 2);
  assert.equal(betterOf(figure('a', 2), figure('a', 3)).ratio, 2);
  assert.equal(betterOf(figure('a', 3, 1), figure('a', 2)).lost, 1);
  assert.equal(betterOf(figure('a', 2), figure('a', 3, 1)).lost, 1);
});

test('a processor has its own baseline, and one that is not known the highest of the others', () => {
  const other: Baseline = { origin: {}, ratios: { a: 3, b: 1 } };
  const file: BaselineFile = { about: '', processors: { one: baseline, other } };
  assert.equal(baselineFor('other', file), other);
  assert.deepEqual(baselineFor('third', file)?.ratios, { a: 3, b: 4 });
  assert.equal(baselineFor('third', { about: '', processors: {} }), undefined);
});

test('the baselines in the checkout name a ratio above zero for each figure', () => {
  const file = new URL('../../bench/guard-baseline.json', import.meta.url);
  const { processors } = JSON.parse(readFileSync(file, 'utf8')) as BaselineFile;
  assert.ok(Object.keys(processors).length >= 1);
  for (const { ratios } of Object.values(processors)) {
    assert.ok(Object.keys(ratios).length >= 13);
    for (const [name, ratio] of Object.entries(ratios)) assert.ok(ratio > 0 && ratio < 100, name);
  }
});
