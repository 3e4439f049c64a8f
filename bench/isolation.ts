// Does a destination feel the trouble of its neighbours? Each line goes to five destinations: one frozen, one slow, one that
// resets its connections again and again, one that refuses, and a healthy one. Delays of the healthy one, against those of
// runs in which all five are healthy; rounds are interleaved, and the ratio is that of the medians.
//
//   bin/node bench/isolation.ts [--rounds 5] [--seconds 10] [--rate 50000] [--relay sluice] [--flap 200]
//                               [--troubled frozen,slow,flapping,refusing] [--drain]
//
// `--drain`: after each round all recover, and what arrived everywhere is counted.
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
import type { Relay } from './relays/relay.ts';
import { RELAYS } from './relays.ts';
import type { SinkMode, TroubledReport, TroubledRequest } from './troubled-sink.ts';

const DESTINATIONS = 5;
const SLOW_BYTES_PER_SEC = 500_000;
const WARMUP_SECONDS = 2;
const RATIO_MAX = 2;
const SETTLE_DEADLINE_MS = 60_000;
const SETTLE_POLL_MS = 100;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50000' },
    relay: { type: 'string', default: 'sluice' },
    flap: { type: 'string', default: '200' },
    troubled: { type: 'string', default: 'frozen,slow,flapping,refusing' },
    drain: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const HEALTHY: SinkMode = { mode: 'healthy' };

interface Outcome {
  readonly healthy: TroubledReport;
  readonly cpuPercent: number;
  /** Lines that the healthy one did not get, or that the books dropped or do not know. */
  readonly lost: number;
  readonly text: string;
}

function modeOf(name: string): SinkMode {
  if (name === 'slow') return { mode: 'slow', bytesPerSec: SLOW_BYTES_PER_SEC };
  if (name === 'flapping') return { mode: 'flapping', everyMs: Number(values.flap) };
  if (name === 'refusing') return { mode: 'away' };
  if (name === 'frozen' || name === 'healthy') return { mode: name };
  throw new Error(`no trouble "${name}"; there are frozen, slow, flapping, refusing, healthy`);
}

async function ask(sink: ChildProcess, request: TroubledRequest): Promise<TroubledReport> {
  sink.send(request);
  const [report] = (await once(sink, 'message')) as [TroubledReport];
  return report;
}

async function askAll(
  sinks: readonly ChildProcess[],
  requests: readonly TroubledRequest[],
): Promise<readonly TroubledReport[]> {
  return Promise.all(sinks.map((sink, index) => ask(sink, requests[index] ?? HEALTHY)));
}

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + SETTLE_DEADLINE_MS;
  for (;;) {
    const value = await read();
    if (holds(value) || performance.now() > deadlineMs) return value;
    await sleep(SETTLE_POLL_MS);
  }
}

/** One round: the first sink is healthy, the others behave as `modes` say from before the load on. */
async function runRound(relay: Relay, modes: readonly SinkMode[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-isolation-'));
  const children: ChildProcess[] = [];
  const start = (script: string): ChildProcess => {
    const child = fork(join(import.meta.dirname, script));
    children.push(child);
    return child;
  };
  try {
    const sinks = Array.from({ length: DESTINATIONS }, () => start('troubled-sink.ts'));
    const opened = await askAll(sinks, []);
    const ports = {
      listen: await freePort(),
      http: await freePort(),
      sinks: opened.map(({ port }) => port),
    };
    const command = relay.command({ kind: 'fanout', destinations: DESTINATIONS }, ports, folder);
    const pid = await startRelay(command, ports.listen, folder, children);
    await askAll(sinks, [HEALTHY, ...modes]);
    const load = start('load.ts');
    const mode = { kind: 'paced', rate, linesPerWrite: 5, seconds: WARMUP_SECONDS + seconds } as const;
    const request = { port: ports.listen, connections: 4, series: 10_000, blockedSeries: 0, mode, seed: 1 };
    load.send(request satisfies LoadRequest);
    const sending = once(load, 'message') as Promise<[LoadReport]>;
    await sleep(WARMUP_SECONDS * 1000);
    // From here on delays count.
    const healthy = sinks[0]!;
    await ask(healthy, HEALTHY);
    const before = readProcessCost(pid).cpuSeconds;
    const [sent] = await sending;
    const cpuPercent = ((readProcessCost(pid).cpuSeconds - before) / seconds) * 100;
    return { cpuPercent, ...(await account(sinks, sent, ports.http)) };
  } finally {
    for (const child of children.toReversed()) {
      // With a frozen peer an end in order would take its whole time.
      child.removeAllListeners('exit').kill('SIGKILL');
    }
    await Promise.all(children.map((child) => stop(child)));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function account(
  sinks: readonly ChildProcess[],
  sent: LoadReport,
  httpPort: number,
): Promise<Omit<Outcome, 'cpuPercent'>> {
  const readLedger = async (): Promise<Ledger> =>
    (await (await fetch(`http://127.0.0.1:${httpPort}/api/ledger`)).json()) as Ledger;
  const report = { report: true } as const;
  const healthy = await until(
    () => ask(sinks[0]!, report),
    ({ lines }) => lines >= sent.lines,
  );
  let arrived = '';
  if (values.drain) {
    await askAll(sinks, []);
    await until(readLedger, ({ destinations }) =>
      destinations.every(({ queued, spooled }) => queued + spooled === 0),
    );
    const reports = await until(
      () =>
        askAll(
          sinks,
          Array.from(sinks, () => report),
        ),
      (all) => all.every(({ lines }) => lines >= sent.lines),
    );
    arrived = `, arrived ${reports.map(({ lines }) => lines - sent.lines).join(' ')} beyond what was sent`;
  }
  const ledger = await readLedger();
  const dropped = ledger.destinations.flatMap((row) => Object.values(row.dropped)).reduce((a, b) => a + b, 0);
  const unknown = ledger.destinations.reduce((sum, row) => sum + Math.abs(sent.lines - row.in), 0);
  const missing = Math.abs(sent.lines - healthy.lines) + (sent.sum === healthy.sum ? 0 : 1);
  const inMemory = ledger.destinations.map(({ queued }) => queued);
  const onDisk = ledger.destinations.map(({ spooled }) => spooled);
  const resent = ledger.destinations.map((row) => row.resent);
  return {
    healthy,
    lost: missing + dropped + unknown + (ledger.balanced ? 0 : 1),
    text:
      `late ${sent.lateMs.toFixed(0)} ms, queued ${inMemory.join(' ')}, spooled ${onDisk.join(' ')}, ` +
      `resent ${resent.join(' ')}, dropped ${dropped}, balanced ${ledger.balanced}${arrived}`,
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function print(name: string, { healthy, lost, cpuPercent, text }: Outcome): void {
  const { p50Ms, p99Ms, maxMs } = healthy.live;
  console.log(
    `${name}: p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} max ${maxMs.toFixed(1)} ms, lost ${lost}, ` +
      `CPU ${cpuPercent.toFixed(0)} %, ${text}`,
  );
}

async function main(): Promise<boolean> {
  const relay = RELAYS.find(({ name }) => name === values.relay);
  if (relay === undefined) throw new Error(`no relay "${values.relay}"`);
  const troubles = values.troubled.split(',').map(modeOf);
  const rounds: { readonly calm: Outcome; readonly troubled: Outcome }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const calm = await runRound(relay, []);
    print(`round ${round + 1} healthy `, calm);
    const troubled = await runRound(relay, troubles);
    print(`round ${round + 1} troubled`, troubled);
    rounds.push({ calm, troubled });
  }
  const figures = (['p50Ms', 'p99Ms', 'maxMs'] as const).map((figure) => {
    const calm = median(rounds.map((round) => round.calm.healthy.live[figure]));
    const troubled = median(rounds.map((round) => round.troubled.healthy.live[figure]));
    return { figure, calm, troubled, ratio: troubled / calm };
  });
  for (const { figure, calm, troubled, ratio } of figures) {
    console.log(
      `${figure.slice(0, -2)}: healthy ${calm.toFixed(2)} ms, troubled ${troubled.toFixed(2)} ms, ratio ${ratio.toFixed(2)}`,
    );
  }
  const lost = rounds.reduce((sum, { calm, troubled }) => sum + calm.lost + troubled.lost, 0);
  const holds = lost === 0 && figures[1]!.ratio <= RATIO_MAX;
  console.log(`${holds ? 'HOLDS' : 'FAILS'}: p99 ratio at most ${RATIO_MAX}, lost ${lost}`);
  return holds;
}

process.exitCode = (await main()) ? 0 : 1;
