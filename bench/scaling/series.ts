// Cost against the number of series: known lines, and new ones. Beside it what one read of memory costs at the same size,
// since that is what a look-up among many series waits for.
import { cpuMicros } from '../cpu-micros.ts';
import { CHUNK_BYTES, makeDataPath, makeRoute } from '../data-path.ts';
import { costAt, type CurvePoint, curveOf, type ScalingResult } from './curve.ts';
import { drive, LINE, medianDrive } from './drive.ts';
import { LineSource } from './line-source.ts';

const SIZES = [1000, 10_000, 100_000, 1_000_000, 4_000_000, 10_000_000];
const LINES = 2_000_000;
const ROUNDS = 3;
const READS = 4_000_000;
const SLOT_BYTES = 64;

/** Measures the curve of known series, new series and random reads. */
export async function measureSeries(): Promise<ScalingResult> {
  const known: CurvePoint[] = [];
  const fresh: CurvePoint[] = [];
  const reads: CurvePoint[] = [];
  for (const x of SIZES) {
    const path = await makeDataPath({ routes: [makeRoute('all', {})] });
    const source = new LineSource(LINE, CHUNK_BYTES);
    const first = drive(path, source, x, x, 1);
    fresh.push({ x, y: first.secondsPerMillion, lost: first.lost });
    drive(path, source, x, 200_000, 1);
    const { secondsPerMillion, lost } = medianDrive(ROUNDS, () => drive(path, source, x, LINES, 1));
    const { series, memoryBytes } = path.stats();
    if (series !== x) throw new Error(`the engine knows ${series} series of ${x}`);
    known.push({ x, y: secondsPerMillion, lost, more: { memoryMib: Math.round(memoryBytes / 2 ** 20) } });
    reads.push({ x, y: randomReads(memoryBytes), lost: 0 });
  }
  const curves = [
    { name: 'known series', points: known },
    { name: 'new series', points: fresh },
    { name: 'one read of memory, at random', points: reads },
  ];
  return {
    name: 'series',
    title: 'Cost against the number of series',
    note: 'inside the process: dispatcher, engine, one output; 63-byte lines, each of another series than the one before',
    xLabel: 'series',
    yLabel: 'CPU s per 1 M lines',
    yScale: 'log',
    curves,
    reasons: reasons(curves),
  };
}

/** CPU seconds per 1 M reads, each at a place that the one before names, in so much memory. */
function randomReads(bytes: number): number {
  const step = SLOT_BYTES / 4;
  const slots = Math.max(1024, Math.floor(bytes / SLOT_BYTES));
  const memory = new Uint32Array(slots * step);
  // One cycle through all slots.
  const order = new Uint32Array(slots);
  for (let i = 0; i < slots; i++) order[i] = i;
  for (let i = slots - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * i);
    const held = order[i] ?? 0;
    order[i] = order[other] ?? 0;
    order[other] = held;
  }
  for (let i = 0; i < slots; i++) memory[i * step] = (order[i] ?? 0) * step;
  let at = 0;
  const before = cpuMicros();
  for (let i = 0; i < READS; i++) at = memory[at] ?? 0;
  const seconds = (cpuMicros() - before) / 1e6;
  if (at < 0) throw new Error('unreachable');
  return (seconds / READS) * 1e6;
}

function reasons(curves: ScalingResult['curves']): string[] {
  const known = curveOf(curves, 'known series');
  const read = curveOf(curves, 'one read of memory, at random');
  const memory = (x: number): string => `${known.points.find((p) => p.x === x)?.more?.['memoryMib']} MiB`;
  const ns = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ns`;
  const growth = costAt(known, 4_000_000) - costAt(known, 10_000);
  const readGrowth = costAt(read, 4_000_000) - costAt(read, 10_000);
  return [
    `From 10,000 to 4,000,000 series a known line costs ${ns(growth)} more: the engine's memory grows from ${memory(10_000)} to ${memory(4_000_000)}, beyond the caches, and one read at a random place of so much memory costs ${ns(readGrowth)} more. The line waits for ${(growth / readGrowth).toFixed(1)} such reads (directory, entry, key), not for work.`,
    `Beyond that it grows little: from 4,000,000 to 10,000,000 series by ${ns(costAt(known, 10_000_000) - costAt(known, 4_000_000))} a line, since every read misses already.`,
  ];
}
