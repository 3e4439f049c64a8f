// What whole relays cost beside haproxy, which only passes bytes on. All relays of a round run side by side and idle
// until each gets its load in turn, so that neither starts nor compilation are in the figures.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { pickPorts, startRelay, stop } from '../e2e-run.ts';
import type { LoadFailure, LoadReport, LoadRequest } from '../load.ts';
import { haproxy } from '../relays/haproxy.ts';
import { copyCount, type Ports, type Relay, sinkCount, type TableKind } from '../relays/relay.ts';
import { sluiceBlock } from '../relays/sluice.ts';
import type { SinkReply, SinkRequest } from '../sink.ts';
import { type Figure, makeFigure } from './judge.ts';
import { readThreadCpu } from './thread-cpu.ts';

const REFERENCE = 'haproxy';
const LINES = 1_000_000;
const WARM_LINES = 400_000;
const SINK_IDLE_MS = 5000;
const LEDGER_DEADLINE_MS = 30_000;

interface Kind {
  readonly name: string;
  readonly relay: Relay;
  readonly table: TableKind;
}

const ONE: TableKind = { kind: 'fanout', destinations: 1 };
const KINDS: readonly Kind[] = [
  { name: REFERENCE, relay: haproxy, table: ONE },
  { name: 'relay, fan-out 1', relay: sluiceBlock, table: ONE },
  { name: 'relay, fan-out 3', relay: sluiceBlock, table: { kind: 'fanout', destinations: 3 } },
  { name: 'relay, hash over 4', relay: sluiceBlock, table: { kind: 'hash', destinations: 4 } },
  // The results leave long after the figures are taken.
  {
    name: 'relay, aggregate',
    relay: sluiceBlock,
    table: { kind: 'aggregate', intervalSec: 60, waitSec: 600 },
  },
];

/** A relay that runs, and what it has cost so far. */
interface Running extends Kind {
  readonly pid: number;
  readonly ports: Ports;
  readonly costs: number[];
  sent: number;
  lost: number;
}

/** Measures the relays over so many rounds; `names`: which figures, all unless given. */
export async function measureRelays(rounds: number, names?: ReadonlySet<string>): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-guard-'));
  const children: ChildProcess[] = [];
  try {
    const sink = forkScript('sink.ts', children);
    const sinks = await listen(sink, 4);
    const running: Running[] = [];
    for (const kind of KINDS) {
      if (names !== undefined && kind.name !== REFERENCE && !names.has(kind.name)) continue;
      running.push(await start(kind, sinks, join(folder, String(running.length)), children));
    }
    for (const relay of running) await load(relay, WARM_LINES, sink, children);
    for (const { costs } of running) costs.length = 0;
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? running : running.toReversed();
      for (const relay of order) await load(relay, LINES, sink, children);
    }
    const reference = running.find(({ name }) => name === REFERENCE)?.costs ?? [];
    return running
      .filter(({ name }) => name !== REFERENCE)
      .map(({ name, costs, lost }) => makeFigure(name, costs, reference, lost));
  } finally {
    for (const child of children.toReversed()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(
  kind: Kind,
  sinks: readonly number[],
  folder: string,
  children: ChildProcess[],
): Promise<Running> {
  mkdirSync(folder);
  const ports = await pickPorts(sinks.slice(0, sinkCount(kind.table)));
  const command = kind.relay.command(kind.table, ports, folder);
  const pid = await startRelay(command, ports.listen, folder, children);
  return { ...kind, pid, ports, costs: [], sent: 0, lost: 0 };
}

/** Sends one load through a relay, waits until all of it came, and notes CPU seconds per 1 M lines. */
async function load(relay: Running, lines: number, sink: ChildProcess, children: ChildProcess[]) {
  await ask(sink, { expect: Number.MAX_SAFE_INTEGER, idleMs: SINK_IDLE_MS }, 'ready');
  const before = readThreadCpu(relay.pid);
  const generator = forkScript('load.ts', children);
  const done = reply(sink, 'done');
  generator.send({
    port: relay.ports.listen,
    connections: 4,
    series: 10_000,
    blockedSeries: 0,
    mode: { kind: 'full', lines },
    seed: 1,
  } satisfies LoadRequest);
  const [sent] = (await once(generator, 'message')) as [LoadReport | LoadFailure];
  if (sent.kind === 'failed') throw new Error(`${relay.name}: the load did not get through: ${sent.message}`);
  relay.sent += sent.lines;
  const copies = relay.table.kind === 'aggregate' ? 0 : copyCount(relay.table);
  if (copies === 0) relay.lost += await missingInLedger(relay);
  sink.send({ until: sent.lines * copies } satisfies SinkRequest);
  const { ports } = await done;
  const received = ports.reduce((sum, one) => sum + one.lines, 0);
  const sum = ports.reduce((total, one) => (total + one.sum) | 0, 0);
  relay.lost += Math.abs(sent.lines * copies - received);
  if (relay.lost === 0 && sum !== Math.imul(sent.sum, copies)) relay.lost = Number.NaN;
  relay.costs.push(((readThreadCpu(relay.pid) - before) / sent.lines) * 1e6);
}

/** Waits until the relay has read everything; returns how many lines did not end in windows. */
async function missingInLedger({ ports, sent, name }: Running): Promise<number> {
  const deadline = performance.now() + LEDGER_DEADLINE_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${ports.http}/api/ledger`);
    const { received, consumed, dropped } = (await response.json()) as Ledger;
    if (received >= sent) return sent - consumed + Object.values(dropped).reduce((sum, one) => sum + one, 0);
    if (performance.now() > deadline) throw new Error(`${name}: ${received} of ${sent} lines came`);
    await sleep(20);
  }
}

function forkScript(name: string, children: ChildProcess[]): ChildProcess {
  const script = join(import.meta.dirname, '..', name);
  const child = fork(script, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  children.push(child);
  return child;
}

async function listen(sink: ChildProcess, count: number): Promise<readonly number[]> {
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
