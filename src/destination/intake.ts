// How lines get into a destination, and what happens when they do not fit: `when_full`.
//
//   fits ──▶ queue        does not ──▶ oldest to disk ──▶ fits now ──▶ queue
//                                           └─ disk takes no more, or there is none ─▶ block · drop_newest · drop_oldest
//
// A disk that is only behind holds senders as `block` does, for a few seconds at most, rather than drop their lines.
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { Clock } from '../util/clock.ts';
import type { Backlog } from './backlog/backlog.ts';
import { prefixWithin } from './cut-lines.ts';
import type { DestinationStats } from './destination-stats.ts';
import { Gate } from './queue/gate.ts';
import type { IntakeBooks } from './intake-books.ts';
import type { LineQueue } from './queue/line-queue.ts';
import type { Slab } from './queue/slab-pool.ts';
import type { WhenFull } from './options.ts';
import type { BudgetShare, QueueBudget } from './queue/queue-budget.ts';

export interface IntakeOptions {
  readonly whenFull: WhenFull;
  readonly queueBytes: number;
  readonly linesMax: number;
}

export interface IntakeDependencies {
  readonly queue: LineQueue;
  readonly books: IntakeBooks;
  readonly stats: DestinationStats;
  readonly share: BudgetShare;
  readonly budget: QueueBudget;
  readonly clock: Clock;
  /** The disk; asked each time, as it needs the queue first. */
  readonly backlog: () => Backlog | undefined;
  readonly isOnline: () => boolean;
  /** There is something to write. */
  readonly accepted: () => void;
  /** Hears of lines that are dropped, where their text is at hand. */
  readonly noteDropped: (reason: DropReason, lines: Uint8Array) => void;
}

interface Lines {
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** Where they lie already and may stay. */
  readonly slab: Slab | undefined;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #deps: IntakeDependencies;
  readonly #gate: Gate;
  #open = true;

  constructor(options: IntakeOptions, dependencies: IntakeDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#gate = new Gate({ ...dependencies, isRoomy: () => this.#isRoomy() });
  }

  /** True while senders are paused because the queue is full. */
  get blocking(): boolean {
    return this.#gate.closed;
  }

  /** Takes lines, or drops them by name; false: the sender must wait for `whenWritable`. */
  push(bytes: Uint8Array, lines: number, canWait: boolean, slab?: Slab): boolean {
    const { books, queue } = this.#deps;
    books.arrived(lines);
    if (!this.#open) {
      books.dropped(lines, 'shutdown');
      this.#deps.noteDropped('shutdown', bytes);
      return true;
    }
    if (bytes.length > this.#roomBytes() || queue.lines + lines > this.#options.linesMax) {
      return this.#overflow({ bytes, lines, slab }, canWait);
    }
    this.#accept(bytes, lines, slab);
    return true;
  }

  /** Calls back once when the queue is below its low water; at once if it is. */
  whenWritable(callback: () => void): void {
    this.#gate.wait(callback);
  }

  /** Memory is free again, or everything is over: lets senders go on. */
  wake(): void {
    this.#gate.wake();
  }

  /** Takes nothing more. */
  close(): void {
    this.#open = false;
    this.#gate.wake();
  }

  #accept(bytes: Uint8Array, lines: number, slab: Slab | undefined): void {
    const { queue, books, share, stats, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    queue.append(bytes, lines, nowMs, slab);
    books.queued(lines);
    share.set(queue.heldBytes);
    stats.grew(queue.bytes, queue.lines, nowMs);
    this.#deps.backlog()?.look();
    this.#deps.accepted();
  }

  #overflow(all: Lines, canWait: boolean): boolean {
    const backlog = this.#spilling;
    const rest = backlog === undefined ? all : this.#spill(all, backlog);
    if (rest.lines === 0) return true;
    const reason = backlog?.refusal ?? (this.#deps.isOnline() ? 'slow_conn' : 'conn_down_no_spool');
    switch (this.#options.whenFull) {
      case 'block':
        return this.#hold(rest, canWait, backlog?.refusal ?? 'slow_conn');
      case 'drop_oldest':
        this.#evict(rest, reason);
        break;
      case 'spill':
        if (backlog?.mayWait === true) return this.#hold(rest, canWait, reason);
        break;
      default:
    }
    this.#acceptPrefix(rest, reason);
    return true;
  }

  /** Takes lines as far as the disk makes room for them; returns those that are left. */
  #spill({ bytes, lines, slab }: Lines, backlog: Backlog): Lines {
    let rest = bytes;
    let restLines = lines;
    while (restLines > 0) {
      backlog.relieve();
      const cut = prefixWithin(rest, this.#roomBytes(), this.#roomLines());
      if (cut.lines === 0) break;
      this.#accept(rest.subarray(0, cut.size), cut.lines, slab);
      rest = rest.subarray(cut.size);
      restLines -= cut.lines;
    }
    return { bytes: rest, lines: restLines, slab };
  }

  /** The sender waits: takes the lines all the same if it can, within the last bound of all queues. */
  #hold(rest: Lines, canWait: boolean, reason: DropReason): boolean {
    if (!this.blocking) this.#deps.stats.pauses += 1;
    this.#gate.close();
    if (canWait && !this.#deps.budget.exhausted(rest.bytes.length))
      this.#accept(rest.bytes, rest.lines, rest.slab);
    else this.#acceptPrefix(rest, reason);
    return false;
  }

  #evict(rest: Lines, reason: DropReason): void {
    const { queue, books, share } = this.#deps;
    const evicted = queue.evict(rest.bytes.length - this.#roomBytes(), rest.lines - this.#roomLines());
    books.evicted(evicted, reason);
    share.set(queue.heldBytes);
  }

  /** Takes what fits and drops the rest. */
  #acceptPrefix({ bytes, lines, slab }: Lines, reason: DropReason): void {
    let cut = prefixWithin(bytes, this.#roomBytes(), this.#roomLines());
    // A line longer than the whole queue would never pass, so an empty queue takes one.
    if (cut.lines === 0 && this.#deps.queue.heldBytes === 0) {
      const one = prefixWithin(bytes, Number.POSITIVE_INFINITY, 1);
      if (!this.#deps.budget.exhausted(one.size)) cut = one;
    }
    if (cut.lines < lines) {
      this.#deps.books.dropped(lines - cut.lines, reason);
      this.#deps.noteDropped(reason, bytes.subarray(cut.size));
    }
    if (cut.lines > 0) this.#accept(bytes.subarray(0, cut.size), cut.lines, slab);
  }

  get #spilling(): Backlog | undefined {
    const backlog = this.#deps.backlog();
    return backlog?.spills === true ? backlog : undefined;
  }

  #roomBytes(): number {
    return Math.min(this.#options.queueBytes - this.#deps.queue.heldBytes, this.#deps.share.room);
  }

  #roomLines(): number {
    return this.#options.linesMax - this.#deps.queue.lines;
  }

  #isRoomy(): boolean {
    const { queue, share } = this.#deps;
    // Whoever drops has no reason to hold senders.
    const drops = this.#options.whenFull !== 'block' && this.#spilling?.mayWait !== true;
    if (!this.#open || drops) return true;
    return (
      queue.heldBytes * 2 <= this.#options.queueBytes &&
      (queue.lines === 0 || queue.lines * 2 <= this.#options.linesMax) &&
      share.roomy
    );
  }
}
