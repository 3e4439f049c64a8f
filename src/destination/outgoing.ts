// What leaves a destination next, and what becomes of it: lines of the redo window, of memory and of the disk, or what the
// hunt for a line at which the peer hangs up wants sent. One write at a time; its lines are booked when it is done.
import type { FlushCause } from '../telemetry/timing/destination-timings.ts';
import type { DestinationCounts } from '../telemetry/ledger.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { Backlog } from './backlog/backlog.ts';
import { type DestinationStats, STALL_MS } from './destination-stats.ts';
import { HuntedLines } from './hunt/hunted-lines.ts';
import { LineHunt } from './hunt/line-hunt.ts';
import type { LineQueue } from './queue/line-queue.ts';
import type { LiveOptions } from './live-options.ts';
import type { BudgetShare } from './queue/queue-budget.ts';
import type { StreamPoint } from './backlog/replay.ts';
import type { Sender } from './sender/sender.ts';
import { WritePace } from './write-pace.ts';

export interface OutgoingDependencies {
  readonly queue: LineQueue;
  readonly backlog: Backlog | undefined;
  readonly sender: Sender;
  readonly counts: DestinationCounts;
  readonly stats: DestinationStats;
  readonly share: BudgetShare;
  readonly clock: Clock;
  readonly log: Log;
  readonly paceMs?: () => number;
  readonly noteWrite?: (bytes: number) => void;
  readonly routeKey: string;
  readonly noteRejected?: (line: Buffer, error: string, addr: string, routeKey: string) => void;
  /** There may be something to write. */
  readonly due: () => void;
}

export class Outgoing {
  readonly #options: LiveOptions;
  readonly #deps: OutgoingDependencies;
  readonly #hunted: HuntedLines;
  readonly #hunt: LineHunt;
  readonly #pace: WritePace;
  #wroteMs = Number.NEGATIVE_INFINITY;
  /** Why the last write left. */
  #cause: FlushCause = 'ticker';
  /** Time in which the peer did not read: the redo window does not age by it. */
  #stalledMs = 0;
  #cancelRedoTrim: (() => void) | undefined;

  constructor(options: LiveOptions, dependencies: OutgoingDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { queue, share, clock } = dependencies;
    this.#hunted = new HuntedLines({
      ...dependencies,
      shrunk: () => share.set(queue.heldBytes),
      at: () => this.#pointAt(clock.monotonicMs()),
    });
    this.#hunt = new LineHunt(options, {
      ...dependencies,
      lines: this.#hunted,
      rejected: (line, error) =>
        dependencies.noteRejected?.(line, error, options.now.addr, dependencies.routeKey),
    });
    this.#pace = new WritePace({
      ...dependencies,
      paceMs: () => Math.min(options.now.flush, dependencies.paceMs?.() ?? 0),
    });
  }

  get inFlight(): boolean {
    const { queue, backlog } = this.#deps;
    return queue.inFlight || backlog?.replay.inFlight === true || this.#hunt.inFlight;
  }

  /** When the last write was taken, monotonic ms. */
  get wroteMs(): number {
    return this.#wroteMs;
  }

  get isHunting(): boolean {
    return this.#hunt.isOn;
  }

  /** True when nothing is left that must leave before the connection ends. */
  get isDone(): boolean {
    const { queue, backlog } = this.#deps;
    if (queue.mustRepeat || backlog?.replay.inRecord === true || backlog?.isFlowing === true) return false;
    return !queue.hasMore || backlog?.isAhead === true;
  }

  /** Takes the next write; undefined: nothing now. `isLast`: what is on disk stays there. */
  take(nowMs: number, isLast: boolean): Buffer | undefined {
    const { queue, backlog } = this.#deps;
    const bytes = this.#take(nowMs, isLast);
    if (bytes === undefined) return undefined;
    this.#cause = isLast ? 'manual' : queue.hasMore ? 'overflow' : 'ticker';
    if (queue.flightArrivedMs !== undefined) this.#deps.stats.waited(nowMs - queue.flightArrivedMs, nowMs);
    if (!this.#hunt.inFlight) {
      const replayed = backlog?.replay.inFlight === true ? backlog.replay.flightLines : 0;
      this.#hunt.took(bytes, queue.flightLines + replayed, nowMs);
    }
    this.#wroteMs = nowMs;
    this.#deps.noteWrite?.(bytes.length);
    return bytes;
  }

  online(nowMs: number): void {
    this.#deps.backlog?.online(nowMs);
    this.#hunt.online(nowMs, this.#deps.sender.stats);
  }

  /** The write is done. */
  sent(nowMs: number): void {
    const { queue, counts } = this.#deps;
    const durationMs = nowMs - this.#wroteMs;
    if (durationMs > STALL_MS) this.#stalledMs += durationMs;
    const { written } = counts;
    if (queue.inFlight) this.#sentLive(nowMs, durationMs);
    else if (!this.#hunt.inFlight) this.#sentOld(nowMs, durationMs);
    else {
      counts.resent += 1;
      this.#wrote(this.#hunt.flightBytes, 1, nowMs);
    }
    this.#hunted.settle(counts.written - written);
    this.#hunt.sent();
    this.#armRedoTrim();
  }

  /** The connection broke: what may not have arrived waits again. True: the next attempt should follow soon. */
  broke(mayHunt: boolean): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.inFlight) this.#deps.stats.broke(nowMs - this.#wroteMs, nowMs);
    this.#waitAgain(
      this.#hunt.isOn || (this.#deps.backlog !== undefined && this.#options.order === 'strict'),
    );
    return mayHunt && this.#deps.sender.needsRedo && this.#hunt.broke(nowMs);
  }

  /** Ends the hunt; what it held is sent again, or, when all `isSaved`, waits for that. */
  endHunt(isSaved: boolean): void {
    if (isSaved) this.#waitAgain(true);
    this.#hunt.stop(this.inFlight);
  }

  /** Ends the write under way for good; whole lines that the kernel has taken count as written. */
  callOff(): void {
    const { queue, backlog, sender, counts, clock } = this.#deps;
    this.#pace.cancel();
    this.#cancelRedoTrim?.();
    const backlogBytes = backlog?.replay.flightBytes ?? 0;
    const { resent, written } = counts;
    backlog?.callOff(backlogBytes === 0 ? 0 : sender.taken(backlogBytes), sender.recalls);
    this.#bookRefused(counts.resent - resent, counts.resent - resent + counts.written - written);
    const size = queue.inFlight ? queue.flightBytes : 0;
    const taken = size === 0 ? 0 : sender.taken(size);
    const { lines, again } = queue.callOff(taken, sender.recalls, clock.monotonicMs() - this.#stalledMs);
    this.#bookSent(lines, again);
    this.#hunted.settle(Number.POSITIVE_INFINITY);
  }

  #take(nowMs: number, isLast: boolean): Buffer | undefined {
    if (isLast) return this.#takeLast(nowMs);
    const hunted = this.#hunt.next(nowMs);
    return hunted === undefined && !this.#hunt.isOn ? this.#takeNext(nowMs) : hunted;
  }

  /** Redo, then a share for the backlog, then live lines, then the backlog; with `order = strict` the backlog, then live. */
  #takeNext(nowMs: number): Buffer | undefined {
    const { queue, backlog } = this.#deps;
    if (queue.mustRepeat) return queue.take();
    const live = queue.hasMore;
    const replayed = backlog?.take(nowMs, live);
    if (replayed !== undefined) return replayed;
    if (
      !live ||
      backlog?.isAhead === true ||
      this.#pace.mustWait(queue.sendableBytes, this.#wroteMs, nowMs)
    ) {
      return undefined;
    }
    return queue.take();
  }

  /**
   * What is in memory, and the rest of a record that was begun: the disk keeps all others for the next start. What has
   * only just gone through the disk of a durable destination leaves too.
   */
  #takeLast(nowMs: number): Buffer | undefined {
    const { queue, backlog } = this.#deps;
    if (queue.mustRepeat) return queue.take();
    if (backlog?.replay.inRecord === true) return backlog.takeBegun(nowMs);
    if (backlog?.isFlowing === true) return backlog.take(nowMs, false);
    return queue.hasMore && backlog?.isAhead !== true ? queue.take() : undefined;
  }

  #sentLive(nowMs: number, durationMs: number): void {
    const { queue, backlog, share } = this.#deps;
    const { bytes, lines, again } = queue.complete(nowMs - this.#stalledMs);
    if (!again) share.set(queue.heldBytes);
    this.#bookSent(lines, again);
    this.#wrote(bytes, lines, nowMs);
    backlog?.sentLive(this.#pointAt(nowMs), nowMs, bytes, lines, durationMs);
  }

  #sentOld(nowMs: number, durationMs: number): void {
    const { backlog, counts } = this.#deps;
    const bytes = backlog?.replay.flightBytes ?? 0;
    const { agedMs, bytes: before } = this.#pointAt(nowMs);
    const { resent } = counts;
    const lines = backlog?.sent({ agedMs, bytes: before + bytes }, nowMs, durationMs) ?? 0;
    this.#wrote(bytes, lines, nowMs);
    this.#deps.stats.replayed(durationMs, nowMs);
    this.#bookRefused(counts.resent - resent, lines);
  }

  /** Books the first lines of the last write, from memory, as sent. */
  #bookSent(lines: number, again: boolean): void {
    const { counts } = this.#deps;
    if (again) counts.resent += lines;
    else {
      counts.written += lines;
      counts.queued -= lines;
    }
    this.#bookRefused(again ? lines : 0, lines);
  }

  #wrote(bytes: number, lines: number, nowMs: number): void {
    this.#deps.stats.wrote(this.#cause, bytes, lines, nowMs - this.#wroteMs, nowMs);
  }

  /**
   * Of the first `lines` lines of the last write, those that the sender had to leave out are not written but dropped; of
   * the first `again` among them they were dropped before, and are not sent again now.
   */
  #bookRefused(again: number, lines: number): void {
    const { sender, counts } = this.#deps;
    if (sender.refusedWithin === undefined || lines === 0) return;
    counts.resent -= sender.refusedWithin(0, again);
    const refused = sender.refusedWithin(again, lines);
    counts.written -= refused;
    counts.dropped.encode_error += refused;
  }

  /** `isOrdered`: what broke off leaves before what is on disk; else it may go there itself. */
  #waitAgain(isOrdered: boolean): void {
    const { queue, backlog, clock } = this.#deps;
    const at = this.#pointAt(this.inFlight ? this.#wroteMs : clock.monotonicMs());
    queue.fail(at.agedMs, isOrdered);
    backlog?.broke(at);
  }

  #pointAt(nowMs: number): StreamPoint {
    return { agedMs: nowMs - this.#stalledMs, bytes: this.#deps.stats.bytesWritten };
  }

  #armRedoTrim(): void {
    const { queue, backlog, clock } = this.#deps;
    const holds = queue.redoBytes > 0 || backlog?.replay.hasUnacked === true;
    if (this.#cancelRedoTrim !== undefined || !holds) return;
    this.#cancelRedoTrim = clock.after(this.#options.redoAgeMs, () => {
      this.#cancelRedoTrim = undefined;
      // While a write hangs the connection may be dead, and the window is what will be needed.
      if (!this.inFlight) {
        const at = this.#pointAt(clock.monotonicMs());
        queue.trimRedo(at.agedMs);
        backlog?.replay.trim(at);
      }
      this.#armRedoTrim();
    });
  }
}
