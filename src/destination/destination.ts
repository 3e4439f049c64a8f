// A destination: a bounded queue and the sender that empties it, with their books.
//
//   push ──▶ fits? ──yes──▶ queue ──▶ one write at a time ──▶ sender ──sent──▶ books: queued → written, bytes → redo
//              └─no─▶ when_full: block (taken, the sender pauses) · drop_newest · drop_oldest
//
// There is no flush timer: the first line after idle is written at the end of the same turn of the event loop; what
// comes while a write is under way gathers and leaves with the next one. `counts` balance whenever no method is running.
// Nothing that a peer does is felt by another destination: the queues share memory (QueueBudget, SlabPool), but each has
// a guaranteed part, and there is no other thing they share.
import { type DestinationCounts, makeDestinationCounts } from '../telemetry/ledger.ts';
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { prefixWithin } from './cut-lines.ts';
import { destinationKey } from './destination-key.ts';
import { DestinationStats } from './destination-stats.ts';
import { LineQueue } from './line-queue.ts';
import { makeSender, type SenderDependencies } from './make-sender.ts';
import type { DestinationOptions } from './options.ts';
import type { Output } from './output.ts';
import type { BudgetShare, QueueBudget } from './queue-budget.ts';
import type { Sender, SenderState, SenderStats } from './sender.ts';
import { SLAB_BYTES, type SlabPool } from './slab-pool.ts';
import { TroubleLog } from './trouble-log.ts';

export interface DestinationDependencies extends SenderDependencies {
  readonly routeKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Runs a function once, when the current turn of the event loop has handled its reads. */
  readonly afterTurn: (run: () => void) => void;
  readonly pool: SlabPool;
  readonly budget: QueueBudget;
  /** The least time between two small writes, ms, now; absent: 0. */
  readonly paceMs?: () => number;
}

/** A write of at least this size is never paced. */
const SMALL_WRITE_BYTES = 16 * 1024;
/** A smaller `iobuf` would make a system call for every line. */
const WRITE_BYTES_MIN = 4096;
/** A write that takes longer than this is time in which the peer did not read: the redo window does not age by it. */
const REDO_STALL_MS = 100;
/** Times a drain sends its redo window again because the peer broke off instead of ending. */
const DRAIN_REPEATS_MAX = 1;

interface Drain {
  readonly promise: Promise<void>;
  readonly done: () => void;
  readonly cancel: () => void;
  repeats: number;
}

export class Destination implements Output {
  readonly routeKey: string;
  readonly key: string;
  readonly options: DestinationOptions;
  readonly counts: DestinationCounts = makeDestinationCounts();
  readonly stats = new DestinationStats();
  readonly #deps: DestinationDependencies;
  readonly #sender: Sender;
  readonly #queue: LineQueue;
  readonly #share: BudgetShare;
  readonly #linesMax: number;
  readonly #pump: () => void;
  readonly #recheck: () => void;
  #phase: 'open' | 'draining' | 'stopped' = 'open';
  #drain: Drain | undefined;
  #pumpAsked = false;
  #recheckAsked = false;
  #waiters: (() => void)[] = [];
  #blocking = false;
  #wroteMs = Number.NEGATIVE_INFINITY;
  #stalledMs = 0;
  #cancelPace: (() => void) | undefined;
  #cancelRedoTrim: (() => void) | undefined;

  constructor(options: DestinationOptions, dependencies: DestinationDependencies) {
    this.options = options;
    this.routeKey = dependencies.routeKey;
    this.key = destinationKey(dependencies.routeKey, options.addr);
    this.#deps = dependencies;
    this.#share = dependencies.budget.join();
    this.#linesMax = options.connbuf ?? Number.POSITIVE_INFINITY;
    const trouble = new TroubleLog({ key: this.key }, dependencies);
    this.#sender = makeSender(options, dependencies, trouble, {
      online: () => this.#write(),
      sent: () => this.#sent(),
      offline: () => this.#offline(),
      ended: () => this.stop(),
    });
    this.#queue = new LineQueue(
      {
        writeBytesMax: Math.min(SLAB_BYTES, Math.max(WRITE_BYTES_MIN, options.iobuf)),
        redoBytes: this.#sender.needsRedo ? options.redoBytes : 0,
        redoAgeMs: options.redoAgeMs,
      },
      dependencies,
    );
    this.#pump = () => {
      this.#pumpAsked = false;
      this.#write();
    };
    this.#recheck = () => {
      this.#recheckAsked = false;
      this.#wake();
    };
  }

  /** Where the sender stands. */
  get state(): SenderState {
    return this.#phase === 'draining' && this.#sender.state === 'online' ? 'draining' : this.#sender.state;
  }

  get online(): boolean {
    return this.#sender.state === 'online';
  }

  /** True while senders are paused because this queue is full. */
  get blocking(): boolean {
    return this.#blocking;
  }

  get queueBytes(): number {
    return this.#queue.bytes;
  }

  get redoBytes(): number {
    return this.#queue.redoBytes;
  }

  get senderStats(): SenderStats {
    return this.#sender.stats;
  }

  /** Age of the oldest line that waits, ms; 0 when none does. */
  get oldestWaitMs(): number {
    const oldestMs = this.#queue.oldestMs;
    return oldestMs === undefined ? 0 : this.#deps.clock.monotonicMs() - oldestMs;
  }

  /** How long the write under way has lasted, ms; 0 when there is none. */
  get stalledMs(): number {
    return this.#queue.inFlight ? this.#deps.clock.monotonicMs() - this.#wroteMs : 0;
  }

  /** Starts to connect; lines may be pushed before. */
  start(): void {
    if (this.#phase === 'open') this.#sender.start();
  }

  push(bytes: Uint8Array, lines: number, canWait: boolean): boolean {
    this.counts.in += lines;
    if (this.#phase !== 'open') {
      this.counts.dropped.shutdown += lines;
      return true;
    }
    const size = bytes.length;
    if (size > this.#roomBytes() || this.#queue.lines + lines > this.#linesMax) {
      return this.#overflow(bytes, lines, canWait);
    }
    this.#accept(bytes, lines);
    return true;
  }

  whenWritable(callback: () => void): void {
    if (this.#writable()) callback();
    else {
      this.#waiters.push(callback);
      this.#watchBudget();
    }
  }

  /**
   * Accepts nothing more, sends what is queued, ends the connection and waits for the peer to end it too. At the
   * deadline (monotonic ms) `stop` does the rest. The books are final when the promise resolves; it never rejects.
   */
  drain(deadlineMs: number): Promise<void> {
    if (this.#drain !== undefined) return this.#drain.promise;
    if (this.#phase === 'stopped') return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const leftMs = Math.max(0, deadlineMs - this.#deps.clock.monotonicMs());
    const cancel = this.#deps.clock.after(leftMs, () => this.stop());
    this.#drain = { promise, done: resolve, cancel, repeats: 0 };
    this.#phase = 'draining';
    this.#wake();
    if (this.#queue.hasMore || this.#queue.inFlight || this.online) this.#write();
    else this.stop();
    return promise;
  }

  /**
   * Ends now. What the kernel has taken counts as written, up to the last whole line; the rest is dropped: `removed`
   * when the destination was taken out of the table, else `shutdown`.
   */
  stop(reason: DropReason = 'shutdown'): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    const taken = this.#queue.callOff(this.#sender.taken(this.#queue.flightBytes), this.#sender.recalls);
    this.counts.written += taken;
    this.counts.queued -= taken;
    this.#sender.stop();
    this.counts.dropped[reason] += this.counts.queued;
    this.counts.queued = 0;
    this.#queue.clear();
    this.#share.set(0);
    this.#deps.budget.leave(this.#share);
    this.#cancelPace?.();
    this.#cancelRedoTrim?.();
    this.#drain?.cancel();
    this.#drain?.done();
    this.#wake();
  }

  #accept(bytes: Uint8Array, lines: number): void {
    this.#queue.append(bytes, lines, this.#deps.clock.monotonicMs());
    this.counts.queued += lines;
    this.#share.set(this.#queue.bytes);
    this.stats.grew(this.#queue.bytes, this.#queue.lines);
    if (this.#pumpAsked || this.#queue.inFlight || this.#sender.state !== 'online') return;
    this.#pumpAsked = true;
    this.#deps.afterTurn(this.#pump);
  }

  #overflow(bytes: Uint8Array, lines: number, canWait: boolean): boolean {
    switch (this.options.whenFull) {
      case 'drop_newest':
        this.#acceptPrefix(bytes, lines, this.#fullReason());
        return true;
      case 'drop_oldest': {
        const needBytes = bytes.length - this.#roomBytes();
        const needLines = this.#queue.lines + lines - this.#linesMax;
        const evicted = this.#queue.evict(needBytes, needLines);
        this.counts.queued -= evicted;
        this.counts.dropped[this.#fullReason()] += evicted;
        this.#share.set(this.#queue.bytes);
        this.#acceptPrefix(bytes, lines, this.#fullReason());
        return true;
      }
      default:
        if (!this.#blocking) this.stats.pauses += 1;
        this.#blocking = true;
        if (canWait && !this.#deps.budget.exhausted(bytes.length)) this.#accept(bytes, lines);
        else this.#acceptPrefix(bytes, lines, 'slow_conn');
        // Nobody may be waiting for the callback, so the state clears itself.
        this.#watchBudget();
        return false;
    }
  }

  /** Takes what fits and drops the rest. */
  #acceptPrefix(bytes: Uint8Array, lines: number, reason: DropReason): void {
    const cut = prefixWithin(bytes, this.#roomBytes(), this.#linesMax - this.#queue.lines);
    this.counts.dropped[reason] += lines - cut.lines;
    if (cut.lines > 0) this.#accept(bytes.subarray(0, cut.size), cut.lines);
  }

  #roomBytes(): number {
    return Math.min(this.options.queueBytes - this.#queue.bytes, this.#share.room);
  }

  #fullReason(): DropReason {
    return this.#sender.state === 'online' ? 'slow_conn' : 'conn_down_no_spool';
  }

  #write(): void {
    if (this.#phase === 'stopped' || this.#queue.inFlight || this.#sender.state !== 'online') return;
    if (!this.#queue.hasMore) {
      if (this.#phase === 'draining') this.#sender.end();
      return;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#mustPace(nowMs)) return;
    const bytes = this.#queue.take();
    if (bytes === undefined) return;
    this.#wroteMs = nowMs;
    this.#sender.send(bytes);
  }

  /** Puts a small write off when the last one was a moment ago, so that a trickle shares system calls. */
  #mustPace(nowMs: number): boolean {
    if (this.#cancelPace !== undefined && this.#phase === 'open') {
      if (this.#queue.sendableBytes < SMALL_WRITE_BYTES) return true;
      this.#cancelPace();
      this.#cancelPace = undefined;
    }
    const paceMs = Math.min(this.options.flush, this.#deps.paceMs?.() ?? 0);
    if (paceMs <= 0 || this.#phase !== 'open') return false;
    const waitMs = this.#wroteMs + paceMs - nowMs;
    if (waitMs <= 0 || this.#queue.sendableBytes >= SMALL_WRITE_BYTES) return false;
    this.#cancelPace = this.#deps.clock.after(waitMs, () => {
      this.#cancelPace = undefined;
      this.#write();
    });
    return true;
  }

  #sent(): void {
    if (this.#phase === 'stopped') return;
    const nowMs = this.#deps.clock.monotonicMs();
    const durationMs = nowMs - this.#wroteMs;
    if (durationMs > REDO_STALL_MS) this.#stalledMs += durationMs;
    const done = this.#queue.complete(nowMs - this.#stalledMs);
    if (done.again) {
      this.counts.resent += done.lines;
    } else {
      this.counts.written += done.lines;
      this.counts.queued -= done.lines;
      this.#share.set(this.#queue.bytes);
    }
    this.stats.wrote(done.bytes, done.lines, durationMs);
    this.#armRedoTrim();
    if (this.#blocking || this.#waiters.length > 0) this.#wake();
    this.#write();
  }

  #offline(): void {
    if (this.#phase === 'stopped') return;
    const sinceMs = this.#queue.inFlight ? this.#wroteMs : this.#deps.clock.monotonicMs();
    this.#queue.fail(sinceMs - this.#stalledMs);
    const drain = this.#drain;
    if (drain === undefined) return;
    if (this.counts.queued === 0) drain.repeats += 1;
    if (!this.#queue.hasMore || drain.repeats > DRAIN_REPEATS_MAX) this.stop();
  }

  #armRedoTrim(): void {
    if (this.#cancelRedoTrim !== undefined || this.#queue.redoBytes === 0) return;
    this.#cancelRedoTrim = this.#deps.clock.after(this.options.redoAgeMs, () => {
      this.#cancelRedoTrim = undefined;
      // While a write hangs the connection may be dead, and the window is what will be needed.
      if (!this.#queue.inFlight) this.#queue.trimRedo(this.#deps.clock.monotonicMs() - this.#stalledMs);
      this.#armRedoTrim();
    });
  }

  #writable(): boolean {
    if (this.#phase !== 'open') return true;
    return (
      this.#queue.bytes * 2 <= this.options.queueBytes &&
      (this.#queue.lines === 0 || this.#queue.lines * 2 <= this.#linesMax) &&
      this.#share.roomy
    );
  }

  /** Lets waiting senders go on, one by one while there is room. */
  #wake(): void {
    while (this.#writable()) {
      this.#blocking = false;
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      waiter();
    }
    this.#watchBudget();
  }

  #watchBudget(): void {
    if (this.#recheckAsked || this.#share.roomy) return;
    this.#recheckAsked = true;
    this.#deps.budget.whenRoomy(this.#recheck);
  }
}
