// Writes lines as a queue that carbon-relay-ng reads, for a way back to it: the last step of `sluice spool export`.
//
// The files end where crng's own writer would end them, since its reader ends them by the same rule: `fileBytesMax` must be
// the `spoolmaxbytesperfile` of that destination. The meta file comes last; before it crng sees nothing of what was written.
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crngFileName, crngMetaName, listCrngQueues, renderCrngMeta } from './crng-disk-queue.ts';
import { CRNG_LINE_BYTES_MAX } from './crng-record-scan.ts';
import { makeFolder } from '../../util/make-folder.ts';

/** Where to write, and by which rule. `name` is the destination key. */
export interface CrngQueueWriterOptions {
  readonly folder: string;
  readonly name: string;
  /** A file ends with the record that takes it past this. */
  readonly fileBytesMax: number;
}

const HEADER_BYTES = 4;
const NEWLINE = 0x0a;
/** As crng makes them. */
const FILE_MODE = 0o600;

export class CrngQueueWriter {
  readonly #options: CrngQueueWriterOptions;
  readonly #made: string[] = [];
  #handle: FileHandle | undefined;
  #firstNumber = 0;
  /** Where the next record goes; its file may not be there yet. */
  #number = 0;
  #offset = 0;
  #lines = 0;
  #refusedLines = 0;

  constructor(options: CrngQueueWriterOptions) {
    this.#options = options;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Lines that crng could not read: empty, or longer than any it takes. */
  get refusedLines(): number {
    return this.#refusedLines;
  }

  /** Makes the folder; rejects when lines wait in a queue of that name, which is never written over or added to. */
  async open(): Promise<void> {
    const { folder, name } = this.#options;
    if (name === '' || /[/\0]/.test(name)) throw new Error(`"${name}" cannot be the name of a queue`);
    await makeFolder(folder);
    const found = (await listCrngQueues(folder)).find((queue) => queue.name === name);
    if (found === undefined) return;
    if (found.waitingBytes > 0)
      throw new Error(`${folder} holds a queue "${name}" of carbon-relay-ng already`);
    // A drained one: go on in a file of our own, where nothing old follows what we write.
    const numbers = found.files.map((file) => file.number);
    this.#number = Math.max(found.meta?.write.file ?? 0, ...numbers) + 1;
    this.#firstNumber = this.#number;
  }

  /** Writes whole lines, each ended by a newline. When it rejects, with the system's error, only `discard` makes sense. */
  async write(bytes: Buffer): Promise<void> {
    let records: Buffer[] = [];
    for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.subarray(start, end);
      start = end + 1;
      if (line.length === 0 || line.length > CRNG_LINE_BYTES_MAX) {
        this.#refusedLines += 1;
        continue;
      }
      const header = Buffer.allocUnsafe(HEADER_BYTES);
      header.writeInt32BE(line.length);
      records.push(header, line);
      this.#lines += 1;
      this.#offset += HEADER_BYTES + line.length;
      if (this.#offset > this.#options.fileBytesMax) {
        await this.#append(records);
        records = [];
        await this.#endFile();
        this.#number += 1;
        this.#offset = 0;
      }
    }
    await this.#append(records);
  }

  /** Ends the queue: from here on crng sees it. Without a line there is none. */
  async close(): Promise<void> {
    await this.#endFile();
    if (this.#lines === 0) return;
    const { folder, name } = this.#options;
    const text = renderCrngMeta({
      depth: this.#lines,
      read: { file: this.#firstNumber, offset: 0 },
      write: { file: this.#number, offset: this.#offset },
    });
    const path = join(folder, crngMetaName(name));
    const handle = await open(`${path}.tmp`, 'w', FILE_MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.tmp`, path);
    const parent = await open(folder, 'r');
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
  }

  /** Removes what was written so far; instead of `close`. */
  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    for (const path of this.#made.splice(0)) await unlink(path).catch(() => undefined);
  }

  async #append(records: readonly Buffer[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#handle === undefined) {
      const path = join(this.#options.folder, crngFileName(this.#options.name, this.#number));
      // Fails where a file is: never written over.
      this.#handle = await open(path, 'wx', FILE_MODE);
      this.#made.push(path);
    }
    await this.#handle.writeFile(Buffer.concat(records));
  }

  async #endFile(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
