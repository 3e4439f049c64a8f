// Costs that sockets make: copies to many destinations, and many connections in. The whole relay, as a process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/source-files.ts';
import { type Measurement, runOnce, type Scenario } from '../e2e-run.ts';
import { sluiceBlock } from '../relays/sluice.ts';
import type { Relay } from '../relays/relay.ts';
import { costAt, type Curve, type CurvePoint, type ScalingResult } from './curve.ts';

const COPIES = [1, 2, 4, 8, 16, 32, 64];
const ROUTES = [1, 10, 100, 1000];
const CONNECTIONS = [1, 10, 100, 1000, 10_000];
const WARMUP = [{ kind: 'full', lines: 300_000 }] as const;

/** Measures fan-out end to end. */
export async function measureCopiesEndToEnd(): Promise<Curve> {
  const points: CurvePoint[] = [];
  for (const x of COPIES) {
    const lines = Math.max(100_000, Math.round(1_500_000 / x));
    const measured = await run(`fan-out ${x}`, sluiceBlock, lines, 4, { kind: 'fanout', destinations: x });
    points.push(pointOf(x, measured));
  }
  return { name: 'whole relay, with sockets', points };
}

/** Measures routes with a connection each, end to end. */
export async function measureRoutesEndToEnd(): Promise<Curve> {
  const points: CurvePoint[] = [];
  for (const x of ROUTES) {
    // The sinks of a hash table: as many, and each line goes to one of them.
    const measured = await run(`routes ${x}`, manyRoutes(x), 1_000_000, 4, { kind: 'hash', destinations: x });
    points.push(pointOf(x, measured));
  }
  return { name: 'whole relay, with sockets', points };
}

/** Measures one load over more and more connections. */
export async function measureConnections(): Promise<ScalingResult> {
  const points: CurvePoint[] = [];
  for (const x of CONNECTIONS) {
    const measured = await run(`connections ${x}`, sluiceBlock, 1_500_000, x, {
      kind: 'fanout',
      destinations: 1,
    });
    points.push(pointOf(x, measured));
  }
  const curve = { name: 'whole relay, with sockets', points };
  const cost = (x: number): string => `${(costAt(curve, x) * 1000).toFixed(0)} ns`;
  const rss = (x: number): number =>
    points.find((point) => point.x === x)?.more?.['rssPeakMib'] ?? Number.NaN;
  return {
    name: 'connections',
    title: 'Cost against the number of connections in',
    note: '1.5 M lines of 100,000 series at full speed, split over the connections; one destination',
    xLabel: 'connections',
    yLabel: 'CPU s per 1 M lines',
    yScale: 'linear',
    curves: [curve],
    reasons: [
      `A line costs ${cost(1)} over one connection and ${cost(1000)} over 1,000, ${cost(10_000)} over 10,000: there each connection sends 150 lines, 10 in a write, so that a read finds some 650 bytes instead of 64 KiB, and to accept and to end 10,000 connections is in the figure.`,
      `10,000 connections take ${(((rss(10_000) - rss(1)) * 1024) / 10_000).toFixed(0)} KiB each at the peak (${rss(1).toFixed(0)} MiB with one, ${rss(10_000).toFixed(0)} MiB with all); the kernel's buffers are not in that.`,
    ],
  };
}

/** Routes by the last digits of a series' number. */
function manyRoutes(count: number): Relay {
  const digits = Math.round(Math.log10(count));
  return {
    ...sluiceBlock,
    command: (_table, ports, folder) => {
      const lines = [
        'instance = "bench"',
        'log_level = "warn"',
        `listen_addr = "127.0.0.1:${ports.listen}"`,
        `http_addr = "127.0.0.1:${ports.http}"`,
      ];
      for (let index = 0; index < count; index++) {
        lines.push('[[route]]', `key = "r${index}"`, 'type = "sendAllMatch"');
        // A key of the load has its number as `s000123`.
        if (count > 1) lines.push(`regex = '\\.s[0-9]*${String(index).padStart(digits, '0')}\\.'`);
        lines.push(`destinations = ["127.0.0.1:${ports.sinks[index] ?? 0} when_full=block"]`);
      }
      const file = join(folder, 'sluice.toml');
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [join(ROOT, 'bin/sluice'), 'run', '--config', file];
    },
  };
}

function run(
  name: string,
  relay: Relay,
  lines: number,
  connections: number,
  table: Scenario['table'],
): Promise<Measurement> {
  const scenario: Scenario = {
    name,
    about: name,
    table,
    load: {
      connections,
      series: connections > 4 ? 100_000 : name.startsWith('connections') ? 100_000 : 10_000,
      blockedSeries: 0,
      mode: { kind: 'full', lines },
    },
    warmup: WARMUP,
  };
  return runOnce(scenario, relay, 1);
}

function pointOf(x: number, measured: Measurement): CurvePoint {
  const { cpuSecondsPerMillion: y, lost, sumOk, rssPeakMib, linesPerSecond } = measured;
  if (lost === 0 && !sumOk) throw new Error(`at ${x}: other lines arrived than were sent`);
  return {
    x,
    y,
    lost,
    more: { rssPeakMib: Math.round(rssPeakMib), linesPerSecond: Math.round(linesPerSecond) },
  };
}
