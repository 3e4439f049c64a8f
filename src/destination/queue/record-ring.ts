// A double-ended queue of records, each a run of whole lines inside one slab, kept in typed arrays so that a record is
// no object. Index 0 is the oldest. Memory grows by doubling and is given up again when the ring runs empty.
import { assert } from '../../util/assert.ts';
import type { Cut } from '../cut-lines.ts';
import type { Slab } from './slab-pool.ts';

const SMALLEST = 16;
/** A ring that grew beyond this shrinks when it is empty. */
const KEPT_RECORDS_MAX = 1024;

export class RecordRing {
  #slabs: (Slab | undefined)[] = [];
  #offsets = new Uint32Array(0);
  #sizes = new Uint32Array(0);
  #lines = new Uint32Array(0);
  #stamps = new Float64Array(0);
  #head = 0;
  #count = 0;
  #mask = -1;

  get count(): number {
    return this.#count;
  }

  slab(index: number): Slab {
    const slab = this.#slabs[(this.#head + index) & this.#mask];
    assert(index < this.#count && slab !== undefined, 'a record ring was read past its end');
    return slab;
  }

  offset(index: number): number {
    return this.#offsets[(this.#head + index) & this.#mask] ?? 0;
  }

  size(index: number): number {
    return this.#sizes[(this.#head + index) & this.#mask] ?? 0;
  }

  lines(index: number): number {
    return this.#lines[(this.#head + index) & this.#mask] ?? 0;
  }

  stamp(index: number): number {
    return this.#stamps[(this.#head + index) & this.#mask] ?? 0;
  }

  setStamp(index: number, stampMs: number): void {
    this.#stamps[(this.#head + index) & this.#mask] = stampMs;
  }

  /** Makes a record longer by bytes that follow it in its slab. */
  extend(index: number, size: number, lines: number): void {
    const at = (this.#head + index) & this.#mask;
    this.#sizes[at] = (this.#sizes[at] ?? 0) + size;
    this.#lines[at] = (this.#lines[at] ?? 0) + lines;
  }

  /** Cuts bytes off the front of the oldest record. */
  trimFront(size: number, lines: number): void {
    const at = this.#head;
    this.#offsets[at] = (this.#offsets[at] ?? 0) + size;
    this.#sizes[at] = (this.#sizes[at] ?? 0) - size;
    this.#lines[at] = (this.#lines[at] ?? 0) - lines;
  }

  pushBack(slab: Slab, offset: number, size: number, lines: number, stampMs: number): void {
    if (this.#count === this.#slabs.length) this.#grow();
    this.#put((this.#head + this.#count) & this.#mask, slab, offset, size, lines, stampMs);
    this.#count += 1;
  }

  pushFront(slab: Slab, offset: number, size: number, lines: number, stampMs: number): void {
    if (this.#count === this.#slabs.length) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#put(this.#head, slab, offset, size, lines, stampMs);
    this.#count += 1;
  }

  popFront(): void {
    assert(this.#count > 0, 'an empty record ring was popped');
    this.#slabs[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#count -= 1;
    if (this.#count === 0) this.#shrink();
  }

  popBack(): void {
    assert(this.#count > 0, 'an empty record ring was popped');
    this.#count -= 1;
    this.#slabs[(this.#head + this.#count) & this.#mask] = undefined;
  }

  /** Cuts a line of `size` bytes out of a record, behind `before`; the record may become two, or go. */
  cutLine(index: number, before: Cut, size: number): void {
    const slab = this.slab(index);
    const offset = this.offset(index);
    const behind = this.size(index) - before.size - size;
    const behindLines = this.lines(index) - before.lines - 1;
    const stampMs = this.stamp(index);
    const later: [Slab, number, number, number, number][] = [];
    for (let at = this.#count - 1; at > index; at -= 1) {
      later.push([this.slab(at), this.offset(at), this.size(at), this.lines(at), this.stamp(at)]);
      this.popBack();
    }
    this.popBack();
    if (before.size > 0) this.pushBack(slab, offset, before.size, before.lines, stampMs);
    if (behind > 0) this.pushBack(slab, offset + before.size + size, behind, behindLines, stampMs);
    for (const record of later.toReversed()) this.pushBack(...record);
  }

  #put(at: number, slab: Slab, offset: number, size: number, lines: number, stampMs: number): void {
    this.#slabs[at] = slab;
    this.#offsets[at] = offset;
    this.#sizes[at] = size;
    this.#lines[at] = lines;
    this.#stamps[at] = stampMs;
  }

  #grow(): void {
    const capacity = Math.max(SMALLEST, this.#slabs.length * 2);
    const slabs = Array.from<Slab | undefined>({ length: capacity });
    const offsets = new Uint32Array(capacity);
    const sizes = new Uint32Array(capacity);
    const lines = new Uint32Array(capacity);
    const stamps = new Float64Array(capacity);
    for (let i = 0; i < this.#count; i += 1) {
      slabs[i] = this.slab(i);
      offsets[i] = this.offset(i);
      sizes[i] = this.size(i);
      lines[i] = this.lines(i);
      stamps[i] = this.stamp(i);
    }
    this.#slabs = slabs;
    this.#offsets = offsets;
    this.#sizes = sizes;
    this.#lines = lines;
    this.#stamps = stamps;
    this.#head = 0;
    this.#mask = capacity - 1;
  }

  #shrink(): void {
    if (this.#slabs.length <= KEPT_RECORDS_MAX) return;
    this.#slabs = [];
    this.#offsets = new Uint32Array(0);
    this.#sizes = new Uint32Array(0);
    this.#lines = new Uint32Array(0);
    this.#stamps = new Float64Array(0);
    this.#head = 0;
    this.#mask = -1;
  }
}
