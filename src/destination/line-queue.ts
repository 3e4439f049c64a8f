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
// untouched until `complete`, `fail` or `clear`.
import { assert } from '../util/assert.ts';
import { countLines, longestCut, shortestCut } from './cut-lines.ts';
import type { QueueBudget } from './queue-budget.ts';
import { RecordRing } from './record-ring.ts';
import { type Slab, SLAB_BYTES, type SlabPool, SMALL_SLAB_BYTES } from './slab-pool.ts';

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

/** Small appends within this time share a record. */
const MERGE_MS = 5;
/** No record grows beyond this by merging. */
const MERGED_BYTES_MAX = 64 * 1024;
/** From this many records on, small appends share a record whatever their age. */
const RECORDS_MANY = 4096;
/** Appends beyond this size, or a flow beyond this rate, get large slabs. */
const SMALL_APPEND_BYTES = 8 * 1024;
const SMALL_BYTES_PER_MS = 320;

export class LineQueue {
  readonly #options: LineQueueOptions;
  readonly #pool: SlabPool;
  readonly #budget: QueueBudget;
  readonly #waiting = new RecordRing();
  readonly #sent = new RecordRing();
  readonly #mergeBytesMax: number;
  #tail: Slab | undefined;
  #waitingBytes = 0;
  #waitingLines = 0;
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
    this.#mergeBytesMax = Math.min(MERGED_BYTES_MAX, options.writeBytesMax);
  }

  /** Bytes that wait or are in flight for the first time. */
  get bytes(): number {
    return this.#waitingBytes + (this.#flight === 'fresh' ? this.#flightBytes : 0);
  }

  get lines(): number {
    return this.#waitingLines + (this.#flight === 'fresh' ? this.#flightLines : 0);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
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
    return this.#waiting.count > 0 || this.#againLeft > 0;
  }

  /** Bytes that the next write could take. */
  get sendableBytes(): number {
    return this.#againLeft > 0 ? Number.POSITIVE_INFINITY : this.#waitingBytes;
  }

  /** Arrival of the oldest line that waits, monotonic ms. */
  get oldestMs(): number | undefined {
    return this.#waiting.count === 0 ? undefined : this.#waiting.stamp(0);
  }

  /** Copies whole lines in; `bytes` ends with a newline. Bounds are the caller's. */
  append(bytes: Uint8Array, lines: number, nowMs: number): void {
    let rest = bytes;
    let restLines = lines;
    for (;;) {
      const slab = this.#tail;
      const room = slab === undefined ? 0 : slab.bytes.length - slab.used;
      if (slab !== undefined && rest.length <= room) {
        this.#record(slab, rest, restLines, nowMs);
        return;
      }
      // A run that does not fit fills the slab up to a line end; a few hundred bytes are not worth the cut.
      const cut = slab === undefined || rest.length <= SMALL_APPEND_BYTES ? 0 : longestCut(rest, 0, room);
      if (slab !== undefined && cut > 0) {
        const cutLines = countLines(rest, 0, cut);
        this.#record(slab, rest.subarray(0, cut), cutLines, nowMs);
        rest = rest.subarray(cut);
        restLines -= cutLines;
      }
      this.#tail = this.#nextSlab(rest, nowMs);
      if (slab !== undefined) this.#freeIfDead(slab);
    }
  }

  /** Takes the next write, whole lines; undefined when there is nothing. The bytes belong to the queue. */
  take(): Buffer | undefined {
    assert(this.#flight === 'none', 'a second write was taken');
    if (this.#againLeft > 0) return this.#takeAgain();
    return this.#waiting.count > 0 ? this.#takeFresh() : undefined;
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
   * `sinceMs`: when the last sign of life was; the redo window is aged by it.
   */
  fail(sinceMs: number): void {
    if (this.#flight === 'fresh') {
      const last = this.#sent.count - 1;
      this.#waiting.pushFront(
        this.#sent.slab(last),
        this.#sent.offset(last),
        this.#sent.size(last),
        this.#sent.lines(last),
        this.#sent.stamp(last),
      );
      this.#sent.popBack();
      this.#waitingBytes += this.#flightBytes;
      this.#waitingLines += this.#flightLines;
    }
    this.#flight = 'none';
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
    const linesBefore = this.#waitingLines;
    let needBytes = bytes;
    let needLines = lines;
    while (this.#waiting.count > 0 && (needBytes > 0 || needLines > 0)) {
      const slab = this.#waiting.slab(0);
      const size = this.#waiting.size(0);
      const recordLines = this.#waiting.lines(0);
      if (size <= needBytes || recordLines <= needLines) {
        this.#waitingBytes -= size;
        this.#waitingLines -= recordLines;
        this.#waiting.popFront();
        this.#unref(slab);
        needBytes -= size;
        needLines -= recordLines;
      } else {
        const offset = this.#waiting.offset(0);
        const cut = shortestCut(slab.bytes, offset, offset + size, needBytes, needLines);
        this.#waiting.trimFront(cut.size, cut.lines);
        this.#waitingBytes -= cut.size;
        this.#waitingLines -= cut.lines;
        needBytes = 0;
        needLines = 0;
        if (cut.size === size) {
          this.#waiting.popFront();
          this.#unref(slab);
        }
      }
    }
    return linesBefore - this.#waitingLines;
  }

  /** Counts the whole lines in the first `bytes` of the write under way; 0 when they are sent again. */
  flightLinesIn(bytes: number): number {
    if (this.#flight !== 'fresh') return 0;
    if (bytes >= this.#flightBytes) return this.#flightLines;
    const last = this.#sent.count - 1;
    const offset = this.#sent.offset(last);
    return countLines(this.#sent.slab(last).bytes, offset, offset + bytes);
  }

  /** Empties the queue. `recall`: false when the write under way cannot be called off; its slab is then not reused. */
  clear(recall: boolean): void {
    if (!recall && this.#flight !== 'none') {
      const first = this.#flight === 'fresh' ? this.#sent.count - 1 : this.#sent.count - this.#againLeft;
      const slab = this.#sent.slab(first);
      slab.live += 1;
      this.#pool.forget(slab);
    }
    if (this.#flight === 'fresh') {
      const slab = this.#sent.slab(this.#sent.count - 1);
      this.#sent.popBack();
      this.#unref(slab);
    }
    this.#flight = 'none';
    this.evict(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.clearRedo();
    const tail = this.#tail;
    this.#tail = undefined;
    if (tail !== undefined) this.#freeIfDead(tail);
  }

  #record(slab: Slab, bytes: Uint8Array, lines: number, nowMs: number): void {
    const offset = slab.used;
    slab.bytes.set(bytes, offset);
    slab.used = offset + bytes.length;
    this.#waitingBytes += bytes.length;
    this.#waitingLines += lines;
    const last = this.#waiting.count - 1;
    if (
      last >= 0 &&
      this.#waiting.size(last) + bytes.length <= this.#mergeBytesMax &&
      (nowMs - this.#waiting.stamp(last) <= MERGE_MS || last >= RECORDS_MANY) &&
      this.#waiting.slab(last) === slab &&
      this.#waiting.offset(last) + this.#waiting.size(last) === offset
    ) {
      this.#waiting.extend(last, bytes.length, lines);
      return;
    }
    slab.live += 1;
    this.#waiting.pushBack(slab, offset, bytes.length, lines, nowMs);
  }

  #nextSlab(rest: Uint8Array, nowMs: number): Slab {
    const before = this.#tail;
    const busy =
      before !== undefined && before.used > SMALL_BYTES_PER_MS * Math.max(1, nowMs - before.openedMs);
    if (!busy && rest.length <= SMALL_APPEND_BYTES) return this.#pool.take(SMALL_SLAB_BYTES, nowMs);
    // Only a line longer than a slab makes the slab longer.
    const line = rest.length <= SLAB_BYTES ? 0 : rest.indexOf(10) + 1;
    return this.#pool.take(Math.max(SLAB_BYTES, line), nowMs);
  }

  #takeFresh(): Buffer {
    const slab = this.#waiting.slab(0);
    const offset = this.#waiting.offset(0);
    const stampMs = this.#waiting.stamp(0);
    const sizeMax = this.#options.writeBytesMax;
    let size = 0;
    let lines = 0;
    while (this.#waiting.count > 0) {
      const next = this.#waiting.size(0);
      if (this.#waiting.slab(0) !== slab || this.#waiting.offset(0) !== offset + size) break;
      if (size + next > sizeMax) break;
      size += next;
      lines += this.#waiting.lines(0);
      this.#waiting.popFront();
      slab.live -= 1;
    }
    if (size === 0) {
      size = longestCut(slab.bytes, offset, sizeMax) || slab.bytes.indexOf(10, offset) + 1 - offset;
      lines = countLines(slab.bytes, offset, offset + size);
      this.#waiting.trimFront(size, lines);
      if (this.#waiting.size(0) === 0) {
        this.#waiting.popFront();
        slab.live -= 1;
      }
    }
    slab.live += 1;
    this.#sent.pushBack(slab, offset, size, lines, stampMs);
    this.#waitingBytes -= size;
    this.#waitingLines -= lines;
    return this.#fly('fresh', slab, offset, size, lines, 1);
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
    this.#unref(slab);
  }

  #unref(slab: Slab): void {
    slab.live -= 1;
    this.#freeIfDead(slab);
  }

  #freeIfDead(slab: Slab): void {
    if (slab.live > 0) return;
    if (slab === this.#tail) this.#tail = undefined;
    this.#pool.give(slab);
  }
}
