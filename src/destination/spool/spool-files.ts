// The part of the file system that a spool uses, so that tests can be a disk that fills, fails, hangs and forgets.
// Every method goes to the thread pool and may reject with the system's error. Positions are explicit: no file pointer.
import { constants } from 'node:fs';
import { open, readdir, statfs, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { makeFolder } from '../../util/make-folder.ts';

/** `read`: must exist. `change`: must exist, for reading and writing. `create`: must not exist yet. */
export type SpoolFileMode = 'read' | 'change' | 'create';

/** An open file. One call of each kind at a time. */
export interface SpoolFile {
  size(): Promise<number>;
  /** Reads into the whole of `into` from `position` on; returns how many bytes there were. */
  read(into: Buffer, position: number): Promise<number>;
  /** Writes the parts one after the other from `position` on; returns how many bytes it took. */
  write(parts: readonly Buffer[], position: number): Promise<number>;
  /** Puts the file's bytes and its length on the disk. */
  datasync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** Bytes of the file system that a folder is on. `freeBytes` is what an ordinary user may still take. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface SpoolFiles {
  /** Makes a folder and those above it where missing. */
  makeFolder(path: string): Promise<void>;
  /** Lists the names in a folder. */
  list(path: string): Promise<readonly string[]>;
  open(path: string, mode: SpoolFileMode): Promise<SpoolFile>;
  unlink(path: string): Promise<void>;
  /** Puts the entries of a folder on the disk. */
  syncFolder(path: string): Promise<void>;
  space(path: string): Promise<DiskSpace>;
}

const OPEN_FLAGS: Readonly<Record<SpoolFileMode, number>> = {
  read: constants.O_RDONLY,
  change: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};
/** Metric names can tell about a business: nobody else needs to read them. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;
/** The kernel takes no more parts in one write (IOV_MAX). */
const PARTS_MAX = 1024;

class SystemFile implements SpoolFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(into: Buffer, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async write(parts: readonly Buffer[], position: number): Promise<number> {
    const some = parts.length > PARTS_MAX ? parts.slice(0, PARTS_MAX) : parts;
    return (await this.#handle.writev(some, position)).bytesWritten;
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The machine's file system. */
export const systemSpoolFiles: SpoolFiles = {
  async makeFolder(path) {
    await makeFolder(path, FOLDER_MODE);
  },
  list: (path) => readdir(path),
  async open(path, mode) {
    return new SystemFile(await open(path, OPEN_FLAGS[mode], FILE_MODE));
  },
  unlink: (path) => unlink(path),
  async syncFolder(path) {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async space(path) {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

/** Tells the code of a system error (`ENOSPC`), or '' when it is none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Renders an error as one line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes all parts, however many writes that takes. */
export async function writeAll(file: SpoolFile, parts: readonly Buffer[], position: number): Promise<void> {
  let rest = parts;
  let at = position;
  for (;;) {
    let taken = await file.write(rest, at);
    if (taken === 0) throw Object.assign(new Error('the disk took no byte of a write'), { code: 'EIO' });
    at += taken;
    let whole = 0;
    for (; whole < rest.length && taken >= rest[whole]!.length; whole += 1) taken -= rest[whole]!.length;
    if (whole === rest.length) return;
    rest = [rest[whole]!.subarray(taken), ...rest.slice(whole + 1)];
  }
}
