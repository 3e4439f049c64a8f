// A durable spool: written means synced, and what was just written is read from memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemError } from './memory-files.ts';
import { lineNumbers, linesText, range, SpoolRig } from './spool-rig.ts';

async function openRig(options: ConstructorParameters<typeof SpoolRig>[0] = {}): Promise<SpoolRig> {
  const rig = new SpoolRig({ durable: true, ...options });
  await rig.open();
  return rig;
}

test('a block counts as written, and can be read, only when the disk has it', async () => {
  const rig = await openRig();
  rig.files.isHolding = true;
  rig.offer(10);
  const reading = rig.spool.read();
  for (let round = 0; round < 50 && rig.written === 0; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const syncs = (rig.files.counts.get('datasync') ?? 0) + (rig.files.counts.get('syncFolder') ?? 0);
    if (rig.files.held > 0) rig.files.release();
    if (rig.written > 0) assert.ok(syncs >= 3, 'parent folder, file, folder');
  }
  assert.equal(rig.written, 10);
  assert.equal(await reading, undefined, 'the read came before the sync');
  rig.files.isHolding = false;
  assert.deepEqual(await rig.readAll(false), range(1, 10));
  rig.files.kill();
});

test('a power cut at any moment leaves every line that was written', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const rig = await openRig({ seed, segmentBytes: 3000 });
    rig.files.isHolding = true;
    for (let step = 0; step < seed; step += 1) {
      if (step % 3 === 0) rig.offer(7, 20);
      await new Promise((resolve) => setImmediate(resolve));
      if (rig.files.held > 0) rig.files.release(Math.floor(rig.random() * rig.files.held));
    }
    const { written } = rig;
    rig.files.powerCut();
    rig.files.isHolding = false;
    await rig.reopen();
    const found = await rig.readAll(false);
    assert.deepEqual(found.slice(0, written), range(1, written), `seed ${seed}`);
    rig.files.kill();
  }
});

test('blocks offered in one go are synced together', async () => {
  const rig = await openRig();
  for (let block = 0; block < 20; block += 1) rig.offer(5);
  await rig.turn();
  assert.equal(rig.written, 100);
  assert.equal(rig.files.counts.get('write'), 1);
  assert.equal(rig.files.counts.get('datasync'), 1);
  rig.files.kill();
});

test('a sync that fails counts nothing; the lines are written again elsewhere, in order', async () => {
  const rig = await openRig();
  rig.offer(5);
  await rig.turn();
  let failures = 2;
  rig.files.fault = (operation) => {
    if (operation !== 'datasync' || failures === 0) return undefined;
    failures -= 1;
    return systemError('EIO');
  };
  rig.offer(5);
  await rig.turn();
  assert.equal(rig.written, 5);
  assert.equal(rig.spool.stats.state, 'failed');
  assert.equal(rig.offer(1), 'spool_error');
  await rig.settle(1000);
  assert.equal(rig.written, 10);
  assert.equal(rig.spool.stats.state, 'ready');
  rig.files.powerCut();
  await rig.reopen();
  const found = await rig.readAll(false);
  assert.deepEqual([...new Set(found)], range(1, 10));
  rig.files.kill();
});

test('what a failed sync may have left is cut off for good before it is written elsewhere', async () => {
  const rig = await openRig();
  rig.offer(5);
  await rig.turn();
  const done: string[] = [];
  let failures = 1;
  rig.files.fault = (operation, path) => {
    done.push(`${operation} ${path.slice(-5)}`);
    return operation === 'datasync' && failures-- > 0 ? systemError('EIO') : undefined;
  };
  rig.offer(5);
  await rig.settle(1000);
  assert.equal(rig.written, 10);
  const expected = ['write 1.seg', 'datasync 1.seg', 'truncate 1.seg', 'datasync 1.seg', 'write 2.seg'];
  assert.deepEqual(
    expected.filter((step) => done.includes(step)),
    expected,
  );
  const cut = done.indexOf('truncate 1.seg');
  assert.equal(done[cut + 1], 'datasync 1.seg');
  assert.ok(done.indexOf('write 2.seg') > cut + 1);
  rig.files.kill();
});

test('a disk that writes and does not sync stays failed, also when nothing waits', async () => {
  const rig = await openRig();
  rig.files.fault = (operation) => (operation === 'datasync' ? systemError('EIO') : undefined);
  rig.offer(5);
  await rig.settle(30_000);
  assert.deepEqual([rig.written, rig.failed], [0, 5]);
  assert.equal(rig.spool.stats.state, 'failed');
  rig.files.fault = () => undefined;
  await rig.settle(6000);
  assert.equal(rig.spool.stats.state, 'ready');
  rig.files.kill();
});

/** Offers a block that may be kept; answers how often it was given back. */
function offerKept(rig: SpoolRig, count: number): { released: number } {
  const state = { released: 0 };
  const bytes = Buffer.from(linesText(rig.next, count));
  rig.next += count;
  const release = () => {
    state.released += 1;
    bytes.fill(0x78);
  };
  assert.equal(
    rig.spool.offer({ bytes, lines: count, firstMs: 1, release }, () => undefined),
    undefined,
  );
  return state;
}

test('a reader that keeps up reads from memory and never from the file', async () => {
  const rig = await openRig({ segmentBytes: 500 });
  for (let round = 0; round < 30; round += 1) {
    const from = rig.next;
    const kept = offerKept(rig, 10);
    await rig.turn();
    const record = await rig.spool.read();
    assert.deepEqual(lineNumbers(record!.bytes), range(from, from + 9));
    assert.equal(kept.released, 0);
    record!.release!();
    assert.equal(kept.released, 1);
    rig.spool.ack(record!.end);
    assert.equal(await rig.spool.read(), undefined);
  }
  assert.equal(rig.files.counts.get('read') ?? 0, 0);
  assert.equal(rig.spool.stats.lines, 0);
  await rig.spool.close();
});

test('what is not kept, or given up, or was read before a rewind, comes from the file, in order', async () => {
  const rig = await openRig();
  const kept = [offerKept(rig, 3), offerKept(rig, 3)];
  rig.offer(3);
  kept.push(offerKept(rig, 3));
  await rig.turn();
  const first = await rig.spool.read();
  assert.deepEqual(lineNumbers(first!.bytes), range(1, 3));
  first!.release!();
  rig.spool.rewind();
  const numbers: number[] = [];
  const fromMemory: boolean[] = [];
  for (let record = await rig.spool.read(); record !== undefined; record = await rig.spool.read()) {
    numbers.push(...lineNumbers(record.bytes));
    fromMemory.push(record.release !== undefined);
    record.release?.();
  }
  assert.deepEqual(numbers, range(1, 12));
  assert.deepEqual(fromMemory, [false, true, false, true]);
  rig.spool.rewind();
  kept.push(offerKept(rig, 3));
  await rig.turn();
  rig.spool.forget();
  assert.deepEqual(await rig.readAll(), range(1, 15));
  assert.deepEqual(
    kept.map(({ released }) => released),
    [1, 1, 1, 1],
  );
  await rig.spool.close();
});

test('a close gives every kept block back once, and loses nothing', async () => {
  const rig = await openRig();
  const kept = Array.from({ length: 5 }, () => offerKept(rig, 4));
  await rig.turn();
  await rig.spool.close();
  assert.deepEqual(
    kept.map(({ released }) => released),
    [1, 1, 1, 1, 1],
  );
  await rig.reopen();
  assert.deepEqual(await rig.readAll(), range(1, 20));
  await rig.spool.close();
});
