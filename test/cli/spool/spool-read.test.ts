import assert from 'node:assert/strict';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  encodeRecords,
  makeFolder,
  onlyQueue,
  readAll,
  readVectors,
  unpack,
  vectorLines,
} from '../../destination/spool/crng-queue-folder.ts';
import { makeSpool } from '../../destination/spool/make-spool.ts';
import { runCommand } from '../fake-world.ts';

const KEY = 'r_127_0_0_1_1';
const CONFIG = `instance = "i"\n[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\ndestinations = ['127.0.0.1:1 spoolmaxbytesperfile=1000']\n`;
const SEGMENTS = [
  [vectorLines(1, 3), vectorLines(4, 5)],
  [vectorLines(6, 8), vectorLines(9, 10)],
];

function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('ls shows lines, bytes, age and files of each spool and queue, and which are orphans', async (t) => {
  const root = await unpack(t, (await readVectors()).get('partly-read')!);
  await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const args = ['spool', 'ls', '--spool-dir', root, '--config', 'c.toml'];
  const { code, out } = await runCommand([...args, '--json'], { 'c.toml': CONFIG });
  assert.equal(code, 0);
  const [ours, crng] = parseLines(out);
  const bytes = vectorLines(4, 10).join('\n').length + 1;
  assert.deepEqual(
    { ...ours, diskBytes: 0 },
    {
      kind: 'sluice',
      name: `dest-${KEY}.0`,
      key: KEY,
      inUse: false,
      orphan: false,
      lines: 7,
      linesExact: true,
      bytes,
      diskBytes: 0,
      segments: 2,
      oldestMs: 1_700_000_000_000,
      notes: [],
    },
  );
  assert.deepEqual(
    [crng!['name'], crng!['lines'], crng!['orphan'], crng!['segments']],
    ['crng:all_127_0_0_1_2003', 25, true, 5],
  );
  const table = await runCommand(args, { 'c.toml': CONFIG });
  assert.match(table.out, /^SPOOL +LINES +BYTES +OLDEST +FILES +STATE\n/);
  assert.match(table.out, new RegExp(`^${KEY} +7 +\\d+ B +\\d+d\\d+h +2  idle$`, 'm'));
  assert.match(table.out, /^crng:all_127_0_0_1_2003 +25 +1\.0 KiB +\S+ +5 {2}carbon-relay-ng, orphan$/m);
});

test('without a config nothing is called an orphan, and a folder that is not there holds nothing', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: 'gone', segments: SEGMENTS });
  const { out } = await runCommand(['spool', 'ls', '--spool-dir', root, '--json']);
  assert.equal(parseLines(out)[0]!['orphan'], null);
  const none = await runCommand(['spool', 'ls', '--spool-dir', join(root, 'none'), '--json']);
  assert.deepEqual(none, { code: 0, out: '', err: '' });
});

test('verify says ok and exits with 0 when every record is whole', async (t) => {
  const root = await unpack(t, (await readVectors()).get('fresh')!);
  await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const { code, out } = await runCommand(['spool', 'verify', '--spool-dir', root]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`^dest-${KEY}\\.0: ok, 4 records, 10 lines, `, 'm'));
  assert.match(out, /^crng:all_127_0_0_1_2003: ok, 5 records, 5 lines, /m);
});

test('verify finds one flipped bit anywhere in a record, says how much is damaged and exits with 1', async (t) => {
  const root = await makeFolder(t);
  const folder = await makeSpool(root, { key: KEY, segments: SEGMENTS });
  const path = join(folder, '0000000001.seg');
  const good = await readFile(path);
  for (const at of [40, 50, 70, 96, 150, 205]) {
    const bad = Buffer.from(good);
    bad[at]! ^= 4;
    await writeFile(path, bad);
    const { code, out } = await runCommand(['spool', 'verify', '--spool-dir', root, '--json']);
    assert.equal(code, 1, `byte ${at}`);
    const [verdict] = parseLines(out);
    assert.deepEqual(
      [verdict!['ok'], verdict!['records'], verdict!['damagedPlaces']],
      [false, 3, 1],
      `byte ${at}`,
    );
  }
});

test('an unfinished record at the very end is what a crash leaves, and no damage', async (t) => {
  const root = await makeFolder(t);
  const folder = await makeSpool(root, { key: KEY, segments: SEGMENTS });
  const path = join(folder, '0000000002.seg');
  await truncate(path, (await readFile(path)).length - 10);
  const { code, out } = await runCommand(['spool', 'verify', '--spool-dir', root, '--json']);
  const [verdict] = parseLines(out);
  assert.deepEqual([code, verdict!['records'], verdict!['damagedPlaces']], [0, 3, 0]);
  assert.ok(Number(verdict!['tornBytes']) > 0);
});

test('verify exits with 1 for a damaged queue of carbon-relay-ng', async (t) => {
  const root = await makeFolder(t, {
    'spool_a.diskqueue.000000.dat': Buffer.concat([encodeRecords(['a.b 1 1']), Buffer.alloc(20, 0xff)]),
    'spool_a.diskqueue.meta.dat': '1\n0,0\n0,31\n',
  });
  const { code, out } = await runCommand(['spool', 'verify', 'crng:a', '--spool-dir', root]);
  assert.equal(code, 1);
  assert.match(out, /^crng:a: DAMAGED, 1 records, 1 lines, 8 B, 1 damaged places of 20 bytes\n/);
});

test('cat prints what waits, in order, and nothing that was delivered', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const { code, out, err } = await runCommand(['spool', 'cat', KEY, '--spool-dir', root]);
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(out.split('\n').slice(0, -1), vectorLines(4, 10));
  const json = await runCommand(['spool', 'cat', KEY, '--spool-dir', root, '--json']);
  assert.deepEqual(parseLines(json.out)[0], { line: vectorLines(4, 4)[0] });
});

test('cat steps over damage, says so and exits with 1', async (t) => {
  const root = await makeFolder(t);
  const folder = await makeSpool(root, { key: KEY, segments: SEGMENTS });
  const path = join(folder, '0000000001.seg');
  const bytes = await readFile(path);
  bytes[100]! ^= 1;
  await writeFile(path, bytes);
  const { code, out, err } = await runCommand(['spool', 'cat', KEY, '--spool-dir', root]);
  assert.equal(code, 1);
  assert.deepEqual(out.split('\n').slice(0, -1), vectorLines(4, 10));
  assert.match(err, /^sluice: 1 damaged places \(\d+ bytes\) were left out\n$/);
});

test('a name that is not there is one clear line, with a hint at the queue of that name', async (t) => {
  const root = await unpack(t, (await readVectors()).get('fresh')!);
  for (const name of ['none', 'all_127_0_0_1_2003']) {
    const { code, err } = await runCommand(['spool', 'cat', name, '--spool-dir', root]);
    assert.equal(code, 1);
    assert.match(err, /^sluice: no spool "[^"]+" in [^\n]+\n$/);
    assert.equal(err.includes('"crng:'), name !== 'none');
  }
});

test('export writes a plain file, never over one that is there, and leaves the spool as it was', async (t) => {
  const root = await makeFolder(t);
  const folder = await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const before = await Promise.all(
    (await readdir(folder)).sort().map((name) => readFile(join(folder, name))),
  );
  const args = ['spool', 'export', KEY, '--spool-dir', root, '--to', join(root, 'out.txt')];
  const { code, out } = await runCommand(args);
  assert.equal(code, 0);
  assert.match(out, /^7 lines to /);
  assert.equal(await readFile(join(root, 'out.txt'), 'utf8'), `${vectorLines(4, 10).join('\n')}\n`);
  const again = await runCommand(args);
  assert.equal(again.code, 1);
  assert.match(again.err, /^sluice: ".*out\.txt" is there already\n$/);
  const after = await Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name))));
  assert.deepEqual(after, before);
});

test('export of form crng makes a queue that carbon-relay-ng reads, cut as the config says', async (t) => {
  const root = await makeFolder(t);
  const lines = vectorLines(1, 60);
  await makeSpool(root, { key: KEY, segments: [[lines]] });
  const to = join(root, 'crng');
  const args = [
    'spool',
    'export',
    KEY,
    '--spool-dir',
    root,
    '--config',
    'c.toml',
    '--format',
    'crng',
    '--to',
    to,
  ];
  const { code, out } = await runCommand([...args, '--json'], { 'c.toml': CONFIG });
  assert.equal(code, 0);
  assert.equal(parseLines(out)[0]!['lines'], 60);
  const queue = await onlyQueue(to);
  assert.equal(queue.name, KEY);
  assert.deepEqual(
    queue.files.map(({ bytes }) => bytes > 1000),
    [true, true, false],
  );
  assert.deepEqual((await readAll(queue)).lines, lines);
  const again = await runCommand(args, { 'c.toml': CONFIG });
  assert.match(again.err, /holds a queue "r_127_0_0_1_1" of carbon-relay-ng already/);
});

test('a command line that makes no sense is one line and exit code 2', async (t) => {
  const root = await makeFolder(t);
  for (const args of [
    ['cat'],
    ['export', 'x'],
    ['export', 'x', '--to', 'y', '--format', 'z'],
    ['import'],
    ['import', 'x', '--all'],
    ['import', '--file', 'x'],
    ['replay', 'x'],
    ['replay', 'x', '--to', 'host'],
    ['replay', 'x', '--to', 'host:1', '--rate', '-1'],
    ['purge', 'x'],
    ['ls', '--url', 'ftp://x'],
    ['nonsense'],
  ]) {
    const where = args[0] === 'nonsense' ? [] : ['--spool-dir', root];
    const { code, err } = await runCommand(['spool', ...args, ...where]);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, /^sluice: [^\n]+\n$/, args.join(' '));
  }
});

test('help names every subcommand and what a SPOOL is', async () => {
  const { code, out } = await runCommand(['spool', '--help']);
  assert.equal(code, 0);
  for (const word of [
    'ls',
    'verify',
    'cat',
    'export',
    'import',
    'replay',
    'purge',
    'crng:KEY',
    'Exit codes:',
  ]) {
    assert.ok(out.includes(word), word);
  }
  for (const name of ['ls', 'verify', 'cat', 'export', 'import', 'replay', 'purge']) {
    const help = await runCommand(['spool', name, '--help']);
    assert.match(help.out, /--spool-dir <folder>[^]*--json[^]*Exit codes:/, name);
  }
});

test('a folder that is not there is told to people, and one that is none is refused', async (t) => {
  const root = await makeFolder(t);
  await writeFile(join(root, 'file'), '');
  for (const command of ['ls', 'verify']) {
    const missing = await runCommand(['spool', command, '--spool-dir', join(root, 'none')]);
    assert.equal(missing.code, 0);
    assert.match(missing.err, /^there is no folder ".*none"\n$/);
    assert.equal((await runCommand(['spool', command, '--spool-dir', root])).err, '');
    const { code, err } = await runCommand(['spool', command, '--spool-dir', join(root, 'file')]);
    assert.equal(code, 1);
    assert.match(err, /^sluice: cannot read .*file: a part of the path is not a directory\n$/);
  }
});
