// The part of the file system that a file destination uses, so that tests can be a full or failing disk.
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { makeFolder } from '../../util/make-folder.ts';

/** A file open for appending. All methods may reject with the system's error. */
export interface AppendFile {
  /** False for a device such as /dev/stdout: no size, no rotation. */
  readonly regular: boolean;
  readonly size: number;
  /** Time of the last change, ms since 1970. */
  readonly modifiedMs: number;
  /** False when the last byte is not a newline: somebody was cut off. */
  readonly endsLine: boolean;
  /** Appends a part of `bytes` from `offset` on; returns how many bytes it took. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Cuts it from `size` on, if it ends at `endsAt`; else somebody else wrote behind us, and it stays as it is. */
  cutBack(size: number, endsAt: number): Promise<void>;
  /** False when its path leads elsewhere or nowhere: it was moved or deleted. */
  isInPlace(): Promise<boolean>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** Opens a file for appending; makes it and its folders when missing. Refuses pipes and sockets, which can hang. */
  openAppend(path: string): Promise<AppendFile>;
  exists(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  /** Writes `path`.gz and removes `path`; leaves `path` as it was when that fails. */
  compress(path: string): Promise<void>;
}

const NEWLINE = 10;

async function openAppend(path: string): Promise<AppendFile> {
  await makeFolder(dirname(path));
  const found = await stat(path).catch(() => undefined);
  if (found?.isFIFO() === true || found?.isSocket() === true) {
    throw new Error(`${path} is a pipe or socket`);
  }
  // Read access too: the last byte is looked at.
  const regular = found === undefined || found.isFile();
  const handle = await open(path, regular ? 'a+' : 'a');
  try {
    const { size, mtimeMs, ino, dev } = await handle.stat();
    const last = Buffer.alloc(1);
    if (regular && size > 0) await handle.read(last, 0, 1, size - 1);
    return {
      regular,
      size: regular ? size : 0,
      modifiedMs: mtimeMs,
      endsLine: !regular || size === 0 || last[0] === NEWLINE,
      write: async (bytes, offset) => (await handle.write(bytes, offset)).bytesWritten,
      cutBack: async (to, endsAt) => {
        if ((await handle.stat()).size === endsAt) await handle.truncate(to);
      },
      isInPlace: () =>
        stat(path).then(
          (now) => now.ino === ino && now.dev === dev,
          () => false,
        ),
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function compress(path: string): Promise<void> {
  const part = `${path}.gz.part`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(part));
    await rename(part, `${path}.gz`);
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw error;
  }
  await unlink(path);
}

/** The machine's file system. */
export const systemFiles: FileSystem = {
  openAppend,
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  rename,
  compress,
};
