// A destination that is taken out of the table and put in again finds its spool: real sockets, a real disk.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { makeTcpConnect, systemLookup } from '../../src/destination/sender/peer-socket.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { Routing } from '../../src/relay/routing.ts';
import { SpoolRoot } from '../../src/relay/spool-root.ts';
import { totalDropped } from '../../src/telemetry/drop-reason.ts';
import { systemClock } from '../../src/util/clock.ts';
import { assertConserved } from '../assert-conserved.ts';
import { loadGood } from '../config/load-text.ts';
import { type Peer, startPeer, until } from '../destination/peer.ts';
import { collectLog, numbered } from '../destination/rig.ts';

const NO_ROUTE = `[[route]]
key = "other"
type = "sendAllMatch"
prefix = "never."
destinations = ["127.0.0.1:1 spool=false"]
`;

async function makeRouting(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-routing-'));
  const logged: string[] = [];
  const log = collectLog(logged);
  const config = loadGood(`spool_dir = '${folder}'\n${NO_ROUTE.replace(' spool=false', '')}`);
  const spools = await SpoolRoot.open(config, { clock: systemClock, log, random: Math.random });
  assert.ok(spools !== undefined);
  const engine = await makeWasmEngine({
    lineBytesMax: 65_535,
    chunkBytesMax: 65_536,
    maxSeries: 1000,
    levels: config.levels,
    validateOrder: false,
    orderFutureMaxSec: 3600,
  });
  const routing = new Routing(
    { levels: config.levels, removalMs: 20_000 },
    {
      engine,
      clock: systemClock,
      aggregation: { apply: () => undefined, slotOf: () => 0 },
      destination: {
        clock: systemClock,
        log,
        random: Math.random,
        connect: makeTcpConnect(),
        lookup: systemLookup,
        files: systemFiles,
        afterTurn: (run) => void setImmediate(run),
        pool: new SlabPool(),
        budget: new QueueBudget(),
        makeSpool: (key, options, events, shard) => spools.makeSpool(key, options, events, shard),
      },
    },
  );
  t.after(async () => {
    await routing.drain(performance.now() + 300);
    for (const row of routing.rows()) assertConserved(row);
    assertConserved(routing.retired);
    await spools.release();
    rmSync(folder, { recursive: true });
  });
  const apply = (...destinations: string[]): void => {
    const list = destinations.map((text) => `"${text}"`).join(', ');
    const route = `[[route]]\nkey = "r"\ntype = "sendAllMatch"\ndestinations = [${list}]\n`;
    routing.apply(loadGood(`${destinations.length > 0 ? route : ''}${NO_ROUTE}`).table);
  };
  const find = (port: number) => {
    const found = routing.destinations.find(({ options }) => options.addr.endsWith(`:${port}`));
    assert.ok(found !== undefined);
    return found;
  };
  const folders = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('sluice.lock'));
  return { routing, apply, find, folders, logged };
}

async function assertEachOnce(peer: Peer, lines: number): Promise<void> {
  const all = numbered(1, lines).trimEnd().split('\n');
  // A connection that was cut short may end inside a line, which counts for nothing.
  const got = () => peer.texts.flatMap((text) => text.split('\n').slice(0, -1));
  await until('all lines', () => peer.text.length >= all.join('\n').length && got().length >= lines, 10_000);
  assert.equal(got().length, lines);
  assert.equal(new Set(got()).size, lines);
  assert.equal(new Set([...got(), ...all]).size, lines);
}

test('a destination that is taken out and put in again finds what its spool holds', async (t) => {
  const { routing, apply, find, folders } = await makeRouting(t);
  const peer = await startPeer(t);
  await peer.close();
  apply(`127.0.0.1:${peer.port} reconn=200`);
  const first = find(peer.port);
  first.push(Buffer.from(numbered(1, 20_000)), 20_000, true);
  await until('the lines are on disk', () => first.counts.spooled === 20_000);
  apply();
  apply(`127.0.0.1:${peer.port} reconn=200`);
  const second = find(peer.port);
  assert.notEqual(second, first);
  second.push(Buffer.from(numbered(20_001, 20_100)), 100, true);
  await until('it found them', () => second.counts.in === 20_100);
  assert.equal(folders().length, 1, folders().join(' '));
  await peer.listen();
  await assertEachOnce(peer, 20_100);
  assert.equal(second.counts.loaded, 0, 'they are not from before the start');
  assert.deepEqual([routing.retired.in, routing.retired.loaded, routing.retired.spooled], [0, 0, 0]);
  assert.equal(totalDropped(routing.retired.dropped), 0);
});

test('it finds them too while the one before is still sending, and nothing comes twice', async (t) => {
  const { apply, find, folders } = await makeRouting(t);
  const peer = await startPeer(t);
  peer.reading = false;
  const text = `127.0.0.1:${peer.port} reconn=200 queue_bytes=1000000`;
  apply(text);
  const first = find(peer.port);
  const chunk = 5000;
  for (let n = 1; n <= 400_000; n += chunk) {
    first.push(Buffer.from(numbered(n, n + chunk - 1)), chunk, true);
    await new Promise(setImmediate);
  }
  await until('most is on disk', () => first.counts.spooled > 100_000);
  apply();
  assert.equal(first.state, 'draining');
  apply(`${text} spoolsyncevery=20000`);
  const second = find(peer.port);
  await until('it found them', () => second.counts.in > 100_000);
  assert.equal(folders().length, 1, folders().join(' '));
  peer.reading = true;
  await assertEachOnce(peer, 400_000);
});

test('two destinations of one address keep a spool each, whichever comes again', async (t) => {
  const { apply, find, folders, routing } = await makeRouting(t);
  const peer = await startPeer(t);
  await peer.close();
  const [one, two] = ['flush=100', 'flush=200'].map((more) => `127.0.0.1:${peer.port} ${more} reconn=200`);
  assert.ok(one !== undefined && two !== undefined);
  apply(one, two);
  const [first, other] = routing.destinations.filter(({ options }) => options.addr.endsWith(`:${peer.port}`));
  assert.ok(first !== undefined && other !== undefined);
  first.push(Buffer.from(numbered(1, 5000)), 5000, true);
  other.push(Buffer.from(numbered(5001, 10_000)), 5000, true);
  await until('both are on disk', () => first.counts.spooled + other.counts.spooled === 10_000);
  apply(two);
  apply(two, one);
  const again = routing.destinations.find(({ options }) => options.flush === 100);
  assert.ok(again !== undefined);
  await until('it found its own', () => again.counts.in === 5000);
  assert.equal(folders().length, 2, folders().join(' '));
  assert.equal(find(peer.port).counts.dropped.removed, 0);
  await peer.listen();
  await assertEachOnce(peer, 10_000);
});
