// Cost against the number of series: known lines, and new ones. Beside it what one read of memory costs at the same size,
// since that is what a look-up among many series waits for.
import { cpuMicros } from '../cpu-micros.ts';
import { CHUNK_BYTES, makeDataPath, makeRoute } from '../data-path.ts';
import { costAt, type CurvePoint, curveOf, type ScalingResult } from './curve.ts';
import { drive, LINE, medianDrive } from './drive.ts';
import { LineSource } from './line-source.ts';

const SIZES = [1000, 10_000, 100_000, 1_000_000, 4_000_000, 10_000_000];
const LINES = 2_000_000;
const WARM_SERIES = 300_000;
const ROUNDS = 3;
const READS = 4_000_000;
/** An entry, its key and its slot, about; what the first series take was reserved before. */
const SERIES_BYTES = 80;
const SLOT_BYTES = 64;

/** Measures the curve of known series, new series and random reads. */
export async function measureSeries(): Promise<ScalingResult> {
  const known: CurvePoint[] = [];
  const fresh: CurvePoint[] = [];
  const reads: CurvePoint[] = [];
  const source = new LineSource(LINE, CHUNK_BYTES);
  const warm = await makeDataPath({ routes: [makeRoute('all', {})] });
  const emptyBytes = warm.stats().memoryBytes;
  drive(warm, source, WARM_SERIES, WARM_SERIES, 1);
  for (const x of SIZES) {
    const path = await makeDataPath({ routes: [makeRoute('all', {})] });
    const first = drive(path, source, x, x, 1);
    fresh.push({ x, y: first.secondsPerMillion, lost: first.lost });
    drive(path, source, x, 200_000, 1);
    const { secondsPerMillion, lost } = medianDrive(ROUNDS, () => drive(path, source, x, LINES, 1));
    const { series, memoryBytes } = path.stats();
    if (series !== x) throw new Error(`the engine knows ${series} series of ${x}`);
    const ownMib = Math.max(memoryBytes - emptyBytes, x * SERIES_BYTES) / 2 ** 20;
    known.push({ x, y: secondsPerMillion, lost, more: { memoryMib: ownMib } });
    reads.push({ x, y: randomReads(ownMib * 2 ** 20), lost: 0 });
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
  const fresh = curveOf(curves, 'new series');
  const read = curveOf(curves, 'one read of memory, at random');
  const memory = (x: number): string => {
    const mib = known.points.find((p) => p.x === x)?.more?.['memoryMib'] ?? Number.NaN;
    return `${mib.toFixed(mib < 10 ? 1 : 0)} MiB`;
  };
  const ns = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ns`;
  const growth = costAt(known, 4_000_000) - costAt(known, 10_000);
  const readGrowth = costAt(read, 4_000_000) - costAt(read, 10_000);
  return [
    `From 10,000 to 4,000,000 series a known line costs ${ns(growth)} more: what the engine keeps of them grows from ${memory(10_000)} to ${memory(4_000_000)}, beyond every cache, and one read at a random place of so much memory costs ${ns(readGrowth)} more. That is ${(growth / readGrowth).toFixed(1)} such reads a line, where a look-up makes three or more (directory, slot, entry with its key): the engine looks all lines of a run up in one loop, so that the reads of several lines are under way at once.`,
    `From there to 10,000,000 series, ${memory(10_000_000)}, the cost of a line changes by ${ns(costAt(known, 10_000_000) - costAt(known, 4_000_000))} only: every read misses the caches already.`,
    `A new series costs ${ns(costAt(fresh, 100_000))} when there are 100,000 and ${ns(costAt(fresh, 10_000_000))} on the way to 10,000,000: the table grows segment by segment and is never rehashed as a whole.`,
  ];
}
