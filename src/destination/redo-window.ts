// What was written to the peer and may have to be written again: records in slabs, oldest first, bounded in bytes and age.
//
//     oldest [rrrrrrrr|rrr:rrrrr|rrrrrr] newest            r: written once
//            ^ mark        ^ passed     ^ end              again: from `passed` to the end, after `repeat`
//
// `hold` keeps everything while the line that makes the peer hang up is looked for. The mark stands behind the lines that
// the peer has survived; `skip` passes over them, and `reject` takes the line out that stands behind it.
import { countLines, type Cut } from './cut-lines.ts';
import type { QueueBudget } from './queue/queue-budget.ts';
import { RecordRing } from './queue/record-ring.ts';
import type { Slab } from './queue/slab-pool.ts';
import type { Run } from './queue/waiting-lines.ts';

/** Finds how much of `bytes`, whole lines, is taken; no lines: nothing now. */
export type CutLines = (bytes: Buffer, lines: number) => Cut;

export interface RedoWindowOptions {
  readonly writeBytesMax: number;
  readonly redoBytes: number;
  readonly redoAgeMs: number;
}

export interface RedoWindowDependencies {
  /** Bounds the windows of all queues together. */
  readonly budget: QueueBudget;
  /** Gives the hold of a record on its slab up. */
  readonly release: (slab: Slab) => void;
}

/** A piece of the window that is written again. */
interface Piece {
  readonly slab: Slab;
  readonly offset: number;
  readonly size: number;
  readonly lines: number;
}

/** No record grows beyond this by merging. */
export const MERGED_BYTES_MAX = 64 * 1024;

const NONE: Cut = { size: 0, lines: 0 };

export class RedoWindow {
  readonly #options: RedoWindowOptions;
  readonly #deps: RedoWindowDependencies;
  readonly #ring = new RecordRing();
  #bytes = 0;
  /** Records that wait to be sent again: the last ones. */
  #againLeft = 0;
  /** What of the first of these is passed already. */
  #passed: Cut = NONE;
  /** Bytes from the oldest on that the peer has survived. */
  #markBytes = 0;
  #held = false;

  constructor(options: RedoWindowOptions, dependencies: RedoWindowDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when a part waits to be sent again. */
  get hasAgain(): boolean {
    return this.#againLeft > 0;
  }

  /** Keeps a run that was written, with its hold on the slab; small neighbours share a record. */
  keep({ slab, offset, size, lines }: Run, nowMs: number): void {
    const ring = this.#ring;
    this.#bytes += size;
    this.#deps.budget.moveRedo(size);
    const last = ring.count - 1;
    if (
      last >= 0 &&
      ring.slab(last) === slab &&
      ring.offset(last) + ring.size(last) === offset &&
      ring.size(last) + size <= Math.min(MERGED_BYTES_MAX, this.#options.writeBytesMax) &&
      nowMs - ring.stamp(last) <= this.#options.redoAgeMs / 16
    ) {
      ring.extend(last, size, lines);
      ring.setStamp(last, nowMs);
      slab.live -= 1;
      return;
    }
    ring.pushBack(slab, offset, size, lines, nowMs);
  }

  /** From now on all of it waits to be sent again, from the oldest on. */
  repeat(): void {
    this.#againLeft = this.#ring.count;
    this.#passed = NONE;
  }

  /** Finds the next piece to send again, at most one write, or what `cut` allows of one record; undefined: nothing now. */
  next(cut?: CutLines): Piece | undefined {
    const ring = this.#ring;
    const first = ring.count - this.#againLeft;
    const slab = ring.slab(first);
    const offset = ring.offset(first) + this.#passed.size;
    let size = ring.size(first) - this.#passed.size;
    let lines = ring.lines(first) - this.#passed.lines;
    if (cut !== undefined) {
      const part = cut(slab.bytes.subarray(offset, offset + size), lines);
      return part.lines === 0 ? undefined : { slab, offset, ...part };
    }
    for (let records = 1; records < this.#againLeft; records += 1) {
      const at = first + records;
      if (ring.slab(at) !== slab || ring.offset(at) !== offset + size) break;
      if (size + ring.size(at) > this.#options.writeBytesMax) break;
      size += ring.size(at);
      lines += ring.lines(at);
    }
    return { slab, offset, size, lines };
  }

  /** The piece that was found by `next` is written, or its first whole lines are. */
  pass({ size, lines }: Cut, nowMs: number): void {
    let leftBytes = this.#passed.size + size;
    let leftLines = this.#passed.lines + lines;
    this.#passed = NONE;
    while (this.#againLeft > 0 && leftBytes > 0) {
      const first = this.#ring.count - this.#againLeft;
      const recordBytes = this.#ring.size(first);
      this.#ring.setStamp(first, nowMs);
      if (leftBytes < recordBytes) {
        this.#passed = { size: leftBytes, lines: leftLines };
        return;
      }
      leftBytes -= recordBytes;
      leftLines -= this.#ring.lines(first);
      this.#againLeft -= 1;
    }
  }

  /** Forgets what is beyond the bounds. What waits to be sent again is kept whatever its age. */
  trim(nowMs: number): void {
    if (this.#againLeft > 0 || this.#held) return;
    while (
      this.#ring.count > 0 &&
      (this.#bytes > this.#options.redoBytes ||
        this.#ring.stamp(0) + this.#options.redoAgeMs <= nowMs ||
        this.#deps.budget.redoOver(this.#bytes))
    ) {
      this.#pop();
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#againLeft = 0;
    this.#passed = NONE;
    while (this.#ring.count > 0) this.#pop();
  }

  /** While held nothing is forgotten; the mark goes with the end of it. */
  hold(on: boolean): void {
    this.#held = on;
    this.#markBytes = 0;
  }

  /** Puts the mark behind all that was passed. */
  mark(): void {
    let bytes = this.#bytes + this.#passed.size;
    const { count } = this.#ring;
    for (let left = this.#againLeft; left > 0; left -= 1) bytes -= this.#ring.size(count - left);
    this.#markBytes = bytes;
  }

  /** Takes the mark away. */
  unmark(): void {
    this.#markBytes = 0;
  }

  /** Passes over what is before the mark; follows `repeat`. */
  skip(): void {
    let left = this.#markBytes;
    while (this.#againLeft > 0) {
      const first = this.#ring.count - this.#againLeft;
      const size = this.#ring.size(first);
      if (left < size) {
        const start = this.#ring.offset(first);
        const lines = left === 0 ? 0 : countLines(this.#ring.slab(first).bytes, start, start + left);
        this.#passed = { size: left, lines };
        return;
      }
      left -= size;
      this.#againLeft -= 1;
    }
  }

  /** Takes the next line out; one must wait to be sent again. */
  reject(): void {
    const first = this.#ring.count - this.#againLeft;
    const slab = this.#ring.slab(first);
    const start = this.#ring.offset(first) + this.#passed.size;
    const size = slab.bytes.indexOf(10, start) + 1 - start;
    this.#bytes -= size;
    this.#deps.budget.moveRedo(-size);
    // Before the cut, so that a slab whose only record is cut in two is not given away.
    slab.live += 1;
    const { count } = this.#ring;
    this.#ring.cutLine(first, this.#passed, size);
    slab.live += this.#ring.count - count;
    this.#deps.release(slab);
    this.repeat();
    this.skip();
  }

  #pop(): void {
    const slab = this.#ring.slab(0);
    const size = this.#ring.size(0);
    this.#bytes -= size;
    this.#markBytes = Math.max(0, this.#markBytes - size);
    this.#deps.budget.moveRedo(-size);
    this.#ring.popFront();
    this.#deps.release(slab);
  }
}
