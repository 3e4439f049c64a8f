import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  isCrngRunning,
  listCrngQueues,
  parseCrngMeta,
  renderCrngMeta,
} from '../../../src/destination/spool/crng-disk-queue.ts';
import { CrngQueueWriter } from '../../../src/destination/spool/crng-queue-writer.ts';
import { describeCrngQueues } from '../../../src/destination/spool/describe-crng-queues.ts';
import {
  encodeRecords,
  makeFolder,
  onlyQueue,
  readAll,
  readVectors,
  unpack,
  vectorLines,
} from './crng-queue-folder.ts';

const vectors = await readVectors();

for (const name of ['fresh', 'partly-read', 'drained', 'rolled']) {
  test(`a queue that carbon-relay-ng closed gives exactly the lines that it would read: ${name}`, async (t) => {
    const vector = vectors.get(name)!;
    const queue = await onlyQueue(await unpack(t, vector));
    assert.equal(queue.name, vector.key);
    assert.equal(queue.meta?.depth, vector.crngReads.length);
    const { lines, report } = await readAll(queue);
    assert.deepEqual(lines, vector.crngReads);
    assert.deepEqual(
      [report.lines, report.damagedPlaces, report.damagedBytes, report.tailLines],
      [lines.length, 0, 0, 0],
    );
    assert.deepEqual([queue.notes, report.notes], [[], []]);
  });
}

test('a queue is read from the position in its meta file', async (t) => {
  const { lines } = await readAll(await onlyQueue(await unpack(t, vectors.get('partly-read')!)));
  assert.deepEqual(lines, vectorLines(16, 40));
});

test('lines behind the meta file of a killed carbon-relay-ng are saved, which it would lose', async (t) => {
  const vector = vectors.get('killed')!;
  const { lines, report } = await readAll(await onlyQueue(await unpack(t, vector)));
  assert.deepEqual(lines, vectorLines(1, 25));
  assert.deepEqual(vector.crngReads, vectorLines(1, 19));
  assert.deepEqual([report.tailLines, report.damagedBytes], [6, 0]);
});

test('what is left of a line that was written over in part is no line and no damage', async (t) => {
  const vector = vectors.get('killed-twice')!;
  const { lines, report } = await readAll(await onlyQueue(await unpack(t, vector)));
  assert.deepEqual(lines, [...vector.crngReads, ...vectorLines(15, 20)]);
  assert.deepEqual([report.tailLines, report.damagedPlaces], [6, 0]);
});

for (const name of ['fresh', 'partly-read', 'rolled']) {
  test(`the writer makes the same bytes as carbon-relay-ng from the same lines: ${name}`, async (t) => {
    const vector = vectors.get(name)!;
    const source = await unpack(t, vector);
    const from = name === 'partly-read' ? vectorLines(1, 40) : vector.crngReads;
    const folder = await makeFolder(t);
    const writer = new CrngQueueWriter({ folder, name: vector.key, fileBytesMax: vector.fileBytesMax });
    await writer.open();
    for (const line of from) await writer.write(Buffer.from(`${line}\n`));
    await writer.close();
    const names = (await readdir(folder)).sort();
    for (const file of names.filter((entry) => !entry.endsWith('meta.dat'))) {
      // The files that crng had read are gone there.
      if (file in vector.files)
        assert.deepEqual(await readFile(join(folder, file)), await readFile(join(source, file)));
    }
    assert.deepEqual((await readAll(await onlyQueue(folder))).lines, from);
    if (name === 'partly-read') assert.equal(names.length, 7);
    else assert.deepEqual(names, Object.keys(vector.files).sort());
  });
}

test('the writer never adds to a queue in which lines wait, and leaves nothing when it is told to stop', async (t) => {
  const folder = await unpack(t, vectors.get('fresh')!);
  const before = await readdir(folder);
  const writer = new CrngQueueWriter({ folder, name: 'all_127_0_0_1_2003', fileBytesMax: 100 });
  await assert.rejects(writer.open(), /holds a queue "all_127_0_0_1_2003" of carbon-relay-ng already/);
  const other = new CrngQueueWriter({ folder, name: 'other', fileBytesMax: 10 });
  await other.open();
  await other.write(Buffer.from('a 1 1\nb 1 1\nc 1 1\n'));
  assert.ok((await readdir(folder)).length > before.length);
  await other.discard();
  assert.deepEqual(await readdir(folder), before);
});

test('the writer goes on behind a drained queue', async (t) => {
  const vector = vectors.get('drained')!;
  const folder = await unpack(t, vector);
  const writer = new CrngQueueWriter({ folder, name: vector.key, fileBytesMax: 1000 });
  await writer.open();
  await writer.write(Buffer.from('a.b 1 1\n\nc.d 2 2\n'));
  await writer.close();
  assert.deepEqual([writer.lines, writer.refusedLines], [2, 1]);
  const queue = await onlyQueue(folder);
  assert.deepEqual(queue.meta, { depth: 2, read: { file: 2, offset: 0 }, write: { file: 2, offset: 22 } });
  assert.deepEqual((await readAll(queue)).lines, ['a.b 1 1', 'c.d 2 2']);
});

test('a meta file is believed only as carbon-relay-ng writes it', () => {
  const meta = { depth: 5, read: { file: 1, offset: 2 }, write: { file: 3, offset: 4 } };
  assert.deepEqual(parseCrngMeta(renderCrngMeta(meta)), meta);
  // crng does not cut the file that it writes over.
  assert.deepEqual(parseCrngMeta(`${renderCrngMeta(meta)}4\n`), meta);
  const wrong = [
    '',
    '5',
    '5\n1,2\n3,4',
    '-5\n1,2\n3,4\n',
    '5\n1,-2\n3,4\n',
    '5\n3,4\n1,2\n',
    '5\n1,2\n1,1\n',
    'x\n1,2\n3,4\n',
    '5\n1,2\n99999999999999999999,4\n',
    '\0'.repeat(50),
  ];
  for (const text of wrong) assert.equal(parseCrngMeta(text), undefined, JSON.stringify(text));
});

test('without a meta file that can be read every line counts as waiting, and this is said', async (t) => {
  for (const meta of [undefined, '', '5\n0,0\n0,1', Buffer.alloc(30), '12345'.repeat(100)]) {
    const folder = await makeFolder(t, {
      'spool_a.diskqueue.000003.dat': encodeRecords(['a.a 1 1', 'a.b 1 1']),
      'spool_a.diskqueue.000004.dat': encodeRecords(['a.c 1 1']),
      ...(meta === undefined ? {} : { 'spool_a.diskqueue.meta.dat': meta }),
    });
    const queue = await onlyQueue(folder);
    assert.match(queue.notes.join(), meta === undefined ? /is missing/ : /is damaged/);
    assert.deepEqual((await readAll(queue)).lines, ['a.a 1 1', 'a.b 1 1', 'a.c 1 1']);
  }
});

test('files that are missing, short or read before are told, the rest is read', async (t) => {
  const folder = await makeFolder(t, {
    'spool_a.diskqueue.000000.dat': encodeRecords(['old.a 1 1']),
    'spool_a.diskqueue.000002.dat': encodeRecords(['a.b 1 1']),
    'spool_a.diskqueue.000004.dat': encodeRecords(['a.d 1 1']),
    'spool_a.diskqueue.000007.dat': encodeRecords(['a.e 1 1']),
    'spool_a.diskqueue.meta.dat': '9\n1,0\n4,50\n',
  });
  const queue = await onlyQueue(folder);
  assert.deepEqual(queue.notes, [
    '2 files missing',
    'the last 39 bytes that the meta file promises are missing',
    '1 file before the read position: read, not counted',
  ]);
  const { lines, report } = await readAll(queue);
  assert.deepEqual([lines, report.tailLines], [['a.b 1 1', 'a.d 1 1', 'a.e 1 1'], 1]);
});

test('files that carbon-relay-ng gave up are counted apart, and read on request', async (t) => {
  const folder = await makeFolder(t, {
    'spool_a.diskqueue.000000.dat.bad': Buffer.concat([
      encodeRecords(['a.a 1 1']),
      Buffer.from([0x7f, 255, 255, 255, 1, 2]),
      encodeRecords(['a.b 1 1']),
    ]),
    'spool_a.diskqueue.000001.dat': encodeRecords(['a.c 1 1']),
    'spool_a.diskqueue.meta.dat': '1\n1,0\n1,11\n',
  });
  const queue = await onlyQueue(folder);
  assert.deepEqual([queue.badFiles.length, queue.waitingBytes], [1, 11]);
  assert.deepEqual((await readAll(queue)).lines, ['a.c 1 1']);
  const { lines, report } = await readAll(queue, true);
  assert.deepEqual(lines, ['a.a 1 1', 'a.b 1 1', 'a.c 1 1']);
  assert.equal(report.damagedPlaces, 1);
});

test('other files and folders are not taken for queues', async (t) => {
  const folder = await makeFolder(t, {
    'spool_.diskqueue.meta.dat': '0\n0,0\n0,0\n',
    'spool_a.diskqueue.00001.dat': 'x',
    'spool_a.diskqueue.0000001.dat': 'x',
    'spool_a.diskqueue.meta.dat.tmp': 'x',
    'spool_a.diskqueue.meta.dat.bad': 'x',
    'spool_a.diskqueue.000001.dat.imported': 'x',
    'a.diskqueue.000001.dat': 'x',
  });
  await mkdir(join(folder, 'spool_b.diskqueue.000001.dat'));
  assert.deepEqual(await listCrngQueues(folder), []);
  assert.deepEqual(await listCrngQueues(join(folder, 'none')), []);
});

test('a queue whose meta file was just written is taken to be in use', async (t) => {
  const queue = await onlyQueue(await unpack(t, vectors.get('fresh')!));
  assert.equal(isCrngRunning(queue, Date.now()), true);
  assert.equal(isCrngRunning(queue, Date.now() + 60_000), false);
});

test('a relay that starts can say how many lines wait and how to import them', async (t) => {
  const folder = await unpack(t, vectors.get('killed')!);
  assert.deepEqual(await describeCrngQueues(folder), [
    `carbon-relay-ng left 25 lines for "all_127_0_0_1_2003" in ${folder}; they stay there until you run: sluice spool import --spool-dir ${folder} all_127_0_0_1_2003`,
  ]);
  assert.deepEqual(await describeCrngQueues(await unpack(t, vectors.get('drained')!)), []);
  assert.deepEqual(await describeCrngQueues(join(folder, 'none')), []);
});
