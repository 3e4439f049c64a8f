// Memory over time while every line is a series that was never there: the whole relay, under ten routes. It grows until the
// table holds `max_series`, and from there on stays flat: the bench fails where the last half of the run says otherwise.
// What was written is kept for 10 s to be sent again, more of it the faster the machine is; here so little for each destination
// that it does not hide what is asked.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pickPorts, startRelay, STOP_AFTER_MS, stop } from '../e2e-run.ts';
import { openWay } from '../load-ways.ts';
import { readProcessCost } from '../process-cost.ts';
import { makeSluice } from '../relays/sluice.ts';
import { readScenarios } from '../scenario.ts';
import { type CurvePoint, curveOf, type ScalingResult } from './curve.ts';

const MILLION = 1_000_000;
/** New series so far at which memory is read: the churn of the other relays first, then evenly. */
const SIZES = [0.2, 0.8, 1.4, ...Array.from({ length: 10 }, (_, step) => 3 + step * 2)].map((size) =>
  Math.round(size * MILLION),
);
const SIZE_MAX = SIZES.at(-1) ?? 0;
/** MiB that a million series may leave behind once the table is full: a byte each. */
const SLOPE_MAX = 1;
const MIB = 2 ** 20;
const REDO_BYTES = MIB;

/** What the relay says of its memory, MiB. */
interface Held {
  readonly engine: number;
  readonly heap: number;
}

/** Measures with a bound, or with that of the defaults. */
export async function measureChurn(maxSeries?: number): Promise<ScalingResult> {
  const curves = await run(maxSeries);
  const resident = curveOf(curves, 'resident').points;
  const late = (points: readonly CurvePoint[]): CurvePoint[] => points.filter(({ x }) => x > SIZE_MAX / 2);
  const { slope, least, most } = summarise(late(resident));
  const { slope: heapSlope } = summarise(late(curveOf(curves, 'of that the heap of V8').points));
  if (slope > SLOPE_MAX) {
    console.log(`memory is not flat: ${slope.toFixed(2)} MiB for each million series once the table is full`);
    process.exitCode = 1;
  }
  const bound = maxSeries === undefined ? '10 M' : `${maxSeries / MILLION} M`;
  const at = (name: string, x: number): number =>
    curveOf(curves, name).points.find((point) => point.x === x)?.y ?? Number.NaN;
  const [first = 0, then = 0] = SIZES;
  const grown = (name: string): string => (at(name, then) - at(name, first)).toFixed(0);
  const table = at('of that the series table', SIZE_MAX);
  return {
    name: maxSeries === undefined ? 'churn-default' : 'churn',
    title: `Memory while every line is a new series, ${bound} of them remembered`,
    note: 'the whole relay at full speed, 10 routes with a destination each (`redo_bytes` 1 MiB), every line a series that was never there',
    xLabel: 'new series so far',
    yLabel: 'MiB',
    yScale: 'linear',
    curves,
    reasons: [
      `From ${count(first)} to ${count(then)} new series it grows by ${grown('resident')} MiB: ${grown('of that the series table')} MiB are the series, ${grown('of that the heap of V8')} MiB the heap of V8, the rest what queues and redo windows hold.`,
      `The table grows to ${table.toFixed(0)} MiB, until it holds \`max_series\`; then each generation of series takes the room of the one that is forgotten.`,
      `From there on, from ${count(SIZE_MAX / 2)} to ${count(SIZE_MAX)} new series, it holds ${least.toFixed(0)} to ${most.toFixed(0)} MiB: a slope of ${slope.toFixed(2)} MiB for each million, less than a byte a series, of which ${heapSlope.toFixed(2)} MiB are the heap of V8.`,
    ],
  };
}

function count(series: number): string {
  return `${series / MILLION} M`;
}

async function run(maxSeries: number | undefined): Promise<ScalingResult['curves']> {
  const scenario = readScenarios().find(({ name }) => name === 'churn10')!;
  const relay = makeSluice({
    name: 'sluice',
    about: 'this checkout, with a small redo window',
    keys: maxSeries === undefined ? [] : [`max_series = ${maxSeries}`],
    options: `when_full=block redo_bytes=${REDO_BYTES}`,
  });
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const children: ChildProcess[] = [];
  const way = await openWay(scenario, relay, 1, children);
  try {
    const ports = await pickPorts(way.sinks);
    const command = relay.command(scenario.table, ports, folder);
    const pid = await startRelay(command, ports.listen, folder, children);
    // Room for plans and for one run, most of which is never touched.
    const reserved = (await readHeld(ports.http)).engine;
    const resident: CurvePoint[] = [];
    const table: CurvePoint[] = [];
    const heap: CurvePoint[] = [];
    let sent = 0;
    for (const x of SIZES) {
      const outcome = await way.send({ kind: 'full', lines: x - sent }, ports.listen);
      sent = x;
      const lost = outcome.expected - outcome.received;
      const held = await readHeld(ports.http);
      resident.push({ x, y: readProcessCost(pid).rssMib, lost });
      table.push({ x, y: held.engine - reserved, lost: 0 });
      heap.push({ x, y: held.heap, lost: 0 });
      console.log(`  ${count(x)} new series: ${resident.at(-1)?.y.toFixed(0)} MiB resident`);
    }
    return [
      { name: 'resident', points: resident },
      { name: 'of that the series table', points: table },
      { name: 'of that the heap of V8', points: heap },
    ];
  } finally {
    for (const child of children.toReversed()) await stop(child, STOP_AFTER_MS);
    await way.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readHeld(httpPort: number): Promise<Held> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const mib = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]) / MIB;
  return { engine: mib('sluice_engine_memory_bytes'), heap: mib('nodejs_heap_size_total_bytes') };
}

/** Least squares: how much more for each million series; and the extremes. */
function summarise(points: readonly CurvePoint[]): { slope: number; least: number; most: number } {
  const mean = (of: (point: CurvePoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean((point) => point.x);
  const y = mean((point) => point.y);
  const slope = mean((p) => (p.x - x) * (p.y - y)) / mean((p) => (p.x - x) ** 2);
  const values = points.map((point) => point.y);
  return { slope: slope * MILLION, least: Math.min(...values), most: Math.max(...values) };
}
