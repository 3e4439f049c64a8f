// What the relay's own measuring costs: CPU with `measure = true` beside `measure = false`, per 1 M lines.
//
//   bin/node bench/measure-cost.ts [--scenarios fanout1,paced100k,notes] [--rounds 5] [--slices 4] [--lines N] [--seconds N]
//                                  [--relays sluice-block,sluice-unmeasured]
//
// A round starts both relays anew, each with a sink of its own, and then sends the load to one and the other in turn, as
// many slices as asked for: a pair of slices is a second or so apart, and nothing but the relay differs. The first relay of a
// pair is the second of the next. Senders wait where a queue is full, so that no line goes by way of the disk. What counts is
// the median of the ratios of all pairs.
import { type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pickPorts, type Scenario, startRelay, stop } from './e2e-run.ts';
import type { LoadMode } from './load.ts';
import { readThreadSeconds } from './process-cost.ts';
import { copyCount, type Relay, sinkCount } from './relays/relay.ts';
import { RELAYS } from './relays.ts';
import { readScenarios } from './scenario.ts';
import { forkScript, listenSinks, load } from './summed-load.ts';
import { median } from './summary.ts';

/** A slice is long enough that its CPU time is some hundred times what a look at it costs. */
const SLICE_LINES = 4_000_000;
const SLICE_SECONDS: Readonly<Record<string, number>> = { paced100k: 3, notes: 11 };

/** One relay under load. */
interface Bench {
  readonly relay: Relay;
  readonly pid: number;
  readonly port: number;
  readonly sink: ChildProcess;
}

/** One slice: CPU seconds per 1 M lines, and what became of the lines. */
interface Slice {
  readonly cost: number;
  readonly lines: number;
  readonly lost: number;
  readonly sumOk: boolean;
}

const { values } = parseArgs({
  options: {
    scenarios: { type: 'string', default: 'fanout1,paced100k,notes' },
    relays: { type: 'string', default: 'sluice-block,sluice-unmeasured' },
    rounds: { type: 'string', default: '5' },
    slices: { type: 'string', default: '4' },
    lines: { type: 'string' },
    seconds: { type: 'string' },
  },
});

function chooseScenarios(): Scenario[] {
  const all = readScenarios();
  return values.scenarios.split(',').map((name) => {
    const scenario = all.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`no scenario "${name}"`);
    return { ...scenario, load: { ...scenario.load, mode: shorten(name, scenario.load.mode) } };
  });
}

function shorten(name: string, mode: LoadMode): LoadMode {
  if ('lines' in mode) return { ...mode, lines: Number(values.lines ?? SLICE_LINES) };
  return { ...mode, seconds: Number(values.seconds ?? SLICE_SECONDS[name] ?? mode.seconds) };
}

async function startBench(
  { table }: Scenario,
  name: string,
  folder: string,
  children: ChildProcess[],
): Promise<Bench> {
  const relay = RELAYS.find((one) => one.name === name);
  if (relay === undefined) throw new Error(`no relay "${name}"`);
  const sink = forkScript('sink.ts', children);
  const sinks = await listenSinks(sink, sinkCount(table));
  const ports = await pickPorts(sinks);
  const port = ports.listen;
  const command = relay.command(table, ports, folder);
  return { relay, port, sink, pid: await startRelay(command, port, folder, children) };
}

async function runSlice(scenario: Scenario, bench: Bench, seed: number, mode: LoadMode): Promise<Slice> {
  const copies = copyCount(scenario.table);
  const children: ChildProcess[] = [];
  const request = { ...scenario.load, mode, port: bench.port, seed };
  const before = readThreadSeconds(bench.pid);
  const { sent, result, expected } = await load(request, copies, bench.sink, children);
  const seconds = readThreadSeconds(bench.pid) - before;
  for (const child of children) await stop(child);
  const received = result.ports.reduce((sum, one) => sum + one.lines, 0);
  const sum = result.ports.reduce((total, one) => (total + one.sum) | 0, 0);
  const lost = expected - received;
  const sumOk = lost === 0 && sum === Math.imul(sent.sum, copies);
  return { cost: (seconds / sent.lines) * 1e6, lines: sent.lines, lost, sumOk };
}

/** One round; returns the slices of each relay, in the order of time. */
async function runRound(scenario: Scenario, round: number): Promise<Slice[][]> {
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  try {
    const benches: Bench[] = [];
    for (const name of values.relays.split(',')) {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-measure-'));
      folders.push(folder);
      benches.push(await startBench(scenario, name, folder, children));
    }
    for (const bench of benches) {
      for (const mode of scenario.warmup ?? []) await runSlice(scenario, bench, round, mode);
    }
    const slices: Slice[][] = benches.map(() => []);
    for (let index = 0; index < Number(values.slices); index++) {
      const turn = [...benches.keys()];
      if ((index + round) % 2 === 1) turn.reverse();
      for (const at of turn) {
        const seed = round * 100 + index;
        slices[at]?.push(await runSlice(scenario, benches[at]!, seed, scenario.load.mode));
      }
    }
    return slices;
  } finally {
    for (const child of children.toReversed()) await stop(child);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

function ratiosOf([first = [], ...others]: readonly (readonly Slice[])[]): number[][] {
  return others.map((other) => first.map(({ cost }, index) => cost / (other[index]?.cost ?? Number.NaN)));
}

function percent(ratio: number): string {
  return `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)} %`;
}

function printRound(round: number, slices: readonly (readonly Slice[])[]): void {
  for (const [at, name] of values.relays.split(',').entries()) {
    const mine = slices[at] ?? [];
    const costs = mine.map(({ cost }) => cost.toFixed(3)).join(' ');
    const total = (read: (slice: Slice) => number): number => mine.reduce((sum, one) => sum + read(one), 0);
    const isWhole = mine.every(({ sumOk }) => sumOk);
    console.log(
      `${String(round).padStart(5)}  ${name.padEnd(24)} ${String(total((s) => s.lines)).padStart(9)} lines, ` +
        `lost ${total((s) => s.lost)}, sums ${isWhole ? 'ok' : 'DIFFER'}  CPU s/1M ${costs}`,
    );
  }
}

async function main(): Promise<void> {
  const names = values.relays.split(',');
  for (const scenario of chooseScenarios()) {
    console.log(`\n${scenario.name}: ${scenario.about}`);
    const all: number[][] = names.slice(1).map(() => []);
    const costs: number[][] = names.map(() => []);
    for (let round = 1; round <= Number(values.rounds); round++) {
      const slices = await runRound(scenario, round);
      printRound(round, slices);
      for (const [at, ratios] of ratiosOf(slices).entries()) all[at]?.push(...ratios);
      for (const [at, mine] of slices.entries()) costs[at]?.push(...mine.map(({ cost }) => cost));
    }
    for (const [at, name] of names.entries()) {
      console.log(`  ${name}: median ${median(costs[at] ?? []).toFixed(3)} CPU s/1M`);
    }
    for (const [at, ratios] of all.entries()) {
      const sorted = ratios.toSorted((a, b) => a - b);
      const quarter = (part: number): string =>
        percent(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN);
      console.log(
        `  ${names[0]} against ${names[at + 1]}: median ${percent(median(ratios))} of ${ratios.length} pairs, ` +
          `half of them from ${quarter(0.25)} to ${quarter(0.75)}`,
      );
    }
  }
}

await main();
