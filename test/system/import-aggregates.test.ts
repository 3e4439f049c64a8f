// Aggregates of other relays and their imports side by side, on the same points at the same time: Debian's carbon-c-relay
// and carbon-aggregator each beside this relay with what `sluice import` made of their rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, RelayProcess, SLUICE } from '../e2e/relay-process.ts';
import { startSink, type TcpSink } from '../e2e/tcp-sink.ts';
import { PROBE, send, startCRelay } from './c-relay-process.ts';
import { CARBON, CARBON_C_RELAY, ensurePackages } from './debian-packages.ts';
import { freePorts } from './server-process.ts';

/** Both other relays write six decimals at most. */
const ROUNDING = 6e-7;
/** The longest wait of the rules below, and what a busy machine takes. */
const DEADLINE_MS = 35_000;

before(() => ensurePackages(CARBON, CARBON_C_RELAY));

/** What a sink has got, by key and timestamp; of what was sent again the last. */
function pointsOf(sink: TcpSink): Map<string, number> {
  const points = new Map<string, number>();
  for (const line of sink.kept) {
    if (line.startsWith('carbon.') || line.startsWith(PROBE)) continue;
    const [key, value, timestamp] = line.trimEnd().split(' ');
    points.set(`${key} ${Number(timestamp)}`, Number(value));
  }
  return points;
}

function differences(theirs: TcpSink, ours: TcpSink): string[] {
  const [wanted, got] = [pointsOf(theirs), pointsOf(ours)];
  const names = [...new Set([...wanted.keys(), ...got.keys()])].toSorted();
  return names.flatMap((name) => {
    const [a, b] = [wanted.get(name), got.get(name)];
    const isSame = a !== undefined && b !== undefined && Math.abs(a - b) <= ROUNDING + Math.abs(a) * 1e-12;
    return isSame ? [] : [`${name}: ${a} there, ${b} here`];
  });
}

/** Waits until both have the same points, so many of them. */
async function untilSame(theirs: readonly TcpSink[], ours: readonly TcpSink[], counts: readonly number[]) {
  for (const [i, their] of theirs.entries()) {
    const our = ours[i] as TcpSink;
    const [count = 0] = counts.slice(i);
    const isThere = (): boolean =>
      pointsOf(their).size >= count && pointsOf(our).size >= count && differences(their, our).length === 0;
    await their.until(`the same at ${i}`, isThere, DEADLINE_MS).catch(() => {
      const shown = differences(their, our).slice(0, 20).join('\n');
      assert.fail(
        `destination ${i}: ${count} wanted, ${pointsOf(their).size} there, ${pointsOf(our).size} here\n${shown}`,
      );
    });
    assert.equal(pointsOf(our).size, count);
  }
}

async function startSinks(t: TestContext, count: number): Promise<TcpSink[]> {
  return Promise.all(Array.from({ length: count }, () => startSink(t, { keep: true })));
}

/** Imports a config and runs what comes of it. */
async function startImported(t: TestContext, args: readonly string[]): Promise<RelayProcess> {
  const { stdout, stderr, status } = spawnSync(SLUICE, ['import', ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(file, stdout);
  const relay = new RelayProcess(t, {
    args: ['run', '--config', file, '--http-addr', '127.0.0.1:0'],
    folder,
  });
  await relay.untilLogged('is running as instance');
  return relay;
}

/** Lines of three windows of two seconds around now, and how many series and windows that makes. */
function makeLines(): { readonly lines: readonly string[]; readonly windows: number } {
  const startSec = Math.floor(Date.now() / 2000) * 2 - 2;
  const lines: string[] = [];
  for (let i = 0; i < 600; i += 1) {
    const timestamp = startSec + (i % 6);
    // At least 1 apart, in no order: carbon-c-relay does not order others.
    const whole = ((i * 7919) % 601) - 300;
    const fraction = (whole * 37) / 64 + 0.25;
    lines.push(
      `whole.web${i % 5}.cpu ${whole} ${timestamp}`,
      `sys.web${i % 5}.cpu.user ${fraction} ${timestamp}`,
      `all.app${i % 3} ${fraction} ${timestamp}`,
      `in.front.of.app.x${i % 2}.end ${fraction} ${timestamp}`,
      `two.a.${i % 4} ${fraction} ${timestamp}`,
      `three.${i % 4}.b ${fraction} ${timestamp}`,
      `raw.${i} ${fraction} ${timestamp}`,
    );
  }
  return { lines, windows: 3 };
}

const C_RELAY_RULES = `
aggregate ^whole\\.([^.]+)\\.cpu$ every 2 seconds expire after 8 seconds timestamp at start of bucket
  compute median write to pct.\\1.median
  compute percentile1 write to pct.\\1.p1
  compute percentile25 write to pct.\\1.p25
  compute percentile90 write to pct.\\1.p90
  compute percentile95 write to pct.\\1.p95
  compute percentile99 write to pct.\\1.p99
  send to results stop;
aggregate sys\\.([^.]+)\\.cpu every 2 seconds expire after 8 seconds timestamp at middle of bucket
  compute sum write to agg.\\1.sum
  compute count write to agg.\\1.count
  compute max write to agg.\\1.max
  compute min write to agg.\\1.min
  compute average write to agg.\\1.average
  compute variance write to agg.\\1.variance
  compute stddev write to agg.\\1.stddev
  send to results;
aggregate ^all\\. every 2 seconds expire after 8 seconds timestamp at end of bucket
  compute sum write to total.sum;
aggregate app\\.(.[0-9]) every 3 seconds expire after 8 seconds
  compute max write to within.\\1;
aggregate ^two\\.(a)\\.(.)$ ^three\\.(.)\\.(b)$ every 2 seconds expire after 8 seconds
  compute sum write to both.\\2.\\1
  send to results stop;
match ^total\\. within\\. send to generated stop;
match * send to raw;
`;

test('aggregates of carbon-c-relay and of their import are the same points', async (t) => {
  const folder = makeFolder(t);
  const write = (sinks: readonly TcpSink[], port: number): string => {
    const [results, generated, raw] = sinks.map((sink) => sink.addr);
    const conf = join(folder, `relay-${port}.conf`);
    writeFileSync(
      conf,
      `listen type linemode 127.0.0.1:${port} proto tcp;
cluster results forward ${results};
cluster generated forward ${generated};
cluster raw forward ${raw};
${C_RELAY_RULES}`,
    );
    return conf;
  };
  const [theirPort = 0, ourPort = 0] = await freePorts(2);
  const theirs = await startSinks(t, 3);
  const ours = await startSinks(t, 3);
  const server = await startCRelay(t, write(theirs, theirPort), theirPort, folder, theirs[2]!);
  const relay = await startImported(t, ['carbon-c-relay', write(ours, ourPort)]);
  const { lines, windows } = makeLines();
  await Promise.all([send(t, theirPort, lines), send(t, ourPort, lines)]);
  const within = lines.filter((line) => line.startsWith('in.'));
  const ofThree = new Set(within.map((line) => windowOf(line, 3))).size;
  const results = windows * (5 * 6 + 5 * 7 + 4 + 4);
  const raw = new Set(lines.filter((line) => /^(sys|all|in|raw)\./.test(line)).map(keyAndTime)).size;
  await untilSame(theirs, ours, [results, windows + ofThree, raw]);
  await server.stop();
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
});

function windowOf(line: string, seconds: number): string {
  const [key, , timestamp] = line.split(' ');
  return `${key} ${Math.floor(Number(timestamp) / seconds)}`;
}

function keyAndTime(line: string): string {
  const [key, , timestamp] = line.split(' ');
  return `${key} ${timestamp}`;
}
