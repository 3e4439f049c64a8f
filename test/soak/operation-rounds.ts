// Random changes of the table under load, by telnet and HTTP: what is sent to a route that no change touches arrives once,
// in order and on one connection; what is sent to others is in the books, line by line.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { TelnetClient } from '../admin/telnet/telnet-client.ts';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, startRelay } from '../e2e/relay-process.ts';
import { startSink, type TcpSink } from '../e2e/tcp-sink.ts';
import { startRecordingSink, startSender } from './children.ts';
import { type Comparison, compareRecording } from './numbered-lines.ts';

export interface OperationLoad {
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly linesPerSecond: number;
  readonly seed: number;
}

/** What became of it. */
export interface OperationReport {
  readonly done: number;
  readonly refused: number;
  /** What arrived at the route that no change touches. */
  readonly kept: Comparison;
  readonly keptConnections: number;
  /** What arrived at the other sinks, and what the books say was written to them. */
  readonly othersGot: number;
  readonly othersWritten: number;
  readonly ledger: Ledger;
}

const CONNECTIONS = 4;
const ROUTE_KEYS = ['r0', 'r1', 'r2', 'r3'];
const TYPES = [
  'sendAllMatch',
  'sendFirstMatch',
  'consistentHashing-v2',
  'carbon_ch',
  'failover',
  'round_robin',
];
/** Each takes a part of the lines. */
const CONDITIONS = ['prefix=soak.c00001', 'regex=\\.s[0-4]7\\.', 'sub=.s42.', 'notRegex=s.[0-8]'];
const OPTIONS = [
  'flush=50',
  'flush=1000',
  'redo_age=5000',
  'queue_bytes=1000000',
  'spoolmaxbytesperfile=1000000',
  'sub=.s1',
  'sub=',
];

/** Runs the changes under load. */
export async function runOperations(t: TestContext, load: OperationLoad): Promise<OperationReport> {
  const sinks = [await startSink(t), await startSink(t), await startSink(t)];
  const rig = await startRig(t, sinks);
  const seconds = Math.ceil(load.operations / load.operationsPerSecond) + 1;
  const sender = await startSender(t, {
    port: rig.relay.port,
    first: 0,
    connections: CONNECTIONS,
    rate: load.linesPerSecond,
    linesPerWrite: 50,
    seconds,
  });
  const sent = sender.go();
  const { done, refused } = await operate(t, rig, load);
  const { lines, errors } = await sent;
  assert.equal(errors, 0, 'a sender lost its connection');
  const total = lines.reduce((sum, [, count]) => sum + count, 0);
  await rig.relay.untilLedger('all lines came and were sent', (ledger) => {
    const waiting = ledger.destinations.some(({ key, queued }) => key.startsWith('keep') && queued > 0);
    return ledger.received === total && !waiting;
  });
  const { exit, ledger } = await rig.relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  const kept = compareRecording(rig.recorded, new Map(lines));
  const othersWritten = ledger.destinations.reduce(
    (sum, row) => sum + (row.route === 'keep' ? 0 : row.written + row.resent),
    0,
  );
  const othersGot = sinks.reduce((sum, sink) => sum + sink.lines, 0);
  return {
    done,
    refused,
    kept,
    keptConnections: readdirSync(rig.recorded).length,
    othersGot,
    othersWritten,
    ledger,
  };
}

interface Rig {
  readonly relay: RelayProcess;
  readonly recorded: string;
  /** Addresses that routes may be given: the sinks, and one where nobody listens. */
  readonly addrs: readonly string[];
}

async function startRig(t: TestContext, sinks: readonly TcpSink[]): Promise<Rig> {
  const gone = await startSink(t);
  await gone.close();
  const relay = await startRelay(
    t,
    'admin_addr = "127.0.0.1:0"\nspool_dir = "spool"\n' + routeText('agg', 'agg.', sinks[0]!.addr),
  );
  const recorded = join(relay.folder, 'recorded');
  mkdirSync(recorded);
  const keep = await startRecordingSink(t, recorded);
  const telnet = await TelnetClient.open(relay.telnetPort, t);
  assert.equal(await telnet.ask(`addRoute sendAllMatch keep prefix=soak.  ${keep.addr}`), 'ok\n');
  await relay.untilLogged(/keep_\S+ new conn online/);
  return { relay, recorded, addrs: [...sinks, gone].map(({ addr }) => addr) };
}

function routeText(key: string, prefix: string, addr: string): string {
  return `[[route]]\nkey = "${key}"\ntype = "sendAllMatch"\nprefix = "${prefix}"\ndestinations = ["${addr}"]\n`;
}

async function operate(
  t: TestContext,
  rig: Rig,
  { operations, operationsPerSecond, seed }: OperationLoad,
): Promise<{ done: number; refused: number }> {
  const telnet = await TelnetClient.open(rig.relay.telnetPort, t);
  const dice = new Dice(seed);
  const startMs = performance.now();
  const refusals: string[] = [];
  for (let n = 0; n < operations; n++) {
    await sleep(Math.max(0, startMs + (n * 1000) / operationsPerSecond - performance.now()));
    const command = await chooseCommand(rig, dice);
    const answer =
      command !== 'undo' && dice.below(3) === 0 ? await post(rig.relay, command) : await telnet.ask(command);
    if (answer !== 'ok\n') refusals.push(`${command}: ${answer.trim()}`);
  }
  t.diagnostic(`refused: ${refusals.slice(0, 5).join(' | ')}`);
  return { done: operations - refusals.length, refused: refusals.length };
}

async function post(relay: RelayProcess, command: string): Promise<string> {
  const body = JSON.stringify({ Command: command });
  const response = await fetch(`http://127.0.0.1:${relay.httpPort}/api/table/commands`, {
    method: 'POST',
    body,
  });
  return response.ok ? 'ok\n' : await response.text();
}

interface TableJson {
  readonly rewriters: readonly unknown[];
  readonly blocklist: readonly unknown[];
  readonly aggregators: readonly unknown[];
  readonly routes: readonly {
    readonly key: string;
    readonly type: string;
    readonly destination: readonly unknown[];
  }[];
}

/** Chooses a change that fits the table in force; never of the route "keep". */
async function chooseCommand({ relay, addrs }: Rig, dice: Dice): Promise<string> {
  const table = (await (await relay.get('/table')).json()) as TableJson;
  const routes = table.routes.filter(({ key }) => ROUTE_KEYS.includes(key));
  const route = routes.length === 0 ? undefined : dice.of(routes);
  const index = route === undefined ? 0 : dice.below(route.destination.length);
  const destination = (): string => `${dice.of(addrs)}:i${dice.below(100)}`;
  if (route !== undefined && dice.below(10) < 6) {
    switch (dice.below(6)) {
      case 0:
        return `delRoute ${route.key}`;
      case 1:
        return `modRoute ${route.key} ${dice.of(CONDITIONS)}`;
      case 2:
        return `addDest ${route.key} ${destination()}`;
      case 3:
        return route.destination.length > 2 ? `delDest ${route.key} ${index}` : `delRoute ${route.key}`;
      case 4:
        return `modDest ${route.key} ${index} addr=${destination()}`;
      default:
        return `modDest ${route.key} ${index} ${dice.of(OPTIONS.filter((text) => isMatchType(route.type) || !text.startsWith('sub')))}`;
    }
  }
  switch (dice.below(8)) {
    case 0:
      return 'undo';
    case 1:
      return table.blocklist.length > 3 ? 'delBlock 0' : `addBlock regex ^no\\.such${dice.below(9)}`;
    case 2:
      return table.rewriters.length > 3 ? 'delRewriter 1' : `addRewriter /^soak(.*)/ x$1 -1 not=rack`;
    case 3:
      return table.aggregators.length > 2 ? 'delAgg 0' : 'addAgg sum regex=^soak\\.(c0000.)\\. agg.$1 1 2';
    default: {
      const key = ROUTE_KEYS.find((name) => routes.every((other) => other.key !== name));
      if (key === undefined) return `delRoute ${dice.of(ROUTE_KEYS)}`;
      const destinations = Array.from({ length: 2 + dice.below(2) }, (_, at) => `${dice.of(addrs)}:n${at}`);
      return `addRoute ${dice.of(TYPES)} ${key} ${dice.of(CONDITIONS)}  ${destinations.join('  ')}`;
    }
  }
}

function isMatchType(type: string): boolean {
  return type === 'sendAllMatch' || type === 'sendFirstMatch';
}

/** Random choices that a seed repeats. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
