// What aggregation costs: 10,000 series into 1,000 results in windows of 10 s, sluice and carbon-c-relay in turn.
//
//   bin/node bench/aggregate.ts [--functions sum | sum,count,… | all] [--mode full|paced] [--rounds 3] [--lines 5000000]
//                               [--seconds 10] [--relays sluice,carbon-c-relay]
//
// The raw lines end in the windows (dropRaw, stop). A count goes along with every run: what the sink adds up must be what
// was sent. CPU is that of the relay process from the start of the load until the last window came, per 1 M lines in.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ROOT } from '../tools/source-files.ts';
import { freePort, startRelay, stop } from './e2e-run.ts';
import type { LoadFailure, LoadMode, LoadReport } from './load.ts';
import { readProcessCost } from './process-cost.ts';

const INTERVAL_SEC = 10;
const GROUP_PATTERN = '^g[0-9]+\\.app[0-9]+\\.host([0-9]+)\\..*';
const ALL = 'sum,avg,count,delta,derive,last,max,median,min,p95,p99,stdev,variance,percentiles'.split(',');
/** carbon-c-relay's word for a function; it has no others. */
const C_RELAY_WORDS: Readonly<Record<string, string>> = {
  sum: 'sum',
  avg: 'average',
  count: 'count',
  max: 'max',
  median: 'median',
  min: 'min',
  p95: 'percentile95',
  p99: 'percentile99',
  stdev: 'stddev',
  variance: 'variance',
};

interface Setup {
  readonly functions: readonly string[];
  readonly waitSec: number;
  readonly listen: number;
  readonly sink: number;
  readonly folder: string;
}

function sluiceCommand({ functions, waitSec, listen, sink, folder }: Setup): string[] {
  const outputs = functions.map((name) => `{ function = "${name}", format = "total.$1.${name}" }`);
  const text = `instance = "bench"
log_level = "warn"
bad_metrics_max_age = "1h"
listen_addr = "127.0.0.1:${listen}"
[[aggregation]]
regex = '${GROUP_PATTERN}'
outputs = [${outputs.join(', ')}]
interval = ${INTERVAL_SEC}
wait = ${waitSec}
dropRaw = true
[[route]]
key = "all"
type = "sendAllMatch"
destinations = ["127.0.0.1:${sink}"]
`;
  const file = join(folder, 'sluice.toml');
  writeFileSync(file, text);
  return [join(ROOT, 'bin/sluice'), 'run', '--config', file];
}

function cRelayCommand({ functions, waitSec, listen, sink, folder }: Setup): string[] {
  const known = functions.filter((name) => name in C_RELAY_WORDS);
  const computes = known.map((name) => `    compute ${C_RELAY_WORDS[name]} write to total.\\1.${name}`);
  const text = `cluster sink forward 127.0.0.1:${sink};
statistics submit every 3600 seconds;
aggregate ${GROUP_PATTERN}
    every ${INTERVAL_SEC} seconds expire after ${waitSec} seconds timestamp at start of bucket
${computes.join('\n')}
    send to sink stop;
`;
  const file = join(folder, 'c-relay.conf');
  writeFileSync(file, text);
  return ['carbon-c-relay', '-f', file, '-p', String(listen), '-q', '6000000', '-b', '20000'];
}

const COMMANDS = { sluice: sluiceCommand, 'carbon-c-relay': cRelayCommand };

/** Adds up the counts that come. */
class CountSink {
  counted = 0;
  lines = 0;
  readonly server = createServer((socket) => {
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      this.lines += lines.length;
      for (const line of lines) {
        const [key = '', value] = line.split(' ');
        if (key.endsWith('.count')) this.counted += Number(value);
      }
    });
    socket.on('error', () => socket.destroy());
  });
}

async function send(mode: LoadMode, port: number, children: ChildProcess[]): Promise<LoadReport> {
  const generator = fork(join(import.meta.dirname, 'load.ts'));
  children.push(generator);
  generator.send({ port, connections: 4, series: 10_000, blockedSeries: 0, mode, seed: 1 });
  const [sent] = (await once(generator, 'message')) as [LoadReport | LoadFailure];
  if (sent.kind === 'failed') throw new Error(sent.message);
  return sent;
}

async function measure(relay: keyof typeof COMMANDS, functions: readonly string[], mode: LoadMode) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const children: ChildProcess[] = [];
  const sink = new CountSink();
  sink.server.listen(0, '127.0.0.1');
  await once(sink.server, 'listening');
  try {
    const waitSec = mode.kind === 'paced' ? INTERVAL_SEC + mode.seconds + 5 : INTERVAL_SEC + 10;
    const listen = await freePort();
    const { port } = sink.server.address() as AddressInfo;
    const command = COMMANDS[relay]({ functions, waitSec, listen, sink: port, folder });
    const pid = await startRelay(command, listen, folder, children);
    const warm = await send({ kind: 'full', lines: 500_000 }, listen, children);
    const before = readProcessCost(pid);
    const sent = await send(mode, listen, children);
    const read = readProcessCost(pid);
    const total = warm.lines + sent.lines;
    const deadline = performance.now() + (waitSec + INTERVAL_SEC + 5) * 1000;
    while (sink.counted < total && performance.now() < deadline) await sleep(100);
    const after = readProcessCost(pid);
    return {
      relay,
      lines: sent.lines,
      lost: total - sink.counted,
      results: sink.lines,
      linesPerSec: (sent.lines / (sent.endMicros - sent.startMicros)) * 1e6,
      cpuPerMillion: ((after.cpuSeconds - before.cpuSeconds) / sent.lines) * 1e6,
      cpuReadPerMillion: ((read.cpuSeconds - before.cpuSeconds) / sent.lines) * 1e6,
      rssMib: after.rssPeakMib,
    };
  } finally {
    for (const child of children.toReversed()) await stop(child);
    sink.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    functions: { type: 'string', default: 'sum' },
    mode: { type: 'string', default: 'full' },
    rounds: { type: 'string', default: '3' },
    lines: { type: 'string', default: '5000000' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50000' },
    relays: { type: 'string', default: 'sluice,carbon-c-relay' },
  },
});
const asked = values.functions === 'all' ? ALL : values.functions.split(',');
const functions = [...new Set([...asked, 'count'])];
const mode: LoadMode =
  values.mode === 'paced'
    ? { kind: 'paced', rate: Number(values.rate), linesPerWrite: 5, seconds: Number(values.seconds) }
    : { kind: 'full', lines: Number(values.lines) };
console.log(`${functions.join()}, ${JSON.stringify(mode)}`);
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const relay of values.relays.split(',') as (keyof typeof COMMANDS)[]) {
    const { cpuPerMillion, cpuReadPerMillion, linesPerSec, ...rest } = await measure(relay, functions, mode);
    console.log(
      `round ${round} ${relay.padEnd(14)} CPU ${cpuPerMillion.toFixed(3)} s/1M (${cpuReadPerMillion.toFixed(3)} while reading), ` +
        `${Math.round(linesPerSec)} lines/s, lost ${rest.lost} of ${rest.lines}, ${rest.results} results, ${rest.rssMib.toFixed(0)} MiB`,
    );
  }
}
