// What changes spools from the command line: putting lines in, taking all out, setting carbon-relay-ng's files aside.
// Lines are never taken out of one place before they are on disk in the other.
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type CrngQueue, crngMetaName } from '../../destination/spool/crng-disk-queue.ts';
import type {
  Spool,
  SpoolBlock,
  SpoolEvents,
  SpoolPosition,
  SpoolRefusal,
} from '../../destination/spool/spool.ts';
import type { Clock } from '../../util/clock.ts';
import { CommandError } from '../exit-code.ts';
import { askRelay } from '../relay-api.ts';
import type { LineSource, SourceOutcome } from '../line-source.ts';
import type { LineSink } from './spool-export.ts';

/** A spool that is open for us alone, and what it says while it is. */
export interface HeldSpool {
  readonly name: string;
  readonly spool: Spool;
  /** Lines that it found it has lost. */
  readonly lost: () => number;
  /** Resolves when it may take more. */
  readonly writable: () => Promise<void>;
  /** Puts all of it on the disk, once it is closed; rejects when that fails. */
  readonly sync: () => Promise<void>;
}

/** Collects what a spool says. */
export class SpoolListener implements SpoolEvents {
  #lostLines = 0;
  #wake: (() => void)[] = [];

  get lostLines(): number {
    return this.#lostLines;
  }

  lost(lines: number): void {
    this.#lostLines += lines;
  }

  writable(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  readable(): void {}

  /** Waits for `writable`. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }
}

const REFUSALS: Readonly<Record<Exclude<SpoolRefusal, 'slow_spool'>, string>> = {
  spool_full: 'is full',
  spool_error: 'cannot be written',
};

/** Puts lines into a spool; each block is with the kernel before the next is taken, and on disk after `finish`. */
export class SpoolSink implements LineSink {
  readonly #held: HeldSpool;
  readonly refusedLines = 0;
  lines = 0;

  constructor(held: HeldSpool) {
    this.#held = held;
  }

  async write(bytes: Buffer, lines: number, firstMs: number): Promise<void> {
    const { spool, name } = this.#held;
    for (;;) {
      const written = Promise.withResolvers<boolean>();
      const block: SpoolBlock = { bytes, lines, firstMs };
      const refusal = spool.offer(block, written.resolve);
      if (refusal === undefined) {
        if (await written.promise) break;
        throw new CommandError(`spool "${name}" cannot be written: ${spool.stats.lastError}`);
      }
      if (refusal !== 'slow_spool') {
        throw new CommandError(`spool "${name}" ${REFUSALS[refusal]}: ${this.lines} lines are in it`);
      }
      await this.#held.writable();
    }
    this.lines += lines;
  }

  async finish(): Promise<void> {
    await this.#held.spool.close();
    await this.#held.sync();
  }

  /** What is in stays in: those lines are good. */
  async discard(): Promise<void> {
    await this.#held.spool.close();
  }
}

/** Reads a spool that we hold; `acknowledge` empties it once the lines are safe elsewhere. */
export class HeldSource implements LineSource {
  readonly name: string;
  readonly totalBytes: number;
  readonly #held: HeldSpool;
  #end: SpoolPosition | undefined;
  #lines = 0;
  #doneBytes = 0;

  constructor(held: HeldSpool) {
    this.name = held.name;
    this.#held = held;
    this.totalBytes = held.spool.stats.bytes;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  get outcome(): SourceOutcome {
    const lost = this.#held.lost();
    const notes = lost === 0 ? [] : [`${lost} lines were damaged and are lost`];
    return { lines: this.#lines, damagedPlaces: lost === 0 ? 0 : 1, damagedBytes: 0, notes };
  }

  async read(): Promise<SpoolBlock | undefined> {
    const record = await this.#held.spool.read();
    if (record === undefined) return undefined;
    this.#end = record.end;
    this.#lines += record.lines;
    this.#doneBytes += record.bytes.length;
    return record;
  }

  /** Acknowledges all that was read. */
  acknowledge(): void {
    if (this.#end !== undefined) this.#held.spool.ack(this.#end);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Counts lines and keeps none. */
export class NowhereSink implements LineSink {
  readonly refusedLines = 0;
  lines = 0;
  readonly #each: () => void;

  constructor(each: () => void) {
    this.#each = each;
  }

  write(_bytes: Buffer, lines: number): Promise<void> {
    this.lines += lines;
    this.#each();
    return Promise.resolve();
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}

/** Sets a queue's files aside by their names, as `.imported`; the meta file last, so that a cut leaves the rest a queue. */
export async function setAside(queue: CrngQueue, withBad: boolean): Promise<void> {
  const paths = [...(withBad ? queue.badFiles : []), ...queue.files].map((file) => file.path);
  if (queue.metaModifiedMs !== undefined) paths.push(join(queue.folder, crngMetaName(queue.name)));
  // What an earlier import set aside is not written over.
  let suffix = '.imported';
  for (let n = 2; paths.some((path) => existsSync(path + suffix)); n++) suffix = `.imported.${n}`;
  for (const path of paths) await rename(path, path + suffix);
}

/** Most bytes of one request; the relay takes up to 1 MiB. */
const REQUEST_BYTES_MAX = 512 * 1024;
const RETRY_MS = 200;
/** A relay that takes nothing for so long is given up. */
const RETRIES_MAX = 150;
const NEWLINE = 0x0a;

/** Puts lines into the spool of a running relay, by its HTTP API. */
export class ApiSink implements LineSink {
  readonly #base: string;
  readonly #path: string;
  readonly #clock: Clock;
  readonly refusedLines = 0;
  lines = 0;

  constructor(
    options: { readonly base: string; readonly key: string },
    dependencies: { readonly clock: Clock },
  ) {
    this.#base = options.base;
    this.#path = `/api/spools/${encodeURIComponent(options.key)}/lines`;
    this.#clock = dependencies.clock;
  }

  async write(bytes: Buffer): Promise<void> {
    let start = 0;
    while (start < bytes.length) {
      const limit = start + REQUEST_BYTES_MAX;
      const cut = limit >= bytes.length ? bytes.length : bytes.lastIndexOf(NEWLINE, limit - 1) + 1;
      const end = cut > start ? cut : bytes.indexOf(NEWLINE, limit) + 1;
      await this.#post(bytes.subarray(start, end));
      start = end;
    }
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }

  async #post(bytes: Buffer): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = await askRelay(this.#base, this.#path, bytes);
      if (answer.status === 200) break;
      if (answer.status !== 503 || tries >= RETRIES_MAX) throw new CommandError(answer.error);
      await new Promise<void>((resolve) => void this.#clock.after(RETRY_MS, resolve));
    }
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) this.lines += 1;
  }
}
