// End-to-end figures: load generator -> relay -> sink, each a process of its own, rounds of all relays interleaved.
//
//   bin/node bench/e2e.ts [--scenarios a,b] [--relays sluice,haproxy,carbon-c-relay,none] [--rounds 5] [--lines N]
//                         [--seconds N] [--out FILE]
//
// CPU is that of the whole relay process from the start of the load until all lines came or nothing came any more, per
// 1 M lines in. `sum ok` means that the sink's lines are the sent ones, each once for each copy.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../tools/source-files.ts';
import { printRatios, printTable } from './e2e-table.ts';
import { type Measurement, runOnce, type Scenario } from './e2e-run.ts';
import { RELAYS } from './relays.ts';

const DEFAULT_RELAYS = 'sluice,carbon-c-relay,haproxy';

function readChoice() {
  const { values } = parseArgs({
    options: {
      scenarios: { type: 'string' },
      relays: { type: 'string', default: DEFAULT_RELAYS },
      rounds: { type: 'string', default: '5' },
      lines: { type: 'string' },
      seconds: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const all = JSON.parse(readFileSync(join(import.meta.dirname, 'scenarios.json'), 'utf8')) as Scenario[];
  const names = values.scenarios?.split(',') ?? all.map(({ name }) => name);
  return {
    scenarios: names.map((name) => adjust(pick(all, name), values.lines, values.seconds)),
    relays: values.relays.split(',').map((name) => pick(RELAYS, name)),
    rounds: Number(values.rounds),
    out: values.out ?? join(ROOT, `build/bench/e2e-${new Date().toISOString().replaceAll(':', '')}.json`),
  };
}

function pick<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no "${name}"; there are ${all.map((one) => one.name).join(', ')}`);
  return found;
}

function adjust(scenario: Scenario, lines: string | undefined, seconds: string | undefined): Scenario {
  let { mode } = scenario.load;
  if (mode.kind === 'full' && lines !== undefined) mode = { ...mode, lines: Number(lines) };
  if (mode.kind !== 'full' && seconds !== undefined) mode = { ...mode, seconds: Number(seconds) };
  return { ...scenario, load: { ...scenario.load, mode } };
}

function describeMachine(): object {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    commit: git('rev-parse', 'HEAD'),
    dirty: git('status', '--porcelain') !== '',
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    date: new Date().toISOString(),
  };
}

async function main(): Promise<void> {
  const { scenarios, relays, rounds, out } = readChoice();
  const machine = describeMachine();
  const measurements: Measurement[] = [];
  for (const scenario of scenarios) {
    console.log(`\n${scenario.name}: ${scenario.about}`);
    for (let round = 1; round <= rounds; round++) {
      for (const relay of relays) {
        if (!relay.supports(scenario.table)) continue;
        try {
          const measurement = await runOnce(scenario, relay, round);
          measurements.push(measurement);
          printTable([measurement], round === 1 && relay === relays[0]);
        } catch (error) {
          // The other relays go on; a missing row is seen.
          console.log(
            `round ${round}, ${relay.name}: ${error instanceof Error ? error.message : String(error)}`,
          );
          process.exitCode = 1;
        }
      }
    }
    printRatios(measurements.filter((one) => one.scenario === scenario.name));
  }
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ machine, scenarios, measurements }, null, 2)}\n`);
  console.log(`\nwritten to ${out}`);
}

await main();
