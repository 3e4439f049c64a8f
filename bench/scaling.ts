// How the cost grows with series, rules, destinations, routes, connections and the length of lines, and memory with new series.
//
//   npm run bench:scaling                          # all, less than 12 minutes; writes to build/bench/
//   npm run bench:scaling -- --only series,rules   # some
//   npm run bench:scaling -- --record              # writes bench/results/scaling.json and its plots
//
// What the process does by itself is measured inside it (CPU of one thread, medians of 3 or 5), what sockets do with the whole
// relay. A sentence beside each curve says why it bends; it is made of the figures of the same run.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureEngine } from '../tools/engine-built.ts';
import { ROOT } from '../tools/source-files.ts';
import { readOrigin } from './result-file.ts';
import { measureChurn } from './scaling/churn.ts';
import { costAt, type ScalingResult } from './scaling/curve.ts';
import { measureLineLength } from './scaling/line-length.ts';
import { measureCopies, measureRoutes } from './scaling/outputs.ts';
import { measureRules } from './scaling/rules.ts';
import { keepScaling } from './scaling/scaling-file.ts';
import { measureSeries } from './scaling/series.ts';
import { measureConnections, measureCopiesEndToEnd, measureRoutesEndToEnd } from './scaling/sockets.ts';

/** A bound that is reached soon. */
const CHURN_SERIES_MAX = 1_000_000;

const QUESTIONS: Readonly<Record<string, () => Promise<readonly ScalingResult[]>>> = {
  series: async () => [await measureSeries()],
  rules: measureRules,
  lengths: async () => [await measureLineLength()],
  destinations: async () => [await measureDestinations()],
  routes: async () => [await measureAllRoutes()],
  connections: async () => [await measureConnections()],
  churn: async () => [await measureChurn(CHURN_SERIES_MAX)],
  'churn-default': async () => [await measureChurn()],
};

async function measureDestinations(): Promise<ScalingResult> {
  const inside = await measureCopies();
  const whole = await measureCopiesEndToEnd();
  const perCopy = (x: number, y: number): string => `${((y / x) * 1000).toFixed(0)} ns`;
  const copiesPerSecond = (x: number): string => {
    const rate = whole.points.find((point) => point.x === x)?.more?.['linesPerSecond'] ?? Number.NaN;
    return `${((rate * x) / 1e6).toFixed(1)} M`;
  };
  return {
    name: 'destinations',
    title: 'Cost against the number of destinations that each line goes to',
    note: '10,000 series over 4 connections at full speed',
    xLabel: 'destinations of each line',
    yLabel: 'CPU s per 1 M lines in',
    yScale: 'linear',
    curves: [inside, whole],
    reasons: [
      `A line costs the relay ${perCopy(1, costAt(whole, 1))} with one destination and ${perCopy(64, costAt(whole, 64))} a copy with 64: to read and to look it up is paid once, to copy it into a queue and to send it for each.`,
      `Without sockets and queues a copy costs ${perCopy(64, costAt(inside, 64))} with 64 destinations: a chunk whose lines all go the same way is shown to each of them, not copied, so nearly all of the slope is the kernel's and the queues'.`,
      `A copy costs ${perCopy(16, costAt(whole, 16))} with 16 destinations and ${perCopy(64, costAt(whole, 64))} with 64, at ${copiesPerSecond(16)} and ${copiesPerSecond(64)} copies a second. One process takes them all in here and shares two cores with the relay; what it costs to wait for full queues is not told apart.`,
    ],
  };
}

async function measureAllRoutes(): Promise<ScalingResult> {
  const inside = await measureRoutes();
  const whole = await measureRoutesEndToEnd();
  const ns = (x: number): string => `${(costAt(whole, x) * 1000).toFixed(0)} ns`;
  return {
    ...inside,
    title: 'Cost against the number of routes, each with a destination of its own',
    note: '10,000 series, each of which takes one route; with sockets over 4 connections',
    curves: [...inside.curves, whole],
    reasons: [
      ...inside.reasons,
      `With sockets a line costs ${ns(1)} with one destination, ${ns(100)} with 100 and ${ns(1000)} with 1,000: a turn's lines leave in so many more writes.`,
    ],
  };
}

function show({ title, yLabel, curves, reasons }: ScalingResult): void {
  console.log(`\n${title} (${yLabel})`);
  for (const { name, points } of curves) {
    console.log(`  ${name}: ${points.map(({ x, y }) => `${x}: ${y.toPrecision(3)}`).join(', ')}`);
    const lost = points.reduce((sum, point) => sum + point.lost, 0);
    console.log(`    lost ${lost}`);
  }
  for (const reason of reasons) console.log(`  ${reason}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, record: { type: 'boolean', default: false } },
  });
  const names = values.only?.split(',') ?? Object.keys(QUESTIONS);
  const folder = join(ROOT, values.record ? 'bench/results' : 'build/bench');
  const startedMs = performance.now();
  ensureEngine();
  for (const name of names) {
    const measure = QUESTIONS[name];
    if (measure === undefined)
      throw new Error(`no "${name}"; there are ${Object.keys(QUESTIONS).join(', ')}`);
    const origin = readOrigin();
    const results = await measure();
    for (const result of results) show(result);
    // Written as they come, so that a cut loses no more than one.
    keepScaling(
      folder,
      results.map((result) => ({ ...result, origin })),
    );
    if (results.some(({ curves }) => curves.some(({ points }) => points.some(({ lost }) => lost !== 0)))) {
      console.log('lines were lost');
      process.exitCode = 1;
    }
  }
  console.log(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s; written to ${folder}`);
}

await main();
