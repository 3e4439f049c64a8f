// What the way over the disk costs: the same lines at full speed, once straight through, once all to disk while the
// destination is frozen, then replayed as fast as it takes them. CPU seconds of the relay per 1M lines, and their ratio.
//
//   bin/node bench/spool-cost.ts [--lines 6000000] [--rounds 5]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, startRelay, stop } from './e2e-run.ts';
import type { LoadReport, LoadRequest } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import { RELAYS } from './relays.ts';
import type { TroubledReport, TroubledRequest } from './troubled-sink.ts';

const ARRIVED_MS = 120_000;
const WARM_LINES = 500_000;

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '6000000' }, rounds: { type: 'string', default: '5' } },
});
const lines = Number(values.lines);

async function ask(sink: ChildProcess, request: TroubledRequest): Promise<TroubledReport> {
  sink.send(request);
  const [report] = (await once(sink, 'message')) as [TroubledReport];
  return report;
}

async function untilArrived(sink: ChildProcess, expected: number): Promise<TroubledReport> {
  const end = performance.now() + ARRIVED_MS;
  for (;;) {
    const report = await ask(sink, { report: true });
    if (report.lines >= expected) return report;
    if (performance.now() > end) throw new Error(`${report.lines} of ${expected} lines came`);
    await sleep(50);
  }
}

async function send(port: number, count: number, children: ChildProcess[]): Promise<LoadReport> {
  const load = fork(join(import.meta.dirname, 'load.ts'));
  children.push(load);
  load.send({
    port,
    connections: 4,
    series: 10_000,
    blockedSeries: 0,
    mode: { kind: 'full', lines: count },
    seed: 1,
  } satisfies LoadRequest);
  const [sent] = (await once(load, 'message')) as [LoadReport];
  return sent;
}

/** Runs once; answers CPU seconds of the relay per 1M lines. */
async function runOnce(way: 'straight' | 'disk'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cost-'));
  const children: ChildProcess[] = [];
  try {
    const sink = fork(join(import.meta.dirname, 'troubled-sink.ts'));
    children.push(sink);
    const { port: sinkPort } = await ask(sink, { mode: 'healthy' });
    const ports = { listen: await freePort(), http: await freePort(), sinks: [sinkPort] };
    const relay = RELAYS.find(({ name }) => name === 'sluice')!;
    const command = relay.command({ kind: 'fanout', destinations: 1 }, ports, folder);
    const pid = await startRelay(command, ports.listen, folder, children);
    // A relay runs for months: what it costs while it is being compiled is not asked here.
    const warm = await send(ports.listen, WARM_LINES, children);
    const before = await untilArrived(sink, warm.passing);
    if (way === 'disk') await ask(sink, { mode: 'frozen' });
    const start = readProcessCost(pid);
    const startMs = performance.now();
    const sent = await send(ports.listen, lines, children);
    const sentMs = performance.now();
    if (way === 'disk') await ask(sink, { mode: 'healthy' });
    const report = await untilArrived(sink, before.lines + sent.passing);
    const endMs = performance.now();
    const { cpuSeconds } = readProcessCost(pid);
    const lost = before.lines + sent.passing - report.lines;
    const isWhole = lost === 0 && report.sum === ((warm.sum + sent.sum) | 0);
    const perMillion = ((cpuSeconds - start.cpuSeconds) / sent.lines) * 1e6;
    const seconds = [(sentMs - startMs) / 1000, (endMs - sentMs) / 1000].map((one) => one.toFixed(1));
    console.log(
      `${way.padEnd(8)} ${perMillion.toFixed(3)} s/1M, sent in ${seconds[0]} s, the rest came ${seconds[1]} s later, ` +
        (isWhole ? 'all came, sum ok' : `${lost} lost, or the sum differs`),
    );
    return perMillion;
  } finally {
    for (const child of children.toReversed()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}

const ratios: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const straight = await runOnce('straight');
  ratios.push((await runOnce('disk')) / straight);
}
console.log(
  `disk / straight: median ${median(ratios).toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(' ')})`,
);
