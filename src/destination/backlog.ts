// The lines of one destination on disk: what goes there (Spill), what comes back (Replay), how the folder is opened, and
// how it is closed with all that memory holds. The destination asks and writes; the books of these lines are kept here.
//
// `opening` lasts for as long as the folder takes; memory must do until then. A folder that cannot be used is said once,
// and then the destination is one without a disk.
import type { DestinationCounts } from '../telemetry/ledger.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { LineQueue } from './line-queue.ts';
import type { ReplayOrder } from './options.ts';
import type { BudgetShare } from './queue-budget.ts';
import { Replay, type StreamPoint } from './replay.ts';
import { ReplayPace } from './replay-pace.ts';
import { ReplayProgress, type ReplayView } from './replay-progress.ts';
import { Spill } from './spill.ts';
import type { CutLines } from './redo-window.ts';
import { SpoolBooks } from './spool-books.ts';
import type { Spool, SpoolBlock, SpoolEvents, SpoolRefusal, SpoolStats } from './spool/spool.ts';

export interface BacklogOptions {
  readonly key: string;
  readonly order: ReplayOrder;
  /** False: only the end puts lines on disk. */
  readonly spills: boolean;
  readonly queueBytes: number;
  readonly linesMax: number;
  readonly writeBytesMax: number;
  readonly redoBytes: number;
  readonly redoAgeMs: number;
  readonly replayRate: number;
}

export interface BacklogDependencies {
  readonly makeSpool: (events: SpoolEvents) => Spool;
  readonly counts: DestinationCounts;
  readonly queue: LineQueue;
  readonly share: BudgetShare;
  readonly clock: Clock;
  readonly log: Log;
  readonly isAway: () => boolean;
  /** There may be something to write. */
  readonly sendable: () => void;
  /** Memory is free again. */
  readonly roomy: () => void;
}

/** How often the age of what is in memory is looked at, ms. */
const LOOK_MS = 250;
/** While live lines never end, this part of what is written is for the backlog: one byte for so many. */
const LIVE_BYTES_PER_REPLAYED = 9;
/** A disk that takes nothing for this long holds senders no longer; then lines are dropped by name. */
const PATIENCE_MS = 5000;
/** How often the end asks a disk again that is behind, ms. */
const RETRY_MS = 20;
/** What closing may take beyond the time for saving, ms. */
const CLOSE_MS = 1000;

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #deps: BacklogDependencies;
  readonly #spool: Spool;
  readonly #books: SpoolBooks;
  readonly #spill: Spill;
  readonly #replay: Replay;
  readonly #pace: ReplayPace;
  readonly #progress: ReplayProgress;
  #state: 'opening' | 'ready' | 'unusable' | 'saving' | 'closed' = 'opening';
  #opened: Promise<void> | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;
  #cancelPatience: (() => void) | undefined;
  #patient = true;
  /** Bytes that the backlog may still write before live lines that wait; grows with these. */
  #dueBytes = 0;
  /** Blocks of the end, beside the loans, that are not written yet. */
  #puts = 0;
  #wakeSave: (() => void) | undefined;

  constructor(options: BacklogOptions, dependencies: BacklogDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { counts, clock, log } = dependencies;
    const books = new SpoolBooks(counts);
    this.#books = books;
    this.#spool = dependencies.makeSpool({
      lost: (lines, reason) => this.#books.lost(lines, reason),
      writable: () => this.#relieved(),
      readable: () => this.#replay.refill(),
    });
    const spool = this.#spool;
    this.#pace = new ReplayPace(options);
    this.#progress = new ReplayProgress(options, { clock, log, left: () => books.lines });
    this.#spill = new Spill(options, { ...dependencies, spool, books, written: (ok) => this.#written(ok) });
    this.#replay = new Replay(options, {
      spool,
      books,
      pace: this.#pace,
      progress: this.#progress,
      again: (afterMs) => this.#again(afterMs),
      exhausted: () => this.#exhausted(),
    });
  }

  /** True while memory that runs full is relieved to disk. */
  get spills(): boolean {
    return this.#options.spills && this.usable;
  }

  get usable(): boolean {
    return this.#state === 'opening' || this.#state === 'ready';
  }

  /** True while lines must not be written from memory, because older ones are on disk. */
  get isAhead(): boolean {
    if (this.#options.order !== 'strict') return false;
    if (this.#state === 'opening') return true;
    return this.#state === 'ready' && (this.#books.lines > 0 || this.#books.repeats > 0);
  }

  /** Why the disk does not relieve memory now. */
  get refusal(): SpoolRefusal {
    return this.#spill.refusal ?? 'slow_spool';
  }

  /** True while it makes sense to hold senders until the disk has caught up. */
  get mayWait(): boolean {
    return this.#patient && this.refusal === 'slow_spool';
  }

  get stats(): SpoolStats {
    return this.#spool.stats;
  }

  get progress(): ReplayView | undefined {
    return this.#progress.view;
  }

  /** What is sent from disk. */
  get replay(): Replay {
    return this.#replay;
  }

  /** True when something may be sent from disk, now or soon. */
  get hasMore(): boolean {
    return this.#state === 'opening' || (this.#state === 'ready' && !this.#replay.isExhausted);
  }

  /** Opens the folder; resolves when that is decided, and never rejects. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** Lines were queued, or were not written: looks whether the oldest must go to disk, now and later. */
  look(): void {
    if (!this.#options.spills || this.#state !== 'ready') return;
    if (this.#spill.isHigh) this.#spill.relieve(this.#deps.isAway(), false);
    if (this.#cancelLook !== undefined || this.#deps.queue.lendableBytes === 0) return;
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      this.#spill.relieve(this.#deps.isAway(), false);
      this.look();
    });
  }

  /** Makes room in memory as far as the disk takes lines now. */
  relieve(): void {
    if (this.#state === 'ready') this.#spill.relieve(this.#deps.isAway(), true);
    this.#waitForDisk();
  }

  /** Puts lines from elsewhere on disk; false when it does not take them now. */
  async load(bytes: Buffer, lines: number): Promise<boolean> {
    return this.#state === 'ready' && (await this.#spill.load(bytes, lines));
  }

  /** Gives up what is on disk; returns the lines that went. */
  async purge(): Promise<number> {
    while (this.#state === 'ready' && this.#replay.isReading) await this.#pause();
    return this.#state === 'ready' ? this.#replay.purge() : 0;
  }

  /** The connection is new. */
  online(nowMs: number): void {
    this.#pace.restart(nowMs);
  }

  /** Takes the next write from disk; `live`: lines in memory wait too. */
  take(nowMs: number, live: boolean): Buffer | undefined {
    if (this.#state !== 'ready' || (live && !this.isAhead && this.#dueBytes <= 0)) return undefined;
    const bytes = this.#replay.isExhausted ? undefined : this.#replay.take(nowMs);
    if (bytes !== undefined) this.#dueBytes = live ? this.#dueBytes - bytes.length : 0;
    return bytes;
  }

  /** Takes the rest of a record that was begun; undefined when there is none, or it may not leave yet. */
  takeBegun(nowMs: number): Buffer | undefined {
    return this.#state === 'ready' && this.#replay.inRecord ? this.#replay.take(nowMs) : undefined;
  }

  /** Takes a write of the size that `cut` allows, whatever waits in memory. */
  takeStep(nowMs: number, cut: CutLines): Buffer | undefined {
    return this.#state === 'ready' && !this.#replay.isExhausted ? this.#replay.take(nowMs, cut) : undefined;
  }

  /** A write of the backlog is done. Returns its lines. */
  sent(at: StreamPoint, nowMs: number, durationMs: number): number {
    const lines = this.#replay.sent(at);
    this.#pace.wrote(nowMs, lines, durationMs, true);
    return lines;
  }

  /** A write of lines from memory is done. */
  sentLive(at: StreamPoint, nowMs: number, bytes: number, lines: number, durationMs: number): void {
    this.#replay.trim(at);
    this.#pace.wrote(nowMs, lines, durationMs, false);
    const dueBytesMax = this.#options.writeBytesMax;
    this.#dueBytes = Math.min(dueBytesMax, this.#dueBytes + bytes / LIVE_BYTES_PER_REPLAYED);
  }

  trim(at: StreamPoint): void {
    this.#replay.trim(at);
  }

  /** The connection broke. */
  broke(at: StreamPoint): void {
    this.#replay.broke(at);
    this.look();
  }

  /** The write under way ends here; the connection lives, and what it has taken arrives. */
  callOff(bytes: number): void {
    this.#replay.callOff(bytes);
    this.#replay.ackAll();
  }

  /**
   * Puts all that waits in memory on disk, syncs and closes. What the disk does not take by `deadlineMs` stays where it
   * is. Never rejects.
   */
  async save(deadlineMs: number): Promise<void> {
    const { clock } = this.#deps;
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), () => {
      if (this.#state !== 'unusable') this.#state = 'closed';
      this.#wakeSave?.();
      resolve();
    });
    await Promise.race([this.open(), timeUp]);
    if (this.#state === 'ready') {
      this.#state = 'saving';
      this.#cancelTimers();
      await this.#saveAll();
    }
    cancel();
    await this.#close(Math.max(0, deadlineMs - clock.monotonicMs()) + CLOSE_MS);
  }

  /** Ends now. */
  stop(): void {
    this.#cancelTimers();
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#replay.stop();
    this.#wakeSave?.();
    void this.#spool.close();
  }

  async #open(): Promise<void> {
    const { log } = this.#deps;
    const { key } = this.#options;
    try {
      const found = await this.#spool.open();
      this.#books.loaded(found.lines);
      for (const note of found.notes) log.warn(`dest ${key} spool: ${note}`);
      if (found.lines > 0) log.info(`dest ${key} found ${found.lines} lines on disk`);
      if (this.#state === 'opening') this.#state = 'ready';
    } catch (error) {
      const { message } = error as Error;
      log.warn(`dest ${key} cannot use its spool: ${message}; what does not fit in memory is dropped`);
      if (this.#state === 'opening') this.#state = 'unusable';
    }
    this.look();
    this.#relieved();
    this.#deps.sendable();
  }

  async #saveAll(): Promise<void> {
    const { queue, clock } = this.#deps;
    if (this.#options.order === 'live_first') await this.#saveRest();
    const nowMs = clock.monotonicMs();
    while (queue.hasAgain && this.#state === 'saving') {
      // What was written to a connection that broke: in no column of the books, but it may not have arrived.
      const bytes = Buffer.from(queue.take() ?? []);
      const { lines } = queue.complete(nowMs);
      await this.#put({ bytes, lines, firstMs: clock.wallMs() }, () => undefined);
    }
    while (!this.#spill.all() && this.#spill.refusal === 'slow_spool' && (await this.#pause()));
    while (this.#spill.blocks + this.#puts > 0 && (await this.#pause()));
  }

  /** What is left of a record that was sent in part goes behind all others, so that no line of it comes twice. */
  async #saveRest(): Promise<void> {
    const rest = this.#replay.takeRest();
    if (rest === undefined) return;
    await this.#put(rest, (ok) => {
      if (ok) this.#spool.ack(rest.end);
    });
  }

  /** Puts a block on disk if the disk takes it. */
  async #put(block: SpoolBlock, written: (ok: boolean) => void): Promise<void> {
    while (this.#state === 'saving') {
      this.#puts += 1;
      const refusal = this.#spool.offer(block, (ok) => {
        this.#puts -= 1;
        written(ok);
        this.#wakeSave?.();
      });
      if (refusal === undefined) return;
      this.#puts -= 1;
      if (refusal !== 'slow_spool') return;
      await this.#pause();
    }
  }

  /** Waits a moment; false when time is up. */
  async #pause(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(RETRY_MS, resolve);
    this.#wakeSave = resolve;
    await promise;
    cancel();
    this.#wakeSave = undefined;
    return this.#state === 'saving';
  }

  async #close(withinMs: number): Promise<void> {
    this.#state = 'closed';
    this.#replay.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(withinMs, resolve);
    await Promise.race([this.#spool.close(), promise]);
    cancel();
  }

  #written(ok: boolean): void {
    const { queue, share, isAway } = this.#deps;
    if (this.#state !== 'closed') share.set(queue.heldBytes);
    // What the disk was too slow for goes on; senders may wait for it.
    const goesOn = ok && this.#state === 'ready' && this.#spill.refusal === 'slow_spool';
    if (goesOn) this.#spill.relieve(isAway(), true);
    if (ok) this.#relieved();
    else this.#deps.roomy();
    this.#wakeSave?.();
  }

  #relieved(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    this.#patient = true;
    this.#deps.roomy();
  }

  /** The disk is behind: senders wait for it, but not for ever. */
  #waitForDisk(): void {
    if (!this.#patient || this.#cancelPatience !== undefined) return;
    this.#cancelPatience = this.#deps.clock.after(PATIENCE_MS, () => {
      this.#cancelPatience = undefined;
      this.#patient = false;
      this.#deps.roomy();
    });
  }

  #again(afterMs: number | undefined): void {
    if (this.#state !== 'ready') return;
    if (afterMs === undefined) this.#deps.sendable();
    else {
      this.#cancelAgain ??= this.#deps.clock.after(afterMs, () => {
        this.#cancelAgain = undefined;
        this.#deps.sendable();
      });
    }
  }

  #exhausted(): void {
    const { lines, repeats } = this.#books;
    if (lines > 0 && this.#spill.blocks === 0 && this.#spool.stats.lines === 0) this.#books.emptied();
    if (this.#books.lines === 0 && repeats === 0) this.#progress.ended();
  }

  #cancelTimers(): void {
    this.#cancelLook?.();
    this.#cancelAgain?.();
    this.#cancelPatience?.();
    this.#cancelLook = undefined;
    this.#cancelAgain = undefined;
    this.#cancelPatience = undefined;
  }
}
