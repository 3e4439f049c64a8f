// The lines of one destination in memory: those that wait, the one write under way, and the redo window of what was
// written. It knows no policy and no books; the destination asks, and counts what it is told.
//
//     slabs      [aaaaaaaa|bbbb|cccccc] [dddd|eeeeeeeee|ffff        ]      each run of letters is a record
//     records     a  b  :  c            d  e  f                            whole lines, never across slabs
//                 redo  :  in flight    waiting ...            ^ append
//                 `sent` ring ........| `waiting` ring ...
//
// Life of a record: append -> waiting -> in flight -> redo -> gone. When the connection breaks, the record in flight goes
// back to the front of `waiting` as it was, and the redo window is sent again before it. Records, not slabs, are freed;
// a slab goes back to the pool with its last record, so dropping the oldest frees memory also while a write hangs.
// Neighbours in a slab leave in one write and are then one record. At most one write is in flight; its bytes stay
// untouched until `complete`, `fail` or `callOff`. Lines that go to disk are lent: out of the queue, still in their slab.
import { assert } from '../../util/assert.ts';
import { type Cut, prefixWithin } from '../cut-lines.ts';
import type { QueueBudget } from './queue-budget.ts';
import { type CutLines, MERGED_BYTES_MAX, RedoWindow } from '../redo-window.ts';
import type { Slab, SlabPool } from './slab-pool.ts';
import { type Run, WaitingLines } from './waiting-lines.ts';

export interface LineQueueOptions {
  /** Most bytes of one write; a longer line is written alone. */
  readonly writeBytesMax: number;
  readonly redoBytes: number;
  readonly redoAgeMs: number;
}

export interface LineQueueDependencies {
  readonly pool: SlabPool;
  /** Bounds the redo windows of all queues together. */
  readonly budget: QueueBudget;
}

const NONE: Cut = { size: 0, lines: 0 };

export class LineQueue {
  readonly #options: LineQueueOptions;
  readonly #pool: SlabPool;
  readonly #waiting: WaitingLines;
  readonly #redo: RedoWindow;
  /** A write that broke off and must leave before anything else, also before what is elsewhere. */
  #ahead: Run | undefined;
  #lentBytes = 0;
  #flight: 'none' | 'fresh' | 'again' = 'none';
  /** The write under way. Of a fresh one it holds the slab; its stamp is the arrival. */
  #flying: Run | undefined;

  constructor(options: LineQueueOptions, dependencies: LineQueueDependencies) {
    this.#options = options;
    this.#pool = dependencies.pool;
    this.#waiting = new WaitingLines({ mergeBytesMax: this.#mergeBytesMax }, dependencies);
    this.#redo = new RedoWindow(options, {
      budget: dependencies.budget,
      release: (slab) => this.#waiting.release(slab),
    });
  }

  get #mergeBytesMax(): number {
    return Math.min(MERGED_BYTES_MAX, this.#options.writeBytesMax);
  }

  /** Bytes that wait or are in flight for the first time. */
  get bytes(): number {
    return this.waitingBytes + (this.#flight === 'fresh' ? this.flightBytes : 0);
  }

  get lines(): number {
    return (
      this.#waiting.lines + (this.#ahead?.lines ?? 0) + (this.#flight === 'fresh' ? this.flightLines : 0)
    );
  }

  get waitingBytes(): number {
    return this.#waiting.bytes + (this.#ahead?.size ?? 0);
  }

  /** Bytes that can be lent. */
  get lendableBytes(): number {
    return this.#waiting.bytes;
  }

  /** `bytes`, and those that are lent: they are counted elsewhere, but still in memory. */
  get heldBytes(): number {
    return this.bytes + this.#lentBytes;
  }

  get redoBytes(): number {
    return this.#redo.bytes;
  }

  get inFlight(): boolean {
    return this.#flight !== 'none';
  }

  get flightBytes(): number {
    return this.#flying?.size ?? 0;
  }

  get flightLines(): number {
    return this.#flying?.lines ?? 0;
  }

  /** Arrival of the oldest line under way for the first time, monotonic ms; undefined where there is none. */
  get flightArrivedMs(): number | undefined {
    return this.#flight === 'fresh' ? this.#flying?.stampMs : undefined;
  }

  /** True when there is something to write, again or for the first time. */
  get hasMore(): boolean {
    return !this.#waiting.empty || this.mustRepeat;
  }

  /** True when what comes next was sent before, in whole or in part. */
  get mustRepeat(): boolean {
    return this.#ahead !== undefined || this.#redo.hasAgain;
  }

  /** True when part of the redo window waits to be sent again. */
  get hasAgain(): boolean {
    return this.#redo.hasAgain;
  }

  /** Bytes that the next write could take. */
  get sendableBytes(): number {
    return this.#redo.hasAgain ? Number.POSITIVE_INFINITY : this.waitingBytes;
  }

  /** Arrival of the oldest line that waits, monotonic ms. */
  get oldestMs(): number | undefined {
    return this.#ahead?.stampMs ?? this.#waiting.oldestMs;
  }

  /** Arrival of the oldest line that can be lent, monotonic ms. */
  get oldestLendableMs(): number | undefined {
    return this.#waiting.oldestMs;
  }

  /** Takes whole lines in; `bytes` ends with a newline and is copied, unless it may stay in `slab`. Bounds are the caller's. */
  append(bytes: Uint8Array, lines: number, nowMs: number, slab?: Slab): void {
    this.#waiting.append(bytes, lines, nowMs, slab);
  }

  /**
   * Lends the oldest waiting lines out, at most `sizeMax` bytes or else one line, and beside the oldest none that came
   * after `untilMs` (monotonic); undefined when none wait.
   */
  lend(sizeMax: number, untilMs = Number.POSITIVE_INFINITY): Run | undefined {
    if (this.#waiting.empty) return undefined;
    const run = this.#waiting.takeRun(sizeMax, untilMs);
    this.#lentBytes += run.size;
    return run;
  }

  /** Ends a loan: the lines are elsewhere now, or (`back`) wait again in front; no other loan came between. */
  repay(run: Run, back: boolean): void {
    this.#lentBytes -= run.size;
    if (back) this.#waiting.putBack(run);
    else this.#waiting.release(run.slab);
  }

  /**
   * Takes the next write, whole lines; undefined when there is nothing, or `cut` says so. `cut` may shorten it; it is
   * shown one record. The bytes belong to the queue.
   */
  take(cut?: CutLines): Buffer | undefined {
    assert(this.#flight === 'none', 'a second write was taken');
    if (this.#redo.hasAgain) {
      const piece = this.#redo.next(cut);
      return piece && this.#fly('again', { ...piece, stampMs: 0 });
    }
    const { writeBytesMax } = this.#options;
    const run = this.#ahead ?? (this.#waiting.empty ? undefined : this.#waiting.takeRun(writeBytesMax));
    this.#ahead = undefined;
    if (run === undefined) return undefined;
    const part = cut === undefined ? run : this.#shorten(run, cut);
    return part && this.#fly('fresh', part);
  }

  /**
   * The write is done: its lines move to the redo window, stamped `nowMs` on a clock that stands still while the peer
   * does not read (`trimRedo` and `fail` use the same). Returns what was written, and if it was again.
   */
  complete(nowMs: number): { readonly bytes: number; readonly lines: number; readonly again: boolean } {
    const run = this.#flying;
    assert(run !== undefined, 'a write completed that was not under way');
    const done = { bytes: run.size, lines: run.lines, again: this.#flight === 'again' };
    this.#land();
    if (done.again) this.#redo.pass(run, nowMs);
    else this.#redo.keep(run, nowMs);
    this.#redo.trim(nowMs);
    return done;
  }

  /**
   * The connection broke: the write under way will not complete. It waits again, as a whole, behind the redo window.
   * `sinceMs`: when the last sign of life was; the redo window is aged by it. `ahead`: what was under way is not lent.
   */
  fail(sinceMs: number, ahead = false): void {
    const run = this.#unfly();
    if (run !== undefined && ahead) this.#ahead = run;
    else if (run !== undefined) this.#waiting.putBack(run);
    this.#redo.trim(sinceMs);
    this.#redo.repeat();
  }

  /** Forgets what the redo window holds beyond its bounds. What waits to be sent again is kept whatever its age. */
  trimRedo(nowMs: number): void {
    this.#redo.trim(nowMs);
  }

  /** Forgets the redo window: the peer has acknowledged the end. */
  clearRedo(): void {
    assert(this.#flight === 'none', 'the redo window was cleared during a write');
    this.#redo.clear();
  }

  /** The redo window, for whoever looks for a line in it. */
  get redo(): Pick<RedoWindow, 'hold' | 'mark' | 'unmark' | 'skip' | 'repeat'> {
    return this.#redo;
  }

  /** Takes the next line out for good; `mustRepeat` must hold. Returns true when it was written before. */
  reject(): boolean {
    const run = this.#ahead;
    if (this.#redo.hasAgain || run === undefined) {
      this.#redo.reject();
      return true;
    }
    this.#ahead = undefined;
    this.#waiting.putBack(run);
    this.#waiting.evict(0, 1);
    return false;
  }

  /** Drops the oldest waiting lines, at least `bytes` and `lines` of them, or all. Returns how many lines went. */
  evict(bytes: number, lines: number): number {
    return this.#waiting.evict(bytes, lines);
  }

  /**
   * The write under way is called off after its first `bytes` were taken: whole lines in them are done, the others wait
   * again. `recall`: false when it goes on all the same; its slab is then not reused. `nowMs` as in `complete`. Returns the
   * lines that are done, and if they were sent again.
   */
  callOff(
    bytes: number,
    recall: boolean,
    nowMs: number,
  ): { readonly lines: number; readonly again: boolean } {
    const flying = this.#flying;
    const again = this.#flight === 'again';
    const done = flying === undefined ? NONE : prefixWithin(bytesOf(flying), bytes, flying.lines);
    if (again) this.#redo.pass(done, nowMs);
    if (!recall && flying !== undefined) {
      flying.slab.live += 1;
      this.#pool.forget(flying.slab);
    }
    const run = this.#unfly() ?? this.#ahead;
    this.#ahead = undefined;
    if (run !== undefined) this.#waiting.putBack(run);
    if (!again && done.lines > 0) this.#waiting.evict(0, done.lines);
    return { lines: done.lines, again };
  }

  /** Empties the queue; a write under way was called off before. What is lent stays. */
  clear(): void {
    this.#waiting.clear();
    this.clearRedo();
  }

  /** Cuts a run that was taken; what is cut off leaves next. */
  #shorten(run: Run, cut: CutLines): Run | undefined {
    const { slab, offset, size, lines } = run;
    const part = cut(bytesOf(run), lines);
    if (part.lines === lines) return run;
    const isWhole = part.lines === 0;
    this.#ahead = isWhole
      ? run
      : { ...run, offset: offset + part.size, size: size - part.size, lines: lines - part.lines };
    if (isWhole) return undefined;
    slab.live += 1;
    return { ...run, ...part };
  }

  #fly(kind: 'fresh' | 'again', run: Run): Buffer {
    this.#flight = kind;
    this.#flying = run;
    return bytesOf(run);
  }

  #land(): void {
    this.#flight = 'none';
    this.#flying = undefined;
  }

  /** Takes the write under way back, with what was cut off it; undefined when it was of the redo window. */
  #unfly(): Run | undefined {
    const run = this.#flight === 'fresh' ? this.#flying : undefined;
    this.#land();
    const rest = this.#ahead;
    if (run === undefined || rest === undefined) return run;
    this.#ahead = undefined;
    run.slab.live -= 1;
    return { ...run, size: run.size + rest.size, lines: run.lines + rest.lines };
  }
}

function bytesOf({ slab, offset, size }: Run): Buffer {
  return slab.bytes.subarray(offset, offset + size);
}
