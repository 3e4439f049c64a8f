// One run of a scenario that aggregates: the sink adds up the counts that come, which must be all that was sent.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, pickPorts, startRelay, STOP_AFTER_MS, stop } from './e2e-run.ts';
import type { LoadFailure, LoadReport, LoadRequest } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import type { Relay } from './relays/relay.ts';
import type { PeerScenario } from './scenario.ts';

/** Beyond the time that windows stay open. */
const GRACE_MS = 5000;
const LOAD_DEADLINE_MS = 120_000;
const NO_DELAY = { samples: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };

/** Adds up the counts that come. */
class CountSink {
  counted = 0;
  readonly server = createServer((socket) => {
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [key = '', value] = line.split(' ');
        if (key.endsWith('.count')) this.counted += Number(value);
      }
    });
    socket.on('error', () => socket.destroy());
  });
}

/** Sends one load; throws when it does not get through. */
export async function sendLoad(request: LoadRequest, children: ChildProcess[]): Promise<LoadReport> {
  const generator = fork(join(import.meta.dirname, 'load.ts'));
  children.push(generator);
  generator.send(request);
  const signal = AbortSignal.timeout(LOAD_DEADLINE_MS);
  const [sent] = (await once(generator, 'message', { signal })) as [LoadReport | LoadFailure];
  if (sent.kind === 'failed') throw new Error(`the load did not get through: ${sent.message}`);
  return sent;
}

/** Runs one relay through one scenario. */
export async function runAggregate(
  scenario: PeerScenario,
  relay: Relay,
  round: number,
): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const children: ChildProcess[] = [];
  const sink = new CountSink();
  sink.server.listen(0, '127.0.0.1');
  await once(sink.server, 'listening');
  try {
    return await measure(scenario, relay, round, { folder, children, sink });
  } finally {
    for (const child of children.toReversed()) await stop(child, STOP_AFTER_MS);
    sink.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly folder: string;
  readonly children: ChildProcess[];
  readonly sink: CountSink;
}

async function measure(
  scenario: PeerScenario,
  relay: Relay,
  round: number,
  { folder, children, sink }: Place,
): Promise<Measurement> {
  const { table } = scenario;
  if (table.kind !== 'aggregate') throw new Error(`${scenario.name} does not aggregate`);
  const ports = await pickPorts([(sink.server.address() as AddressInfo).port]);
  const pid = await startRelay(relay.command(table, ports, folder), ports.listen, folder, children);
  const request = { ...scenario.load, port: ports.listen, seed: round };
  let warm = 0;
  for (const mode of scenario.warmup ?? []) warm += (await sendLoad({ ...request, mode }, children)).lines;
  const before = readProcessCost(pid);
  const sent = await sendLoad(request, children);
  const deadline = performance.now() + (table.waitSec + table.intervalSec) * 1000 + GRACE_MS;
  while (sink.counted < warm + sent.lines && performance.now() < deadline) await sleep(100);
  const after = readProcessCost(pid);
  const lost = warm + sent.lines - sink.counted;
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    scenario: scenario.name,
    relay: relay.name,
    round,
    linesIn: sent.lines,
    expected: sent.lines,
    lost,
    sumOk: lost === 0,
    linesPerSecond: (sent.lines / (sent.endMicros - sent.startMicros)) * 1e6,
    cpuSeconds,
    cpuSecondsPerMillion: (cpuSeconds / sent.lines) * 1e6,
    cpuSecondsPerMillionDelivered: (cpuSeconds / Math.max(1, sent.lines - lost)) * 1e6,
    delay: NO_DELAY,
    rssMib: after.rssMib,
    rssPeakMib: after.rssPeakMib,
    rssGrowthMib: after.rssMib - before.rssMib,
    generatorLateMs: sent.lateMs,
  };
}
