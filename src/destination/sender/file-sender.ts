// A file that lines are appended to, rotated by size or time: the sender of a `file:` destination.
//
// A file that cannot be written (no folder, no room, no right) is a state like a peer that is away: it is tried again
// with backoff while the queue fills. A write that failed is cut out of the file again, so that no fragment of a line
// stays. A file that was moved or deleted is made anew within a second. Rotated files are called `<path>.<UTC time>`, and `.gz` once they are compressed, one after the other.
import type { Clock } from '../../util/clock.ts';
import { assert } from '../../util/assert.ts';
import { backoffMs } from './backoff.ts';
import type { AppendFile, FileSystem } from './file-system.ts';
import type { Sender, SenderEvents, SenderState, SenderStats } from './sender.ts';
import type { TroubleLog } from '../trouble-log.ts';

export interface FileSenderOptions {
  readonly path: string;
  /** Rotate before the file grows beyond this; 0: never. */
  readonly rotateBytes: number;
  /** Rotate at every multiple of this time since 1970; 0: never. */
  readonly rotateMs: number;
  readonly gzip: boolean;
  /** Sync before a write counts as done. */
  readonly fsync: boolean;
  /** Longest pause between attempts, ms. */
  readonly retryMs: number;
}

export interface FileSenderDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly trouble: TroubleLog;
  readonly files: FileSystem;
}

type Link =
  | { readonly at: 'unstarted' }
  | { readonly at: 'offline'; readonly cancel: () => void }
  | { readonly at: 'connecting' }
  | { readonly at: 'online'; file: AppendFile }
  | { readonly at: 'draining'; readonly file: AppendFile }
  | { readonly at: 'stopped' };

/** Rotated files that wait to be compressed; more stay as they are. */
const COMPRESS_WAITING_MAX = 100;
/** How often it is looked whether the file is still where it was, ms. */
const PLACE_CHECK_MS = 1000;
const NEWLINE = Buffer.from('\n');

export class FileSender implements Sender {
  readonly stats: SenderStats = { connectAttempts: 0, connects: 0, lastError: '' };
  readonly needsRedo = false;
  readonly recalls = false;
  readonly #options: FileSenderOptions;
  readonly #deps: FileSenderDependencies;
  readonly #events: SenderEvents;
  #link: Link = { at: 'unstarted' };
  #failures = 0;
  /** The last write failed. Then a file that opens is no good news yet: on a full disk it does so each time. */
  #writeFailed = false;
  #size = 0;
  /** Which multiple of `rotateMs` the file's lines belong to. */
  #period = 0;
  #rotateAgainMs = 0;
  #placeCheckedMs = Number.NEGATIVE_INFINITY;
  readonly #toCompress: string[] = [];
  #compressing = false;

  constructor(options: FileSenderOptions, dependencies: FileSenderDependencies, events: SenderEvents) {
    this.#options = options;
    this.#deps = dependencies;
    this.#events = events;
  }

  get state(): SenderState {
    return this.#link.at === 'unstarted' ? 'offline' : this.#link.at;
  }

  start(): void {
    if (this.#link.at === 'unstarted') void this.#open();
  }

  send(bytes: Buffer): void {
    const link = this.#link;
    assert(link.at === 'online', `a write was sent while ${link.at}`);
    void this.#append(link, bytes);
  }

  taken(): number {
    return 0;
  }

  end(): void {
    const link = this.#link;
    assert(link.at === 'online', `the end was asked for while ${link.at}`);
    this.#link = { at: 'draining', file: link.file };
    void this.#close(link.file).then(() => {
      if (this.#link.at !== 'draining') return;
      this.#link = { at: 'stopped' };
      this.#events.ended();
    });
  }

  hurry(): void {
    // Nothing hangs up here.
  }

  stop(): void {
    const link = this.#link;
    this.#link = { at: 'stopped' };
    if (link.at === 'offline') link.cancel();
    // A write under way finishes first: the system closes a file behind it.
    if (link.at === 'online') void this.#close(link.file);
  }

  async #open(): Promise<void> {
    this.#link = { at: 'connecting' };
    this.stats.connectAttempts += 1;
    try {
      const file = await this.#openFile();
      if (this.#link.at !== 'connecting') {
        await this.#close(file);
        return;
      }
      this.#link = { at: 'online', file };
      this.stats.connects += 1;
      if (!this.#writeFailed) this.#sayOnline();
      this.#events.online();
    } catch (error) {
      this.#retry(`cannot open ${this.#options.path}`, error);
    }
  }

  async #openFile(): Promise<AppendFile> {
    const file = await this.#deps.files.openAppend(this.#options.path);
    this.#size = file.size;
    this.#period = this.#periodOf(file.size > 0 ? file.modifiedMs : this.#deps.clock.wallMs());
    if (!file.endsLine) {
      try {
        // What was cut off stays a line of its own and does not spoil the next one.
        this.#size += await file.write(NEWLINE, 0);
      } catch (error) {
        await this.#close(file);
        throw error;
      }
    }
    return file;
  }

  async #append(link: { at: 'online'; file: AppendFile }, bytes: Buffer): Promise<void> {
    let sizeBefore = this.#size;
    try {
      if (link.file.regular) {
        if (!(await this.#isInPlace(link.file))) await this.#replace(link);
        else if (this.#mustRotate(bytes.length)) await this.#rotate(link);
      }
      sizeBefore = this.#size;
      let done = 0;
      while (done < bytes.length) {
        const took = await link.file.write(bytes, done);
        if (took === 0) throw new Error('the file takes no bytes');
        done += took;
        this.#size += took;
      }
      if (this.#options.fsync && link.file.regular) await link.file.sync();
    } catch (error) {
      if (link.file.regular) await link.file.cutBack(sizeBefore, this.#size).catch(() => undefined);
      await this.#close(link.file);
      if (this.#link !== link) return;
      this.#writeFailed = true;
      this.#retry(`cannot write to ${this.#options.path}`, error);
      this.#events.offline();
      return;
    }
    this.#failures = 0;
    if (this.#writeFailed) this.#sayOnline();
    if (this.#link === link) this.#events.sent();
  }

  #sayOnline(): void {
    this.#writeFailed = false;
    this.#deps.trouble.online(`writes to ${this.#options.path}`);
  }

  #retry(what: string, error: unknown): void {
    if (this.#link.at === 'stopped') return;
    this.stats.lastError = error instanceof Error ? error.message : String(error);
    this.#deps.trouble.trouble(
      `${what}: ${this.stats.lastError}; trying again at least every ${this.#options.retryMs} ms`,
    );
    const pauseMs = backoffMs(this.#failures, this.#options.retryMs, this.#deps.random);
    this.#failures += 1;
    this.#link = { at: 'offline', cancel: this.#deps.clock.after(pauseMs, () => void this.#open()) };
  }

  #mustRotate(more: number): boolean {
    if (this.#size === 0) {
      this.#period = this.#periodOf(this.#deps.clock.wallMs());
      return false;
    }
    if (this.#deps.clock.monotonicMs() < this.#rotateAgainMs) return false;
    const { rotateBytes } = this.#options;
    if (rotateBytes > 0 && this.#size + more > rotateBytes) return true;
    return this.#periodOf(this.#deps.clock.wallMs()) !== this.#period;
  }

  #periodOf(wallMs: number): number {
    return this.#options.rotateMs === 0 ? 0 : Math.floor(wallMs / this.#options.rotateMs);
  }

  async #rotate(link: { at: 'online'; file: AppendFile }): Promise<void> {
    const { path } = this.#options;
    try {
      const to = await this.#rotatedPath();
      await this.#deps.files.rename(path, to);
      this.#compressLater(to);
    } catch (error) {
      // Better a file that is too long than lines that wait.
      this.#deps.trouble.trouble(`cannot rotate ${path}: ${(error as Error).message}; writing on`);
      this.#rotateAgainMs = this.#deps.clock.monotonicMs() + this.#options.retryMs;
      return;
    }
    await this.#replace(link);
  }

  async #isInPlace(file: AppendFile): Promise<boolean> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#placeCheckedMs < PLACE_CHECK_MS) return true;
    this.#placeCheckedMs = nowMs;
    if (await file.isInPlace()) return true;
    this.#deps.trouble.trouble(`${this.#options.path} was moved or deleted; making it anew`);
    return false;
  }

  async #replace(link: { at: 'online'; file: AppendFile }): Promise<void> {
    const before = link.file;
    link.file = await this.#openFile();
    await this.#close(before);
  }

  async #rotatedPath(): Promise<string> {
    const time = new Date(this.#deps.clock.wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    for (let number = 0; ; number += 1) {
      const to = `${this.#options.path}.${time}${number === 0 ? '' : `-${number}`}`;
      const taken = (await this.#deps.files.exists(to)) || (await this.#deps.files.exists(`${to}.gz`));
      if (!taken) return to;
    }
  }

  #compressLater(path: string): void {
    if (!this.#options.gzip) return;
    if (this.#toCompress.length >= COMPRESS_WAITING_MAX) return;
    this.#toCompress.push(path);
    if (!this.#compressing) void this.#compressAll();
  }

  async #compressAll(): Promise<void> {
    this.#compressing = true;
    for (let path = this.#toCompress.shift(); path !== undefined; path = this.#toCompress.shift()) {
      try {
        await this.#deps.files.compress(path);
      } catch (error) {
        this.#deps.trouble.trouble(`cannot compress ${path}: ${(error as Error).message}; it stays as it is`);
      }
    }
    this.#compressing = false;
  }

  async #close(file: AppendFile): Promise<void> {
    try {
      if (this.#options.fsync && file.regular) await file.sync();
      await file.close();
    } catch {
      // Nothing was counted on it: what is written was written before.
    }
  }
}
