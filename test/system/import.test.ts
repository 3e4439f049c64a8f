// A config and its import on the same lines: Debian's carbon-c-relay and carbon-relay first, then this relay with what
// `sluice import` made of their configs. The same lines must come to the same destinations.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, RelayProcess, SLUICE } from '../e2e/relay-process.ts';
import { startSink, type TcpSink } from '../e2e/tcp-sink.ts';
import { PROBE, send, startCRelay } from './c-relay-process.ts';
import { startCarbonRelay } from './carbon-process.ts';
import { CARBON, CARBON_C_RELAY, ensurePackages } from './debian-packages.ts';
import { freePorts, untilListening } from './server-process.ts';

before(() => ensurePackages(CARBON, CARBON_C_RELAY));

/** Keys of many kinds; each line is another. */
function makeLines(): string[] {
  const lines: string[] = [];
  for (let i = 0; i < 400; i += 1) {
    for (const key of [
      `servers.web${i}.cpu.user`,
      `apps.shop.host${i}.requests`,
      `old.name.${i}`,
      `secret.key.${i}`,
      `junk.${i}.cpu`,
      `MiXed.Case.${i}`,
      `other.${i}.foo.foo`,
    ]) {
      lines.push(`${key} ${i}.5 ${1_700_000_000 + i}`);
    }
  }
  return lines;
}

/** What a sink got, in one order, numbers by their value; without what a relay says of itself. */
function linesOf(sink: TcpSink): string[] {
  return sink.kept
    .filter((line) => !line.startsWith('carbon.') && !line.startsWith(PROBE))
    .map((line) => {
      // carbon-relay ends lines as the network does.
      const [key, value, timestamp] = line.trimEnd().split(' ');
      return `${key} ${Number(value)} ${timestamp}`;
    })
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** Imports a config, runs it, sends the lines, and ends it in order, so that all is delivered. */
async function runImported(t: TestContext, args: readonly string[], port: number, lines: readonly string[]) {
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
  await send(t, port, lines);
  await relay.untilLedger('all lines', ({ received }) => received >= lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
}

async function startSinks(t: TestContext, count: number): Promise<TcpSink[]> {
  return Promise.all(Array.from({ length: count }, () => startSink(t, { keep: true })));
}

/** Compares what the first sinks got from the one relay with what the second sinks got from the other. */
function assertSame(theirs: readonly TcpSink[], ours: readonly TcpSink[]): void {
  for (const [i, sink] of theirs.entries()) {
    const wanted = linesOf(sink);
    assert.ok(wanted.length > 0, `destination ${i} got nothing from the other relay`);
    assert.deepEqual(linesOf(ours[i] ?? sink), wanted, `destination ${i}`);
  }
}

const C_RELAY_RULES = `
rewrite ^old\\.name\\.(.+)$ into new.\\1;
rewrite foo into bar;
match ^secret\\. send to blackhole stop;
match ^servers\\. ^apps\\. send to both ring;
match ^apps\\. send to fnv stop;
match ^junk\\. send to blackhole;
match \\.[0-9]+$ send to jump spread;
match * send to both stop;
match ^servers send to fnv;
`;

test('a config of carbon-c-relay and its import send the same lines to the same destinations', async (t) => {
  const lines = makeLines();
  const folder = makeFolder(t);
  const [port = 0] = await freePorts(1);
  const run = async (sinks: readonly TcpSink[]) => {
    const ports = sinks.map((sink) => sink.port);
    const member = (i: number, instance: string) => `127.0.0.1:${ports[i]}=${instance}`;
    const conf = join(folder, `relay-${ports[0]}.conf`);
    writeFileSync(
      conf,
      `listen type linemode 127.0.0.1:${port} proto tcp;
cluster both forward 127.0.0.1:${ports[0]} 127.0.0.1:${ports[1]};
cluster ring carbon_ch replication 2 ${member(2, 'a')} ${member(3, 'b')} ${member(4, 'c')};
cluster fnv fnv1a_ch ${member(5, '4d79d13554fa1301')} ${member(6, '1a2b3c4d5e6f7788')};
cluster jump jump_fnv1a_ch ${member(7, '0')} ${member(8, '1')};
cluster spread any_of ${member(9, 'first-of-these')} ${member(10, 'second-of-these')};
${C_RELAY_RULES}`,
    );
    return conf;
  };
  const theirs = await startSinks(t, 11);
  const conf = await run(theirs);
  const server = await startCRelay(t, conf, port, folder, theirs[0]!);
  await send(t, port, lines);
  const other = lines.filter((line) => !/^(secret|junk)/.test(line)).length;
  await theirs[0]!.until('the lines', () => linesOf(theirs[0]!).length >= other);
  await server.stop();
  const ours = await startSinks(t, 11);
  await runImported(t, ['carbon-c-relay', await run(ours)], port, lines);
  assertSame(theirs, ours);
});

test("a config of carbon's relay and its import send the same lines to the same destinations", async (t) => {
  const lines = makeLines();
  for (const method of ['rules', 'consistent-hashing']) {
    const [port = 0, picklePort = 0] = await freePorts(2);
    const make = (sinks: readonly TcpSink[]) => {
      const [a, b, c] = sinks.map((sink, i) => `127.0.0.1:${sink.port}:${'abc'[i]}`);
      const settings = `RELAY_METHOD = ${method}
REPLICATION_FACTOR = 2
DIVERSE_REPLICAS = False
DESTINATION_PROTOCOL = line
DESTINATIONS = ${a}, ${b}, ${c}
MAX_QUEUE_SIZE = 100000
`;
      const rules = `[default]
default = true
destinations = ${a}, ${b}
[servers]
pattern = ^SERVERS\\.
destinations = ${b}
continue = true
[cpu]
pattern = cpu
destinations = ${c}, ${a}
[old]
pattern = ^old
destinations = ${c}
`;
      return { settings, rules };
    };
    const theirs = await startSinks(t, 3);
    const folder = makeFolder(t);
    const { settings, rules } = make(theirs);
    const ports = { linePort: port, picklePort };
    const server = startCarbonRelay(t, folder, ports, settings, { 'relay-rules.conf': rules });
    await untilListening(port, server);
    await send(t, port, lines);
    // By the rules: three for servers, two for junk, one for old, and the two of the default for each other key.
    const copies = method === 'rules' ? 400 * (3 + 2 + 1 + 4 * 2) : lines.length * 2;
    const got = () => theirs.reduce((sum, sink) => sum + linesOf(sink).length, 0);
    await theirs[0]!.until('the lines', () => got() >= copies);
    await server.stop();
    const ours = await startSinks(t, 3);
    const conf = join(folder, 'ours.conf');
    const made = make(ours);
    writeFileSync(
      conf,
      `[relay]\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = ${port}\nPICKLE_RECEIVER_PORT = 0\n${made.settings}`,
    );
    writeFileSync(join(folder, 'ours-rules.conf'), made.rules);
    const more = method === 'rules' ? ['--relay-rules', join(folder, 'ours-rules.conf')] : [];
    await runImported(t, ['carbon', conf, ...more], port, lines);
    assertSame(theirs, ours);
  }
});
