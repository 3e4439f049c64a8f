// A child process of table-change.ts: a relay as `sluice run` builds it, that reloads another config when told to.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfigAside } from '../src/cli/config-thread.ts';
import type { Config } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { systemFiles } from '../src/destination/sender/file-system.ts';
import { parseDestination } from '../src/destination/parse-destination.ts';
import { makeTcpConnect, systemLookup } from '../src/destination/sender/peer-socket.ts';
import { Relay } from '../src/relay/relay.ts';
import { makeNap, Turn } from '../src/relay/turn.ts';
import { systemClock } from '../src/util/clock.ts';
import { type FrameCost, summarise } from './cpu-profile.ts';
import { monotonicMicros } from './series-lines.ts';

/** What is asked; `start` comes first. */
export type ChangeRelayRequest =
  | { readonly start: string; readonly next: string }
  | { readonly change: true; readonly profile: boolean }
  | { readonly figures: true }
  | { readonly profileEnd: true }
  | { readonly drain: true };

/** Figures since the last question, but for the totals. */
export interface RelayFigures {
  readonly cpuSeconds: number;
  /** Total. */
  readonly resolved: number;
  /** Total. */
  readonly series: number;
  /** Longest time without a read. */
  readonly readGapMs: number;
  readonly loopStallMs: number;
  readonly rssMib: number;
}

/** What is answered. */
export type ChangeRelayReply =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'changed';
      readonly applyMs: number;
      readonly applyCpuMs: number;
      readonly atMicros: number;
    }
  | { readonly kind: 'figures'; readonly figures: RelayFigures }
  | { readonly kind: 'profile'; readonly frames: readonly FrameCost[] }
  | {
      readonly kind: 'drained';
      readonly received: number;
      readonly written: number;
      readonly balanced: boolean;
    };

const NAP_MS_MAX = 2;
const DRAIN_MS = 20_000;

/** Notes the longest time between two reads. */
class WatchedTurn extends Turn {
  gapMs = 0;
  #lastMs = performance.now();

  override noteInput(bytes: number): void {
    const now = performance.now();
    this.gapMs = Math.max(this.gapMs, now - this.#lastMs);
    this.#lastMs = now;
    super.noteInput(bytes);
  }

  restart(): void {
    this.gapMs = 0;
  }
}

const turn = new WatchedTurn(
  { napMsMax: NAP_MS_MAX },
  {
    clock: systemClock,
    nap: makeNap(),
    soon: (fn) => void setImmediate(fn),
    settled: (fn) => process.nextTick(fn),
  },
);
const loopDelay = monitorEventLoopDelay({ resolution: 5 });
const session = new Session();
let relay: Relay | undefined;
let cpuBefore = process.cpuUsage();

function readConfig(file: string): Config {
  const text = { file, text: readFileSync(file, 'utf8') };
  const { config, problems } = loadConfig(
    { file: text, flags: new Map(), env: {}, hostName: 'bench' },
    { parseDestination },
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

async function start(file: string, next: string): Promise<void> {
  const say = (message: string): void => console.error(message);
  relay = await Relay.make(readConfig(file), {
    clock: systemClock,
    log: { error: say, warn: say, info: () => {}, debug: () => {}, trace: () => {}, lost: 0 },
    version: 'bench',
    random: Math.random,
    accessLog: () => {},
    network: {
      connect: makeTcpConnect(),
      lookup: systemLookup,
      files: systemFiles,
      listenLookup: (host) => lookup(host, { all: true }),
    },
    turn,
    readAgain: async () => {
      const origin = { file: next, flags: new Map(), env: {}, hostName: 'bench' };
      const { config } = await readConfigAside(origin);
      return { config, problems: [], warnings: [] };
    },
    processMetrics: false,
  });
  await relay.start();
  loopDelay.enable();
  reply({ kind: 'listening', port: relay.plainPort ?? 0 });
}

async function change(running: Relay, profile: boolean): Promise<void> {
  if (profile) {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
  }
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const atMicros = monotonicMicros();
  const answer = await running.reload?.run('bench', false);
  if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
  const applyMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const applyCpuMs = (user + system) / 1000;
  reply({ kind: 'changed', applyMs, applyCpuMs, atMicros });
}

function figures(running: Relay): RelayFigures {
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  const { resolved, series } = running.engine.stats();
  const readGapMs = turn.gapMs;
  turn.restart();
  const loopStallMs = loopDelay.max / 1e6;
  loopDelay.reset();
  const rssMib = process.memoryUsage.rss() / 2 ** 20;
  return { cpuSeconds: (user + system) / 1e6, resolved, series, readGapMs, loopStallMs, rssMib };
}

async function drain(running: Relay): Promise<void> {
  await running.drain(DRAIN_MS);
  const { received, destinations, balanced } = running.ledger();
  const written = destinations.reduce((sum, row) => sum + row.written, 0);
  reply({ kind: 'drained', received, written, balanced });
}

async function serve(request: ChangeRelayRequest): Promise<void> {
  if ('start' in request) return start(request.start, request.next);
  if (relay === undefined) throw new Error('not started');
  if ('change' in request) return change(relay, request.profile);
  if ('figures' in request) return reply({ kind: 'figures', figures: figures(relay) });
  if ('drain' in request) return drain(relay);
  const { profile } = await session.post('Profiler.stop');
  return reply({ kind: 'profile', frames: summarise(profile) });
}

function reply(message: ChangeRelayReply): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.on('message', (request: ChangeRelayRequest) => void serve(request));
