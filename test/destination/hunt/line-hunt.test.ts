// The line at which a peer hangs up is found and dropped by name; nothing else is, whatever the peer does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backlog } from '../../../src/destination/backlog/backlog.ts';
import { HuntedLines } from '../../../src/destination/hunt/hunted-lines.ts';
import { LineHunt } from '../../../src/destination/hunt/line-hunt.ts';
import { LineQueue } from '../../../src/destination/queue/line-queue.ts';
import { QueueBudget } from '../../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../../src/destination/queue/slab-pool.ts';
import { makeDestinationCounts } from '../../../src/telemetry/ledger.ts';
import { FussyPeer } from '../fussy-peer.ts';
import { diskWith, startRig } from '../disk-rig.ts';
import { FakeClock } from '../fake-clock.ts';
import { collectLog, makeRig, numbered, type Rig } from '../rig.ts';

const BAD = 'bad.line 1 1600000000';
const isBad = (line: string): boolean => line.startsWith('bad.');

/** Pushes numbered lines in chunks of ten, 1,000 a second, with others between. */
async function feed(
  rig: Rig,
  peer: FussyPeer,
  lines: number,
  bad: ReadonlyMap<number, string>,
): Promise<void> {
  for (let n = 1; n <= lines; n += 10) {
    const odd = [...bad].filter(([at]) => at >= n && at < n + 10).map(([, text]) => `${text}\n`);
    rig.push(`${numbered(n, n + 4)}${odd.join('')}${numbered(n + 5, n + 9)}`);
    await peer.live(rig, 10);
  }
}

function missing(peer: FussyPeer, lines: number): string[] {
  const { distinct } = peer;
  const all = numbered(1, lines).trimEnd().split('\n');
  return all.filter((line) => !distinct.has(line));
}

/** What is true of every end: all but the bad lines arrived, and only these were dropped. */
function assertEnd(rig: Rig, peer: FussyPeer, lines: number, rejected: number): void {
  const { counts } = rig.destination;
  const away = missing(peer, lines);
  assert.equal(away.length, 0, `${away.length} lines are missing, from ${away[0]} to ${away.at(-1)}`);
  rig.finish();
  assert.equal(counts.dropped.rejected, rejected);
  assert.equal(counts.written, counts.in + counts.loaded - rejected);
}

test('a line at which the peer hangs up is found within seconds, dropped as rejected, and all others arrive', async () => {
  const rejected: string[] = [];
  const rig = makeRig(undefined, { noteRejected: (line) => void rejected.push(line.toString()) });
  const peer = new FussyPeer({ isPoison: isBad });
  rig.destination.start();
  await feed(rig, peer, 5000, new Map([[4991, BAD]]));
  const sinceMs = rig.clock.nowMs;
  await peer.live(rig, 30_000, () => rejected.length > 0);
  assert.ok(rig.clock.nowMs - sinceMs < 6000, `took ${rig.clock.nowMs - sinceMs} ms`);
  await peer.live(rig, 1000);
  assert.deepEqual(rejected, [BAD]);
  assert.ok(rig.logged.some((line) => line.includes('dropped as rejected: "bad.line 1 1600000000"')));
  assertEnd(rig, peer, 5000, 1);
});

test('a line that looks like what peers hang up at is found sooner', async () => {
  const long = `long.${'x'.repeat(17_000)} 1 1600000000`;
  const rig = makeRig();
  const peer = new FussyPeer({ isPoison: (line) => line.length > 16_384 });
  rig.destination.start();
  await feed(rig, peer, 5000, new Map([[4991, long]]));
  const sinceMs = rig.clock.nowMs;
  await peer.live(rig, 30_000, () => peer.distinct.size >= 5000);
  assert.ok(rig.clock.nowMs - sinceMs < 4000, `took ${rig.clock.nowMs - sinceMs} ms`);
  await feed(rig, peer, 100, new Map());
  assertEnd(rig, peer, 5000, 1);
});

test('no count of what was written falls when a written line is rejected', async () => {
  const rig = makeRig();
  const peer = new FussyPeer({ isPoison: isBad });
  rig.destination.start();
  await feed(rig, peer, 100, new Map([[91, BAD]]));
  let written = 0;
  await peer.live(rig, 20_000, () => {
    assert.ok(rig.destination.counts.written >= written);
    written = rig.destination.counts.written;
    return false;
  });
  assert.equal(rig.destination.counts.written, 101);
  await feed(rig, peer, 10, new Map());
  assert.equal(rig.destination.counts.written, 110);
  assertEnd(rig, peer, 100, 1);
});

test('several such lines are found, a slow peer is waited for, and order holds', async () => {
  for (const slowMs of [0, 100, 300]) {
    let found = 0;
    const rig = makeRig('10.0.0.1:2003 order=strict', { noteRejected: () => void (found += 1) });
    const peer = new FussyPeer({ isPoison: isBad, slowMs });
    rig.destination.start();
    const bad = new Map([1, 1201, 1211, 1991].map((at) => [at, `bad.n${at} 1 1600000000`]));
    await feed(rig, peer, 2000, bad);
    await peer.live(rig, 120_000, () => found === bad.size);
    await peer.live(rig, 5000);
    assertEnd(rig, peer, 2000, bad.size);
  }
});

test('a peer that ends every connection, whatever it is sent, costs no line', async () => {
  let seed = 1;
  const nextRandom = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const ills: NonNullable<ConstructorParameters<typeof FussyPeer>[0]['isIll']>[] = [
    (ageMs) => ageMs >= 0,
    (ageMs) => ageMs >= 60,
    (ageMs) => ageMs >= 200,
    (ageMs) => ageMs >= 1000,
    (_, lines) => lines >= 1,
    (_, lines) => lines >= 3,
    (_, lines) => lines >= 100,
    () => nextRandom() < 0.05,
  ];
  for (const [n, isIll] of ills.entries()) {
    let isWell = false;
    const rig = makeRig();
    const peer = new FussyPeer({ isIll: (ageMs, lines) => !isWell && isIll(ageMs, lines) });
    rig.destination.start();
    await feed(rig, peer, 500, new Map());
    await peer.live(rig, 50_000);
    assert.equal(rig.destination.counts.dropped.rejected, 0, `kind ${n}`);
    isWell = true;
    await peer.live(rig, 15_000);
    assertEnd(rig, peer, 500, 0);
  }
});

test('a line of the spool at which the peer hangs up is found there', async () => {
  for (const order of ['order=live_first', 'order=strict', 'durability=disk']) {
    const old = [numbered(1, 300), `${numbered(301, 350)}${BAD}\n${numbered(351, 600)}`, numbered(601, 900)];
    const rig = await startRig(`10.0.0.1:2003 ${order}`, diskWith(...old));
    const peer = new FussyPeer({ isPoison: isBad });
    await peer.live(rig, 10_000);
    rig.push(numbered(901, 1000));
    await peer.live(rig, 20_000);
    assert.equal(rig.destination.counts.spooled, 0, order);
    assert.equal(rig.spool.stats.lines, 0, order);
    assertEnd(rig, peer, 1000, 1);
  }
});

test('the hunt takes no line from memory while lines are ahead of it on disk, as all of a durable destination are', () => {
  const deps = { pool: new SlabPool(), budget: new QueueBudget() };
  const queue = new LineQueue({ writeBytesMax: 4096, redoBytes: 4096, redoAgeMs: 1000 }, deps);
  queue.append(Buffer.from(numbered(1, 3)), 3, 0);
  const backlog = { hasMore: false, isAhead: true };
  const hunted = new HuntedLines({
    queue,
    backlog: backlog as unknown as Backlog,
    counts: makeDestinationCounts(),
    shrunk: () => undefined,
    at: () => ({ agedMs: 0, bytes: 0 }),
  });
  const all = (rest: Buffer, lines: number) => ({ size: rest.length, lines });
  assert.equal(hunted.take(0, all), undefined);
  assert.equal(hunted.empty, false);
  backlog.isAhead = false;
  assert.equal(hunted.take(0, all)?.toString(), numbered(1, 3));
});

test('a record that holds nothing but such a line goes from the disk', async () => {
  const rig = await startRig('10.0.0.1:2003', diskWith(numbered(1, 5), `${BAD}\n`, numbered(6, 10)));
  const peer = new FussyPeer({ isPoison: isBad });
  await peer.live(rig, 30_000);
  assert.equal(rig.spool.stats.lines, 0);
  assertEnd(rig, peer, 10, 1);
});

test('an end during the hunt leaves nothing out', async () => {
  for (const afterMs of [500, 900, 1200, 1500, 1800, 2100]) {
    const rig = await startRig('10.0.0.1:2003');
    const peer = new FussyPeer({ isPoison: isBad });
    await feed(rig, peer, 100, new Map([[41, BAD]]));
    await peer.live(rig, afterMs);
    const drained = rig.destination.drain(rig.clock.nowMs + 4000);
    await peer.live(rig, 5000);
    await drained;
    const saved = rig.spool.disk.records
      .slice(rig.spool.disk.acked)
      .map(({ text }) => text)
      .join('');
    const all = new Set([...peer.got, ...saved.split('\n')]);
    const away = numbered(1, 100)
      .trimEnd()
      .split('\n')
      .filter((line) => !all.has(line));
    assert.equal(away.length, 0, `${afterMs} ms: ${away.length} are missing`);
    assert.ok(saved.includes(BAD) || rig.destination.counts.dropped.rejected === 1, String(afterMs));
    rig.finish();
  }
});

test('a hunt that ends without a verdict sends again what it held, although nothing more comes', async () => {
  const rig = makeRig();
  const hasGivenUp = () => rig.logged.some((line) => line.includes('hangs up at no line in particular'));
  // There is only one series, so nothing to try beside it.
  const peer = new FussyPeer({ isPoison: (line) => isBad(line) && !hasGivenUp() });
  rig.destination.start();
  rig.push(`${BAD}\n`);
  await peer.live(rig, 30_000, hasGivenUp);
  assert.ok(hasGivenUp());
  await peer.live(rig, 1000);
  assert.deepEqual([...peer.distinct], [BAD]);
  rig.finish();
});

test('a round that begins when a write is asked for gives it', () => {
  let isRepeated = false;
  const line = Buffer.from(numbered(1, 1));
  const lines = {
    empty: true,
    hold: () => undefined,
    unmark: () => undefined,
    repeat: () => void (isRepeated = true),
    take: () => (isRepeated ? line : undefined),
  } as Partial<HuntedLines> as HuntedLines;
  const hunt = new LineHunt(
    { key: 'd' },
    { lines, clock: new FakeClock(), log: collectLog([]), due: () => undefined, rejected: () => undefined },
  );
  for (let connectAttempts = 1; !hunt.isOn; connectAttempts += 1) {
    hunt.online(1000, { connectAttempts });
    hunt.took(line, 1, 1000);
    hunt.broke(1000);
  }
  hunt.online(1000, { connectAttempts: 4 });
  // All that it holds has been survived, so this round has found nothing.
  assert.equal(hunt.next(1000), line);
});
