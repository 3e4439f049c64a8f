// One run: starts sink, relay and generator as child processes, measures the relay, ends all three.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DelaySummary } from '../src/cli/bench/delay-histogram.ts';
import type { LoadFailure, LoadMode, LoadReport, LoadRequest } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import { copyCount, type Ports, type Relay, sinkCount, type TableKind } from './relays/relay.ts';
import type { SinkReply, SinkRequest } from './sink.ts';

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
  /** The sinks hold exactly the lines sent, by count and, where the relay leaves the bytes alone, by sum. */
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
}

const START_DEADLINE_MS = 20_000;
const LOAD_DEADLINE_MS = 240_000;
const STOP_DEADLINE_MS = 30_000;
/** How long a relay that has been measured may take to end: its folder goes away all the same. */
export const STOP_AFTER_MS = 1000;
const SINK_IDLE_MS = 3000;

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
  const sink = forkScript('sink.ts', children);
  const sinks = await listenSinks(sink, sinkCount(scenario.table));
  const ports = await pickPorts(sinks);
  const command = relay.command(scenario.table, ports, folder);
  const pid = command.length === 0 ? undefined : await startRelay(command, ports.listen, folder, children);
  const isPickle = scenario.load.mode.kind === 'pickle';
  const port = pid === undefined ? (sinks[0] ?? 0) : isPickle ? ports.pickle : ports.listen;

  const copies = copyCount(scenario.table);
  const request = { ...scenario.load, port, seed: round };
  for (const mode of scenario.warmup ?? []) {
    const to = pid !== undefined && mode.kind !== 'pickle' ? ports.listen : port;
    await load({ ...request, port: to, mode }, copies, sink, children);
  }
  const before = pid === undefined ? undefined : readProcessCost(pid);
  const { sent, result, expected } = await load(request, copies, sink, children);
  const after = pid === undefined ? undefined : readProcessCost(pid);
  const received = result.ports.reduce((sum, one) => sum + one.lines, 0);
  const sum = result.ports.reduce((total, one) => (total + one.sum) | 0, 0);
  const cpuSeconds = (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0);
  return {
    scenario: scenario.name,
    relay: relay.name,
    round,
    linesIn: sent.lines,
    expected,
    lost: expected - received,
    sumOk: received === expected && (isPickle || !relay.keepsBytes || sum === Math.imul(sent.sum, copies)),
    linesPerSecond: (received / copies / (result.atMicros - sent.startMicros)) * 1e6,
    cpuSeconds,
    cpuSecondsPerMillion: (cpuSeconds / sent.lines) * 1e6,
    cpuSecondsPerMillionDelivered: (cpuSeconds / sent.lines) * 1e6 * (expected / received),
    delay: result.delay,
    rssMib: after?.rssMib ?? 0,
    rssPeakMib: after?.rssPeakMib ?? 0,
    rssGrowthMib: (after?.rssMib ?? 0) - (before?.rssMib ?? 0),
    generatorLateMs: sent.lateMs,
  };
}

/** Sends one load and waits for what comes of it. */
export async function load(
  request: LoadRequest,
  copies: number,
  sink: ChildProcess,
  children: ChildProcess[],
) {
  // How many lines pass is known when all are sent; until then the sink waits for more.
  await ask(sink, { expect: Number.MAX_SAFE_INTEGER, idleMs: SINK_IDLE_MS }, 'ready');
  const generator = forkScript('load.ts', children);
  const done = reply(sink, 'done');
  generator.send(request);
  const signal = AbortSignal.timeout(LOAD_DEADLINE_MS);
  const [sent] = (await once(generator, 'message', { signal })) as [LoadReport | LoadFailure];
  if (sent.kind === 'failed') throw new Error(`the load did not get through: ${sent.message}`);
  const expected = sent.passing * copies;
  sink.send({ until: expected } satisfies SinkRequest);
  return { sent, result: await done, expected };
}

/** Starts a script of bench/ as a child process that one can send messages. */
export function forkScript(name: string, children: ChildProcess[]): ChildProcess {
  const child = fork(join(import.meta.dirname, name), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  children.push(child);
  return child;
}

/** Lets a sink listen on so many ports; returns them. */
export async function listenSinks(sink: ChildProcess, count: number): Promise<readonly number[]> {
  const { ports } = await ask(sink, { listen: count }, 'ports');
  return ports;
}

type ReplyOf<K extends SinkReply['kind']> = Extract<SinkReply, { kind: K }>;

function ask<K extends SinkReply['kind']>(
  sink: ChildProcess,
  request: SinkRequest,
  kind: K,
): Promise<ReplyOf<K>> {
  const answer = reply(sink, kind);
  sink.send(request);
  return answer;
}

async function reply<K extends SinkReply['kind']>(sink: ChildProcess, kind: K): Promise<ReplyOf<K>> {
  for (;;) {
    const [message] = (await once(sink, 'message')) as [SinkReply];
    if (message.kind === kind) return message as ReplyOf<K>;
  }
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

/** Finds a port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
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
