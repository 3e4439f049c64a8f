// Takes a spool folder for ourselves, and opens spools in it to change them.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskSpool } from '../../destination/spool/disk-spool.ts';
import { parseSegmentName } from '../../destination/spool/spool-format.ts';
import type { SpoolFiles } from '../../destination/spool/spool-files.ts';
import {
  LOCK_NAME,
  type LockOwner,
  SpoolLock,
  SpoolLockedError,
  systemProcesses,
} from '../../destination/spool/spool-lock.ts';
import type { Clock } from '../../util/clock.ts';
import { CommandError } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';
import { type HeldSpool, SpoolListener } from './spool-change.ts';

export interface HoldDependencies {
  readonly clock: Clock;
  readonly files: SpoolFiles;
}

const SEGMENT_BYTES = 200 * 1024 * 1024;
/** A command may wait for a slow disk. */
const CLOSE_TIMEOUT_MS = 120_000;
const SYNC_EVERY_LINES = 1_000_000;
const SYNC_PERIOD_MS = 1000;

/** An owner that lives moves the time of its lock on more often than this, ms. */
const LOCK_BEAT_MS = 3500;

/** Tells who uses a spool folder now, in words; undefined when nobody does. Changes nothing. */
export async function describeHolder(root: string, clock: Clock): Promise<string | undefined> {
  const path = join(root, LOCK_NAME);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const owner = parseOwner(text);
  const self = await systemProcesses.self();
  if (owner !== undefined && owner.boot === self.boot && owner.namespace === self.namespace) {
    const start = await systemProcesses.startOf(owner.pid);
    return start === owner.start ? `process ${owner.pid}` : undefined;
  }
  // Of another machine or container: all that can be known is whether it goes on.
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  if (clock.wallMs() - mtimeMs > LOCK_BEAT_MS) return undefined;
  return owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    return JSON.parse(text) as LockOwner;
  } catch {
    return undefined;
  }
}

/** A spool folder that is ours until `release`. */
export class HeldRoot {
  readonly #root: string;
  readonly #lock: SpoolLock;
  readonly #deps: HoldDependencies;

  private constructor(root: string, lock: SpoolLock, dependencies: HoldDependencies) {
    this.#root = root;
    this.#lock = lock;
    this.#deps = dependencies;
  }

  /** Takes the folder, which is made where missing; throws a CommandError when somebody else has it. */
  static async take(root: string, dependencies: HoldDependencies): Promise<HeldRoot> {
    const { clock, files } = dependencies;
    try {
      await files.makeFolder(root);
      const lock = await SpoolLock.acquire(root, { clock, random: Math.random, processes: systemProcesses });
      return new HeldRoot(root, lock, dependencies);
    } catch (error) {
      if (!(error instanceof SpoolLockedError)) {
        throw new CommandError(`cannot use ${root}: ${describeSystemError(error)}`);
      }
      const holder = (await describeHolder(root, clock)) ?? 'another process';
      const hint = 'purge and import go through a running relay with --url';
      throw new CommandError(`${root} is in use by ${holder}, nothing was changed; stop it, or: ${hint}`);
    }
  }

  /** Opens a spool, which is made when it is not there, and closes it after `work`. `maxBytes` undefined: the default cap. */
  async use<T>(
    name: string,
    maxBytes: number | undefined,
    work: (held: HeldSpool) => Promise<T>,
  ): Promise<T> {
    const held = await this.#open(name, maxBytes);
    try {
      return await work(held);
    } finally {
      await held.spool.close();
    }
  }

  async release(): Promise<void> {
    await this.#lock.release();
  }

  async #open(name: string, maxBytes: number | undefined): Promise<HeldSpool> {
    const { clock, files } = this.#deps;
    const events = new SpoolListener();
    const folder = join(this.#root, name);
    const spool = new DiskSpool(
      {
        folder,
        segmentBytes: SEGMENT_BYTES,
        syncEveryLines: SYNC_EVERY_LINES,
        syncPeriodMs: SYNC_PERIOD_MS,
        maxBytes,
        maxAgeMs: undefined,
        // What is there already is not pushed out by what is put in.
        goes: 'newest',
        closeTimeoutMs: CLOSE_TIMEOUT_MS,
      },
      { files, clock, random: Math.random, events },
    );
    try {
      await spool.open();
    } catch (error) {
      throw new CommandError(`cannot open ${folder}: ${describeSystemError(error)}`);
    }
    const lost = (): number => events.lostLines;
    return { name, spool, lost, writable: () => events.wait(), sync: () => syncSpool(folder, files) };
  }
}

/** Puts every segment of a closed spool on the disk, or rejects. */
async function syncSpool(folder: string, files: SpoolFiles): Promise<void> {
  for (const entry of await files.list(folder)) {
    if (parseSegmentName(entry) === undefined) continue;
    const file = await files.open(join(folder, entry), 'read');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }
  await files.syncFolder(folder);
}
