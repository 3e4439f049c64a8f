// The lines of one destination on disk: what goes there (Spill), what comes back (Replay), how the folder is opened, and
// how it is closed with all that memory holds. The destination asks and writes; the books of these lines are kept here.
//
// `opening` lasts for as long as the folder takes; memory must do until then. A folder that cannot be used is said once,
// and then the destination is one without a disk; one that is durable takes nothing then, and tries to open it again.
import type { DestinationCounts } from '../../telemetry/ledger.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import { DiskPatience } from './disk-patience.ts';
import type { JournalBooks } from '../intake-books.ts';
import { Journal } from './journal.ts';
import { LastBlocks } from './last-blocks.ts';
import type { LineQueue } from '../queue/line-queue.ts';
import { loadLines } from './load-lines.ts';
import type { ReplayOrder } from '../options.ts';
import type { BudgetShare } from '../queue/queue-budget.ts';
import { Replay, type StreamPoint } from './replay.ts';
import { ReplayPace } from './replay-pace.ts';
import { ReplayProgress, type ReplayView } from './replay-progress.ts';
import { Spill } from './spill.ts';
import type { CutLines } from '../redo-window.ts';
import { type Inherited, SpoolBooks } from './spool-books.ts';
import type { Spool, SpoolEvents, SpoolRefusal, SpoolStats } from '../spool/spool.ts';

export interface BacklogOptions {
  readonly key: string;
  /** `strict` where the destination is durable. */
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
  readonly spoolFree?: Promise<void> | undefined;
  readonly inherit?: ((linesFound: number) => Inherited) | undefined;
  readonly counts: DestinationCounts;
  /** Given: the destination is durable. */
  readonly journalBooks: JournalBooks | undefined;
  readonly queue: LineQueue;
  readonly share: BudgetShare;
  readonly clock: Clock;
  readonly log: Log;
  readonly afterTurn: (run: () => void) => void;
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
/** How often a purge looks whether the read under way is over, ms. */
const PURGE_RETRY_MS = 20;
/** How often a durable destination tries to open its folder, ms. */
const REOPEN_MS = 5000;
/** What closing may take beyond the time for saving, ms. */
const CLOSE_MS = 1000;

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #deps: BacklogDependencies;
  readonly #spool: Spool;
  readonly #books: SpoolBooks;
  /** Where the destination is durable, `#mover` is the journal. */
  readonly #mover: Spill | Journal;
  readonly #journal: Journal | undefined;
  /** What is sent from disk. */
  readonly replay: Replay;
  readonly #pace: ReplayPace;
  readonly #progress: ReplayProgress;
  #state: 'opening' | 'ready' | 'unusable' | 'saving' | 'closed' = 'opening';
  #opened: Promise<void> | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;
  #cancelReopen: (() => void) | undefined;
  /** Bytes that the backlog may still write before live lines that wait; grows with these. */
  #dueBytes = 0;
  readonly #last: LastBlocks;
  readonly #patience: DiskPatience;

  constructor(options: BacklogOptions, dependencies: BacklogDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { counts, clock, log, journalBooks, roomy: over } = dependencies;
    this.#patience = new DiskPatience({ clock, isBehind: () => this.#mover.blocks > 0, over });
    const books = new SpoolBooks(counts);
    this.#books = books;
    this.#spool = dependencies.makeSpool({
      lost: (lines, reason) => this.#books.lost(lines, reason),
      writable: () => {
        this.#relieved();
        this.#journal?.look();
      },
      readable: () => this.replay.refill(),
    });
    const spool = this.#spool;
    this.#pace = new ReplayPace(options);
    this.#progress = new ReplayProgress(options, { clock, log, left: () => books.lines });
    const moved = { ...dependencies, spool, books, written: (ok?: boolean) => this.#written(ok) };
    this.#journal =
      journalBooks &&
      new Journal(options, {
        ...moved,
        journalBooks,
        keepsUp: () => this.replay.keepsUp && !dependencies.isAway(),
        isOpen: () => this.#state === 'ready' || this.#state === 'saving',
      });
    this.#mover = this.#journal ?? new Spill(options, { ...moved, isOpen: () => this.#state === 'ready' });
    this.replay = new Replay(options, {
      spool,
      books,
      pace: this.#pace,
      // A durable destination has on disk what another has in memory, and that is not paced.
      isPaced: () => this.#journal === undefined || options.replayRate > 0 || this.#isBig,
      progress: this.#progress,
      again: (afterMs) => this.#again(afterMs),
      exhausted: () => this.#exhausted(),
    });
    this.#last = new LastBlocks(options, { ...moved, mover: this.#mover, replay: this.replay });
  }

  /** True while memory that runs full is relieved to disk. */
  get spills(): boolean {
    return this.#journal !== undefined || (this.#options.spills && this.usable);
  }

  get usable(): boolean {
    return this.#state === 'opening' || this.#state === 'ready';
  }

  /** True while lines must not be written from memory, because older ones are on disk. */
  get isAhead(): boolean {
    if (this.#journal !== undefined) return true;
    if (this.#options.order !== 'strict') return false;
    if (this.#state === 'opening') return true;
    return this.#state === 'ready' && (this.#books.lines > 0 || this.#books.repeats > 0);
  }

  /** Why the disk does not relieve memory now. */
  get refusal(): SpoolRefusal {
    return this.#state === 'unusable' ? 'spool_error' : (this.#mover.refusal ?? 'slow_spool');
  }

  /** True while it makes sense to hold senders until the disk has caught up. */
  get mayWait(): boolean {
    return this.#patience.has && this.refusal === 'slow_spool';
  }

  /** Lines on disk that were written to a connection that broke. */
  get repeats(): number {
    return this.#books.repeats;
  }

  get stats(): SpoolStats {
    return this.#spool.stats;
  }

  get progress(): ReplayView | undefined {
    return this.#progress.view;
  }

  /** True when something may be sent from disk, now or soon. */
  get hasMore(): boolean {
    return this.#state === 'opening' || (this.#state === 'ready' && !this.replay.isExhausted);
  }

  /** Opens the folder; resolves when that is decided, and never rejects. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** Lines were queued, or were not written: looks whether the oldest must go to disk, now and later. */
  look(): void {
    if (!(this.#mover instanceof Spill)) return this.#mover.look();
    if (!this.#options.spills || this.#state !== 'ready') return;
    const spill = this.#mover;
    if (spill.isHigh) spill.relieve(this.#deps.isAway(), false);
    if (this.#cancelLook !== undefined || this.#deps.queue.lendableBytes === 0) return;
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      spill.relieve(this.#deps.isAway(), false);
      this.look();
    });
  }

  /** Makes room in memory as far as the disk takes lines now. */
  relieve(): void {
    if (this.#state === 'ready') this.#mover.relieve(this.#deps.isAway(), true);
    this.#patience.wait();
  }

  /** Puts lines from elsewhere on disk; false when it does not take them now. */
  async load(bytes: Buffer, lines: number): Promise<boolean> {
    const deps = { ...this.#deps, spool: this.#spool, books: this.#books };
    return this.#state === 'ready' && (await loadLines(deps, bytes, lines));
  }

  /** Gives up what is on disk; returns the lines that went. */
  async purge(): Promise<number> {
    while (this.#state === 'ready' && this.replay.isReading) {
      await new Promise<void>((resolve) => void this.#deps.clock.after(PURGE_RETRY_MS, resolve));
    }
    return this.#state === 'ready' ? this.replay.purge() : 0;
  }

  /** The connection is new. */
  online(nowMs: number): void {
    this.#pace.restart(nowMs);
  }

  /** Takes the next write from disk; `live`: lines in memory wait too. */
  take(nowMs: number, live: boolean): Buffer | undefined {
    if (this.#state !== 'ready' || (live && !this.isAhead && this.#dueBytes <= 0)) return undefined;
    const bytes = this.replay.isExhausted ? undefined : this.replay.take(nowMs);
    if (bytes !== undefined) this.#dueBytes = live ? this.#dueBytes - bytes.length : 0;
    return bytes;
  }

  /** True while lines are on their way through the disk that another destination would hold in memory. */
  get isFlowing(): boolean {
    if (this.#journal === undefined || this.#state !== 'ready' || this.#isBig) return false;
    return this.#journal.isMoving || !this.replay.isExhausted;
  }

  /** Takes the rest of a record that was begun; undefined when there is none, or it may not leave yet. */
  takeBegun(nowMs: number): Buffer | undefined {
    return this.#state === 'ready' && this.replay.inRecord ? this.replay.take(nowMs) : undefined;
  }

  /** Takes a write of the size that `cut` allows, whatever waits in memory. */
  takeStep(nowMs: number, cut: CutLines): Buffer | undefined {
    return this.#state === 'ready' && !this.replay.isExhausted ? this.replay.take(nowMs, cut) : undefined;
  }

  /** A write of the backlog is done. Returns its lines. */
  sent(at: StreamPoint, nowMs: number, durationMs: number): number {
    const isPaced = this.replay.isPaced;
    const lines = this.replay.sent(at);
    this.#pace.wrote(nowMs, lines, durationMs, isPaced);
    return lines;
  }

  /** A write of lines from memory is done. */
  sentLive(at: StreamPoint, nowMs: number, bytes: number, lines: number, durationMs: number): void {
    this.replay.trim(at);
    this.#pace.wrote(nowMs, lines, durationMs, false);
    this.#dueBytes = Math.min(this.#options.writeBytesMax, this.#dueBytes + bytes / LIVE_BYTES_PER_REPLAYED);
  }

  /** The connection broke. */
  broke(at: StreamPoint): void {
    this.replay.broke(at);
    // It begins again with what is on disk; memory is for those whose peers are there.
    if (this.#journal !== undefined) this.#spool.forget();
    this.look();
  }

  /** The write under way ends here; the connection lives, and what it has taken arrives. */
  callOff(bytes: number, recalls = true): void {
    this.replay.callOff(bytes, recalls);
    this.replay.ackAll();
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
      this.#last.end();
      resolve();
    });
    await Promise.race([this.open(), timeUp]);
    if (this.#state === 'ready') {
      this.#state = 'saving';
      this.#cancelTimers();
      this.#journal?.save();
      await this.#last.save();
    }
    cancel();
    await this.#close(Math.max(0, deadlineMs - clock.monotonicMs()) + CLOSE_MS);
  }

  /** Ends now. */
  stop(): void {
    this.#cancelTimers();
    this.#journal?.stop();
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.replay.stop();
    this.#last.end();
    void this.#spool.close();
  }

  async #open(): Promise<void> {
    const { log } = this.#deps;
    const { key } = this.#options;
    try {
      await this.#deps.spoolFree;
      const found = await this.#spool.open();
      this.#books.loaded(found.lines, this.#deps.inherit?.(found.lines));
      for (const note of found.notes) log.warn(`dest ${key} spool: ${note}`);
      if (found.lines > 0) log.info(`dest ${key} found ${found.lines} lines on disk`);
      if (this.#state === 'opening') this.#state = 'ready';
    } catch (error) {
      const { message } = error as Error;
      const outcome = this.#journal
        ? 'nothing is durable, so nothing is taken; trying again'
        : 'what does not fit in memory is dropped';
      log.warn(`dest ${key} cannot use its spool: ${message}; ${outcome}`);
      if (this.#state === 'opening') this.#state = 'unusable';
      if (this.#journal !== undefined) this.#reopenLater();
    }
    this.look();
    this.#relieved();
    this.#deps.sendable();
  }

  async #close(withinMs: number): Promise<void> {
    this.#state = 'closed';
    this.replay.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(withinMs, resolve);
    await Promise.race([this.#spool.close(), promise]);
    cancel();
  }

  #reopenLater(): void {
    this.#cancelReopen ??= this.#deps.clock.after(REOPEN_MS, () => {
      this.#cancelReopen = undefined;
      if (this.#state !== 'unusable') return;
      this.#state = 'opening';
      this.#opened = this.#open();
    });
  }

  /** True when more is on disk than a destination without would hold in memory. */
  get #isBig(): boolean {
    return this.#spool.stats.bytes > this.#options.queueBytes + this.#options.redoBytes;
  }

  #written(ok: boolean | undefined): void {
    const { queue, share, isAway } = this.#deps;
    if (this.#state !== 'closed') share.set(queue.heldBytes);
    // What the disk was too slow for goes on; senders may wait for it.
    const goesOn = ok === true && this.#state === 'ready' && this.#mover.refusal === 'slow_spool';
    if (goesOn && this.#journal === undefined) this.#mover.relieve(isAway(), true);
    if (ok === true) this.#relieved();
    else this.#deps.roomy();
    // What a failing disk gave back waits in memory, and the peer may be there.
    if (ok === false && this.#state === 'ready') this.#deps.sendable();
    this.#last.wake();
  }

  #relieved(): void {
    this.#patience.renew();
    this.#deps.roomy();
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
    if (lines + repeats > 0 && this.#mover.blocks === 0 && this.#spool.stats.lines === 0)
      this.#books.emptied();
    if (this.#books.lines === 0 && repeats === 0) this.#progress.ended();
  }

  #cancelTimers(): void {
    this.#cancelLook?.();
    this.#cancelAgain?.();
    this.#patience.stop();
    this.#cancelReopen?.();
    this.#cancelLook = undefined;
    this.#cancelAgain = undefined;
  }
}
