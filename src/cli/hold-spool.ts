// Opens spools to change them, for nobody else at the same time.
import { join } from 'node:path';
import { DiskSpool } from '../destination/spool/disk-spool.ts';
import { parseSegmentName } from '../destination/spool/spool-format.ts';
import type { SpoolFiles } from '../destination/spool/spool-files.ts';
import type { Clock } from '../util/clock.ts';
import { CommandError } from './exit-code.ts';
import { type HeldSpool, SpoolListener } from './spool-change.ts';

export interface HoldDependencies {
  readonly clock: Clock;
  readonly files: SpoolFiles;
}

/** Which spool; `maxBytes` undefined: the default cap. */
export interface HoldOptions {
  readonly root: string;
  readonly folderName: string;
  readonly maxBytes?: number | undefined;
}

const SEGMENT_BYTES = 200 * 1024 * 1024;
/** A command may wait for a slow disk. */
const CLOSE_TIMEOUT_MS = 120_000;
const SYNC_EVERY_LINES = 1_000_000;
const SYNC_PERIOD_MS = 1000;

/** Opens a spool, which is made when it is not there. Throws a CommandError when that cannot be. */
export async function holdSpool(
  options: HoldOptions,
  { clock, files }: HoldDependencies,
): Promise<HeldSpool> {
  const events = new SpoolListener();
  const { root, folderName: name, maxBytes } = options;
  const folder = join(root, name);
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
    throw new CommandError(`cannot open ${folder}: ${(error as Error).message}`);
  }
  return {
    name,
    spool,
    lost: () => events.lostLines,
    writable: () => events.wait(),
    sync: () => syncSpool(folder, files),
  };
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
