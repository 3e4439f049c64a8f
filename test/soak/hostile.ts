// A gigabyte of hostile bytes over TCP and some more over UDP: no crash, no growth, every line counted, HTTP answers.
//
//   bin/node test/soak/hostile.ts [MEGABYTES [SEED]]     (1024: one to three minutes)
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcessCost } from '../../bench/process-cost.ts';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, routeTo, startRelay } from '../e2e/relay-process.ts';
import { Child } from './children.ts';
import type { FormReply } from './form-sink.ts';
import type { HostileReply, HostileRequest } from './hostile-sender.ts';
import { HttpProbe } from './http-probe.ts';
import type { SinkReply } from './recording-sink.ts';

const MEGABYTES = Number(process.argv[2] ?? 1024);
const SEED = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const CONNECTIONS = 4;
/** Of the megabytes over TCP, so much more comes by UDP. */
const UDP_SHARE = 0.05;
const SAMPLE_MS = 1000;
/**
 * What may be added to memory from a quarter of the way on, MiB: to all but the JavaScript heap, and to what the heap
 * holds when it holds least. The space that V8 sets aside for new objects grows in large steps, to a bound of its own.
 */
const GROWTH_MIB_MAX = 24;
const ANSWER_MS_MAX = 1000;

// Series are bounded, so that endless new ones reach the bound early.
const CONFIG = `max_series = 100000
[[rewriter]]
old = "/^servers\\\\.([^.]+)/"
new = "rewritten.$1"
not = ""
max = -1
`;

interface Sample {
  readonly doneMib: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly usedMib: number;
}

class Sender {
  progress: HostileReply = { kind: 'progress', bytes: 0, lines: 0, datagrams: 0 };
  readonly sent: Promise<HostileReply>;

  constructor(t: TestContext, request: HostileRequest) {
    const child = new Child<HostileReply>(t, 'hostile-sender.ts');
    child.process.on('message', (reply: HostileReply) => {
      this.progress = reply;
    });
    this.sent = child.reply('sent');
    child.send(request);
  }
}

test('hostile input is counted line by line and costs no memory', async (t) => {
  const sink = new Child<SinkReply | FormReply>(t, 'form-sink.ts');
  const { port } = await sink.reply('listening');
  const relay = await startRelay(t, CONFIG + routeTo(`127.0.0.1:${port}`));
  const probe = new HttpProbe(relay);
  const { lines, growth } = await attack(t, relay);
  await relay.untilLedger('all lines are in', ({ received }) => received >= lines);
  const metrics = await (await relay.get('/metrics')).text();
  await probe.stop();
  const { exit, ledger } = await relay.terminate();
  const counts = sink.reply('counts');
  sink.send({ count: true });
  const got = await counts;

  const kernelDrops = Number(/^sluice_input_kernel_drops_total\{.*udp.* (\d+)$/m.exec(metrics)?.[1]);
  const figure = (name: string): string => `${name} ${valueOf(metrics, name)}`;
  console.log(
    `lines: sent ${lines}, received ${ledger.received}; datagrams lost by the kernel: ${kernelDrops}`,
  );
  console.log(`dropped ${JSON.stringify(ledger.dropped)}, written ${ledger.destinations[0]?.written}`);
  console.log(`sink: ${got.lines} lines, malformed ${got.malformed} ${JSON.stringify(got.samples)}`);
  console.log(
    ['sluice_series', 'sluice_series_forgotten_total', 'sluice_engine_memory_bytes'].map(figure).join(', '),
  );
  console.log(`HTTP: ${probe.render()}`);

  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.equal(kernelDrops, 0);
  assert.equal(ledger.received, lines);
  assert.equal(got.lines, ledger.destinations[0]?.written);
  assert.equal(got.malformed, 0);
  assert.deepEqual(probe.failures, []);
  assert.ok(probe.longestMs <= ANSWER_MS_MAX, `an answer took ${probe.longestMs} ms`);
  assert.ok(Math.max(...growth) <= GROWTH_MIB_MAX, `memory grew by ${growth.join(' and ')} MiB`);
  assert.doesNotMatch(relay.stderr, /BUG|^\s+at /m);
});

/** Sends all, and looks at the relay's memory meanwhile. */
async function attack(t: TestContext, relay: RelayProcess) {
  console.log(`seed ${SEED}`);
  const before = readProcessCost(relay.pid);
  const startMs = performance.now();
  const request = { port: relay.port, bytes: (MEGABYTES / CONNECTIONS) * 2 ** 20 };
  const senders = Array.from(
    { length: CONNECTIONS },
    (_, n) => new Sender(t, { ...request, protocol: 'tcp', connection: n, seed: SEED + n * 7919 }),
  );
  const udpBytes = MEGABYTES * UDP_SHARE * 2 ** 20;
  senders.push(
    new Sender(t, { ...request, bytes: udpBytes, protocol: 'udp', connection: 9, seed: SEED + 31 }),
  );
  const samples: Sample[] = [];
  const state = { isDone: false };
  const sent = Promise.all(senders.map((sender) => sender.sent)).finally(() => {
    state.isDone = true;
  });
  while (!state.isDone) {
    await Promise.race([sleep(SAMPLE_MS), sent]);
    const bytes = senders.reduce((sum, { progress }) => sum + progress.bytes, 0);
    samples.push(await takeSample(relay, bytes / 2 ** 20));
  }
  const reports = await sent;
  const after = readProcessCost(relay.pid);
  console.log(
    `${samples.at(-1)?.doneMib.toFixed(0)} MiB in ${((performance.now() - startMs) / 1000).toFixed(0)} s, ` +
      `${reports.at(-1)?.datagrams} datagrams among them; CPU ${(after.cpuSeconds - before.cpuSeconds).toFixed(1)} s`,
  );
  console.log(`RSS before: ${before.rssMib.toFixed(0)} MiB`);
  return { lines: reports.reduce((sum, { lines }) => sum + lines, 0), growth: reportGrowth(samples) };
}

function valueOf(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'm').exec(metrics)?.[1]);
}

async function takeSample(relay: RelayProcess, doneMib: number): Promise<Sample> {
  const metrics = await (await relay.get('/metrics')).text();
  const mib = (name: string): number => valueOf(metrics, name) / 2 ** 20;
  return {
    doneMib,
    rssMib: readProcessCost(relay.pid).rssMib,
    heapMib: mib('nodejs_heap_size_total_bytes'),
    usedMib: mib('nodejs_heap_size_used_bytes'),
  };
}

/** Returns by how much memory outside the heap, and the least that the heap holds, grew after the first quarter, MiB. */
function reportGrowth(samples: readonly Sample[]): [outside: number, held: number] {
  const total = samples.at(-1)?.doneMib ?? 0;
  const quarters = [0, 0.25, 0.5, 0.75].map((from) => {
    const part = samples.filter(({ doneMib }) => doneMib >= from * total && doneMib <= (from + 0.25) * total);
    const rss = Math.max(...part.map(({ rssMib }) => rssMib));
    const outside = Math.max(...part.map(({ rssMib, heapMib }) => rssMib - heapMib));
    const held = Math.min(...part.map(({ usedMib }) => usedMib));
    console.log(
      `from ${from * 100} % on: RSS at most ${rss.toFixed(0)} MiB, without the JavaScript heap ${outside.toFixed(0)}; ` +
        `the heap holds at least ${held.toFixed(0)}`,
    );
    return { outside, held };
  });
  const [, second, , last] = quarters;
  return [(last?.outside ?? 0) - (second?.outside ?? 0), (last?.held ?? 0) - (second?.held ?? 0)];
}
