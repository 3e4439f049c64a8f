// The two ways to send a load through a relay and to say what became of it: numbered lines, counted one by one, by the
// generator and sink of `sluice bench`; and pickle messages that Python wrote, counted and summed up.
import type { ChildProcess } from 'node:child_process';
import type { DelaySummary } from '../src/cli/bench/delay-histogram.ts';
import { runLoad } from '../src/cli/bench/run-load.ts';
import { BenchSink } from '../src/cli/bench/sink-thread.ts';
import type { Scenario } from './e2e-run.ts';
import type { LoadMode } from './load.ts';
import { copyCount, type Relay, sinkCount } from './relays/relay.ts';
import { forkScript, listenSinks, load } from './summed-load.ts';

/** What became of a load. */
export interface LoadOutcome {
  readonly sent: number;
  /** Lines that were to come, copies counted. */
  readonly expected: number;
  /** Those that came; with numbered lines each copy once. */
  readonly received: number;
  /** Exactly the lines sent came, and no others. */
  readonly isExact: boolean;
  readonly linesPerSecond: number;
  readonly delay: DelaySummary;
  readonly generatorLateMs: number;
  /** Absent: not counted one by one. */
  readonly duplicates?: number;
  readonly reordered?: number;
}

/** A sink that listens, and how a load gets to it. */
export interface LoadWay {
  readonly sinks: readonly number[];
  send(mode: LoadMode, port: number): Promise<LoadOutcome>;
  stop(): Promise<void>;
}

const SINK_IDLE_MS = 3000;
const LINES_PER_WRITE_MAX = 910;
const HOST = '127.0.0.1';

/** Opens the sinks of a scenario. */
export function openWay(
  scenario: Scenario,
  relay: Relay,
  seed: number,
  children: ChildProcess[],
): Promise<LoadWay> {
  const isPickle = scenario.load.mode.kind === 'pickle';
  return isPickle ? openSummed(scenario, seed, children) : openNumbered(scenario, relay, seed);
}

async function openNumbered({ table, load: plan }: Scenario, relay: Relay, seed: number): Promise<LoadWay> {
  const ports = Array.from({ length: sinkCount(table) }, () => 0);
  const sink = await BenchSink.start({ host: HOST, ports, transport: 'tcp' });
  const copies = copyCount(table);
  const byPort = copies === ports.length;
  return {
    sinks: sink.ports,
    stop: () => sink.stop(),
    async send(mode, port) {
      if (mode.kind === 'pickle') throw new Error('a load of lines has a warm-up of pickle');
      const sized = mode.kind === 'full' ? { ...mode, linesPerWrite: linesPerWrite(plan) } : mode;
      const run = { plan: { ...plan, mode: sized, seed }, target: { host: HOST, port }, copies, byPort };
      const result = await runLoad({ ...run, sink, idleMs: SINK_IDLE_MS });
      const { sent, expected, accepted, duplicates, reordered, unwanted, foreign, renamed, reformatted } =
        result;
      const isChanged = renamed > 0 || (reformatted > 0 && relay.keepsBytes);
      return {
        sent,
        expected,
        received: accepted,
        isExact: accepted === expected && duplicates + unwanted + foreign === 0 && !isChanged,
        linesPerSecond: result.linesPerSecond,
        delay: result.delay,
        generatorLateMs: result.lateness.maxMs,
        duplicates,
        reordered,
      };
    },
  };
}

/** Lines of a write at full speed: some 64 KiB, but no more than the connection has series. */
function linesPerWrite({ series, connections }: Scenario['load']): number {
  return Math.max(1, Math.min(LINES_PER_WRITE_MAX, Math.ceil(series / connections)));
}

async function openSummed(scenario: Scenario, seed: number, children: ChildProcess[]): Promise<LoadWay> {
  const sink = forkScript('sink.ts', children);
  const copies = copyCount(scenario.table);
  return {
    sinks: await listenSinks(sink, sinkCount(scenario.table)),
    stop: () => Promise.resolve(),
    async send(mode, port) {
      const request = { ...scenario.load, mode, port, seed };
      const { sent, result, expected } = await load(request, copies, sink, children);
      const received = result.ports.reduce((sum, one) => sum + one.lines, 0);
      return {
        sent: sent.lines,
        expected,
        received,
        // A relay writes numbers in its own way, so that no sum is the same.
        isExact: received === expected,
        linesPerSecond: (received / copies / (result.atMicros - sent.startMicros)) * 1e6,
        delay: result.delay,
        generatorLateMs: sent.lateMs,
      };
    },
  };
}
