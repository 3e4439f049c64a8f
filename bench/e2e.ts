// Ours beside its peers: load generator -> relay -> sink, each a process of its own, rounds of all relays interleaved.
//
//   bin/node bench/e2e.ts [--quick] [--scenarios a,b] [--relays sluice-block,haproxy,none] [--rounds 5] [--lines N]
//                         [--seconds N] [--out FILE] [--record] [--resume]
//
// CPU is that of the whole relay process from the start of the load until all lines came or nothing came any more, per
// 1 M lines in. `sum ok` means that the sink's lines are the sent ones, each once for each copy. The result of a scenario is
// in the file as soon as it is through. `--record` writes bench/results/peers.json, from which docs/performance.md is made;
// `--resume` leaves out what that file has of this commit. What is missing of Debian's packages is installed.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../test/system/debian-packages.ts';
import { ensureEngine } from '../tools/engine-built.ts';
import { ROOT } from '../tools/source-files.ts';
import type { Measurement } from './e2e-run.ts';
import { printRatios, printTable } from './e2e-table.ts';
import { RunClock } from './run-clock.ts';
import type { LoadMode } from './load.ts';
import { RELAYS } from './relays.ts';
import type { Relay } from './relays/relay.ts';
import { type Failure, keepResult, readOrigin, readResults, readVersions } from './result-file.ts';
import { runScenario } from './run-scenario.ts';
import { type PeerScenario, readScenarios, workOf } from './scenario.ts';

const DEFAULT_ROUNDS = 5;
const ATTEMPTS_MAX = 4;
/** The quick run sends so much of a load at full speed, and so many seconds of one at a rate. */
const QUICK_LINES = 0.25;
const QUICK_SECONDS_MAX = { paced: 3, notes: 4 } as const;
const QUICK_WARM_SECONDS = 2;
/** Slow starters and further configurations stay out of the quick run. */
const QUICK_RELAYS = new Set([
  'sluice-block',
  'sluice',
  'carbon-c-relay',
  'c-relay-deep',
  'carbon-relay-ng',
  'nanotube',
  'haproxy',
]);
const RECORD_FILE = join(ROOT, 'bench/results/peers.json');

const { values } = parseArgs({
  options: {
    scenarios: { type: 'string' },
    relays: { type: 'string' },
    rounds: { type: 'string' },
    lines: { type: 'string' },
    seconds: { type: 'string' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
  },
});

/** One scenario as it will be run. */
interface Plan {
  readonly scenario: PeerScenario;
  readonly relays: readonly Relay[];
  readonly absent: Readonly<Record<string, string>>;
  readonly rounds: number;
}

function chooseScenarios(): PeerScenario[] {
  const all = readScenarios();
  if (values.scenarios !== undefined) return values.scenarios.split(',').map((name) => pick(all, name));
  return all.filter(({ isExtra = false, quick }) => !isExtra && (!values.quick || quick !== undefined));
}

function pick<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no "${name}"; there are ${all.map((one) => one.name).join(', ')}`);
  return found;
}

function plan(scenario: PeerScenario): Plan {
  const names = values.relays?.split(',') ?? scenario.relays;
  const asked = names
    .map((name) => pick(RELAYS, name))
    .filter((relay) => {
      if (values.quick && values.relays === undefined && !QUICK_RELAYS.has(relay.name)) return false;
      return relay.leftOut(workOf(scenario)) === undefined;
    });
  const absent = asked.flatMap((relay): [string, string][] => {
    const reason = relay.absent?.();
    return reason === undefined ? [] : [[relay.name, reason]];
  });
  const rounds = Number(values.rounds ?? (values.quick ? (scenario.quick?.rounds ?? 1) : DEFAULT_ROUNDS));
  return {
    scenario: {
      ...scenario,
      load: { ...scenario.load, mode: adjust(scenario.load.mode) },
      warmup: (scenario.warmup ?? []).map((mode) =>
        values.quick && 'seconds' in mode
          ? { ...mode, seconds: Math.min(mode.seconds, QUICK_WARM_SECONDS) }
          : mode,
      ),
    },
    relays: asked.filter((relay) => relay.absent?.() === undefined),
    absent: Object.fromEntries(absent),
    rounds,
  };
}

function adjust(mode: LoadMode): LoadMode {
  if ('lines' in mode) {
    const lines = values.quick ? Math.ceil(mode.lines * QUICK_LINES) : mode.lines;
    return { ...mode, lines: Number(values.lines ?? lines) };
  }
  const seconds = values.quick ? Math.min(mode.seconds, QUICK_SECONDS_MAX[mode.kind]) : mode.seconds;
  return { ...mode, seconds: Number(values.seconds ?? seconds) };
}

async function runPlan(
  { scenario, relays, absent, rounds }: Plan,
  file: string,
  clock: RunClock,
): Promise<void> {
  console.log(`\n${scenario.name}: ${scenario.about}`);
  const measurements: Measurement[] = [];
  const failed: Failure[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const relay of relays) {
      clock.start(scenario, relay.name, round, rounds);
      const measurement = await tryOften(scenario, relay, round, failed);
      if (measurement !== undefined) {
        measurements.push(measurement);
        printTable([measurement], measurements.length === 1);
      }
      clock.end(scenario, relay.name);
    }
  }
  // What failed as a whole replaces no earlier result.
  if (measurements.length === 0) return;
  printRatios(measurements);
  const versions = readVersions(relays);
  keepResult(file, { origin: readOrigin(), scenario, rounds, versions, absent, failed, measurements });
}

/** Runs until there is a figure: carbon-c-relay 3.7.3 at times crashes at the first connection. Each failure is kept. */
async function tryOften(
  scenario: PeerScenario,
  relay: Relay,
  round: number,
  failed: Failure[],
): Promise<Measurement | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    try {
      return await runScenario(scenario, relay, round);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failed.push({ relay: relay.name, round, message });
      console.log(`round ${round}, ${relay.name}: ${message}`);
    }
  }
  // The other relays go on; a missing row is seen.
  process.exitCode = 1;
  return undefined;
}

async function main(): Promise<void> {
  const file =
    values.out ??
    (values.record ? RECORD_FILE : join(ROOT, `build/bench/${values.quick ? 'quick' : 'peers'}.json`));
  const { commit } = readOrigin();
  const done = new Set(
    values.resume
      ? readResults(file)
          .filter(({ origin }) => origin.commit === commit)
          .map(({ scenario }) => scenario.name)
      : [],
  );
  const plans = chooseScenarios()
    .filter(({ name }) => !done.has(name))
    .map(plan);
  ensureEngine();
  ensurePackages(...new Set(plans.flatMap(({ relays }) => relays.flatMap((relay) => relay.packages ?? []))));
  const clock = new RunClock();
  for (const { scenario, relays, rounds } of plans) {
    for (const relay of relays) clock.expect(scenario, relay.name, rounds);
  }
  for (const one of plans) await runPlan(one, file, clock);
  console.log(`\nwritten to ${file}`);
}

await main();
