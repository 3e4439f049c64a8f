// Cost against the length of a line.
import { CHUNK_BYTES, makeDataPath, makeRoute } from '../data-path.ts';
import type { CurvePoint, ScalingResult } from './curve.ts';
import { drive, medianDrive } from './drive.ts';
import { LineSource } from './line-source.ts';

const LENGTHS = [20, 32, 48, 64, 80, 96, 128, 192, 256, 384, 512, 768, 1000];
const BYTES = 100_000_000;
const SERIES = 1000;
/** What stands behind the key, with the newline. */
const TAIL = ' 1 1700000000';

/** Measures lines of 20 to 1,000 bytes. */
export async function measureLineLength(): Promise<ScalingResult> {
  const points: CurvePoint[] = [];
  for (const x of LENGTHS) {
    const path = await makeDataPath({ routes: [makeRoute('all', {})] });
    const head = '00000000'.padStart(Math.min(x - TAIL.length - 1, 16), 'h');
    const key = head.padEnd(x - TAIL.length - 1, '.abcdefg');
    const source = new LineSource(key + TAIL, CHUNK_BYTES);
    if (source.lineBytes !== x && x > 21) throw new Error(`a line of ${source.lineBytes} bytes, not ${x}`);
    const lines = Math.min(2_000_000, Math.round(BYTES / source.lineBytes));
    drive(path, source, SERIES, 100_000, 1);
    const { secondsPerMillion: y, lost } = medianDrive(5, () => drive(path, source, SERIES, lines, 1));
    points.push({
      x: source.lineBytes,
      y,
      lost,
      more: { secondsPerGigabyte: (y * 1000) / source.lineBytes },
    });
  }
  return {
    name: 'line-length',
    title: 'Cost against the length of a line',
    note: 'inside the process: dispatcher, engine, one output; 1,000 series',
    xLabel: 'bytes of a line',
    yLabel: 'CPU s per 1 M lines',
    yScale: 'linear',
    curves: [{ name: 'known series', points }],
    reasons: [describe(points)],
  };
}

/** Fits a straight line: what a line costs by itself, and what a byte of it. */
function describe(points: readonly CurvePoint[]): string {
  const count = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count;
  const slope =
    points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) /
    points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const fixed = meanY - slope * meanX;
  const off = points.map(({ x, y }) => ({ x, part: Math.abs(y / (fixed + slope * x) - 1) }));
  const worst = off.reduce((most, one) => (one.part > most.part ? one : most));
  return `A line costs ${(fixed * 1000).toFixed(0)} ns and ${(slope * 1000).toFixed(2)} ns for each of its bytes; no length is off that straight line by more than ${(worst.part * 100).toFixed(0)} % (${worst.x} bytes); steps of the blocks of 64 bytes that the scan reads are within that.`;
}
