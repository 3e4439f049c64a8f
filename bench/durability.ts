// What `durability = "disk"` costs, beside the same relay without: lines a second, CPU, delay from sender to sink, losses.
// Paced: does it hold a rate, and how long does a line take? Full: how much does one core take at most?
//
//   bin/node bench/durability.ts [--rate 300000] [--seconds 10] [--lines 3000000] [--rounds 5] [--destinations 1]
//
// The spool is in the system's folder for temporary files: TMPDIR says on which disk.
import { parseArgs } from 'node:util';
import { type Measurement, runOnce, type Scenario } from './e2e-run.ts';
import type { Relay } from './relays/relay.ts';
import { RELAYS } from './relays.ts';

const NAMES = ['sluice', 'sluice-disk'];

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '300000' },
    seconds: { type: 'string', default: '10' },
    lines: { type: 'string', default: '3000000' },
    rounds: { type: 'string', default: '5' },
    destinations: { type: 'string', default: '1' },
  },
});
const rate = Number(values.rate);
const rounds = Number(values.rounds);

const common = {
  about: '',
  table: { kind: 'fanout', destinations: Number(values.destinations) },
  warmup: [{ kind: 'full', lines: 500_000 }],
} as const;
const load = { connections: 4, series: 10_000, blockedSeries: 0 };
const SCENARIOS: readonly Scenario[] = [
  {
    ...common,
    name: `paced ${rate}/s`,
    load: {
      ...load,
      mode: { kind: 'paced', rate, linesPerWrite: 50, seconds: Number(values.seconds) },
    },
  },
  { ...common, name: 'full speed', load: { ...load, mode: { kind: 'full', lines: Number(values.lines) } } },
];

function median(all: readonly Measurement[], read: (one: Measurement) => number): number {
  const sorted = all.map(read).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function describe(all: readonly Measurement[]): string {
  const lost = all.reduce((sum, one) => sum + one.lost, 0);
  const delays = all.some(({ delay }) => delay.samples > 0)
    ? `delay p50 ${median(all, ({ delay }) => delay.p50Ms).toFixed(1)} ms p99 ${median(all, ({ delay }) => delay.p99Ms).toFixed(1)} ms (worst p99 ${Math.max(...all.map(({ delay }) => delay.p99Ms)).toFixed(1)} ms)`
    : 'no delays';
  return [
    `${Math.round(median(all, (one) => one.linesPerSecond))} lines/s`,
    `CPU ${median(all, (one) => one.cpuSecondsPerMillion).toFixed(3)} s per 1M`,
    delays,
    `lost ${lost}, sums ${all.every(({ sumOk }) => sumOk) ? 'ok' : 'DIFFER'}`,
    `peak RSS ${Math.round(Math.max(...all.map(({ rssPeakMib }) => rssPeakMib)))} MiB`,
    `generator late ${Math.max(...all.map(({ generatorLateMs }) => generatorLateMs)).toFixed(1)} ms`,
  ].join(', ');
}

function find(name: string): Relay {
  const found = RELAYS.find((relay) => relay.name === name);
  if (found === undefined) throw new Error(`no relay "${name}"`);
  return found;
}

for (const scenario of SCENARIOS) {
  console.log(`${scenario.name}, ${values.destinations} destinations, ${rounds} rounds interleaved:`);
  const measured = new Map<string, Measurement[]>(NAMES.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of NAMES) measured.get(name)?.push(await runOnce(scenario, find(name), round));
  }
  for (const [name, all] of measured) console.log(`  ${name.padEnd(12)} ${describe(all)}`);
}
