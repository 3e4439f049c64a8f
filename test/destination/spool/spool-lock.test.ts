import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  LOCK_NAME,
  type LockDependencies,
  SpoolLock,
  SpoolLockedError,
  systemProcesses,
} from '../../../src/destination/spool/spool-lock.ts';
import type { Clock } from '../../../src/util/clock.ts';

/** A clock on which waiting takes no time, so that a watch ends at once; beats never come. */
const hastyClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => 0,
  after(delayMs, callback) {
    if (delayMs < 1000) setImmediate(callback);
    return () => undefined;
  },
};
const dependencies: LockDependencies = {
  clock: hastyClock,
  random: Math.random,
  processes: systemProcesses,
};

async function makeRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
  t.after(() => rm(root, { recursive: true }));
  return root;
}

async function leaveLock(root: string, change: object): Promise<void> {
  const self = await systemProcesses.self();
  await writeFile(join(root, LOCK_NAME), JSON.stringify({ ...self, token: 'x', ...change }));
}

test('the second to come is refused with the pid of the first, and let in after its release', async (t) => {
  const root = await makeRoot(t);
  const lock = await SpoolLock.acquire(root, dependencies);
  await assert.rejects(
    SpoolLock.acquire(root, dependencies),
    (error: Error) =>
      error instanceof SpoolLockedError &&
      !error.message.includes('\n') &&
      error.message.includes(`process ${process.pid} `) &&
      error.message.includes(root),
  );
  await lock.release();
  assert.deepEqual(await readdir(root), []);
  const next = await SpoolLock.acquire(root, dependencies);
  await next.release();
});

test('of many who come at once one gets the lock', async (t) => {
  const root = await makeRoot(t);
  await leaveLock(root, { pid: 2 ** 22 + 1 });
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => SpoolLock.acquire(root, dependencies)),
  );
  const locks = results.filter((result) => result.status === 'fulfilled');
  assert.equal(locks.length, 1);
  await locks[0]?.value.release();
  assert.deepEqual(await readdir(root), []);
});

test('the lock of a process that has ended is taken over', async (t) => {
  const root = await makeRoot(t);
  for (const change of [{ pid: 2 ** 22 + 1 }, { start: '1' }, { boot: 'another' }]) {
    await leaveLock(root, change);
    const lock = await SpoolLock.acquire(root, dependencies);
    assert.equal(JSON.parse(await readFile(join(root, LOCK_NAME), 'utf8')).pid, process.pid);
    await lock.release();
  }
});

test('an owner that cannot be looked up counts as alive only while it moves the time of the file', async (t) => {
  const root = await makeRoot(t);
  for (const change of [{ namespace: 'another' }, { host: 'another', boot: 'another' }]) {
    await leaveLock(root, change);
    const lock = await SpoolLock.acquire(root, dependencies);
    await lock.release();
    await leaveLock(root, change);
    let steps = 0;
    const clock: Clock = {
      ...hastyClock,
      after(_, callback) {
        steps += 1;
        if (steps === 3) void leaveLock(root, change).then(callback);
        else setImmediate(callback);
        return () => undefined;
      },
    };
    await assert.rejects(SpoolLock.acquire(root, { ...dependencies, clock }), SpoolLockedError);
  }
  await writeFile(join(root, LOCK_NAME), '');
  await (await SpoolLock.acquire(root, dependencies)).release();
});

test('a release leaves a lock alone that has become somebody else’s', async (t) => {
  const root = await makeRoot(t);
  const lock = await SpoolLock.acquire(root, dependencies);
  await leaveLock(root, { pid: 1 });
  await lock.release();
  assert.deepEqual(await readdir(root), [LOCK_NAME]);
});
