// Prints measurements for people: a row each, then medians and ratios of the same round.
import type { Measurement } from './e2e-run.ts';

const COLUMNS: readonly { title: string; width: number; of: (m: Measurement) => string }[] = [
  { title: 'round', width: 5, of: (m) => String(m.round) },
  { title: 'relay', width: 15, of: (m) => m.relay },
  { title: 'lines in', width: 10, of: (m) => String(m.linesIn) },
  { title: 'lost', width: 9, of: (m) => String(m.lost) },
  { title: 'sum', width: 5, of: (m) => (m.sumOk ? 'ok' : 'DIFF') },
  { title: 'lines/s', width: 9, of: (m) => String(Math.round(m.linesPerSecond)) },
  { title: 'CPU s/1M', width: 9, of: (m) => m.cpuSecondsPerMillion.toFixed(3) },
  { title: 'delivered', width: 9, of: (m) => m.cpuSecondsPerMillionDelivered.toFixed(3) },
  { title: 'p50 ms', width: 9, of: (m) => m.delay.p50Ms.toFixed(2) },
  { title: 'p99 ms', width: 9, of: (m) => m.delay.p99Ms.toFixed(2) },
  { title: 'max ms', width: 9, of: (m) => m.delay.maxMs.toFixed(1) },
  { title: 'RSS MiB', width: 8, of: (m) => m.rssPeakMib.toFixed(0) },
  { title: 'late ms', width: 8, of: (m) => m.generatorLateMs.toFixed(1) },
];

/** Prints rows, under a heading if asked. */
export function printTable(measurements: readonly Measurement[], heading: boolean): void {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padStart(COLUMNS[index]?.width ?? 0)).join('  ');
  if (heading) console.log(row(COLUMNS.map(({ title }) => title)));
  for (const measurement of measurements) console.log(row(COLUMNS.map((column) => column.of(measurement))));
}

/** Prints the medians of one scenario and, for sluice, the ratio of CPU to each other relay, round by round. */
export function printRatios(measurements: readonly Measurement[]): void {
  const relays = [...new Set(measurements.map(({ relay }) => relay))];
  const of = (relay: string): Measurement[] => measurements.filter((one) => one.relay === relay);
  for (const relay of relays) {
    const rows = of(relay);
    console.log(
      `  ${relay}: median CPU ${median(rows.map((m) => m.cpuSecondsPerMillion)).toFixed(3)} s/1M, ` +
        `p99 ${median(rows.map((m) => m.delay.p99Ms)).toFixed(2)} ms, ` +
        `lost ${rows.reduce((sum, m) => sum + m.lost, 0)} of ${rows.reduce((sum, m) => sum + m.expected, 0)}`,
    );
  }
  const ours = relays.includes('sluice') ? 'sluice' : relays.find((name) => name.startsWith('sluice'));
  if (ours === undefined) return;
  for (const relay of relays.filter((name) => name !== ours && name !== 'none')) {
    const ratios = of(ours).flatMap((mine) => {
      const other = of(relay).find(({ round }) => round === mine.round);
      return other === undefined ? [] : [mine.cpuSecondsPerMillion / other.cpuSecondsPerMillion];
    });
    if (ratios.length === 0) continue;
    const each = ratios.map((ratio) => ratio.toFixed(3)).join(' ');
    console.log(`  CPU ${ours} / ${relay}: median ${median(ratios).toFixed(3)} (${each})`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
