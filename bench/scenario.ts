// The scenarios of the side-by-side bench, read from scenarios.json and checked: what is asked of which relay, what we aim
// at, and who is left out and why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from './e2e-run.ts';
import type { LoadMode } from './load.ts';
import type { Relay } from './relays/relay.ts';
import { RELAYS } from './relays.ts';

/** What goes wrong with the destination, from when to when, in seconds from the start of the load. */
export interface Trouble {
  readonly mode: 'slow' | 'away' | 'restart';
  readonly fromSec: number;
  readonly seconds: number;
  /** `slow`: what it takes. */
  readonly bytesPerSec?: number;
}

/** What a row is judged by. */
export const METRICS = ['lost', 'twice', 'cpu', 'rate', 'p99', 'rss', 'growth'] as const;
export type Metric = (typeof METRICS)[number];

/** A line we aim at: a metric of ours, or its ratio to that of another relay in the same round. */
export interface Target {
  readonly metric: Metric;
  readonly atMost: number;
  readonly over?: string;
  /** Why it is not met, where it is not. */
  readonly why?: string;
}

/** One row of questions: a scenario for several relays. */
export interface PeerScenario extends Scenario {
  readonly title: string;
  readonly kind: 'load' | 'aggregate' | 'trouble' | 'pickle';
  /** Who takes part; the first is ours. */
  readonly relays: readonly string[];
  /** Programs that do not take part, and why. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** The part of the lines that a slow relay gets. */
  readonly share?: Readonly<Record<string, number>>;
  readonly trouble?: Trouble;
  readonly targets?: readonly Target[];
  /** Part of the quick run, with so many rounds. */
  readonly quick?: { readonly rounds: number };
  /** Runs only when it is named. */
  readonly isExtra?: boolean;
}

const FILE = join(import.meta.dirname, 'scenarios.json');
const OURS = 'sluice';
/** A relay whose share is smaller is too slow to be warmed up. */
const WARM_LINES_MIN = 2000;

/** Reads all scenarios; throws when one of them is not valid. */
export function readScenarios(): PeerScenario[] {
  const scenarios = JSON.parse(readFileSync(FILE, 'utf8')) as PeerScenario[];
  const faults = scenarios.flatMap((scenario) => {
    return findFaults(scenario).map((fault) => `${scenario.name}: ${fault}`);
  });
  if (faults.length > 0) throw new Error(`scenarios.json: ${faults.join('; ')}`);
  return scenarios;
}

/** Says what is wrong with a scenario. */
export function findFaults(scenario: PeerScenario): string[] {
  const faults: string[] = [];
  const relays = scenario.relays.map((name) => RELAYS.find((relay) => relay.name === name));
  if (relays[0]?.program !== OURS) faults.push('the first relay is not ours');
  for (const [index, relay] of relays.entries()) {
    if (relay === undefined) faults.push(`there is no relay ${scenario.relays[index]}`);
    const reason = relay?.leftOut(workOf(scenario));
    if (reason !== undefined) faults.push(`${relay?.name} cannot: ${reason}`);
  }
  for (const program of new Set(RELAYS.map((relay) => relay.program))) {
    const isIn = relays.some((relay) => relay?.program === program);
    if (!isIn && program !== 'none' && reasonLeftOut(scenario, program) === undefined) {
      faults.push(`it neither runs ${program} nor says why not`);
    }
  }
  if ((scenario.kind === 'trouble') !== (scenario.trouble !== undefined)) {
    faults.push('trouble is said, or said of the kind, and not both');
  }
  if ((scenario.kind === 'aggregate') !== (scenario.table.kind === 'aggregate')) {
    faults.push('kind and table disagree about aggregation');
  }
  for (const { metric, over } of scenario.targets ?? []) {
    if (!METRICS.includes(metric)) faults.push(`there is no metric ${metric}`);
    if (over !== undefined && !scenario.relays.includes(over)) faults.push(`${over} takes no part`);
  }
  return [...faults, ...modesOf(scenario).flatMap(findModeFaults)];
}

function modesOf(scenario: PeerScenario): LoadMode[] {
  return [scenario.load.mode, ...(scenario.warmup ?? [])];
}

function findModeFaults(mode: LoadMode): string[] {
  const amount = 'lines' in mode ? mode.lines : mode.seconds;
  return amount > 0 ? [] : [`a ${mode.kind} load of nothing`];
}

/** Tells what a scenario asks of a relay. */
export function workOf(scenario: PeerScenario): Parameters<Relay['leftOut']>[0] {
  return { table: scenario.table, input: scenario.load.mode.kind === 'pickle' ? 'pickle' : 'plain' };
}

/** Says why no relay of a program takes part; undefined: nobody said. */
export function reasonLeftOut(scenario: PeerScenario, program: string): string | undefined {
  const stated = scenario.leftOut?.[program];
  if (stated !== undefined) return stated;
  return RELAYS.find((relay) => relay.program === program)?.leftOut(workOf(scenario));
}

/** Cuts the load, and what runs before it, down to the share of a relay. */
export function scenarioFor(scenario: PeerScenario, relay: Relay): PeerScenario {
  const share = scenario.share?.[relay.name] ?? 1;
  const cut = (mode: LoadMode): LoadMode => {
    return 'lines' in mode ? { ...mode, lines: Math.ceil(mode.lines * share) } : mode;
  };
  return {
    ...scenario,
    load: { ...scenario.load, mode: cut(scenario.load.mode) },
    // Each connection sends a piece at least.
    warmup: (scenario.warmup ?? [])
      .map(cut)
      .filter((mode) => !('lines' in mode) || mode.lines >= WARM_LINES_MIN),
  };
}
