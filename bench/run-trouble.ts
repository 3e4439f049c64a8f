// One run of a scenario whose destination is slow, away or restarted while lines come at a rate, and then recovers.
//
// Delays are those of lines sent after the recovery: how fresh live lines are while the backlog drains.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, pickPorts, startRelay, STOP_AFTER_MS, stop } from './e2e-run.ts';
import type { LoadReport } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import type { Relay } from './relays/relay.ts';
import { sendLoad } from './run-aggregate.ts';
import type { PeerScenario, Trouble } from './scenario.ts';
import type { SinkMode, TroubledReport, TroubledRequest } from './troubled-sink.ts';

/** What has not come so long after the load counts as lost. */
const DRAIN_DEADLINE_MS = 8_000;
/** A backlog that does not move for so long is lost; the longest pause of a peer before it connects again is shorter. */
const SETTLED_MS = 2500;
const ASK_DEADLINE_MS = 10_000;

/** Runs one relay through one scenario. */
export async function runTrouble(scenario: PeerScenario, relay: Relay, round: number): Promise<Measurement> {
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
  scenario: PeerScenario,
  relay: Relay,
  round: number,
  folder: string,
  children: ChildProcess[],
): Promise<Measurement> {
  const { trouble } = scenario;
  if (trouble === undefined) throw new Error(`${scenario.name} has no trouble`);
  const sink = fork(join(import.meta.dirname, 'troubled-sink.ts'));
  children.push(sink);
  const { port } = await ask(sink, { mode: 'healthy' });
  await ask(sink, { distinct: true });
  const ports = await pickPorts([port]);
  const pid = await startRelay(relay.command(scenario.table, ports, folder), ports.listen, folder, children);
  const before = readProcessCost(pid);
  const [sent] = await Promise.all([
    sendLoad({ ...scenario.load, port: ports.listen, seed: round }, children),
    makeTrouble(sink, trouble),
  ]);
  const { report, endMicros } = await settle(sink, sent);
  const after = readProcessCost(pid);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    scenario: scenario.name,
    relay: relay.name,
    round,
    linesIn: sent.lines,
    expected: sent.passing,
    lost: sent.passing - report.distinct,
    duplicates: report.lines - report.distinct,
    sumOk: report.lines === sent.passing && report.sum === sent.sum,
    linesPerSecond: (report.distinct / (endMicros - sent.startMicros)) * 1e6,
    cpuSeconds,
    cpuSecondsPerMillion: (cpuSeconds / sent.lines) * 1e6,
    cpuSecondsPerMillionDelivered: (cpuSeconds / Math.max(1, report.distinct)) * 1e6,
    delay: report.live,
    rssMib: after.rssMib,
    rssPeakMib: after.rssPeakMib,
    rssGrowthMib: after.rssMib - before.rssMib,
    generatorLateMs: sent.lateMs,
  };
}

async function makeTrouble(sink: ChildProcess, trouble: Trouble): Promise<void> {
  await sleep(trouble.fromSec * 1000);
  await ask(sink, troubleMode(trouble));
  await sleep(trouble.seconds * 1000);
  await ask(sink, { mode: 'healthy' });
}

function troubleMode({ mode, bytesPerSec = 0 }: Trouble): SinkMode {
  return mode === 'slow' ? { mode, bytesPerSec } : { mode };
}

async function ask(sink: ChildProcess, request: TroubledRequest): Promise<TroubledReport> {
  const answer = once(sink, 'message', { signal: AbortSignal.timeout(ASK_DEADLINE_MS) });
  sink.send(request);
  const [report] = (await answer) as [TroubledReport];
  return report;
}

/** Waits until all lines came, or none came for a while. */
async function settle(
  sink: ChildProcess,
  sent: LoadReport,
): Promise<{ report: TroubledReport; endMicros: number }> {
  const deadlineMs = performance.now() + DRAIN_DEADLINE_MS;
  let report = await ask(sink, { report: true });
  let changedMs = performance.now();
  while (report.distinct < sent.passing && performance.now() < deadlineMs) {
    await sleep(50);
    const next = await ask(sink, { report: true });
    if (next.lines !== report.lines) changedMs = performance.now();
    else if (performance.now() - changedMs > SETTLED_MS) break;
    report = next;
  }
  return { report, endMicros: report.lastMicros };
}
