// File destinations on a real folder, and on a disk that fails as the test says.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  type AppendFile,
  type FileSystem,
  systemFiles,
} from '../../../src/destination/sender/file-system.ts';
import { until } from '../peer.ts';
import { makeRig, numbered, type Rig } from '../rig.ts';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Pushes a chunk, ends the turn and waits until it counts as written. */
async function write(rig: Rig, from: number, to: number): Promise<void> {
  rig.push(numbered(from, to));
  rig.turn();
  await until('written', () => rig.destination.counts.queued === 0);
}

async function online(rig: Rig): Promise<void> {
  rig.destination.start();
  await until('online', () => rig.destination.online);
}

test('lines are appended to the file, whose folder is made, and a drain closes it', async (t) => {
  const path = join(await makeFolder(t), 'a/b/metrics.log');
  const rig = makeRig(`file:${path} fsync=true`);
  rig.push(numbered(1, 5));
  await online(rig);
  await write(rig, 6, 10);
  rig.push(numbered(11, 12));
  await rig.destination.drain(rig.clock.nowMs + 5000);
  assert.equal(await readFile(path, 'utf8'), numbered(1, 12));
  assert.equal(rig.destination.counts.written, 12);
  assert.equal(rig.destination.counts.resent, 0);
  assert.match(rig.logged.join(), /writes to .*metrics.log/);
  rig.finish();
});

test('a file that exists grows, and a cut-off last line stays a line of its own', async (t) => {
  const path = join(await makeFolder(t), 'metrics.log');
  await writeFile(path, 'x 1 1\na.b 12');
  const rig = makeRig(`file:${path}`);
  await online(rig);
  await write(rig, 1, 2);
  assert.equal(await readFile(path, 'utf8'), `x 1 1\na.b 12\n${numbered(1, 2)}`);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('a file is rotated before it grows beyond rotate_bytes, and no line is split or lost', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metrics.log');
  const rig = makeRig(`file:${path} rotate_bytes=100 iobuf=4096`);
  await online(rig);
  for (let n = 1; n <= 10; n += 1) await write(rig, n * 2 - 1, n * 2);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  // Same second: numbered names, in order.
  const names = (await readdir(folder)).sort((a, b) => a.length - b.length || a.localeCompare(b));
  assert.equal(names.length, 5);
  let text = '';
  for (const name of names.slice(1)) text += await readFile(join(folder, name), 'utf8');
  assert.equal(text + (await readFile(path, 'utf8')), numbered(1, 20));
  rig.finish();
});

test('a file is rotated at multiples of rotate_interval, also when it was left by an earlier run', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metrics.log');
  await writeFile(path, 'old 1 1\n');
  const rig = makeRig(`file:${path} rotate_interval=60000`);
  await online(rig);
  await write(rig, 1, 1);
  assert.equal((await readdir(folder)).length, 2);
  rig.clock.advance(1000);
  await write(rig, 2, 2);
  assert.equal((await readdir(folder)).length, 2);
  rig.clock.advance(60_000);
  await write(rig, 3, 3);
  assert.equal((await readdir(folder)).length, 3);
  assert.equal(await readFile(path, 'utf8'), numbered(3, 3));
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('rotated files are compressed in the background, never two at once', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metrics.log');
  let busy = 0;
  let most = 0;
  const files: FileSystem = {
    ...systemFiles,
    async compress(name) {
      busy += 1;
      most = Math.max(most, busy);
      await systemFiles.compress(name);
      busy -= 1;
    },
  };
  const rig = makeRig(`file:${path} rotate_bytes=30 gzip=true`, { files });
  await online(rig);
  for (let n = 1; n <= 6; n += 1) await write(rig, n, n);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  let names: string[] = [];
  for (let i = 0; i < 500 && names.filter((name) => name.endsWith('.gz')).length < 5; i += 1) {
    names = await readdir(folder);
  }
  await until('the last one is done', () => busy === 0);
  names = (await readdir(folder)).sort((a, b) => a.length - b.length || a.localeCompare(b));
  assert.equal(names.filter((name) => name.endsWith('.gz')).length, 5);
  assert.equal(names.length, 6);
  let text = '';
  for (const name of names.slice(1)) text += gunzipSync(await readFile(join(folder, name))).toString();
  assert.equal(text + (await readFile(path, 'utf8')), numbered(1, 6));
  assert.equal(most, 1);
  rig.finish();
});

test('a folder that cannot be made is a state that is left when it can', async (t) => {
  const folder = await makeFolder(t);
  const blocker = join(folder, 'blocker');
  await writeFile(blocker, 'a file where a folder should be');
  const rig = makeRig(`file:${blocker}/metrics.log when_full=drop_newest connbuf=2`);
  rig.destination.start();
  await until('it failed', () => rig.destination.state === 'offline');
  rig.push(numbered(1, 3));
  assert.equal(rig.destination.counts.dropped.conn_down_no_spool, 1);
  assert.match(rig.logged.join(), /warn dest .* cannot open .*blocker\/metrics.log/);
  await rm(blocker);
  rig.clock.advance(100);
  await until('written', () => rig.destination.counts.written === 2);
  assert.equal(await readFile(join(blocker, 'metrics.log'), 'utf8'), numbered(1, 2));
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

/** A disk of `room` bytes that takes at most `step` bytes a call. */
class SmallDisk {
  room: number;
  step = Number.POSITIVE_INFINITY;
  content = '';
  opens = 0;

  constructor(room: number) {
    this.room = room;
  }

  readonly files: FileSystem = {
    ...systemFiles,
    openAppend: async (): Promise<AppendFile> => {
      this.opens += 1;
      return {
        regular: true,
        size: this.content.length,
        modifiedMs: 0,
        endsLine: this.content === '' || this.content.endsWith('\n'),
        write: async (bytes, offset) => {
          const size = Math.min(bytes.length - offset, this.step, this.room - this.content.length);
          if (size <= 0) throw new Error('ENOSPC: no space left on device, write');
          this.content += Buffer.from(bytes.subarray(offset, offset + size)).toString();
          return size;
        },
        cutBack: async (size) => {
          this.content = this.content.slice(0, size);
        },
        isInPlace: async () => true,
        sync: async () => undefined,
        close: async () => undefined,
      };
    },
  };
}

test('writes that the disk takes in parts are continued', async () => {
  const disk = new SmallDisk(1e9);
  disk.step = 7;
  const rig = makeRig('file:/x', { files: disk.files });
  await online(rig);
  await write(rig, 1, 50);
  assert.equal(disk.content, numbered(1, 50));
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('a full disk leaves no fragment, the lines wait, and they are written once when there is room', async () => {
  const disk = new SmallDisk(55);
  const rig = makeRig('file:/x when_full=drop_oldest connbuf=4', { files: disk.files });
  await online(rig);
  await write(rig, 1, 2);
  rig.push(numbered(3, 4));
  rig.turn();
  await until('the disk is full', () => rig.destination.state === 'offline');
  assert.equal(disk.content, numbered(1, 2));
  assert.match(rig.destination.senderStats.lastError, /ENOSPC/);
  rig.push(numbered(5, 7));
  assert.equal(rig.destination.counts.dropped.conn_down_no_spool, 1);
  rig.clock.advance(100);
  await until('tried again', () => rig.destination.state === 'offline' && disk.opens === 2);
  const goodNews = (): number => rig.logged.filter((line) => line.includes('writes to')).length;
  assert.equal(goodNews(), 1, 'a file that opens on a full disk is no good news');
  disk.room = 1000;
  for (let i = 0; i < 20; i += 1) {
    rig.clock.advance(500);
    await new Promise(setImmediate);
  }
  await until('written', () => rig.destination.counts.written === 6);
  assert.equal(disk.content, numbered(1, 2) + numbered(4, 7));
  assert.equal(goodNews(), 2);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('a file that cannot be rotated is written on', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metrics.log');
  const files: FileSystem = {
    ...systemFiles,
    rename: () => Promise.reject(new Error('EACCES: permission denied, rename')),
  };
  const rig = makeRig(`file:${path} rotate_bytes=50`, { files });
  await online(rig);
  for (let n = 1; n <= 10; n += 1) await write(rig, n, n);
  assert.equal(await readFile(path, 'utf8'), numbered(1, 10));
  assert.match(rig.logged.join(), /cannot rotate/);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('a file that was moved or deleted is made anew within a second', async (t) => {
  const path = join(await makeFolder(t), 'metrics.log');
  const rig = makeRig(`file:${path}`);
  await online(rig);
  await write(rig, 1, 2);
  await rename(path, `${path}.1`);
  rig.clock.advance(1000);
  await write(rig, 3, 4);
  assert.equal(await readFile(path, 'utf8'), numbered(3, 4));
  await rm(path);
  rig.clock.advance(1000);
  await write(rig, 5, 6);
  assert.equal(await readFile(path, 'utf8'), numbered(5, 6));
  assert.match(rig.logged.join(), /metrics.log was moved or deleted/);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});

test('a failed write never cuts off what another wrote to the same file', async (t) => {
  const path = join(await makeFolder(t), 'metrics.log');
  const [one, two] = [await systemFiles.openAppend(path), await systemFiles.openAppend(path)];
  await one.write(Buffer.from('a b'), 0);
  await two.write(Buffer.from('c 1 1\n'), 0);
  await one.cutBack(0, 3);
  assert.equal(await readFile(path, 'utf8'), 'a bc 1 1\n');
  await one.cutBack(3, 9);
  assert.equal(await readFile(path, 'utf8'), 'a b');
  await Promise.all([one.close(), two.close()]);
});

test('stopping during a write never lets others reuse its bytes', async () => {
  const disk = new SmallDisk(1e9);
  const rig = makeRig('file:/x', { files: disk.files });
  await online(rig);
  rig.push(numbered(1, 3));
  rig.turn();
  rig.destination.stop();
  assert.equal(rig.destination.counts.dropped.shutdown, 3);
  assert.equal(rig.pool.keptBytes, 0);
  rig.finish();
});

test('a pipe is refused instead of hanging a thread', async (t) => {
  const { execFileSync } = await import('node:child_process');
  const path = join(await makeFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const rig = makeRig(`file:${path}`);
  rig.destination.start();
  await until('it failed', () => rig.destination.state === 'offline');
  assert.match(rig.destination.senderStats.lastError, /pipe/);
  rig.finish();
});

test('a device is written without size, rotation or sync', async () => {
  const rig = makeRig('file:/dev/null rotate_bytes=10 fsync=true');
  await online(rig);
  await write(rig, 1, 10);
  await write(rig, 11, 20);
  await rig.destination.drain(rig.clock.nowMs + 5000);
  rig.finish();
});
