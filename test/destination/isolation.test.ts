// Five peers on one relay's memory and disk: frozen, slow, flapping, refusing and healthy. The healthy one must not feel
// the others. Real sockets, a real disk, the machine's clock.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Destination } from '../../src/destination/destination.ts';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { makeTcpConnect, systemLookup } from '../../src/destination/sender/peer-socket.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { DiskSpool } from '../../src/destination/spool/disk-spool.ts';
import { limitFiles } from '../../src/destination/spool/limited-files.ts';
import { systemSpoolFiles } from '../../src/destination/spool/spool-files.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLog } from '../../src/util/log.ts';
import { assertConserved } from '../assert-conserved.ts';
import { workedMs } from '../worked-ms.ts';
import { until } from './peer.ts';
import { numbered } from './rig.ts';
import { PEER_NAMES, type PeersReply } from './troubled-peers.ts';

const TICK_MS = 5;
const TICK_LINES = 800;
/**
 * Of the one whose delay is measured: so few that the kernel has room for them also while the process of its peer waits
 * for a core, as others do on a busy machine; that wait is no doing of the other destinations.
 */
const FIRST_TICK_LINES = 40;
const SLICES = 9;
const SLICE_MS = 500;
const WARMUP_MS = 1000;
const TROUBLE_DEADLINE_MS = 180_000;
/** Below this a delay is no trouble, whatever it was before, ms. */
const SMALL_MS = 1;

function makeStarter(t: TestContext): (key: string, addr: string) => Destination {
  const root = mkdtempSync(join(tmpdir(), 'sluice-isolation-'));
  const files = limitFiles(systemSpoolFiles);
  const shared = { pool: new SlabPool(), budget: new QueueBudget({ totalBytes: 16_000_000 }) };
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

/**
 * Pushes for a time at a steady rate to all; returns the mean of the first one's delays. The clock is the work
 * of this thread, which never sleeps here: a wait is work of the loop that turns meanwhile. A delay counts from when the
 * push was due, so that a long turn, which puts the push off as well, is seen.
 */
async function measure(destinations: readonly Destination[], forMs: number): Promise<number> {
  const [first, ...others] = destinations;
  assert.ok(first !== undefined);
  const chunk = Buffer.from(numbered(1, TICK_LINES));
  const firstChunk = Buffer.from(numbered(1, FIRST_TICK_LINES));
  const waiting: { readonly written: number; readonly dueMs: number }[] = [];
  const delays: number[] = [];
  let dueMs = workedMs();
  for (const end = dueMs + forMs; dueMs < end; await new Promise(setImmediate)) {
    const nowMs = workedMs();
    while (waiting[0] !== undefined && first.counts.written >= waiting[0].written) {
      delays.push(nowMs - waiting[0].dueMs);
      waiting.shift();
    }
    if (nowMs < dueMs) continue;
    first.push(firstChunk, FIRST_TICK_LINES, true);
    for (const destination of others) destination.push(chunk, TICK_LINES, true);
    waiting.push({ written: first.counts.in, dueMs });
    dueMs += TICK_MS;
  }
  // What is still on its way counts with its age.
  for (const late of waiting) delays.push(workedMs() - late.dueMs);
  return delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
}

/**
 * The least of some slices: what a busy machine adds is not in all of them, what a peer in trouble adds is. Of means, since
 * high percentiles are collections of garbage: the 99th is from 3 to 8 ms from slice to slice, whatever the peers do.
 */
async function measureSlices(destinations: readonly Destination[]): Promise<number> {
  const slices: number[] = [];
  while (slices.length < SLICES) slices.push(await measure(destinations, SLICE_MS));
  return Math.min(...slices);
}

async function startPeers(t: TestContext): Promise<{ child: ChildProcess; ports: readonly number[] }> {
  const child = fork(join(import.meta.dirname, 'troubled-peers.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [{ ports }] = (await once(child, 'message')) as [PeersReply];
  return { child, ports };
}

test('a frozen, a slow, a flapping and a refusing peer do not double the delay of a healthy one', async (t) => {
  const { child, ports } = await startPeers(t);
  const start = makeStarter(t);
  // What is compared writes to as many peers, so that only their trouble differs.
  const all = PEER_NAMES.map((name, index) => start(name, `127.0.0.1:${ports[index]}`));
  const [healthy, frozen, slow, flapping, refusing] = all;
  assert.ok(healthy && frozen && slow && flapping && refusing);
  await until('all are online', () => all.every(({ online }) => online));
  await measure(all, WARMUP_MS);
  const before = await measureSlices(all);
  child.send('trouble');
  const isTroubled = (): boolean =>
    [frozen, slow].every(({ counts }) => counts.spooled > 0) &&
    !refusing.online &&
    flapping.counts.resent > 0;
  const end = performance.now() + TROUBLE_DEADLINE_MS;
  while (!isTroubled() && performance.now() < end) await measure(all, SLICE_MS);
  assert.ok(isTroubled(), 'there is no trouble');
  const during = await measureSlices(all);
  t.diagnostic(`a delay was ${before.toFixed(2)} ms of work before, ${during.toFixed(2)} ms during`);
  assert.ok(
    during <= Math.max(before * 2, SMALL_MS),
    `a delay was ${before.toFixed(2)} ms of work before, ${during.toFixed(2)} ms during`,
  );
  assert.equal(healthy.counts.spooled, 0);
  assert.equal(healthy.stats.pauses, 0);
  assert.ok(refusing.counts.spooled > 0);
  for (const { counts } of all) {
    assertConserved(counts);
    assert.deepEqual(
      Object.values(counts.dropped).filter((count) => count > 0),
      [],
    );
  }
});
