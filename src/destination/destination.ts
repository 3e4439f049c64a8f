// A destination: a bounded queue, the disk behind it, and the sender that empties both, with their books.
//
//   push ──▶ fits? ──yes──▶ queue ───────▶ one write at a time ──▶ sender ──sent──▶ books: queued → written, bytes → redo
//              │              └─oldest─▶ disk ──▲ what live lines leave            (of the disk: spooled → written)
//              └─no─▶ when_full: the oldest to disk (spill) · block (taken, the sender pauses) · drop_newest · drop_oldest
//
// There is no flush timer: the first line after idle is written at the end of the same turn of the event loop; what
// comes while a write is under way gathers and leaves with the next one. `counts` balance whenever no method is running.
// Nothing that a peer does is felt by another destination: the queues share memory (QueueBudget, SlabPool), but each has
// a guaranteed part, and there is no other thing they share.
import { type DestinationCounts, makeDestinationCounts } from '../telemetry/ledger.ts';
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { Backlog } from './backlog/backlog.ts';
import type { DestinationDependencies } from './destination-dependencies.ts';
import { destinationKey } from './destination-key.ts';
import { DestinationStats } from './destination-stats.ts';
import type { Drain } from './drain.ts';
import { Intake } from './intake.ts';
import { type IntakeBooks, JournalBooks, MemoryBooks } from './intake-books.ts';
import { LineQueue } from './queue/line-queue.ts';
import { Liveness } from './liveness.ts';
import { LiveOptions } from './live-options.ts';
import { makeBacklog } from './backlog/make-backlog.ts';
import { makeSender } from './sender/make-sender.ts';
import type { DestinationOptions } from './options.ts';
import { Outgoing } from './outgoing.ts';
import type { Output } from './output.ts';
import type { BudgetShare } from './queue/queue-budget.ts';
import type { Slab } from './queue/slab-pool.ts';
import type { Sender, SenderState, SenderStats } from './sender/sender.ts';
import { TroubleLog } from './trouble-log.ts';

/** Times a drain sends its redo window again because the peer broke off instead of ending. */
const DRAIN_REPEATS_MAX = 1;
/** Of the time to drain, what is kept to put the rest on disk: a quarter, at most this, ms. */
const SAVE_MS_MAX = 2000;

export class Destination implements Output {
  readonly routeKey: string;
  readonly key: string;
  /** True: every line goes to disk before it counts. */
  readonly durable: boolean;
  readonly counts: DestinationCounts = makeDestinationCounts();
  readonly stats: DestinationStats;
  readonly #deps: DestinationDependencies;
  readonly #options: LiveOptions;
  readonly #sender: Sender;
  readonly #queue: LineQueue;
  readonly #backlog: Backlog | undefined;
  readonly #share: BudgetShare;
  readonly #intake: Intake;
  readonly #books: IntakeBooks;
  readonly #pump: () => void;
  readonly #liveness: Liveness;
  readonly #outgoing: Outgoing;
  #phase: 'open' | 'draining' | 'saving' | 'stopped' = 'open';
  #drain: Drain | undefined;
  #pumpAsked = false;

  constructor(options: DestinationOptions, dependencies: DestinationDependencies) {
    this.routeKey = dependencies.routeKey;
    this.key = destinationKey(dependencies.routeKey, options.addr);
    this.#deps = dependencies;
    this.stats = new DestinationStats(dependencies.makeMeter?.());
    this.#liveness = new Liveness(dependencies.noteLiveness);
    this.durable = (options.durability ?? dependencies.durability) === 'disk';
    this.#options = new LiveOptions(this.key, options, this.durable);
    this.#share = dependencies.budget.join();
    const trouble = new TroubleLog({ key: this.key }, dependencies);
    this.#sender = makeSender(this.#options, dependencies, trouble, {
      online: () => this.#online(),
      sent: () => this.#sent(),
      offline: () => this.#offline(),
      renewed: () => this.#renewed(),
      failed: () => this.#liveness.went(),
      ended: () => {
        this.#renewed();
        this.#finish();
      },
    });
    this.#options.needsRedo = this.#sender.needsRedo;
    this.#queue = new LineQueue(this.#options, dependencies);
    const entered = (lines: number) => dependencies.entered?.(lines);
    const journalBooks = this.durable ? new JournalBooks(this.counts, entered) : undefined;
    this.#books = journalBooks ?? new MemoryBooks(this.counts, entered);
    this.#backlog = makeBacklog(this.#options, {
      ...dependencies,
      counts: this.counts,
      stats: this.stats,
      journalBooks,
      queue: this.#queue,
      share: this.#share,
      isAway: () => this.#sender.state === 'offline' || this.#sender.state === 'connecting',
      sendable: () => this.#write(),
      roomy: () => this.#intake.wake(),
    });
    this.#intake = this.#makeIntake();
    this.#outgoing = new Outgoing(this.#options, {
      ...dependencies,
      queue: this.#queue,
      backlog: this.#backlog,
      sender: this.#sender,
      counts: this.counts,
      stats: this.stats,
      share: this.#share,
      due: () => this.#write(),
    });
    this.#pump = () => {
      this.#pumpAsked = false;
      this.#write();
    };
  }

  get options(): DestinationOptions {
    return this.#options.now;
  }

  /** Goes on with other options; only such that `isLiveChange` allows. Queue, disk and connection stay. */
  reconfigure(options: DestinationOptions): void {
    this.#options.change(options);
    // Senders that wait may have room now, or nothing to wait for; and what waits may have to go to disk.
    this.#intake.wake();
    this.#backlog?.look();
    this.#askPump();
  }

  /** Where the sender stands. */
  get state(): SenderState {
    return this.#phase === 'draining' && this.#sender.state === 'online' ? 'draining' : this.#sender.state;
  }

  get online(): boolean {
    return this.#sender.state === 'online';
  }

  /** True while lines put here leave soon. */
  get available(): boolean {
    return this.#phase === 'open' && this.#liveness.isAvailable(this.#sender.state);
  }

  /** True while it looks for a line at which the peer hangs up. */
  get hunting(): boolean {
    return this.#outgoing.isHunting;
  }

  /** True while senders are paused because this queue is full. */
  get blocking(): boolean {
    return this.#intake.blocking;
  }

  get queueBytes(): number {
    return this.#queue.bytes;
  }

  /** Lines in memory that are in no column of the books, because they must be on disk first. */
  get unsyncedLines(): number {
    return this.#books.unsynced;
  }

  /** Most lines in memory; Infinity where only bytes are bounded. */
  get linesMax(): number {
    return this.#options.linesMax;
  }

  get redoBytes(): number {
    return this.#queue.redoBytes;
  }

  get senderStats(): SenderStats {
    return this.#sender.stats;
  }

  /** The lines on disk; undefined without a disk. */
  get backlog(): Pick<Backlog, 'stats' | 'progress' | 'repeats' | 'load' | 'purge'> | undefined {
    return this.#backlog;
  }

  /** Age of the oldest line that waits in memory, ms; 0 when none does. */
  get oldestWaitMs(): number {
    const oldestMs = this.#queue.oldestMs;
    return oldestMs === undefined ? 0 : this.#deps.clock.monotonicMs() - oldestMs;
  }

  /** How long the write under way has lasted, ms; 0 when there is none. */
  get stalledMs(): number {
    return this.#outgoing.inFlight ? this.#deps.clock.monotonicMs() - this.#outgoing.wroteMs : 0;
  }

  /** Starts to connect and opens the disk; lines may be pushed before. */
  start(): void {
    if (this.#phase !== 'open') return;
    void this.#backlog?.open();
    this.#sender.start();
  }

  push(bytes: Uint8Array, lines: number, canWait: boolean, slab?: Slab): boolean {
    return this.#intake.push(bytes, lines, canWait, slab);
  }

  whenWritable(callback: () => void): void {
    this.#intake.whenWritable(callback);
  }

  /**
   * Accepts nothing more, sends what is queued, ends the connection and waits for the peer to end it too. What cannot be
   * sent by the deadline (monotonic ms), or because the peer is away, goes to disk; without one it is dropped. The books
   * are final when the promise resolves; it never rejects.
   */
  drain(deadlineMs: number, reason: DropReason = 'shutdown'): Promise<void> {
    if (this.#drain !== undefined) return this.#drain.promise;
    if (this.#phase === 'stopped') return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const leftMs = Math.max(0, deadlineMs - this.#deps.clock.monotonicMs());
    const saveMs = this.#backlog?.usable === true ? Math.min(SAVE_MS_MAX, leftMs / 4) : 0;
    const cancel = this.#deps.clock.after(leftMs - saveMs, () => this.#finish());
    this.#drain = { promise, done: resolve, cancel, deadlineMs, reason, repeats: 0, over: false };
    this.#phase = 'draining';
    this.#intake.close();
    // A peer that hangs up at a line would be taken for one that confirms the end.
    const isSaved = this.#outgoing.isHunting && this.#backlog?.usable === true;
    this.#outgoing.endHunt(isSaved);
    if (isSaved) this.#finish();
    else if (this.online || this.#sender.state === 'draining') this.#write();
    else if (this.#backlog?.usable === true || !this.#queue.hasMore) this.#finish();
    return promise;
  }

  /** Cuts a drain short: nothing is written any more, and what is left goes to disk by `deadlineMs` (monotonic ms). */
  hasten(deadlineMs: number): void {
    if (this.#drain === undefined) return;
    this.#drain.deadlineMs = Math.min(this.#drain.deadlineMs, deadlineMs);
    this.#drain.cancel();
    this.#finish();
  }

  /**
   * Ends now. What the kernel has taken counts as written, up to the last whole line; what is on disk stays there; the
   * rest is dropped.
   */
  stop(reason: DropReason = 'shutdown'): void {
    if (this.#phase === 'stopped') return;
    this.#outgoing.endHunt(false);
    this.#outgoing.callOff();
    this.#phase = 'stopped';
    this.#sender.stop();
    this.#backlog?.stop();
    this.#books.stopped(reason);
    this.#queue.clear();
    this.#share.set(0);
    this.#deps.budget.leave(this.#share);
    this.#drain?.cancel();
    this.#drain?.done();
    this.#intake.close();
  }

  #makeIntake(): Intake {
    return new Intake(this.#options, {
      ...this.#deps,
      queue: this.#queue,
      books: this.#books,
      stats: this.stats,
      share: this.#share,
      backlog: () => this.#backlog,
      isOnline: () => this.online,
      accepted: () => this.#askPump(),
      noteDropped: (reason, lines) =>
        this.#deps.noteDropped?.(reason, lines, this.options.addr, this.routeKey),
    });
  }

  #askPump(): void {
    if (this.#pumpAsked || this.#outgoing.inFlight || this.#sender.state !== 'online') return;
    this.#pumpAsked = true;
    this.#deps.afterTurn(this.#pump);
  }

  #write(nowMs = this.#deps.clock.monotonicMs()): void {
    const outgoing = this.#outgoing;
    if (this.#phase === 'saving' || outgoing.inFlight || this.#sender.state !== 'online') return;
    const isLast = this.#phase === 'draining';
    const bytes = outgoing.take(nowMs, isLast);
    if (bytes !== undefined) this.#sender.send(bytes);
    else if (isLast && outgoing.isDone) this.#sender.end();
  }

  #online(): void {
    this.#outgoing.online(this.#deps.clock.monotonicMs());
    this.#liveness.came();
    this.#write();
  }

  #sent(): void {
    if (this.#phase === 'stopped') return;
    const nowMs = this.#deps.clock.monotonicMs();
    this.#outgoing.sent(nowMs);
    this.#intake.wake();
    if (this.#drain?.over === true) this.#finish();
    else this.#write(nowMs);
  }

  #offline(): void {
    if (this.#phase === 'stopped') return;
    const drain = this.#drain;
    if (this.#outgoing.broke(drain === undefined)) this.#sender.hurry();
    if (drain === undefined) return this.#liveness.went();
    if (this.counts.queued === 0) drain.repeats += 1;
    const isOver = !this.#queue.hasMore || drain.repeats > DRAIN_REPEATS_MAX;
    if (isOver || this.#backlog?.usable === true) this.#finish();
  }

  /** The peer has confirmed the end of a connection that another one follows. */
  #renewed(): void {
    // Not all that is held was sent on this connection.
    if (this.#outgoing.isHunting) return this.#offline();
    this.#queue.clearRedo();
    this.#backlog?.callOff(0);
  }

  /** The time for writing is over: what is left goes to disk. */
  #finish(): void {
    if (this.#phase !== 'draining' || this.#drain === undefined) return;
    const { deadlineMs, reason } = this.#drain;
    if (this.#backlog?.usable !== true) return this.stop(reason);
    const leftMs = deadlineMs - this.#deps.clock.monotonicMs();
    if (!this.#sender.recalls && this.#outgoing.inFlight && !this.#drain.over && leftMs > 0) {
      this.#drain.over = true;
      this.#drain.cancel();
      this.#drain.cancel = this.#deps.clock.after(leftMs, () => this.#finish());
      return;
    }
    this.#outgoing.callOff();
    this.#phase = 'saving';
    this.#sender.stop();
    void this.#backlog.save(deadlineMs).then(() => this.stop(reason));
  }
}
