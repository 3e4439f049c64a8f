// A catalogue of damaged spool folders. Each opens, tells what it lost, hands out all the rest in order, and goes on
// working: new lines are taken, read and delivered, and the next start finds nothing left and nothing to complain about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSegmentHeader, encodeSegmentHeader } from '../../src/destination/spool/spool-format.ts';
import { systemError } from '../destination/spool/memory-files.ts';
import { FOLDER, range, SpoolRig } from '../destination/spool/spool-rig.ts';
import { CASES } from './spool-cases.ts';
import { DamagedFolder, LAST_LINE, linesOf } from './spool-damage.ts';

for (const given of CASES) {
  test(`damaged folder: ${given.name}`, async () => {
    const folder = await DamagedFolder.make(given.from);
    await given.damage(folder);
    const before = new Map(given.leaves?.map((name) => [name, folder.files.bytes(`${FOLDER}/${name}`)]));
    const rig = new SpoolRig({ files: folder.files, segmentBytes: 600 });
    rig.next = LAST_LINE + 1;
    const opening = await rig.open();
    const { notes = [], reads, damagedRecords = 0, lost = 0 } = given;
    assert.equal(opening.notes.length, notes.length, opening.notes.join('; '));
    for (const note of notes)
      assert.ok(
        opening.notes.some((text) => note.test(text)),
        `${note}`,
      );
    for (const note of opening.notes) assert.ok(!note.includes('\n'));
    assert.equal(opening.damagedRecords, damagedRecords);
    assert.equal(opening.lines, reads.length + lost);
    assert.deepEqual(await rig.readAll(), reads);
    assert.equal(rig.lost.get('spool_damaged') ?? 0, lost);
    assert.equal(rig.spool.stats.lines, 0);
    rig.offer(10);
    await rig.settle(20);
    assert.deepEqual(await rig.readAll(), range(LAST_LINE + 1, LAST_LINE + 10));
    await rig.settle(3000);
    assert.deepEqual(
      rig.segments.map((path) => path.slice(FOLDER.length + 1)).filter((name) => !before.has(name)),
      [],
    );
    rig.offer(5);
    await rig.spool.close();
    const again = await rig.reopen();
    assert.equal(again.lines, 5);
    if (given.staysNoted !== true) assert.deepEqual(again.notes, []);
    for (const [name, bytes] of before) assert.deepEqual(rig.files.bytes(`${FOLDER}/${name}`), bytes);
  });
}

test('a segment of a newer version is read once a program comes that knows it, though the cursor has passed it', async () => {
  const folder = await DamagedFolder.make();
  const good = Buffer.from(folder.bytes(3));
  const future = encodeSegmentHeader({ ...decodeSegmentHeader(good)!, version: 2 });
  folder.put(folder.path(3), Buffer.concat([future, good.subarray(40)]));
  const rig = new SpoolRig({ files: folder.files, segmentBytes: 600 });
  await rig.open();
  await rig.readAll();
  await rig.spool.close();
  folder.put(folder.path(3), good);
  const opening = await rig.reopen();
  assert.match(opening.notes.join(), /was left alone before and can be read now/);
  assert.deepEqual(await rig.readAll(), linesOf(3, 0, 1, 2));
});

test('a bad place on the disk costs its records, after a few attempts, and not the file', async () => {
  const files = (await DamagedFolder.make()).files;
  const rig = new SpoolRig({ files, segmentBytes: 1 << 20, syncEveryLines: 1e9 });
  await rig.open();
  await rig.readAll();
  rig.next = 1;
  for (let record = 0; record < 40; record += 1) {
    rig.offer(10, 100);
    await rig.settle(20);
  }
  const plain = rig.files.process.bind(rig.files);
  const bad = 2 * 4096;
  rig.files.process = () => withBadPage(plain(), bad);
  await rig.spool.close();
  const opening = await rig.reopen();
  assert.equal(opening.lines, 400);
  let numbers: number[] = [];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    numbers = [...numbers, ...(await rig.readAll())];
    await rig.settle(11_000);
  }
  assert.ok(numbers.length >= 340 && numbers.length < 400, `${numbers.length} lines were read`);
  assert.equal(numbers.length + rig.lost.get('spool_damaged')!, 400);
});

function withBadPage(
  files: ReturnType<SpoolRig['files']['process']>,
  bad: number,
): ReturnType<SpoolRig['files']['process']> {
  return {
    ...files,
    async open(path, mode) {
      const file = await files.open(path, mode);
      const read: typeof file.read = async (into, position) => {
        if (position < bad + 4096 && position + into.length > bad) throw systemError('EIO');
        return await file.read(into, position);
      };
      return { ...file, read };
    },
  };
}
