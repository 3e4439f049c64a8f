// The write-ahead log of a destination with `durability = "disk"`: every line goes to disk, and counts once it is synced.
//
//   queue ──commit──▶ spool: write, sync ──▶ in the books, and readable ──from memory, else from disk──▶ Replay
//     ▲                 │ failed                      │
//     └─────────────────┘          slab kept until it was sent, as long as the reader keeps up and there is room
//
// Group commit: one goes on at a time, and the next takes what gathered meanwhile. After a pause the first lines go with the
// end of the turn; else a commit begins COMMIT_MS after the one before, or when COMMIT_BYTES wait.
// A disk that takes nothing leaves the lines in the queue, uncounted; what happens when that is full is `when_full`.
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import type { JournalBooks } from '../intake-books.ts';
import type { LineQueue } from '../queue/line-queue.ts';
import { SLAB_BYTES } from '../queue/slab-pool.ts';
import type { Spool, SpoolRefusal } from '../spool/spool.ts';
import type { Run } from '../queue/waiting-lines.ts';

/** A commit begins no later after the one before, ms; with the turn it comes to less than 5 ms. */
const COMMIT_MS = 4;
/** With so much it begins at once. */
const COMMIT_BYTES = 1024 * 1024;
/** Of the queue's bound, this part may be kept to be read from memory. */
const KEPT_PART = 0.5;
/** How often the disk is looked at while it writes, to say when it has come to a stop, ms. */
const LOOK_MS = 1000;
/** A disk that refuses, and one that takes lines again, is said this often at most, ms. */
const SAY_MS = 60_000;

export interface JournalOptions {
  readonly key: string;
  readonly queueBytes: number;
}

export interface JournalDependencies {
  readonly spool: Spool;
  readonly queue: LineQueue;
  readonly journalBooks: JournalBooks;
  readonly clock: Clock;
  readonly log: Log;
  readonly afterTurn: (run: () => void) => void;
  /** True while the reader keeps up, so that what is kept in memory will be read from there. */
  readonly keepsUp: () => boolean;
  /** True while the folder is open. */
  readonly isOpen: () => boolean;
  /** A block was synced, or was not; or memory is free again (undefined). */
  readonly written: (ok: boolean | undefined) => void;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #deps: JournalDependencies;
  readonly #refusedLog: Log;
  readonly #againLog: Log;
  #refusal: SpoolRefusal | undefined;
  /** Blocks that are not synced yet. */
  #blocks = 0;
  #keptBytes = 0;
  /** Blocks that could not be written, oldest first; they wait again once none is under way. */
  #failed: Run[] = [];
  #committedMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  #cancelCommit: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #isStopped = false;
  #isSaving = false;
  #hasWarned = false;

  constructor(options: JournalOptions, dependencies: JournalDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const limiter = new LogLimiter({}, dependencies);
    this.#refusedLog = limiter.limited('refused', SAY_MS);
    this.#againLog = limiter.limited('again', SAY_MS);
  }

  /** Why the disk takes no more: it refused the last block, or does not write those that it took. */
  get refusal(): SpoolRefusal | undefined {
    if (this.#refusal !== undefined) return this.#refusal;
    const { state } = this.#deps.spool.stats;
    return state === 'full' ? 'spool_full' : state === 'failed' ? 'spool_error' : undefined;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** True while lines are on their way to disk. */
  get isMoving(): boolean {
    return this.#blocks > 0 || (this.#deps.queue.lendableBytes > 0 && this.refusal === undefined);
  }

  /** Lines wait, or the disk is ready: commits soon. */
  look(): void {
    const { queue, clock, afterTurn, isOpen } = this.#deps;
    const bytes = queue.lendableBytes;
    if (this.#isAsked || this.#isStopped || bytes === 0 || !isOpen()) return;
    const isMuch = bytes >= COMMIT_BYTES;
    if (this.#blocks > 0 && !isMuch) return;
    const waitMs = this.#committedMs + COMMIT_MS - clock.monotonicMs();
    if (waitMs > 0 && !isMuch) {
      this.#cancelCommit ??= clock.after(waitMs, () => {
        this.#cancelCommit = undefined;
        this.all();
      });
      return;
    }
    this.#isAsked = true;
    afterTurn(() => {
      this.#isAsked = false;
      this.all();
    });
  }

  /** Makes room in memory: gives up what is kept, and offers all that waits. */
  relieve(): void {
    this.#deps.spool.forget();
    this.all();
    this.#refuse(this.refusal);
  }

  /** Commits all that waits; false when the disk refused some. */
  all(): boolean {
    const { queue, clock } = this.#deps;
    this.#cancelCommit?.();
    this.#cancelCommit = undefined;
    if (this.#isStopped || !this.#deps.isOpen()) return false;
    this.#committedMs = clock.monotonicMs();
    while (queue.lendableBytes > 0) {
      if (!this.#lend()) return false;
    }
    return true;
  }

  /** The end is near: what cannot be written now does not wait again. */
  save(): void {
    this.#isSaving = true;
  }

  /** Ends: nothing is booked any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#cancelCommit?.();
    this.#cancelCommit = undefined;
  }

  #lend(): boolean {
    const { queue, spool, clock } = this.#deps;
    const run = queue.lend(SLAB_BYTES);
    if (run === undefined) return false;
    const bytes = run.slab.bytes.subarray(run.offset, run.offset + run.size);
    const firstMs = clock.wallMs() - (clock.monotonicMs() - run.stampMs);
    const keptBytesMax = this.#options.queueBytes * KEPT_PART;
    const isKept = this.#deps.keepsUp() && this.#keptBytes + run.size <= keptBytesMax;
    const release = isKept ? () => this.#released(run) : undefined;
    const block = { bytes, lines: run.lines, firstMs, release };
    const refusal = spool.offer(block, (ok) => this.#written(run, isKept, ok));
    this.#refuse(refusal);
    if (refusal !== undefined) {
      queue.repay(run, true);
      return false;
    }
    this.#blocks += 1;
    this.#watch();
    if (isKept) this.#keptBytes += run.size;
    return true;
  }

  #written(run: Run, isKept: boolean, ok: boolean): void {
    const { queue, journalBooks } = this.#deps;
    this.#blocks -= 1;
    if (ok) {
      journalBooks.synced(run.lines);
      if (!isKept) queue.repay(run, false);
      if (queue.lendableBytes === 0) this.#refuse(undefined);
    } else {
      if (isKept) this.#keptBytes -= run.size;
      this.#failed.push(run);
    }
    if (this.#blocks === 0) this.#waitAgain();
    this.#deps.written(ok);
    this.look();
  }

  /** Says so when the disk does not write what it took: nobody may come who would be refused. */
  #watch(): void {
    this.#cancelLook ??= this.#deps.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      if (this.#blocks === 0 || this.#isStopped) return;
      this.#refuse(this.refusal);
      this.#watch();
    });
  }

  /** Puts blocks that could not be written back in front, in their order; at the end they are dropped. */
  #waitAgain(): void {
    const { queue, journalBooks } = this.#deps;
    const failed = this.#failed;
    if (failed.length === 0) return;
    this.#failed = [];
    const isOver = this.#isSaving || this.#isStopped;
    for (const run of failed.toReversed()) {
      queue.repay(run, !isOver);
      if (isOver && !this.#isStopped) journalBooks.evicted(run.lines, 'spool_error');
    }
  }

  /** A block that was kept has been read and sent, or is given up. */
  #released(run: Run): void {
    this.#keptBytes -= run.size;
    this.#deps.queue.repay(run, false);
    this.#deps.written(undefined);
  }

  #refuse(refusal: SpoolRefusal | undefined): void {
    this.#refusal = refusal;
    const isTrouble = refusal === 'spool_full' || refusal === 'spool_error';
    if (isTrouble === this.#hasWarned || refusal === 'slow_spool') return;
    this.#hasWarned = isTrouble;
    const { key } = this.#options;
    if (!isTrouble) {
      this.#againLog.info(`dest ${key} writes its lines to disk again`);
      return;
    }
    const { lastError } = this.#deps.spool.stats;
    const cause = lastError === '' ? '' : ` (${lastError})`;
    const why = refusal === 'spool_full' ? 'its spool is full' : 'its disk takes nothing';
    this.#refusedLog.warn(
      `dest ${key} cannot make lines durable: ${why}${cause}; they wait in memory and do not count as received, then when_full applies`,
    );
  }
}
