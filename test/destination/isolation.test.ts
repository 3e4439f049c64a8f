// Five peers on one relay's memory and disk: frozen, slow, flapping, refusing and healthy. The healthy one must not feel
// the others. Real sockets, a real disk, the machine's clock.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Destination } from '../../src/destination/destination.ts';
import { systemFiles } from '../../src/destination/file-system.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { makeTcpConnect, systemLookup } from '../../src/destination/peer-socket.ts';
import { QueueBudget } from '../../src/destination/queue-budget.ts';
import { SlabPool } from '../../src/destination/slab-pool.ts';
import { DiskSpool } from '../../src/destination/spool/disk-spool.ts';
import { limitFiles } from '../../src/destination/spool/limited-files.ts';
import { systemSpoolFiles } from '../../src/destination/spool/spool-files.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLog } from '../../src/util/log.ts';
import { assertConserved } from '../assert-conserved.ts';
import { type Peer, startPeer, until } from './peer.ts';
import { numbered } from './rig.ts';

const TICK_MS = 5;
const TICK_LINES = 200;

function makeStarter(t: TestContext): (key: string, addr: string) => Destination {
  const root = mkdtempSync(join(tmpdir(), 'sluice-isolation-'));
  const files = limitFiles(systemSpoolFiles);
  const shared = { pool: new SlabPool(), budget: new QueueBudget({ totalBytes: 8_000_000 }) };
  const all: Destination[] = [];
  t.after(async () => {
    await Promise.all(all.map((destination) => destination.drain(performance.now() + 200)));
    for (const { counts } of all) assertConserved(counts);
    rmSync(root, { recursive: true });
  });
  return (key, addr) => {
    const parsed = parseDestination(`${addr} reconn=200`);
    assert.ok(parsed.ok);
    const destination = new Destination(parsed.options, {
      routeKey: key,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      connect: makeTcpConnect(),
      lookup: systemLookup,
      files: systemFiles,
      afterTurn: (run) => setImmediate(run),
      makeSpool: (name, _options, events) =>
        new DiskSpool(
          {
            folder: join(root, name),
            segmentBytes: 10_000_000,
            syncEveryLines: 10_000,
            syncPeriodMs: 1000,
            maxBytes: 500_000_000,
            maxAgeMs: undefined,
            goes: 'oldest',
          },
          { files, clock: systemClock, random: Math.random, events },
        ),
      ...shared,
    });
    all.push(destination);
    destination.start();
    return destination;
  };
}

/** Pushes for a time at a steady rate to all; returns the 99th percentile of the first one's delays, ms. */
async function measure(destinations: readonly Destination[], forMs: number): Promise<number> {
  const [first] = destinations;
  assert.ok(first !== undefined);
  const chunk = Buffer.from(numbered(1, TICK_LINES));
  const waiting: { readonly written: number; readonly atMs: number }[] = [];
  const delays: number[] = [];
  const end = performance.now() + forMs;
  for (let next = performance.now(); next < end; ) {
    const nowMs = performance.now();
    while (waiting[0] !== undefined && first.counts.written >= waiting[0].written) {
      delays.push(nowMs - waiting[0].atMs);
      waiting.shift();
    }
    if (nowMs >= next) {
      next += TICK_MS;
      for (const destination of destinations) destination.push(chunk, TICK_LINES, true);
      waiting.push({ written: first.counts.in, atMs: nowMs });
    }
    await new Promise(setImmediate);
  }
  delays.sort((a, b) => a - b);
  return delays[Math.floor(delays.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}

function flap(t: TestContext, peer: Peer): void {
  const timer = setInterval(() => peer.reset(), 150);
  t.after(() => clearInterval(timer));
}

test('a frozen, a slow, a flapping and a refusing peer do not double the delay of a healthy one', async (t) => {
  const start = makeStarter(t);
  const peers = await Promise.all(Array.from({ length: 5 }, () => startPeer(t)));
  const [healthyPeer, frozen, slow, flapping, refusing] = peers;
  assert.ok(healthyPeer && frozen && slow && flapping && refusing);
  // What is compared writes to as many peers, so that only their trouble differs.
  const others = [frozen, slow, flapping, refusing];
  const healthy = start('healthy', `127.0.0.1:${healthyPeer.port}`);
  const sick = others.map((peer, index) => start(`other${index}`, `127.0.0.1:${peer.port}`));
  const all = [healthy, ...sick];
  await until('all are online', () => all.every(({ online }) => online));
  await measure(all, 500);
  const before = await measure(all, 2000);
  frozen.reading = false;
  slow.reading = false;
  const drip = setInterval(() => {
    slow.reading = true;
    setImmediate(() => (slow.reading = false));
  }, 100);
  t.after(() => clearInterval(drip));
  flap(t, flapping);
  await refusing.close();
  await measure(all, 1500);
  const during = await measure(all, 4000);
  assert.ok(
    during <= Math.max(before * 2, 4),
    `p99 ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`,
  );
  assert.equal(healthy.counts.spooled, 0);
  assert.equal(healthy.stats.pauses, 0);
  assert.ok((sick[3]?.counts.spooled ?? 0) > 0);
  for (const { counts } of all) {
    assertConserved(counts);
    assert.deepEqual(
      Object.values(counts.dropped).filter((count) => count > 0),
      [],
    );
  }
});
