// Keeps a second relay out of a spool root. Node has no flock(2), and a library for it would need an install script, so
// the lock is a file that names its owner: process, its start time, boot, process namespace, host. Whether the owner
// lives is looked up in /proc; where that cannot be known (another container or machine), the file's time is watched,
// which an owner that lives moves on every second. The file comes and goes by link(2) and rename(2), so nobody reads half of it.
import { link, readFile, readlink, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../util/clock.ts';
import { errorCode } from './spool-files.ts';

export const LOCK_NAME = 'sluice.lock';
const BEAT_MS = 1000;
/** An owner that cannot be looked up and does not move the file's time for so long has ended. */
const WATCH_MS = 3500;
const WATCH_STEP_MS = 250;
/** How long whoever moved a lock aside by mistake has to put it back. */
const SETTLE_MS = 60;
const TRIES_MAX = 5;

/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** Start of the process in clock ticks since boot, as /proc has it; '' where there is no /proc. */
  readonly start: string;
  readonly boot: string;
  readonly namespace: string;
  readonly host: string;
  /** Tells one lock from the next of the same process. */
  readonly token: string;
}

/** What is known of processes; the machine's own is `systemProcesses`. */
export interface Processes {
  self(): Promise<Omit<LockOwner, 'token'>>;
  /** The start of a process of this machine, as in `LockOwner`; undefined when there is no such process. */
  startOf(pid: number): Promise<string | undefined>;
}

export interface LockDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly processes: Processes;
}

/** Said to the user as it is. */
export class SpoolLockedError extends Error {}

/** The machine's processes. */
export const systemProcesses: Processes = {
  async self() {
    return {
      pid: process.pid,
      start: (await systemProcesses.startOf(process.pid)) ?? '',
      boot: await readText('/proc/sys/kernel/random/boot_id'),
      namespace: await readlink('/proc/self/ns/pid').catch(() => ''),
      host: hostname(),
    };
  },
  async startOf(pid) {
    const text = await readText(`/proc/${pid}/stat`);
    // The name of the program is in brackets and may hold anything; 20 fields later comes the start time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (text !== '') return fields[19] ?? '';
    if ((await readText('/proc/self/stat')) !== '') return undefined;
    try {
      process.kill(pid, 0);
      return '';
    } catch (error) {
      return errorCode(error) === 'EPERM' ? '' : undefined;
    }
  },
};

async function readText(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

/** The lock of a spool root, held until `release`. */
export class SpoolLock {
  readonly #path: string;
  readonly #owner: string;
  readonly #clock: Clock;
  #cancelBeat: () => void = () => undefined;

  private constructor(path: string, owner: string, clock: Clock) {
    this.#path = path;
    this.#owner = owner;
    this.#clock = clock;
    this.#beat();
  }

  /** Locks a spool root, which must exist; rejects with a SpoolLockedError when somebody else has it. */
  static async acquire(root: string, dependencies: LockDependencies): Promise<SpoolLock> {
    const path = join(root, LOCK_NAME);
    const token = Math.floor(dependencies.random() * 2 ** 48).toString(36);
    const owner: LockOwner = { ...(await dependencies.processes.self()), token };
    const text = `${JSON.stringify(owner)}\n`;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      if (await place(path, text, token)) {
        if (await isSettled(path, text, dependencies.clock))
          return new SpoolLock(path, text, dependencies.clock);
        continue;
      }
      const held = await readFile(path, 'utf8').catch(() => undefined);
      if (held === undefined) continue;
      const holder = parseOwner(held);
      if (!(await isGone(path, holder, owner, dependencies))) throw lockedBy(root, holder);
      await takeAway(path, held, token);
    }
    throw lockedBy(root, undefined);
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    this.#cancelBeat();
    const held = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (held === this.#owner) await unlink(this.#path).catch(() => undefined);
  }

  #beat(): void {
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => {
      this.#beat();
      const nowSec = this.#clock.wallMs() / 1000;
      void utimes(this.#path, nowSec, nowSec).catch(() => undefined);
    });
  }
}

function lockedBy(root: string, holder: LockOwner | undefined): SpoolLockedError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new SpoolLockedError(
    `the spool folder ${root} is in use by ${who}: stop it, or give this relay a spool_dir of its own`,
  );
}

/** Puts the lock file there, whole or not at all; false when there is one. */
async function place(path: string, text: string, token: string): Promise<boolean> {
  const part = `${path}.${token}`;
  try {
    await writeFile(part, text, { flag: 'wx', mode: 0o640 });
    try {
      await link(part, path);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      // A file system without links.
      await writeFile(path, text, { flag: 'wx', mode: 0o640 });
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(part).catch(() => undefined);
  }
}

/**
 * True when a lock just placed is still there a moment later. Somebody who saw the stale lock before may move the new one
 * aside, and put it back too late: then another's stands in its place, and only one of the two may go on.
 */
async function isSettled(path: string, text: string, clock: Clock): Promise<boolean> {
  await new Promise<void>((resolve) => void clock.after(SETTLE_MS, resolve));
  return (await readFile(path, 'utf8').catch(() => undefined)) === text;
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as LockOwner;
    return Number.isSafeInteger(owner.pid) ? owner : undefined;
  } catch {
    // A power cut may leave an empty file.
    return undefined;
  }
}

async function isGone(
  path: string,
  holder: LockOwner | undefined,
  self: LockOwner,
  { clock, processes }: LockDependencies,
): Promise<boolean> {
  if (holder !== undefined) {
    if (holder.boot === self.boot && holder.namespace === self.namespace) {
      return (await processes.startOf(holder.pid)) !== holder.start;
    }
    if (holder.host === self.host && holder.boot !== self.boot) return true;
  }
  const before = await timeOf(path);
  for (let waitedMs = 0; waitedMs < WATCH_MS; waitedMs += WATCH_STEP_MS) {
    await new Promise<void>((resolve) => void clock.after(WATCH_STEP_MS, resolve));
    if ((await timeOf(path)) !== before) return false;
  }
  return true;
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** Takes a lock away whose owner has ended, unless it has become somebody else's meanwhile. */
async function takeAway(path: string, held: string, token: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== held) return;
  const aside = `${path}.gone.${token}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8').catch(() => held)) !== held) {
    await link(aside, path).catch(() => undefined);
  }
  await unlink(aside).catch(() => undefined);
}
