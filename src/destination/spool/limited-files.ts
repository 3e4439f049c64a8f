// Lets only so many operations of a kind into the thread pool at once, over all spools of a process: a hung disk then
// holds these threads and no more, and name look-ups, which need the same pool, go on. First come, first served.
import type { SpoolFile, SpoolFiles } from './spool-files.ts';

/** Operations under way at once, by kind. Opening, deleting and listing count as writes. */
export interface FileLimits {
  readonly reads: number;
  readonly writes: number;
  readonly syncs: number;
}

/** Node's pool has 4 threads unless told otherwise: three for spools, one for everybody else. */
export const FILE_LIMITS: FileLimits = { reads: 1, writes: 1, syncs: 1 };

/** Lets `limit` tasks run at once; the others wait in line. */
class Gate {
  #free: number;
  readonly #queued: () => void;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number, queued: () => void) {
    this.#free = limit;
    this.#queued = queued;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else {
        next();
        this.#queued();
      }
    }
  }
}

/**
 * Wraps a file system so that no more than `limits` of its operations run at once. `queued` is called whenever one begins
 * that had to wait: each costs a turn of the event loop then, which should not be a long one.
 */
export function limitFiles(
  files: SpoolFiles,
  limits: FileLimits = FILE_LIMITS,
  queued: () => void = () => undefined,
): SpoolFiles {
  const reads = new Gate(limits.reads, queued);
  const writes = new Gate(limits.writes, queued);
  const syncs = new Gate(limits.syncs, queued);
  const limitFile = (file: SpoolFile): SpoolFile => ({
    size: () => reads.run(() => file.size()),
    read: (into, position) => reads.run(() => file.read(into, position)),
    write: (parts, position) => writes.run(() => file.write(parts, position)),
    datasync: () => syncs.run(() => file.datasync()),
    truncate: (size) => writes.run(() => file.truncate(size)),
    close: () => writes.run(() => file.close()),
  });
  return {
    makeFolder: (path) => writes.run(() => files.makeFolder(path)),
    list: (path) => reads.run(() => files.list(path)),
    open: (path, mode) => writes.run(async () => limitFile(await files.open(path, mode))),
    unlink: (path) => writes.run(() => files.unlink(path)),
    syncFolder: (path) => syncs.run(() => files.syncFolder(path)),
    space: (path) => reads.run(() => files.space(path)),
  };
}
