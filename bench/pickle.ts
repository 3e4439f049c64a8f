// What pickle costs: CPU seconds of the relay for 1 M metrics, in as pickle and out plain, in plain and out as pickle, and
// both. Rounds are interleaved; the sink counts bytes, the ledger metrics and losses.
//
//   bin/node bench/pickle.ts [--rounds 5] [--metrics 1000000]
import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PickleDecoder } from '../src/input/pickle/decoder.ts';
import type { Ledger } from '../src/telemetry/ledger.ts';
import { freePorts } from '../test/system/server-process.ts';
import { startRelay, stop } from './e2e-run.ts';
import { ROOT } from '../tools/source-files.ts';
import { readProcessCost } from './process-cost.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, metrics: { type: 'string', default: '1000000' } },
});
const metrics = Number(values.metrics);
const WAYS = [
  { name: 'plain in, plain out', input: 'plain', out: '' },
  { name: 'pickle in, plain out', input: 'pickle', out: '' },
  { name: 'plain in, pickle out', input: 'plain', out: ' pickle=true' },
  { name: 'pickle in, pickle out', input: 'pickle', out: ' pickle=true' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'sluice-pickle-'));
const file = join(folder, 'frames');
spawnSync('python3', [join(import.meta.dirname, 'make-pickles.py'), String(metrics), file], {
  stdio: 'inherit',
});
const frames = readFileSync(file);
const plain = decodeAll(frames);

function decodeAll(bytes: Buffer): Buffer {
  const decoder = new PickleDecoder({ lineBytesMax: 65_535, sharedBytes: 262_144 });
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const decoded = decoder.decode(bytes.subarray(at + 4, at + 4 + length));
    if (!decoded.ok) throw new Error(decoded.fault);
    parts.push(Buffer.from(decoded.lines));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}

async function run(way: (typeof WAYS)[number]): Promise<number> {
  const sink = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const sinkPort = (sink.address() as { port: number }).port;
  const [plainPort = 0, picklePort = 0, http = 0] = await freePorts(3);
  const config = join(folder, 'relay.toml');
  writeFileSync(
    config,
    `instance = "bench"
listen_addr = "127.0.0.1:${plainPort}"
pickle_addr = "127.0.0.1:${picklePort}"
http_addr = "127.0.0.1:${http}"
spool_dir = "${folder}"
[[route]]
key = "all"
type = "sendAllMatch"
destinations = ["127.0.0.1:${sinkPort}${way.out}"]
`,
  );
  const children: ChildProcess[] = [];
  const pid = await startRelay([join(ROOT, 'bin/sluice'), 'run', '--config', config], http, folder, children);
  const before = readProcessCost(pid).cpuSeconds;
  const socket = connect({ port: way.input === 'plain' ? plainPort : picklePort, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.end(way.input === 'plain' ? plain : frames);
  let ledger: Ledger | undefined;
  while (ledger?.destinations[0]?.written !== metrics) {
    await sleep(100);
    ledger = (await (await fetch(`http://127.0.0.1:${http}/api/ledger`)).json()) as Ledger;
    if (Object.keys(ledger.dropped).length > 0) throw new Error(JSON.stringify(ledger));
  }
  const cpu = readProcessCost(pid).cpuSeconds - before;
  for (const child of children) await stop(child);
  sink.close();
  return (cpu * 1e6) / metrics;
}

const results = new Map<string, number[]>(WAYS.map(({ name }) => [name, []]));
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const way of WAYS) results.get(way.name)?.push(await run(way));
}
for (const [name, seconds] of results) {
  const sorted = seconds.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const all = sorted.map((each) => each.toFixed(2)).join(' ');
  process.stdout.write(`${name}: ${median.toFixed(2)} CPU s per 1 M metrics (${all}), 0 lost\n`);
}
rmSync(folder, { recursive: true, force: true });
