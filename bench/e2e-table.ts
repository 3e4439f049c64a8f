// Prints measurements for people: a row each, then medians and ratios of the same round.
import type { Measurement } from './e2e-run.ts';
import { cpuRatio, duplicatesOf, lostOf, median, summarise } from './summary.ts';

const COLUMNS: readonly { title: string; width: number; of: (m: Measurement) => string }[] = [
  { title: 'round', width: 5, of: (m) => String(m.round) },
  { title: 'relay', width: 15, of: (m) => m.relay },
  { title: 'lines in', width: 8, of: (m) => String(m.linesIn) },
  { title: 'lost', width: 8, of: (m) => String(lostOf(m)) },
  { title: 'twice', width: 6, of: (m) => String(duplicatesOf(m)) },
  { title: 'sum', width: 4, of: (m) => (m.sumOk ? 'ok' : 'DIFF') },
  { title: 'lines/s', width: 8, of: (m) => String(Math.round(m.linesPerSecond)) },
  { title: 'CPU s/1M', width: 8, of: (m) => m.cpuSecondsPerMillion.toFixed(3) },
  { title: 'delivered', width: 9, of: (m) => m.cpuSecondsPerMillionDelivered.toFixed(3) },
  { title: 'p50 ms', width: 8, of: (m) => m.delay.p50Ms.toFixed(2) },
  { title: 'p99 ms', width: 8, of: (m) => m.delay.p99Ms.toFixed(2) },
  { title: 'max ms', width: 8, of: (m) => m.delay.maxMs.toFixed(1) },
  { title: 'RSS MiB', width: 7, of: (m) => m.rssPeakMib.toFixed(0) },
  { title: 'late ms', width: 7, of: (m) => m.generatorLateMs.toFixed(1) },
];

/** Prints rows, under a heading if asked. */
export function printTable(measurements: readonly Measurement[], heading: boolean): void {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padStart(COLUMNS[index]?.width ?? 0)).join('  ');
  if (heading) console.log(row(COLUMNS.map(({ title }) => title)));
  for (const measurement of measurements) console.log(row(COLUMNS.map((column) => column.of(measurement))));
}

/** Prints the medians of one scenario and the ratio of CPU of the first relay, which is ours, to each other. */
export function printRatios(measurements: readonly Measurement[]): void {
  const relays = [...new Set(measurements.map(({ relay }) => relay))];
  const [ours = ''] = relays;
  for (const relay of relays) {
    const row = summarise(relay, measurements);
    console.log(
      `  ${relay}: median CPU ${row.cpu.toFixed(3)} s/1M (${row.cpuDelivered.toFixed(3)} delivered), ` +
        `p99 ${row.p99Ms.toFixed(2)} ms, lost ${row.lost} of ${row.expected}`,
    );
  }
  for (const relay of relays.filter((name) => name !== ours && name !== 'none')) {
    const ratio = cpuRatio(measurements, ours, relay);
    const spread = measurements.filter((one) => one.relay === relay).map((one) => one.cpuSecondsPerMillion);
    console.log(
      `  CPU ${ours} / ${relay}, delivered: ${ratio.toFixed(3)} (${relay} ${median(spread).toFixed(3)} s/1M)`,
    );
  }
}
