// The file in which open windows wait for the next start: `aggregation.windows` in the spool folder. It is written whole
// beside the old one and then takes its place; once read it is removed, so that no window is loaded twice.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Name of the file. */
export const WINDOW_FILE_NAME = 'aggregation.windows';
/** Parts are written together up to this size, bytes. */
const WRITE_BYTES = 1024 * 1024;

export class WindowFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, WINDOW_FILE_NAME);
  }

  /** Takes what is there; undefined when nothing is. Rejects when it cannot be read or removed. */
  async take(): Promise<Buffer | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    await rm(this.path);
    return bytes;
  }

  /** Writes parts to the disk. */
  async write(parts: Iterable<Buffer>): Promise<void> {
    const fresh = `${this.path}.new`;
    const handle = await open(fresh, 'w', 0o640);
    try {
      let gathered: Buffer[] = [];
      let size = 0;
      for (const part of parts) {
        gathered.push(part);
        size += part.length;
        if (size < WRITE_BYTES) continue;
        await handle.writeFile(Buffer.concat(gathered));
        gathered = [];
        size = 0;
      }
      await handle.writeFile(Buffer.concat(gathered));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(fresh, this.path);
  }
}
