// Lines that wait in memory, oldest first: records in slabs, appended at the tail. Memory comes from and goes back to the
// pool slab by slab, each with its last record; runs that were taken out keep their slab until it is given free.
import { countLines, longestCut, shortestCut } from '../cut-lines.ts';
import { RecordRing } from './record-ring.ts';
import { type Slab, SLAB_BYTES, type SlabPool, SMALL_SLAB_BYTES } from './slab-pool.ts';

/** Whole lines that lie one behind the other in a slab; whoever has it holds the slab. */
export interface Run {
  readonly slab: Slab;
  readonly offset: number;
  readonly size: number;
  readonly lines: number;
  /** Arrival of its oldest line, monotonic ms. */
  readonly stampMs: number;
}

/** Small appends within this time share a record. */
const MERGE_MS = 5;
/** From this many records on, small appends share a record whatever their age. */
const RECORDS_MANY = 4096;
/** Appends beyond this size, or a flow beyond this rate, get large slabs. */
const SMALL_APPEND_BYTES = 8 * 1024;
const SMALL_BYTES_PER_MS = 320;
/** Bytes of shared slabs that may be held for each byte of lines. */
const SHARED_PER_BYTE = 2;

export class WaitingLines {
  readonly #pool: SlabPool;
  readonly #mergeBytesMax: number;
  readonly #ring = new RecordRing();
  #tail: Slab | undefined;
  /** Bytes of shared slabs that may be held beside those that are. */
  #creditBytes = SLAB_BYTES;
  /** Which shared slab the last lines that were not copied lie in. */
  #heldSerial = 0;
  #bytes = 0;
  #lines = 0;

  constructor(options: { readonly mergeBytesMax: number }, dependencies: { readonly pool: SlabPool }) {
    this.#pool = dependencies.pool;
    this.#mergeBytesMax = options.mergeBytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  get empty(): boolean {
    return this.#ring.count === 0;
  }

  /** Arrival of the oldest line, monotonic ms. */
  get oldestMs(): number | undefined {
    return this.#ring.count === 0 ? undefined : this.#ring.stamp(0);
  }

  /** Takes whole lines in; `bytes` ends with a newline and is copied, unless it lies in `slab` and may stay there. */
  append(bytes: Uint8Array, lines: number, nowMs: number, slab?: Slab): void {
    this.#creditBytes = Math.min(SLAB_BYTES, this.#creditBytes + SHARED_PER_BYTE * bytes.length);
    if (slab === undefined || !this.#mayHold(slab)) this.#copyAll(bytes, lines, nowMs);
    else this.#record(slab, bytes.byteOffset - slab.bytes.byteOffset, bytes.length, lines, nowMs);
  }

  /**
   * Takes the oldest lines of one slab out, at most `sizeMax` bytes or else one line, and no record behind the first that
   * came after `untilMs`; there must be some.
   */
  takeRun(sizeMax: number, untilMs = Number.POSITIVE_INFINITY): Run {
    const slab = this.#ring.slab(0);
    const offset = this.#ring.offset(0);
    const stampMs = this.#ring.stamp(0);
    let size = 0;
    let lines = 0;
    while (this.#ring.count > 0) {
      const next = this.#ring.size(0);
      if (this.#ring.slab(0) !== slab || this.#ring.offset(0) !== offset + size) break;
      if (size + next > sizeMax || (size > 0 && this.#ring.stamp(0) > untilMs)) break;
      size += next;
      lines += this.#ring.lines(0);
      this.#ring.popFront();
      slab.live -= 1;
    }
    if (size === 0) {
      size = longestCut(slab.bytes, offset, sizeMax) || slab.bytes.indexOf(10, offset) + 1 - offset;
      lines = countLines(slab.bytes, offset, offset + size);
      this.#ring.trimFront(size, lines);
      if (this.#ring.size(0) === 0) {
        this.#ring.popFront();
        slab.live -= 1;
      }
    }
    slab.live += 1;
    this.#bytes -= size;
    this.#lines -= lines;
    return { slab, offset, size, lines, stampMs };
  }

  /** Puts a run back in front, as it was taken. */
  putBack({ slab, offset, size, lines, stampMs }: Run): void {
    this.#ring.pushFront(slab, offset, size, lines, stampMs);
    this.#bytes += size;
    this.#lines += lines;
  }

  /** Drops the oldest lines, at least `bytes` and `lines` of them, or all. Returns how many lines went. */
  evict(bytes: number, lines: number): number {
    const linesBefore = this.#lines;
    let needBytes = bytes;
    let needLines = lines;
    while (this.#ring.count > 0 && (needBytes > 0 || needLines > 0)) {
      const slab = this.#ring.slab(0);
      const size = this.#ring.size(0);
      const recordLines = this.#ring.lines(0);
      if (size <= needBytes || recordLines <= needLines) {
        this.#bytes -= size;
        this.#lines -= recordLines;
        this.#ring.popFront();
        this.release(slab);
        needBytes -= size;
        needLines -= recordLines;
      } else {
        const offset = this.#ring.offset(0);
        const cut = shortestCut(slab.bytes, offset, offset + size, needBytes, needLines);
        this.#ring.trimFront(cut.size, cut.lines);
        this.#bytes -= cut.size;
        this.#lines -= cut.lines;
        needBytes = 0;
        needLines = 0;
        if (cut.size === size) {
          this.#ring.popFront();
          this.release(slab);
        }
      }
    }
    return linesBefore - this.#lines;
  }

  /** Gives one hold on a slab up: that of a run that is gone. */
  release(slab: Slab): void {
    slab.live -= 1;
    this.#freeIfDead(slab);
  }

  /** Drops everything. */
  clear(): void {
    this.evict(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    const tail = this.#tail;
    this.#tail = undefined;
    if (tail !== undefined) this.#freeIfDead(tail);
  }

  /**
   * Says whether lines stay in a shared slab, and pays for it with the first of them. A slab stays in memory for the sake of
   * any line in it, while budgets count lines: where most of it is of other destinations, or was refused here, lines are
   * copied. A line brings credit for twice its bytes, a slab costs its size: so the shared slabs of lines that came one
   * after the other are no larger than twice these lines, a slab of saved credit, and one paid for before the first line.
   */
  #mayHold({ serial, bytes }: Slab): boolean {
    if (serial === this.#heldSerial) return true;
    if (this.#creditBytes < bytes.length) return false;
    this.#creditBytes -= bytes.length;
    this.#heldSerial = serial;
    return true;
  }

  #copyAll(bytes: Uint8Array, lines: number, nowMs: number): void {
    let rest = bytes;
    let restLines = lines;
    for (;;) {
      const slab = this.#tail;
      const room = slab === undefined ? 0 : slab.bytes.length - slab.used;
      if (slab !== undefined && rest.length <= room) {
        this.#copy(slab, rest, restLines, nowMs);
        return;
      }
      // A run of which most does not fit goes to the next slab: to cut it, its lines must be counted.
      const isCut = slab?.used === 0 || (rest.length > SMALL_APPEND_BYTES && room >= rest.length / 2);
      const cut = isCut ? longestCut(rest, 0, room) : 0;
      if (slab !== undefined && cut > 0) {
        const cutLines = restLines - countLines(rest, cut, rest.length);
        this.#copy(slab, rest.subarray(0, cut), cutLines, nowMs);
        rest = rest.subarray(cut);
        restLines -= cutLines;
      }
      this.#tail = this.#nextSlab(rest, nowMs);
      if (slab !== undefined) this.#freeIfDead(slab);
    }
  }

  #copy(slab: Slab, bytes: Uint8Array, lines: number, nowMs: number): void {
    const offset = slab.used;
    slab.bytes.set(bytes, offset);
    slab.used = offset + bytes.length;
    this.#record(slab, offset, bytes.length, lines, nowMs);
  }

  #record(slab: Slab, offset: number, size: number, lines: number, nowMs: number): void {
    this.#bytes += size;
    this.#lines += lines;
    const last = this.#ring.count - 1;
    if (
      last >= 0 &&
      this.#ring.size(last) + size <= this.#mergeBytesMax &&
      (nowMs - this.#ring.stamp(last) <= MERGE_MS || last >= RECORDS_MANY) &&
      this.#ring.slab(last) === slab &&
      this.#ring.offset(last) + this.#ring.size(last) === offset
    ) {
      this.#ring.extend(last, size, lines);
      return;
    }
    slab.live += 1;
    this.#ring.pushBack(slab, offset, size, lines, nowMs);
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

  #freeIfDead(slab: Slab): void {
    if (slab.live > 0) return;
    if (slab === this.#tail) this.#tail = undefined;
    this.#pool.give(slab);
  }
}
