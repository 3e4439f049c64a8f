import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CRNG_LINE_BYTES_MAX } from '../../../src/destination/spool/crng-record-scan.ts';
import { CrngQueueWriter } from '../../../src/destination/spool/crng-queue-writer.ts';
import { encodeRecords, makeFolder, onlyQueue, readAll, vectorLines } from './crng-queue-folder.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const FILE = 'spool_a.diskqueue.000000.dat';
const META = 'spool_a.diskqueue.meta.dat';

test('one flipped bit in a length costs that line and no other, wherever it is', async (t) => {
  const lines = vectorLines(1, 6);
  const records = encodeRecords(lines);
  const folder = await makeFolder(t, { [META]: `6\n0,0\n0,${records.length}\n` });
  let at = 0;
  for (const [index, line] of lines.entries()) {
    for (let bit = 0; bit < 32; bit++) {
      const damaged = Buffer.from(records);
      damaged[at + (bit >> 3)]! ^= 1 << (bit & 7);
      await writeFile(join(folder, FILE), damaged);
      const read = await readAll(await onlyQueue(folder));
      assert.deepEqual(read.lines, lines.toSpliced(index, 1), `line ${index}, bit ${bit}`);
      assert.equal(read.report.damagedPlaces, 1);
    }
    at += 4 + line.length;
  }
});

test('a file cut at any byte gives every line that is whole', async (t) => {
  const lines = vectorLines(1, 4);
  const records = encodeRecords(lines);
  const folder = await makeFolder(t, { [META]: `4\n0,0\n0,${records.length}\n` });
  for (let size = 0; size < records.length; size++) {
    await writeFile(join(folder, FILE), records.subarray(0, size));
    const read = await readAll(await onlyQueue(folder));
    const whole = lines.filter((_, index) => encodeRecords(lines.slice(0, index + 1)).length <= size);
    assert.deepEqual(read.lines, whole, `${size} bytes`);
  }
});

const HOSTILE: Readonly<Record<string, Buffer>> = {
  'a negative length': Buffer.from([0xff, 0xff, 0xff, 0xff]),
  'the least length': Buffer.from([0x80, 0, 0, 0]),
  'the greatest length': Buffer.from([0x7f, 0xff, 0xff, 0xff]),
  'no length': Buffer.alloc(4),
  'a length of zeros for many zeros': Buffer.alloc(300_000),
  'a line with a newline in it': encodeRecords(['a.b 1\n1 1']),
  'a line with a zero byte in it': encodeRecords(['a.\0b 1 1']),
  'text that is no line': encodeRecords(['hello']),
  text: Buffer.from(' qwert zuiop'.repeat(2000)),
  'headers only': Buffer.from([0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 20]),
  'headers that reach far, one after the other': Buffer.concat(
    Array.from({ length: 20_000 }, () => Buffer.from([0, 0x0f, 0xff, 0xff, 0x61])),
  ),
};

for (const [name, bytes] of Object.entries(HOSTILE)) {
  test(`between good lines stands ${name}: it is one damaged place, and they are read`, async (t) => {
    const file = Buffer.concat([encodeRecords(vectorLines(1, 3)), bytes, encodeRecords(vectorLines(4, 6))]);
    const folder = await makeFolder(t, { [FILE]: file, [META]: `6\n0,0\n0,${file.length}\n` });
    const { lines, report } = await readAll(await onlyQueue(folder));
    assert.deepEqual(lines, vectorLines(1, 6));
    assert.deepEqual([report.damagedPlaces, report.damagedBytes], [1, bytes.length]);
  });
}

test('whatever bytes the files hold, reading ends, gives whole lines and accounts for every byte', async (t) => {
  const folder = await makeFolder(t);
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...vectorLines(1, 20)), { maxLength: 5 }).map(encodeRecords),
    fc.integer().map((length) => Buffer.from(Int32Array.of(length).buffer)),
    fc.nat({ max: 30 }).map((size) => Buffer.alloc(size)),
  );
  const file = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces));
  const position = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 300 })).map((pair) => pair.join(','));
  const meta = fc.oneof(
    fc.tuple(fc.nat(), position, position).map((parts) => `${parts.join('\n')}\n`),
    fc.string(),
    fc.constant(undefined),
  );
  await fc.assert(
    fc.asyncProperty(file, file, meta, async (first, second, text) => {
      await rm(join(folder, META), { force: true });
      await writeFile(join(folder, FILE), first);
      await writeFile(join(folder, 'spool_a.diskqueue.000001.dat'), second);
      if (text !== undefined) await writeFile(join(folder, META), text);
      const queue = await onlyQueue(folder);
      const { lines, report } = await readAll(queue);
      assert.equal(lines.length, report.lines);
      assert.ok(lines.every((line) => line.split(/[ \t]/).length >= 3));
      assert.equal(report.doneBytes, queue.waitingBytes);
      assert.ok(report.bytes + report.damagedBytes <= queue.waitingBytes);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('lines of every length are read over the borders of blocks, and nothing is held but a block', async (t) => {
  const folder = await makeFolder(t);
  const lines: string[] = [];
  for (let index = 0; index < 60; index++) {
    const key = 'k'.repeat(index % 7 === 0 ? CRNG_LINE_BYTES_MAX - 20 : 1 + index * 997);
    lines.push(`${key} ${index} 1700000000`);
  }
  const writer = new CrngQueueWriter({ folder, name: 'a', fileBytesMax: 4_000_000 });
  await writer.open();
  for (const line of lines) await writer.write(Buffer.from(`${line}\n`));
  await writer.close();
  const { lines: read, report } = await readAll(await onlyQueue(folder));
  assert.deepEqual(
    read.map((line) => line.length),
    lines.map((line) => line.length),
  );
  assert.deepEqual(read, lines);
  assert.equal(report.damagedBytes, 0);
});

test('a file that goes away before it is read is told and counts as damaged', async (t) => {
  const folder = await makeFolder(t, { [FILE]: encodeRecords(vectorLines(1, 3)), [META]: '3\n0,0\n0,500\n' });
  const queue = await onlyQueue(folder);
  await rm(join(folder, FILE));
  const { lines, report } = await readAll(queue);
  assert.deepEqual([lines, report.damagedPlaces, report.damagedBytes], [[], 1, queue.waitingBytes]);
  assert.match(report.notes.join(), /000000\.dat: ENOENT/);
});

test('a length that is too short costs the line: sent in part it would say a wrong time', async (t) => {
  const records = encodeRecords(vectorLines(1, 3));
  records[3]! -= 4;
  const folder = await makeFolder(t, { [FILE]: records, [META]: `3\n0,0\n0,${records.length}\n` });
  assert.deepEqual((await readAll(await onlyQueue(folder))).lines, vectorLines(2, 3));
});
