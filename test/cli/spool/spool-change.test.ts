import assert from 'node:assert/strict';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LOCK_NAME, SpoolLock, systemProcesses } from '../../../src/destination/spool/spool-lock.ts';
import { systemClock } from '../../../src/util/clock.ts';
import {
  encodeRecords,
  makeFolder,
  readVectors,
  unpack,
  vectorLines,
} from '../../destination/spool/crng-queue-folder.ts';
import { makeSpool } from '../../destination/spool/make-spool.ts';
import { runCommand } from '../fake-world.ts';

const KEY = 'all_127_0_0_1_2003';
const META = `spool_${KEY}.diskqueue.meta.dat`;
const CONFIG = `instance = "i"\n[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\ndestinations = ['127.0.0.1:1']\n`;
const SEGMENTS = [
  [vectorLines(1, 3), vectorLines(4, 5)],
  [vectorLines(6, 8), vectorLines(9, 10)],
];

async function cat(root: string, name: string): Promise<string[]> {
  const { out } = await runCommand(['spool', 'cat', name, '--spool-dir', root]);
  return out.split('\n').slice(0, -1);
}

async function listNames(root: string): Promise<string[]> {
  return (await readdir(root)).sort();
}

/** A queue that carbon-relay-ng left an hour ago. */
async function unpackOld(t: TestContext, name: string): Promise<string> {
  const root = await unpack(t, (await readVectors()).get(name)!);
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(root, META), hourAgo, hourAgo);
  return root;
}

test('import puts the lines of a queue into the spool of its key and renames the files of the queue', async (t) => {
  const root = await unpackOld(t, 'partly-read');
  const before = await listNames(root);
  const { code, out, err } = await runCommand(['spool', 'import', KEY, '--spool-dir', root]);
  assert.deepEqual([code, err], [0, '']);
  assert.equal(out, `25 lines from crng:${KEY} into "${KEY}"\n`);
  assert.deepEqual(await cat(root, KEY), vectorLines(16, 40));
  const after = await listNames(root);
  assert.deepEqual(
    after.filter((name) => name !== `dest-${KEY}.0`),
    before.map((name) => `${name}.imported`),
  );
  const again = await runCommand(['spool', 'import', KEY, '--spool-dir', root]);
  assert.equal(again.code, 1);
});

test('import goes behind what waits already, and --keep leaves the queue as it is', async (t) => {
  const root = await unpackOld(t, 'fresh');
  await makeSpool(root, { key: KEY, segments: [[['old.a 1 1']]] });
  const { code } = await runCommand(['spool', 'import', KEY, '--keep', '--spool-dir', root]);
  assert.equal(code, 0);
  assert.deepEqual(await cat(root, KEY), ['old.a 1 1', ...vectorLines(1, 5)]);
  assert.equal(
    (await listNames(root)).some((name) => name.endsWith('.imported')),
    false,
  );
});

test('import takes all queues with --all, and a damaged one gives what is whole and exit code 1', async (t) => {
  const root = await makeFolder(t, {
    'spool_a.diskqueue.000000.dat': encodeRecords(['a.a 1 1']),
    'spool_b.diskqueue.000000.dat': Buffer.concat([Buffer.alloc(9, 0xff), encodeRecords(['b.b 1 1'])]),
    'spool_b.diskqueue.000001.dat.bad': encodeRecords(['b.c 1 1']),
  });
  const { code, out, err } = await runCommand(['spool', 'import', '--all', '--bad', '--spool-dir', root]);
  assert.equal(code, 1);
  assert.equal(out, '1 lines from crng:a into "a"\n2 lines from crng:b into "b"\n');
  assert.match(err, /1 damaged places \(9 bytes\) were left out/);
  assert.deepEqual(await cat(root, 'a'), ['a.a 1 1']);
  assert.deepEqual(await cat(root, 'b'), ['b.c 1 1', 'b.b 1 1']);
  assert.equal((await listNames(root)).filter((name) => name.endsWith('.imported')).length, 3);
});

test('import refuses while carbon-relay-ng seems to run, and for a key that the config does not have', async (t) => {
  const root = await unpack(t, (await readVectors()).get('fresh')!);
  const running = await runCommand(['spool', 'import', KEY, '--spool-dir', root]);
  assert.equal(running.code, 1);
  assert.match(running.err, /^sluice: carbon-relay-ng seems to run: /);
  const files = { 'c.toml': CONFIG };
  const args = ['spool', 'import', KEY, '--spool-dir', root, '--config', 'c.toml'];
  const unknown = await runCommand(args, files);
  assert.match(unknown.err, /the config has no destination "all_127_0_0_1_2003"; it has r_127_0_0_1_1;/);
  assert.deepEqual(await listNames(root), Object.keys((await readVectors()).get('fresh')!.files).sort());
  const into = await runCommand([...args, '--into', 'r_127_0_0_1_1', '--force'], files);
  assert.deepEqual([into.code, await cat(root, 'r_127_0_0_1_1')], [0, vectorLines(1, 5)]);
});

test('a queue is left as it is when its lines could not be put on disk', async (t) => {
  const root = await unpackOld(t, 'fresh');
  await writeFile(join(root, `dest-${KEY}.0`), 'a file where the folder should be');
  const before = await listNames(root);
  const { code, err } = await runCommand(['spool', 'import', KEY, '--spool-dir', root]);
  assert.equal(code, 1);
  assert.match(err, /^sluice: cannot open [^\n]+\n$/);
  assert.deepEqual(await listNames(root), before);
});

test('an orphan is adopted: its lines move to the spool of another destination', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: 'gone', segments: SEGMENTS, passedRecords: 1 });
  const { code, out } = await runCommand(['spool', 'import', 'gone', '--into', 'here', '--spool-dir', root]);
  assert.deepEqual([code, out], [0, '7 lines from dest-gone.0 into "here"\n']);
  assert.deepEqual(await cat(root, 'here'), vectorLines(4, 10));
  assert.deepEqual(await cat(root, 'gone'), []);
  const self = await runCommand(['spool', 'import', 'here', '--spool-dir', root]);
  assert.match(self.err, /is the spool of "here" already/);
});

test('import takes a plain file, without its empty lines and with its last line', async (t) => {
  const root = await makeFolder(t, { 'lines.txt': 'a.b 1 1\n\n\nc.d 2 2' });
  const args = ['spool', 'import', '--file', join(root, 'lines.txt'), '--into', 'x', '--spool-dir', root];
  assert.equal((await runCommand(args)).code, 0);
  assert.deepEqual(await cat(root, 'x'), ['a.b 1 1', 'c.d 2 2']);
});

test('a line that is too long is left out of a plain file, the rest is not', async (t) => {
  const root = await makeFolder(t);
  await writeFile(join(root, 'lines.txt'), `a.b 1 1\n${'x'.repeat(5_000_000)} 1 1\nc.d 2 2\n`);
  const args = ['spool', 'import', '--file', join(root, 'lines.txt'), '--into', 'x', '--spool-dir', root];
  const { code, err } = await runCommand(args);
  assert.equal(code, 1);
  assert.match(err, /1 damaged places \(5,000,005 bytes\) were left out/);
  assert.deepEqual(await cat(root, 'x'), ['a.b 1 1', 'c.d 2 2']);
});

test('what was imported can be exported for carbon-relay-ng again: there and back nothing is lost', async (t) => {
  const root = await unpackOld(t, 'partly-read');
  const vector = (await readVectors()).get('partly-read')!;
  await runCommand(['spool', 'import', KEY, '--spool-dir', root]);
  const args = [
    'spool',
    'export',
    KEY,
    '--format',
    'crng',
    '--to',
    root,
    '--file-bytes',
    '300',
    '--spool-dir',
    root,
  ];
  assert.equal((await runCommand(args)).code, 0);
  assert.deepEqual(await cat(root, `crng:${KEY}`), vector.crngReads);
  assert.equal(await readFile(join(root, META), 'utf8'), '25\n0,0\n3,172\n');
  await runCommand(['spool', 'purge', KEY, '--yes', '--spool-dir', root]);
  await runCommand(['spool', 'import', KEY, '--force', '--spool-dir', root]);
  assert.deepEqual(await cat(root, KEY), vector.crngReads);
  // What the first import set aside is still there.
  const names = await listNames(root);
  assert.ok(names.includes(`${META}.imported`) && names.includes(`${META}.imported.2`));
});

test('purge drops what waits only with --yes, and says how many lines', async (t) => {
  const root = await makeFolder(t);
  const folder = await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const args = ['spool', 'purge', KEY, '--spool-dir', root];
  const no = await runCommand(args);
  assert.deepEqual([no.code, (await cat(root, KEY)).length], [2, 7]);
  const { code, out } = await runCommand([...args, '--yes']);
  assert.deepEqual([code, out], [0, `dest-${KEY}.0: 7 lines purged\n`]);
  assert.deepEqual(await cat(root, KEY), []);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.seg')),
    [],
  );
});

test('queues of carbon-relay-ng are neither purged nor replayed where they are', async (t) => {
  const root = await unpackOld(t, 'fresh');
  for (const args of [
    ['purge', '--yes'],
    ['replay', '--to', '127.0.0.1:1'],
  ]) {
    const { code, err } = await runCommand([
      'spool',
      args[0]!,
      `crng:${KEY}`,
      ...args.slice(1),
      '--spool-dir',
      root,
    ]);
    assert.deepEqual([code, /is carbon-relay-ng's; import it first/.test(err)], [1, true]);
  }
});

/** A peer that keeps what it gets; `cutAt`: it resets the connection after so many bytes. */
async function startPeer(t: TestContext, cutAt = Number.POSITIVE_INFINITY) {
  let text = '';
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.length >= cutAt) socket.resetAndDestroy();
    });
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return { to: `127.0.0.1:${port}`, lines: () => text.split('\n').slice(0, -1) };
}

test('replay sends what waits and takes it out once the connection ended in order', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: KEY, segments: SEGMENTS, passedRecords: 1 });
  const peer = await startPeer(t);
  const { code, out } = await runCommand(['spool', 'replay', KEY, '--to', peer.to, '--spool-dir', root]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`^7 lines \\(\\d+ B\\) from dest-${KEY}\\.0 to 127`));
  assert.deepEqual(peer.lines(), vectorLines(4, 10));
  assert.deepEqual(await cat(root, KEY), []);
});

test('replay keeps to its rate', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: KEY, segments: [[vectorLines(1, 100)]] });
  const peer = await startPeer(t);
  const args = ['spool', 'replay', KEY, '--to', peer.to, '--rate', '200', '--json', '--spool-dir', root];
  const { out } = await runCommand(args);
  const { lines, seconds } = JSON.parse(out) as { lines: number; seconds: number };
  assert.equal(lines, 100);
  assert.ok(seconds > 0.4 && seconds < 30, `${seconds} s`);
});

test('a peer that is away or breaks off leaves everything in the spool that it may not have', async (t) => {
  const root = await makeFolder(t);
  const segments = [Array.from({ length: 50 }, () => vectorLines(1, 2000))];
  await makeSpool(root, { key: KEY, segments });
  const away = await runCommand(['spool', 'replay', KEY, '--to', '127.0.0.1:1', '--spool-dir', root]);
  assert.equal(away.code, 1);
  assert.match(away.err, /^sluice: cannot connect to 127\.0\.0\.1:1: [^\n]*\n$/);
  const peer = await startPeer(t, 100_000);
  const args = ['spool', 'replay', KEY, '--to', peer.to, '--rate', '0', '--spool-dir', root];
  const cut = await runCommand(args);
  assert.equal(cut.code, 1);
  assert.match(cut.err, /lines were written, the last \d+ bytes of them stay in the spool/);
  assert.equal((await cat(root, KEY)).length, 100_000);
});

test('a spool folder that another process uses is not changed, and ls says that it is in use', async (t) => {
  const root = await unpackOld(t, 'fresh');
  await makeSpool(root, { key: 'x', segments: SEGMENTS });
  const lock = await SpoolLock.acquire(root, {
    clock: systemClock,
    random: Math.random,
    processes: systemProcesses,
  });
  try {
    const commands = [
      ['import', KEY],
      ['import', 'x', '--into', 'y'],
      ['purge', 'x', '--yes'],
      ['replay', 'x', '--to', '127.0.0.1:1'],
    ];
    for (const args of commands) {
      const { code, err } = await runCommand(['spool', ...args, '--spool-dir', root]);
      assert.equal(code, 1, args.join(' '));
      assert.match(err, /^sluice: [^\n]* is in use by process \d+, nothing was changed; [^\n]*--url\n$/);
    }
    const { out } = await runCommand(['spool', 'ls', '--spool-dir', root]);
    assert.match(out, /^x .* in use$/m);
    assert.match(out, /^crng:.* carbon-relay-ng$/m);
    assert.equal((await cat(root, 'x')).length, 10);
  } finally {
    await lock.release();
  }
  assert.equal((await runCommand(['spool', 'purge', 'x', '--yes', '--spool-dir', root])).code, 0);
  assert.equal((await listNames(root)).includes(LOCK_NAME), false);
});

test('a lock that a killed process left does not count', async (t) => {
  const root = await makeFolder(t);
  await makeSpool(root, { key: 'x', segments: SEGMENTS });
  const self = await systemProcesses.self();
  const gone = { ...self, pid: 2 ** 22 + 1, token: 'x' };
  await writeFile(join(root, LOCK_NAME), JSON.stringify(gone));
  const { out } = await runCommand(['spool', 'ls', '--spool-dir', root]);
  assert.match(out, /^x .* idle$/m);
  assert.equal((await runCommand(['spool', 'purge', 'x', '--yes', '--spool-dir', root])).code, 0);
});
