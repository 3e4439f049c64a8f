// Drives lines through the way inside the process and takes its CPU time alone.
import { cpuMicros } from '../cpu-micros.ts';
import type { DataPath } from '../data-path.ts';
import type { LineSource } from './line-source.ts';

/** What a drive cost, and what was missing of what should have come out. */
export interface Drive {
  readonly secondsPerMillion: number;
  readonly lost: number;
}

/** A step that visits each of up to ten million series once before one comes again, and no neighbours in turn. */
const STRIDE = 7_368_787;

/** Sends so many lines of `series` series in an order that does not help a cache; each leaves `copies` times. */
export function drive(
  path: DataPath,
  source: LineSource,
  series: number,
  lines: number,
  copies: number,
): Drive {
  const delivered = path.delivered.lines;
  const idOf = (nth: number): number => (nth * STRIDE) % series;
  let seconds = 0;
  for (let at = 0; at < lines; ) {
    const chunk = source.chunk(at, lines - at, idOf);
    const before = cpuMicros();
    path.sink.write(chunk);
    seconds += (cpuMicros() - before) / 1e6;
    at += chunk.length / source.lineBytes;
  }
  const lost = lines * copies - (path.delivered.lines - delivered);
  return { secondsPerMillion: (seconds / lines) * 1e6, lost };
}

/** The middle of several drives by cost, the losses of all. */
export function medianDrive(rounds: number, run: () => Drive): Drive {
  const drives = Array.from({ length: rounds }, run).toSorted(
    (a, b) => a.secondsPerMillion - b.secondsPerMillion,
  );
  return {
    secondsPerMillion: drives[rounds >> 1]?.secondsPerMillion ?? Number.NaN,
    lost: drives.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** A line of a 45-byte key. */
export const LINE = 'servers.host00000000.cpu.user.percent.value_xx 12.5 1700000000';
