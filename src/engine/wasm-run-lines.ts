// Reads the lines of the last run out of the module's memory, and keeps marks in the entries of their series.
// A mark is a round and 8 bits: beginning another round makes all marks void without touching one.
import { KINDS } from './plan-table.ts';
import type { RunLine, RunLines } from './engine.ts';
import {
  ENTRY_MARK,
  ENTRY_MORE,
  type EngineExports,
  MORE_REWRITTEN,
  MORE_REWRITTEN_SIZE,
} from './wasm-module.ts';

/** Rounds that can be told apart. A mark that is as old as all of them would count again. */
const ROUNDS = 1 << 24;

/** By KINDS; the lines of an invalid series are refused. */
const ENDS: readonly (RunLine['end'] | undefined)[] = [
  'route',
  undefined,
  'blocklisted',
  'unroutable',
  'consume',
];
const NO_OUTPUTS = new Uint32Array(0);

export class WasmRunLines implements RunLines, RunLine {
  readonly #wasm: EngineExports;
  #bytes: Uint8Array;
  #words: Uint32Array;
  /** 0 is what an entry begins with. */
  #round = 1;
  /** The record of the line in view, in words. */
  #line = 0;

  constructor(wasm: EngineExports) {
    this.#wasm = wasm;
    this.#bytes = new Uint8Array(wasm.memory.buffer);
    this.#words = new Uint32Array(wasm.memory.buffer);
  }

  /** As Engine.keyOf. */
  keyOf(nth: number): Uint8Array | undefined {
    if (nth >= this.#wasm.lines()) return undefined;
    const record = this.#recordOf(nth);
    const plan = (this.#words[record + 3] as number) >>> 2;
    // 0: refused by its form or order.
    if (plan === 0 || this.#words[plan] === KINDS.invalid) return undefined;
    return this.#keyAt(record);
  }

  nextMarked(from: number, wanted: number): number | undefined {
    const nth = this.#wasm.nextMarked(from, this.#round, wanted) >>> 0;
    return nth < this.#wasm.lines() ? nth : undefined;
  }

  markOf(nth: number): number | undefined {
    const at = this.#markAt(nth);
    const mark = this.#words[at] as number;
    return mark >>> 8 === this.#round ? mark & 0xff : undefined;
  }

  mark(nth: number, bits: number): void {
    const at = this.#markAt(nth);
    this.#words[at] = ((this.#round << 8) | (bits & 0xff)) >>> 0;
  }

  clearMarks(): void {
    this.#round = (this.#round % (ROUNDS - 1)) + 1;
  }

  lineOf(nth: number): RunLine {
    this.#line = this.#recordOf(nth);
    return this;
  }

  get line(): Uint8Array {
    const start = this.#words[this.#line] as number;
    return this.#bytes.subarray(start, start + ((this.#words[this.#line + 1] as number) & 0xffff));
  }

  get key(): Uint8Array {
    return this.#keyAt(this.#line);
  }

  get rewritten(): Uint8Array | undefined {
    const entry = this.#words[this.#line + 2] as number;
    const more = this.#words[(entry + ENTRY_MORE) >>> 2] as number;
    if (more === 0) return undefined;
    const size = (this.#words[(more + MORE_REWRITTEN_SIZE) >>> 2] as number) & 0xffff;
    const start = this.#words[(more + MORE_REWRITTEN) >>> 2] as number;
    return size === 0 ? undefined : this.#bytes.subarray(start, start + size);
  }

  get end(): RunLine['end'] {
    return ENDS[this.#words[this.#plan] as number] as RunLine['end'];
  }

  get outputs(): Uint32Array {
    if (this.end !== 'route') return NO_OUTPUTS;
    const list = (this.#words[this.#plan + 1] as number) >>> 2;
    return this.#words.subarray(list, list + (this.#words[this.#plan + 2] as number));
  }

  /** Where the plan of the line in view lies, in words. */
  get #plan(): number {
    return (this.#words[this.#line + 3] as number) >>> 2;
  }

  #keyAt(record: number): Uint8Array {
    const start = this.#words[record] as number;
    return this.#bytes.subarray(start, start + ((this.#words[record + 1] as number) >>> 16));
  }

  /** Where a record lies, in words. */
  #recordOf(nth: number): number {
    if (this.#wasm.memory.buffer !== this.#bytes.buffer) {
      this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
      this.#words = new Uint32Array(this.#wasm.memory.buffer);
    }
    return (this.#wasm.record(nth) >>> 0) >>> 2;
  }

  /** Where the mark of a line's series lies, in words. */
  #markAt(nth: number): number {
    // First, since it renews the views after memory grew.
    const record = this.#recordOf(nth);
    return ((this.#words[record + 2] as number) + ENTRY_MARK) >>> 2;
  }
}
