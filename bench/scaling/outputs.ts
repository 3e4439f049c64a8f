// Cost against the number of outputs inside the process: copies of each line, and routes of which each line takes one.
import { CHUNK_BYTES, makeDataPath, makeRoute } from '../data-path.ts';
import { costAt, type Curve, type CurvePoint, type ScalingResult } from './curve.ts';
import { drive, LINE, medianDrive } from './drive.ts';
import { LineSource } from './line-source.ts';

const COPIES = [1, 2, 4, 8, 16, 32, 64];
const ROUTES = [1, 10, 30, 100, 300, 1000];
const SERIES = 10_000;

/** Measures fan-out without sockets. */
export async function measureCopies(): Promise<Curve> {
  const points: CurvePoint[] = [];
  for (const x of COPIES) {
    const path = await makeDataPath({ routes: [makeRoute('all', {}, x)] });
    points.push(measure(path, new LineSource(LINE, CHUNK_BYTES), x, x));
  }
  return { name: 'engine and dispatcher', points };
}

/** Measures routes with one output each; each series takes one of them. */
export async function measureRoutes(): Promise<ScalingResult> {
  const points: CurvePoint[] = [];
  for (const x of ROUTES) {
    const routes = Array.from({ length: x }, (_, i) =>
      makeRoute(`r${i}`, x === 1 ? {} : { regex: `^servers\\.host[0-9]*${suffixOf(i, x)}\\.` }),
    );
    points.push(measure(await makeDataPath({ routes }), new LineSource(LINE, CHUNK_BYTES), x, 1));
  }
  const curve = { name: 'engine and dispatcher', points };
  const cost = (x: number): number => costAt(curve, x);
  return {
    name: 'routes',
    title: 'Cost against the number of routes with a destination each',
    note: 'inside the process; 10,000 series, each of which takes one route',
    xLabel: 'routes',
    yLabel: 'CPU s per 1 M lines',
    yScale: 'linear',
    curves: [curve],
    reasons: [
      `With 1,000 outputs a line costs ${((cost(1000) - cost(1)) * 1000).toFixed(0)} ns more than with one: neighbours no longer leave in one copy, and each output costs a call in each run, of which there were ${points.at(-1)?.more?.['linesPerPush']?.toFixed(1)} lines each instead of ${points[0]?.more?.['linesPerPush']?.toFixed(0)}.`,
    ],
  };
}

/** The digits at the end of a series' number by which one of `count` (a power of ten, or three of them) is chosen. */
function suffixOf(index: number, count: number): string {
  const digits = Math.ceil(Math.log10(count));
  const steps = 10 ** digits;
  const own = Array.from({ length: steps }, (_, i) => i).filter((i) => i % count === index);
  return `(?:${own.map((i) => String(i).padStart(digits, '0')).join('|')})`;
}

function measure(
  path: Awaited<ReturnType<typeof makeDataPath>>,
  source: LineSource,
  x: number,
  copies: number,
): CurvePoint {
  const lines = Math.max(200_000, Math.round(2_000_000 / copies));
  drive(path, source, SERIES, 100_000, copies);
  const before = path.delivered.pushes;
  const linesBefore = path.delivered.lines;
  const { secondsPerMillion, lost } = medianDrive(3, () => drive(path, source, SERIES, lines, copies));
  const linesPerPush = (path.delivered.lines - linesBefore) / (path.delivered.pushes - before);
  return { x, y: secondsPerMillion, lost, more: { linesPerPush } };
}
