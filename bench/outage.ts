// The hour that other relays lose: 100,000 lines a second arrive while the destination is slow, frozen or away; then it
// recovers. Prints what was lost, the memory it took, how fresh live lines were after the recovery, and the time until
// the backlog was gone.
//
//   bin/node bench/outage.ts [--modes slow,frozen,away] [--relays sluice,carbon-c-relay] [--trouble 60] [--after 30]
//                            [--rate 100000]
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
import type { Relay } from './relays/relay.ts';
import { RELAYS } from './relays.ts';
import type { SinkMode, TroubledReport, TroubledRequest } from './troubled-sink.ts';

const SLOW_BYTES_PER_SEC = 2_000_000;
const DRAIN_DEADLINE_MS = 240_000;
const SETTLED_MS = 5000;

const { values } = parseArgs({
  options: {
    modes: { type: 'string', default: 'slow,frozen,away' },
    relays: { type: 'string', default: 'sluice,carbon-c-relay' },
    trouble: { type: 'string', default: '60' },
    after: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100000' },
  },
});
const troubleSec = Number(values.trouble);
const afterSec = Number(values.after);
const rate = Number(values.rate);

function modeOf(name: string): SinkMode {
  if (name === 'slow') return { mode: 'slow', bytesPerSec: SLOW_BYTES_PER_SEC };
  if (name === 'frozen' || name === 'away') return { mode: name };
  throw new Error(`no mode "${name}"; there are slow, frozen, away`);
}

async function ask(sink: ChildProcess, request: TroubledRequest): Promise<TroubledReport> {
  sink.send(request);
  const [report] = (await once(sink, 'message')) as [TroubledReport];
  return report;
}

/** Waits until all lines came, or none came for a while. */
async function settle(
  sink: ChildProcess,
  expected: number,
): Promise<{ report: TroubledReport; endMs: number }> {
  const deadlineMs = performance.now() + DRAIN_DEADLINE_MS;
  let report = await ask(sink, { report: true });
  let changedMs = performance.now();
  while (report.lines < expected && performance.now() < deadlineMs) {
    await sleep(200);
    const next = await ask(sink, { report: true });
    if (next.lines !== report.lines) changedMs = performance.now();
    else if (performance.now() - changedMs > SETTLED_MS) break;
    report = next;
  }
  return { report: await ask(sink, { report: true }), endMs: changedMs };
}

async function runOnce(relay: Relay, mode: SinkMode): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-outage-'));
  const children: ChildProcess[] = [];
  try {
    const sink = fork(join(import.meta.dirname, 'troubled-sink.ts'));
    const load = fork(join(import.meta.dirname, 'load.ts'));
    children.push(sink, load);
    const { port: sinkPort } = await ask(sink, { mode: 'healthy' });
    const ports = { listen: await freePort(), http: await freePort(), sinks: [sinkPort] };
    const command = relay.command({ kind: 'fanout', destinations: 1 }, ports, folder);
    const pid = await startRelay(command, ports.listen, folder, children);
    await ask(sink, mode);
    const seconds = troubleSec + afterSec;
    load.send({
      port: ports.listen,
      connections: 4,
      series: 10_000,
      blockedSeries: 0,
      mode: { kind: 'paced', rate, linesPerWrite: 5, seconds },
      seed: 1,
    } satisfies LoadRequest);
    const sending = once(load, 'message') as Promise<[LoadReport]>;
    await sleep(troubleSec * 1000);
    const before = await ask(sink, { report: true });
    await ask(sink, { mode: 'healthy' });
    const recoveredMs = performance.now();
    const [sent] = await sending;
    const { report, endMs } = await settle(sink, sent.passing);
    const { rssPeakMib, cpuSeconds } = readProcessCost(pid);
    const lost = sent.passing - report.lines;
    console.log(
      [
        `${mode.mode} ${relay.name}: sent ${sent.passing}, got ${report.lines}`,
        `${lost >= 0 ? 'lost' : 'twice'} ${Math.abs(lost)} (${((Math.abs(lost) / sent.passing) * 100).toFixed(1)} %)`,
        `sum ${report.sum === sent.sum ? 'ok' : 'differs'}`,
        `${before.lines} had come at the recovery`,
        `backlog gone after ${((endMs - recoveredMs) / 1000).toFixed(1)} s`,
        `live p50 ${report.live.p50Ms.toFixed(0)} ms p99 ${report.live.p99Ms.toFixed(0)} ms`,
        `peak RSS ${rssPeakMib.toFixed(0)} MiB`,
        `CPU ${((cpuSeconds / sent.lines) * 1e6).toFixed(2)} s/1M`,
      ].join(', '),
    );
  } finally {
    for (const child of children.toReversed()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const name of values.modes.split(',')) {
  for (const relayName of values.relays.split(',')) {
    const relay = RELAYS.find((one) => one.name === relayName);
    if (relay === undefined) throw new Error(`no relay "${relayName}"`);
    await runOnce(relay, modeOf(name));
  }
}
