// Moves the oldest lines of a queue to disk when memory holds too much or holds it for too long, so that what is in memory
// stays new. Each line goes to disk once at most, in large blocks, and nothing is moved before a high water is reached:
//
//                     high water: move the oldest ...                         ... until
//   the peer is here  half of the queue's bound, or a line waited 1000 ms     a quarter of it, and none waited 500 ms
//   the peer is away  a line waited 250 ms with 64 KiB waiting, or 1000 ms    the same, and none waited 250 ms
//
// So a peer that stalls for less than a second, or flaps with breaks below a quarter of a second, never touches the disk
// while the queue is below half; and what came in the last quarter of a second before a peer is back leaves at once, not
// behind the backlog (bench/e2e.ts, peer-away: the p99 delay of live lines was seconds). A block stays in its slab, and
// counts as memory, until the disk has it. One that the disk gives back, because it fails, waits in memory again: what is
// dropped then is what memory cannot hold.
import type { Clock } from '../../util/clock.ts';
import type { LineQueue } from '../queue/line-queue.ts';
import type { BudgetShare } from '../queue/queue-budget.ts';
import { SLAB_BYTES } from '../queue/slab-pool.ts';
import type { SpoolBooks } from './spool-books.ts';
import type { Spool, SpoolRefusal } from '../spool/spool.ts';
import type { Run } from '../queue/waiting-lines.ts';

/** Oldest line in memory before the oldest go to disk, ms; then they go until none is as old as the second. */
const AGE_HIGH_MS = 1000;
const AGE_LOW_MS = 500;
/** Both while the peer is away and there is enough for a block. */
const AWAY_AGE_MS = 250;
const AWAY_BYTES = 64 * 1024;

export interface SpillOptions {
  readonly queueBytes: number;
  readonly linesMax: number;
}

export interface SpillDependencies {
  readonly spool: Spool;
  readonly queue: LineQueue;
  readonly share: BudgetShare;
  readonly books: SpoolBooks;
  readonly clock: Clock;
  /** False at the end: what the disk gives back then is lost. */
  readonly isOpen: () => boolean;
  /** A block has been written, or not: memory is free again. */
  readonly written: (ok: boolean) => void;
}

export class Spill {
  readonly #options: SpillOptions;
  readonly #deps: SpillDependencies;
  #refusal: SpoolRefusal | undefined;
  /** Blocks that the disk does not have yet. */
  #blocks = 0;
  /** Blocks that the disk gave back while it still has others, oldest first. */
  #failed: Run[] = [];

  constructor(options: SpillOptions, dependencies: SpillDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Why the disk did not take the last block; undefined when it did. */
  get refusal(): SpoolRefusal | undefined {
    return this.#refusal;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** True when the queue is at its high water in bytes or lines. */
  get isHigh(): boolean {
    const { queue } = this.#deps;
    return queue.bytes * 2 > this.#boundBytes() || queue.lines * 2 > this.#options.linesMax;
  }

  /** Moves what is beyond the bounds above; `must`: from the low water on. */
  relieve(away: boolean, must: boolean): void {
    const { queue, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (!must && !this.isHigh && !this.#isOld(nowMs, away)) return;
    const lowMs = nowMs - (away ? AWAY_AGE_MS : AGE_LOW_MS);
    while (queue.lendableBytes > 0) {
      // Younger lines follow only where memory is short.
      const isFull = !this.#isLow;
      if (!isFull && (queue.oldestLendableMs ?? nowMs) > lowMs) return;
      if (!this.#lend(isFull ? Number.POSITIVE_INFINITY : lowMs)) return;
    }
  }

  /** Moves everything; false when the disk refused some. */
  all(): boolean {
    while (this.#deps.queue.lendableBytes > 0) {
      if (!this.#lend(Number.POSITIVE_INFINITY)) return false;
    }
    return true;
  }

  #boundBytes(): number {
    const { share } = this.#deps;
    return Math.min(this.#options.queueBytes, share.bytes + share.room);
  }

  #isOld(nowMs: number, away: boolean): boolean {
    const { queue } = this.#deps;
    const ageMs = nowMs - (queue.oldestLendableMs ?? nowMs);
    return ageMs >= AGE_HIGH_MS || (away && ageMs >= AWAY_AGE_MS && queue.lendableBytes >= AWAY_BYTES);
  }

  /** True when the queue is at its low water in bytes and lines. */
  get #isLow(): boolean {
    const { queue } = this.#deps;
    return queue.bytes * 4 <= this.#boundBytes() && queue.lines * 4 <= this.#options.linesMax;
  }

  /** Moves a block of the oldest lines, of those that came until `untilMs`; false when the disk refuses it. */
  #lend(untilMs: number): boolean {
    const { queue, spool, books, clock } = this.#deps;
    const run = queue.lend(SLAB_BYTES, untilMs);
    if (run === undefined) return false;
    const bytes = run.slab.bytes.subarray(run.offset, run.offset + run.size);
    const firstMs = clock.wallMs() - (clock.monotonicMs() - run.stampMs);
    books.offered(run.lines);
    this.#refusal = spool.offer({ bytes, lines: run.lines, firstMs }, (ok) => this.#written(run, ok));
    if (this.#refusal === undefined) {
      this.#blocks += 1;
      return true;
    }
    queue.repay(run, true);
    books.refused(run.lines);
    return false;
  }

  #written(run: Run, ok: boolean): void {
    const { queue, books, isOpen } = this.#deps;
    this.#blocks -= 1;
    if (ok) {
      queue.repay(run, false);
    } else if (isOpen()) {
      this.#failed.push(run);
    } else {
      queue.repay(run, false);
      books.failed(run.lines);
    }
    if (this.#blocks === 0 && this.#failed.length > 0) this.#waitAgain();
    this.#deps.written(ok);
  }

  /** Puts blocks that the disk gave back in front, in their order. */
  #waitAgain(): void {
    const { queue, books, isOpen } = this.#deps;
    const failed = this.#failed;
    this.#failed = [];
    const waits = isOpen();
    for (const run of failed.toReversed()) {
      queue.repay(run, waits);
      if (waits) books.refused(run.lines);
      else books.failed(run.lines);
    }
  }
}
