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
import { assert } from '../util/assert.ts';
import { countLines } from './cut-lines.ts';
import type { QueueBudget } from './queue-budget.ts';
import { RecordRing } from './record-ring.ts';
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

/** No record grows beyond this by merging. */
const MERGED_BYTES_MAX = 64 * 1024;

export class LineQueue {
  readonly #options: LineQueueOptions;
  readonly #pool: SlabPool;
  readonly #budget: QueueBudget;
  readonly #waiting: WaitingLines;
  readonly #sent = new RecordRing();
  /** A write that broke off and must leave before anything else, also before what is elsewhere. */
  #ahead: Run | undefined;
  #lentBytes = 0;
  #redoBytes = 0;
  #flight: 'none' | 'fresh' | 'again' = 'none';
  #flightBytes = 0;
  #flightLines = 0;
  #flightRecords = 0;
  /** Records of the redo window that wait to be sent again: the last ones of `sent`. */
  #againLeft = 0;

  constructor(options: LineQueueOptions, dependencies: LineQueueDependencies) {
    this.#options = options;
    this.#pool = dependencies.pool;
    this.#budget = dependencies.budget;
    this.#waiting = new WaitingLines({ mergeBytesMax: this.#mergeBytesMax }, dependencies);
  }

  get #mergeBytesMax(): number {
    return Math.min(MERGED_BYTES_MAX, this.#options.writeBytesMax);
  }

  /** Bytes that wait or are in flight for the first time. */
  get bytes(): number {
    return this.waitingBytes + (this.#flight === 'fresh' ? this.#flightBytes : 0);
  }

  get lines(): number {
    return (
      this.#waiting.lines + (this.#ahead?.lines ?? 0) + (this.#flight === 'fresh' ? this.#flightLines : 0)
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
    return this.#redoBytes;
  }

  get inFlight(): boolean {
    return this.#flight !== 'none';
  }

  get flightBytes(): number {
    return this.#flightBytes;
  }

  /** True when there is something to write, again or for the first time. */
  get hasMore(): boolean {
    return !this.#waiting.empty || this.#ahead !== undefined || this.#againLeft > 0;
  }

  /** True when what comes next was sent before, in whole or in part. */
  get mustRepeat(): boolean {
    return this.#ahead !== undefined || this.#againLeft > 0;
  }

  /** True when part of the redo window waits to be sent again. */
  get hasAgain(): boolean {
    return this.#againLeft > 0;
  }

  /** Bytes that the next write could take. */
  get sendableBytes(): number {
    return this.#againLeft > 0 ? Number.POSITIVE_INFINITY : this.waitingBytes;
  }

  /** Arrival of the oldest line that waits, monotonic ms. */
  get oldestMs(): number | undefined {
    return this.#ahead?.stampMs ?? this.#waiting.oldestMs;
  }

  /** Arrival of the oldest line that can be lent, monotonic ms. */
  get oldestLendableMs(): number | undefined {
    return this.#waiting.oldestMs;
  }

  /** Copies whole lines in; `bytes` ends with a newline. Bounds are the caller's. */
  append(bytes: Uint8Array, lines: number, nowMs: number): void {
    this.#waiting.append(bytes, lines, nowMs);
  }

  /** Lends the oldest waiting lines out, at most `sizeMax` bytes or else one line; undefined when none wait. */
  lend(sizeMax: number): Run | undefined {
    if (this.#waiting.empty) return undefined;
    const run = this.#waiting.takeRun(sizeMax);
    this.#lentBytes += run.size;
    return run;
  }

  /** Ends a loan: the lines are elsewhere now, or (`back`) wait again in front; no other loan came between. */
  repay(run: Run, back: boolean): void {
    this.#lentBytes -= run.size;
    if (back) this.#waiting.putBack(run);
    else this.#waiting.release(run.slab);
  }

  /** Takes the next write, whole lines; undefined when there is nothing. The bytes belong to the queue. */
  take(): Buffer | undefined {
    assert(this.#flight === 'none', 'a second write was taken');
    if (this.#againLeft > 0) return this.#takeAgain();
    const run =
      this.#ahead ?? (this.#waiting.empty ? undefined : this.#waiting.takeRun(this.#options.writeBytesMax));
    this.#ahead = undefined;
    if (run === undefined) return undefined;
    const { slab, offset, size, lines, stampMs } = run;
    this.#sent.pushBack(slab, offset, size, lines, stampMs);
    return this.#fly('fresh', slab, offset, size, lines, 1);
  }

  /**
   * The write is done: its lines move to the redo window, stamped `nowMs` on a clock that stands still while the peer
   * does not read (`trimRedo` and `fail` use the same). Returns what was written, and if it was again.
   */
  complete(nowMs: number): { readonly bytes: number; readonly lines: number; readonly again: boolean } {
    assert(this.#flight !== 'none', 'a write completed that was not under way');
    const done = { bytes: this.#flightBytes, lines: this.#flightLines, again: this.#flight === 'again' };
    this.#flight = 'none';
    if (done.again) {
      const first = this.#sent.count - this.#againLeft;
      for (let i = 0; i < this.#flightRecords; i += 1) this.#sent.setStamp(first + i, nowMs);
      this.#againLeft -= this.#flightRecords;
    } else {
      this.#keepRedo(nowMs);
    }
    this.trimRedo(nowMs);
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
    this.trimRedo(sinceMs);
    this.#againLeft = this.#sent.count;
  }

  /** Forgets what the redo window holds beyond its bounds. What waits to be sent again is kept whatever its age. */
  trimRedo(nowMs: number): void {
    if (this.#againLeft > 0) return;
    const keep = this.#flight === 'fresh' ? 1 : 0;
    while (
      this.#sent.count > keep &&
      (this.#redoBytes > this.#options.redoBytes ||
        this.#sent.stamp(0) + this.#options.redoAgeMs <= nowMs ||
        this.#budget.redoOver(this.#redoBytes))
    ) {
      this.#popRedo();
    }
  }

  /** Forgets the redo window: the peer has acknowledged the end. */
  clearRedo(): void {
    assert(this.#flight === 'none', 'the redo window was cleared during a write');
    this.#againLeft = 0;
    while (this.#sent.count > 0) this.#popRedo();
  }

  /** Drops the oldest waiting lines, at least `bytes` and `lines` of them, or all. Returns how many lines went. */
  evict(bytes: number, lines: number): number {
    return this.#waiting.evict(bytes, lines);
  }

  /** Counts the whole lines in the first `bytes` of the write under way; 0 when they are sent again. */
  flightLinesIn(bytes: number): number {
    if (this.#flight !== 'fresh') return 0;
    if (bytes >= this.#flightBytes) return this.#flightLines;
    const last = this.#sent.count - 1;
    const offset = this.#sent.offset(last);
    return countLines(this.#sent.slab(last).bytes, offset, offset + bytes);
  }

  /**
   * The write under way is called off after its first `bytes` were taken: whole lines in them are done, the others wait
   * again. `recall`: false when it goes on all the same; its slab is then not reused. Returns the lines that are done.
   */
  callOff(bytes: number, recall: boolean): number {
    if (this.#flight === 'none') {
      if (this.#ahead !== undefined) this.#waiting.putBack(this.#ahead);
      this.#ahead = undefined;
      return 0;
    }
    const done = this.flightLinesIn(bytes);
    if (!recall) {
      const first = this.#flight === 'fresh' ? this.#sent.count - 1 : this.#sent.count - this.#againLeft;
      const slab = this.#sent.slab(first);
      slab.live += 1;
      this.#pool.forget(slab);
    }
    const run = this.#unfly();
    if (run !== undefined) this.#waiting.putBack(run);
    if (done > 0) this.#waiting.evict(0, done);
    return done;
  }

  /** Empties the queue; a write under way was called off before. What is lent stays. */
  clear(): void {
    this.#waiting.clear();
    this.clearRedo();
  }

  #takeAgain(): Buffer {
    const first = this.#sent.count - this.#againLeft;
    const slab = this.#sent.slab(first);
    const offset = this.#sent.offset(first);
    let size = this.#sent.size(first);
    let lines = this.#sent.lines(first);
    let records = 1;
    while (records < this.#againLeft) {
      const next = this.#sent.size(first + records);
      if (this.#sent.slab(first + records) !== slab || this.#sent.offset(first + records) !== offset + size) {
        break;
      }
      if (size + next > this.#options.writeBytesMax) break;
      size += next;
      lines += this.#sent.lines(first + records);
      records += 1;
    }
    return this.#fly('again', slab, offset, size, lines, records);
  }

  #fly(kind: 'fresh' | 'again', slab: Slab, offset: number, size: number, lines: number, records: number) {
    this.#flight = kind;
    this.#flightBytes = size;
    this.#flightLines = lines;
    this.#flightRecords = records;
    return slab.bytes.subarray(offset, offset + size);
  }

  /** Turns the record that was in flight into redo; small neighbours share a record. */
  #keepRedo(nowMs: number): void {
    const last = this.#sent.count - 1;
    const size = this.#sent.size(last);
    this.#redoBytes += size;
    this.#budget.moveRedo(size);
    this.#sent.setStamp(last, nowMs);
    const before = last - 1;
    if (before < 0) return;
    const slab = this.#sent.slab(last);
    if (
      this.#sent.slab(before) === slab &&
      this.#sent.offset(before) + this.#sent.size(before) === this.#sent.offset(last) &&
      this.#sent.size(before) + size <= this.#mergeBytesMax &&
      nowMs - this.#sent.stamp(before) <= this.#options.redoAgeMs / 16
    ) {
      this.#sent.extend(before, size, this.#sent.lines(last));
      this.#sent.popBack();
      slab.live -= 1;
    }
  }

  #popRedo(): void {
    const slab = this.#sent.slab(0);
    const size = this.#sent.size(0);
    this.#redoBytes -= size;
    this.#budget.moveRedo(-size);
    this.#sent.popFront();
    this.#waiting.release(slab);
  }

  /** Takes the write under way back, as it was taken; undefined when it was of the redo window. */
  #unfly(): Run | undefined {
    const fresh = this.#flight === 'fresh';
    this.#flight = 'none';
    if (!fresh) return undefined;
    const last = this.#sent.count - 1;
    const run = {
      slab: this.#sent.slab(last),
      offset: this.#sent.offset(last),
      size: this.#sent.size(last),
      lines: this.#sent.lines(last),
      stampMs: this.#sent.stamp(last),
    };
    this.#sent.popBack();
    return run;
  }
}
