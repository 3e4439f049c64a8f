// The part of docs/performance.md about scaling, rendered from bench/results/scaling.json, and its plots.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../../bench/result-file.ts';
import { renderChart } from '../../src/cli/bench/svg-chart.ts';
import { ROOT } from '../source-files.ts';
import { count, describeOrigin, row } from './words.ts';

/** One line of a chart; `y` is a cost at a size `x`. */
interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly lost: number }[];
}

/** One question and its answer; bench/results/scaling.json is a list of them. */
export interface ScalingResult {
  readonly origin: Origin;
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: 'linear' | 'log';
  readonly curves: readonly Curve[];
  /** A sentence for each place where a curve bends. */
  readonly reasons: readonly string[];
}

/** Reads the results of the scaling benches, if there are any. */
export function readScaling(): ScalingResult[] {
  const file = join(ROOT, 'bench/results/scaling.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ScalingResult[]) : [];
}

/** Renders the section; nothing of nothing. */
export function renderScaling(results: readonly ScalingResult[]): string {
  if (results.length === 0) return '';
  const parts = results.map((result) => {
    const lost = result.curves.flatMap(({ points }) => points).reduce((sum, point) => sum + point.lost, 0);
    return [
      `### ${result.title}\n`,
      `![${result.title}](../bench/results/${plotName(result)})\n`,
      `${result.note}; lost in all points: ${count(lost)} lines.\n`,
      ...table(result),
      '',
      ...result.reasons.map((reason) => `- ${reason}`),
      ...(result.reasons.length > 0 ? [''] : []),
    ].join('\n');
  });
  const places = new Set(results.map(({ origin }) => describeOrigin(origin)));
  return [`## How it scales\n\nOurs alone; ${[...places].join('; ')}.\n`, ...parts].join('\n');
}

function plotName({ name }: ScalingResult): string {
  return `scaling-${name}.svg`;
}

/** A row a size, a column a curve. */
function table({ xLabel, yLabel, curves }: ScalingResult): string[] {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted(
    (a, b) => a - b,
  );
  return [
    row([xLabel, ...curves.map(({ name }) => (name === '' ? yLabel : name))]),
    row(['---:', ...curves.map(() => '---:')]),
    ...sizes.map((x) => {
      const cells = curves.map(({ points }) => points.find((point) => point.x === x)?.y);
      return row([
        count(x),
        ...cells.map((y) => (y === undefined ? '' : Number(y.toPrecision(3)).toString())),
      ]);
    }),
  ];
}

/** Draws the plots; file names in bench/results/ and their text. */
export function renderScalingPlots(results: readonly ScalingResult[]): Record<string, string> {
  const plots = results.map((result) => {
    const text = renderChart({
      title: result.title,
      note: result.note,
      xLabel: result.xLabel,
      yLabel: result.yLabel,
      xScale: 'log',
      yScale: result.yScale,
      series: result.curves.map(({ name, points }) => ({
        name,
        points: points.map(({ x, y }) => [x, y] as const),
      })),
    });
    return [plotName(result), text] as const;
  });
  return Object.fromEntries(plots);
}
