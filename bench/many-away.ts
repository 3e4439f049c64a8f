// Many destinations, all away: the memory of a relay that spools for each of them, and of its replay when all come back.
//
//   bin/node bench/many-away.ts [--destinations 500] [--rate 1000] [--seconds 60]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Ledger } from '../src/telemetry/ledger.ts';
import { freePort, startRelay, stop } from './e2e-run.ts';
import type { LoadReport, LoadRequest } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import { RELAYS } from './relays.ts';
import type { SinkReply, SinkRequest } from './sink.ts';

const DELIVERED_MS = 300_000;

const { values } = parseArgs({
  options: {
    destinations: { type: 'string', default: '500' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
  },
});
const destinations = Number(values.destinations);
const seconds = Number(values.seconds);

async function askSink(sink: ChildProcess, request: SinkRequest): Promise<SinkReply> {
  sink.send(request);
  const [reply] = (await once(sink, 'message')) as [SinkReply];
  return reply;
}

function startSink(children: ChildProcess[]): ChildProcess {
  const sink = fork(join(import.meta.dirname, 'sink.ts'));
  children.push(sink);
  return sink;
}

async function readLedger(port: number): Promise<Ledger> {
  return (await (await fetch(`http://127.0.0.1:${port}/api/ledger`)).json()) as Ledger;
}

function sumOf(ledger: Ledger, column: 'queued' | 'spooled' | 'written'): number {
  return ledger.destinations.reduce((sum, row) => sum + row[column], 0);
}

function droppedOf(ledger: Ledger): number {
  return Object.values(ledger.dropped).reduce((sum, lines) => sum + lines, 0);
}

/** Watches memory until `isOver`; answers the figures of each second, MiB. */
async function watch(pid: number, isOver: () => Promise<boolean>): Promise<number[]> {
  const rss: number[] = [];
  const end = performance.now() + DELIVERED_MS;
  while (!(await isOver()) && performance.now() < end) {
    await sleep(1000);
    rss.push(readProcessCost(pid).rssMib);
  }
  return rss;
}

/** Renders every tenth figure or so, and the highest. */
function describe(rss: readonly number[]): string {
  const step = Math.max(1, Math.ceil(rss.length / 12));
  const some = rss.filter((_, index) => index % step === 0).map((mib) => mib.toFixed(0));
  return `${some.join(' ')}, highest ${Math.max(...rss).toFixed(0)} MiB`;
}

async function run(folder: string, children: ChildProcess[]): Promise<void> {
  // Ports that nothing listens on, until the sink does.
  const probe = startSink(children);
  const found = await askSink(probe, { listen: destinations });
  if (found.kind !== 'ports') throw new Error('no ports');
  await stop(probe);
  const ports = { listen: await freePort(), http: await freePort(), sinks: found.ports };
  const relay = RELAYS.find(({ name }) => name === 'sluice')!;
  const pid = await startRelay(
    relay.command({ kind: 'fanout', destinations }, ports, folder),
    ports.listen,
    folder,
    children,
  );
  console.log(
    `${destinations} destinations, all away: RSS at the start ${readProcessCost(pid).rssMib.toFixed(0)} MiB`,
  );
  const load = fork(join(import.meta.dirname, 'load.ts'));
  children.push(load);
  load.send({
    port: ports.listen,
    connections: 4,
    series: 1000,
    blockedSeries: 0,
    mode: { kind: 'paced', rate: Number(values.rate), linesPerWrite: 5, seconds },
    seed: 1,
  } satisfies LoadRequest);
  let sent: LoadReport | undefined;
  load.once('message', (report: LoadReport) => {
    sent = report;
  });
  const rss = await watch(pid, () => Promise.resolve(sent !== undefined));
  await sleep(2000);
  const away = await readLedger(ports.http);
  const copies = (sent?.lines ?? 0) * destinations;
  console.log(`${values.rate} lines a second to each for ${seconds} s: RSS ${describe(rss)}`);
  console.log(
    `  ${copies} copies: ${sumOf(away, 'spooled')} spooled, ${sumOf(away, 'queued')} queued, ${sumOf(away, 'written')} written, ${droppedOf(away)} dropped, ` +
      `balanced ${away.balanced}, CPU ${readProcessCost(pid).cpuSeconds.toFixed(1)} s`,
  );
  const sink = startSink(children);
  const backMs = performance.now();
  await askSink(sink, { listenOn: found.ports });
  const replay = await watch(pid, async () => {
    const ledger = await readLedger(ports.http);
    return sumOf(ledger, 'spooled') + sumOf(ledger, 'queued') === 0;
  });
  const back = await readLedger(ports.http);
  console.log(`all back: RSS ${describe(replay)}`);
  console.log(
    `  ${sumOf(back, 'written')} written, ${droppedOf(back)} dropped, after ${((performance.now() - backMs) / 1000).toFixed(1)} s`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-away-'));
const children: ChildProcess[] = [];
try {
  await run(folder, children);
} finally {
  for (const child of children.toReversed()) await stop(child);
  rmSync(folder, { recursive: true, force: true });
}
