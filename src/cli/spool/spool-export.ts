// `sluice spool cat` and `export`: the lines of spools to standard output, to a plain file, or to a queue that
// carbon-relay-ng reads. Nothing is taken out of a spool by this.
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { CrngQueueWriter } from '../../destination/spool/crng-queue-writer.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';
import type { LineSource } from '../line-source.ts';
import { Progress, type ProgressWorld } from '../progress.ts';

/** Where lines go. `finish` makes them safe on disk; `discard` takes back what was written instead. */
export interface LineSink {
  readonly lines: number;
  /** Lines that the form cannot hold. */
  readonly refusedLines: number;
  write(bytes: Buffer, lines: number, firstMs: number): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
}

/** What was copied, also as JSON. */
export interface Copied {
  readonly lines: number;
  readonly refusedLines: number;
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  readonly notes: readonly string[];
}

/** Copies sources to a sink, one after the other; on an error the sink is discarded. */
export async function copyLines(
  sources: readonly LineSource[],
  sink: LineSink,
  what: string,
  world: ProgressWorld,
): Promise<Copied> {
  const progress = new Progress(what, world);
  const totalBytes = sources.reduce((sum, source) => sum + source.totalBytes, 0);
  try {
    for (const source of sources) {
      for (let block = await source.read(); block !== undefined; block = await source.read()) {
        await sink.write(block.bytes, block.lines, block.firstMs);
        const doneBytes = sources.reduce((sum, { doneBytes: done }) => sum + done, 0);
        progress.update(doneBytes, totalBytes, sink.lines);
      }
    }
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error instanceof CommandError ? error : new CommandError(`${what}: ${describeSystemError(error)}`);
  } finally {
    progress.end();
    await Promise.all(sources.map((source) => source.close()));
  }
  const outcomes = sources.map(({ name, outcome }) => ({ name, ...outcome }));
  return {
    lines: sink.lines,
    refusedLines: sink.refusedLines,
    damagedPlaces: outcomes.reduce((sum, { damagedPlaces }) => sum + damagedPlaces, 0),
    damagedBytes: outcomes.reduce((sum, { damagedBytes }) => sum + damagedBytes, 0),
    notes: outcomes.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)),
  };
}

/** Prints lines, as they are or as one JSON object a line. */
export class PrintSink implements LineSink {
  readonly #json: boolean;
  readonly #world: CommandWorld;
  readonly refusedLines = 0;
  lines = 0;

  constructor(json: boolean, world: CommandWorld) {
    this.#json = json;
    this.#world = world;
  }

  write(bytes: Buffer, lines: number): Promise<void> {
    this.lines += lines;
    if (this.#json) {
      const objects = bytes
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => `${JSON.stringify({ line })}\n`);
      this.#world.print(objects.join(''));
    } else {
      this.#world.printBytes(bytes);
    }
    return Promise.resolve();
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}

/** Writes a plain file that must not be there yet. */
export class PlainFileSink implements LineSink {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly refusedLines = 0;
  lines = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Makes the file or throws a CommandError. */
  static async open(path: string): Promise<PlainFileSink> {
    try {
      return new PlainFileSink(path, await open(path, 'wx', FILE_MODE));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new CommandError(code === 'EEXIST' ? `"${path}" is there already` : message);
    }
  }

  async write(bytes: Buffer, lines: number): Promise<void> {
    await this.#handle.writeFile(bytes);
    this.lines += lines;
  }

  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#path).catch(() => undefined);
  }
}

const FILE_MODE = 0o640;

/** Writes a queue of carbon-relay-ng. */
export class CrngQueueSink implements LineSink {
  readonly #writer: CrngQueueWriter;

  private constructor(writer: CrngQueueWriter) {
    this.#writer = writer;
  }

  /** Makes the queue or throws a CommandError. */
  static async open(folder: string, name: string, fileBytesMax: number): Promise<CrngQueueSink> {
    const writer = new CrngQueueWriter({ folder, name, fileBytesMax });
    try {
      await writer.open();
    } catch (error) {
      throw new CommandError((error as Error).message);
    }
    return new CrngQueueSink(writer);
  }

  get lines(): number {
    return this.#writer.lines;
  }

  get refusedLines(): number {
    return this.#writer.refusedLines;
  }

  write(bytes: Buffer): Promise<void> {
    return this.#writer.write(bytes);
  }

  finish(): Promise<void> {
    return this.#writer.close();
  }

  discard(): Promise<void> {
    return this.#writer.discard();
  }
}
