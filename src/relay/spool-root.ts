// The spool folder of a relay: checked and locked once at start, then the place where each destination's spool is made.
// A folder that cannot be used is one warning, and then there is no disk; one that another relay uses is an error, unless
// nobody chose it: with no `spool_dir` the folder is the current one, as in carbon-relay-ng. Where a destination is durable
// both are errors.
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { DestinationOptions } from '../destination/options.ts';
import { DiskSpool } from '../destination/spool/disk-spool.ts';
import { spoolFolderName } from '../destination/spool/folder-name.ts';
import { FILE_LIMITS, limitFiles } from '../destination/spool/limited-files.ts';
import type { Spool, SpoolEvents } from '../destination/spool/spool.ts';
import { type SpoolFiles, systemSpoolFiles } from '../destination/spool/spool-files.ts';
import { SpoolLock, SpoolLockedError, systemProcesses } from '../destination/spool/spool-lock.ts';
import type { TableOptions } from '../table/options.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { makeFolder } from '../util/make-folder.ts';

export interface SpoolRootDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Called while the spools wait for each other at the disk. */
  readonly queued?: () => void;
}

/** Tells whether a destination of a table has a spool when it can. */
export function wantsSpool({ routes }: TableOptions): boolean {
  return routes.some((route) => route.destinations.some(({ spool }) => spool !== false));
}

export class SpoolRoot {
  readonly path: string;
  readonly #measure: boolean;
  readonly #deps: SpoolRootDependencies;
  readonly #lock: SpoolLock;
  readonly #files: SpoolFiles;

  private constructor(
    options: { readonly path: string; readonly measure: boolean },
    lock: SpoolLock,
    dependencies: SpoolRootDependencies,
  ) {
    this.path = options.path;
    this.#measure = options.measure;
    this.#lock = lock;
    this.#deps = dependencies;
    this.#files = limitFiles(systemSpoolFiles, FILE_LIMITS, dependencies.queued);
  }

  /** Opens the folder; undefined when nothing wants it or it cannot be used. Rejects when another relay has it. */
  static async open(config: Config, dependencies: SpoolRootDependencies): Promise<SpoolRoot | undefined> {
    const { routes, aggregators } = config.table;
    const isSpooling = wantsSpool(config.table);
    // Who starts without a route adds some later; open windows wait there for the next start.
    const isLater = config.spoolDir !== '' || routes.length === 0;
    const isWanted = isSpooling || isLater || aggregators.length > 0;
    if (!isWanted) return undefined;
    const path = resolve(config.spoolDir);
    try {
      await makeFolder(path);
      await access(path, constants.W_OK | constants.X_OK);
      const lock = await SpoolLock.acquire(path, { ...dependencies, processes: systemProcesses });
      return new SpoolRoot({ path, measure: config.measure }, lock, dependencies);
    } catch (error) {
      const { message } = error as Error;
      const isDurable = hasDurable(config);
      if (error instanceof SpoolLockedError && (config.spoolDir !== '' || isDurable)) throw error;
      if (isDurable) {
        const text = `durability = "disk" needs a spool folder, and spool_dir "${config.spoolDir}" cannot be used: ${message}`;
        throw new Error(text, { cause: error });
      }
      dependencies.log.warn(
        `spool_dir "${config.spoolDir}" cannot be used: ${message}; what does not fit in memory is dropped`,
      );
      return undefined;
    }
  }

  /** Makes the spool of a destination, not yet open. A route may name an address twice; each has a shard of its own. */
  makeSpool(key: string, options: DestinationOptions, events: SpoolEvents, shard: number): Spool {
    const { clock, random } = this.#deps;
    return new DiskSpool(
      {
        folder: join(this.path, spoolFolderName(key, shard)),
        segmentBytes: options.spoolmaxbytesperfile,
        syncEveryLines: options.spoolsyncevery,
        syncPeriodMs: options.spoolsyncperiod,
        maxBytes: options.spoolmaxbytes === 0 ? undefined : options.spoolmaxbytes,
        maxAgeMs: options.spoolMaxAgeMs === 0 ? undefined : options.spoolMaxAgeMs,
        durable: options.durability === 'disk',
        // What counts as received is not given up for what does not yet.
        measure: this.#measure,
        goes: options.durability === 'disk' ? 'newest' : options.spoolFull,
      },
      { files: this.#files, clock, random, events },
    );
  }

  /** What is free on the disk, bytes; undefined where that cannot be told. */
  async freeBytes(): Promise<number | undefined> {
    try {
      return (await this.#files.space(this.path)).freeBytes;
    } catch {
      return undefined;
    }
  }

  /** Names the folder of a spool, relative to the root. */
  folderOf(key: string, shard: number): string {
    return spoolFolderName(key, shard);
  }

  /** Gives the folder back, once all spools are closed. */
  async release(): Promise<void> {
    await this.#lock.release();
  }
}

function hasDurable({ table, durability }: Config): boolean {
  return table.routes.some((route) =>
    route.destinations.some((options) => (options.durability ?? durability) === 'disk'),
  );
}
