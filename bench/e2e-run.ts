// One run: opens the sinks, starts the relay, sends the load, measures the relay, ends all.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DelaySummary } from '../src/cli/bench/delay-histogram.ts';
import type { LoadMode, LoadRequest } from './load.ts';
import { takePort } from '../test/own-port.ts';
import { readProcessCost } from './process-cost.ts';
import { type LoadWay, openWay } from './load-ways.ts';
import type { Ports, Relay, TableKind } from './relays/relay.ts';

/** A question to ask of relays. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly table: TableKind;
  readonly load: Omit<LoadRequest, 'port' | 'seed'>;
  /** Loads that run before and are not measured: a relay runs for months, its first seconds are not its speed. */
  readonly warmup?: readonly LoadMode[];
}

/** The answer of one relay in one round. */
export interface Measurement {
  readonly scenario: string;
  readonly relay: string;
  readonly round: number;
  readonly linesIn: number;
  /** Lines that should reach the sinks, copies counted. */
  readonly expected: number;
  readonly lost: number;
  /** The sinks hold exactly the lines sent, where the relay leaves the bytes alone as the same bytes; of pickle, by count. */
  readonly sumOk: boolean;
  readonly linesPerSecond: number;
  readonly cpuSeconds: number;
  readonly cpuSecondsPerMillion: number;
  /** Per 1 M lines that went in and came out: what the work cost that was done. */
  readonly cpuSecondsPerMillionDelivered: number;
  readonly delay: DelaySummary;
  readonly rssMib: number;
  readonly rssPeakMib: number;
  /** How much more memory the relay held after the load than before it. */
  readonly rssGrowthMib: number;
  readonly generatorLateMs: number;
  /** Copies of lines that came more often than they should; absent: not counted one by one. */
  readonly duplicates?: number;
  /** Lines that came after a later one of their series; absent: not counted. */
  readonly reordered?: number;
}

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 30_000;
/** How long a relay that has been measured may take to end: its folder goes away all the same. */
export const STOP_AFTER_MS = 1000;

/** Runs one relay through one scenario. */
export async function runOnce(scenario: Scenario, relay: Relay, round: number): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const children: ChildProcess[] = [];
  try {
    return await measure(scenario, relay, round, folder, children);
  } finally {
    for (const child of children.toReversed()) await stop(child, STOP_AFTER_MS);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  scenario: Scenario,
  relay: Relay,
  round: number,
  folder: string,
  children: ChildProcess[],
): Promise<Measurement> {
  const way = await openWay(scenario, relay, round, children);
  try {
    return await measureWay(scenario, relay, round, way, folder, children);
  } finally {
    await way.stop();
  }
}

async function measureWay(
  scenario: Scenario,
  relay: Relay,
  round: number,
  way: LoadWay,
  folder: string,
  children: ChildProcess[],
): Promise<Measurement> {
  const ports = await pickPorts(way.sinks);
  const command = relay.command(scenario.table, ports, folder);
  const pid = command.length === 0 ? undefined : await startRelay(command, ports.listen, folder, children);
  const portOf = (mode: LoadMode): number => {
    if (pid === undefined) return way.sinks[0] ?? 0;
    return mode.kind === 'pickle' ? ports.pickle : ports.listen;
  };
  for (const mode of scenario.warmup ?? []) await way.send(mode, portOf(mode));
  const before = pid === undefined ? undefined : readProcessCost(pid);
  const outcome = await way.send(scenario.load.mode, portOf(scenario.load.mode));
  const after = pid === undefined ? undefined : readProcessCost(pid);
  const { sent, expected, received, isExact, ...rest } = outcome;
  const cpuSeconds = (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0);
  return {
    scenario: scenario.name,
    relay: relay.name,
    round,
    linesIn: sent,
    expected,
    lost: expected - received,
    sumOk: isExact,
    cpuSeconds,
    cpuSecondsPerMillion: (cpuSeconds / sent) * 1e6,
    cpuSecondsPerMillionDelivered: (cpuSeconds / sent) * 1e6 * (expected / received),
    rssMib: after?.rssMib ?? 0,
    rssPeakMib: after?.rssPeakMib ?? 0,
    rssGrowthMib: (after?.rssMib ?? 0) - (before?.rssMib ?? 0),
    ...rest,
  };
}

/** Finds ports for a relay that sends to these sinks. */
export async function pickPorts(sinks: readonly number[]): Promise<Ports & { readonly pickle: number }> {
  return {
    listen: await freePort(),
    http: await freePort(),
    pickle: await freePort(),
    spare: await freePort(),
    sinks,
  };
}

/** Finds a port that is free, and stays so. */
export function freePort(): Promise<number> {
  return takePort();
}

/** Starts a relay and waits until it accepts; returns its pid. */
export async function startRelay(
  [program = '', ...args]: readonly string[],
  port: number,
  folder: string,
  children: ChildProcess[],
): Promise<number> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-4000);
  });
  child.on('error', (error) => {
    errors += error.message;
  });
  child.on('exit', (code, signal) => {
    if (signal !== 'SIGTERM' && signal !== 'SIGKILL' && code !== 0)
      console.log(`${program} ended with ${code ?? signal}: ${errors}`);
  });
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
      throw new Error(`${program} did not start: ${errors}`);
    }
    await sleep(50);
  }
  // Lets the first connections to the sinks come up and the trial connection go.
  await sleep(500);
  return child.pid ?? 0;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Ends a child by SIGTERM, at last by SIGKILL. */
export async function stop(child: ChildProcess, deadlineMs = STOP_DEADLINE_MS): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await exited;
  clearTimeout(timer);
}
