// The engine that runs: binds the WebAssembly module, and acts where it stops for JavaScript: odd lines, new keys,
// timestamps and values in rare forms. On the known-series path JavaScript touches no byte and makes no object per line.
//
// Everything in an Outcome is a view or scratch: no view into the module's memory outlives the next call.
import { randomFillSync } from 'node:crypto';
import { parseFields, parseLine } from '../metric/parse-line.ts';
import type { Plan, Resolve } from '../metric/plan.ts';
import { parseNumber, timestampSec } from '../metric/number.ts';
import { assert } from '../util/assert.ts';
import {
  type Emit,
  type Engine,
  type EngineOptions,
  type EngineStats,
  makeOutcome,
  type Outcome,
  REJECT_SAMPLES_MAX,
  type Reject,
} from './engine.ts';
import { PLANS_MAX, PlanTable } from './plan-table.ts';
import { POWERS_OF_FIVE } from './powers-of-five.ts';
import {
  DONE,
  type EngineExports,
  instantiateEngine,
  loadEngineModule,
  ODD,
  TIME,
  UNKNOWN,
  UNRESOLVED,
  WHY_KEY,
  WHY_ORDER,
  WHY_RANGE,
} from './wasm-module.ts';
import { WasmRunLines } from './wasm-run-lines.ts';

/** Longest line the module's records can hold, bytes, newline not counted. */
export const LINE_BYTES_MAX = 65_535;

const ORDER_ERROR = 'point is not newer than previous';
const RANGE_ERROR = 'timestamp out of range';
const REWRITTEN_ERROR = 'rewritten key is too long';
const LINE_ERROR = 'line is too long';
const NO_SLOTS: readonly number[] = [];
/** Of a line that is too long only this much is kept as a sample, bytes. */
const LONG_SAMPLE_BYTES = 256;

/** Window slots that the area for passing them has room for at first. */
const LIST_SLOTS_MIN = 16;

/** Loads the module and makes an engine; `module` may be shared by several. */
export async function makeWasmEngine(options: EngineOptions, module?: WebAssembly.Module): Promise<Engine> {
  return new WasmEngine(options, await instantiateEngine(module ?? (await loadEngineModule())));
}

class WasmEngine implements Engine {
  readonly lines: WasmRunLines;
  readonly #options: EngineOptions;
  readonly #wasm: EngineExports;
  readonly #memory: WebAssembly.Memory;
  readonly #plans: PlanTable;
  readonly #report: number;
  readonly #chunkStart: number;
  readonly #transfer: number;
  readonly #outcome = makeOutcome();
  readonly #emitPool: Emit[] = [];
  /** Views of the module's memory, for as long as it has so many pages. */
  #pages = 0;
  #bytes: Buffer;
  #words: Uint32Array;
  #doubles: Float64Array;
  /** Where the window slots of a plan are put for `bind`: address, and slots that fit. */
  #list = 0;
  #listSlots = 0;
  #resolve: Resolve = () => ({ kind: 'drop', reason: 'unroutable' });
  #resolved = 0;

  constructor(options: EngineOptions, wasm: EngineExports) {
    assert(options.lineBytesMax <= LINE_BYTES_MAX, 'lineBytesMax does not fit a record');
    this.#options = options;
    this.#wasm = wasm;
    this.lines = new WasmRunLines(wasm);
    this.#memory = wasm.memory;
    const { lineBytesMax, chunkBytesMax, maxSeries, validateOrder } = options;
    this.#report = wasm.start(lineBytesMax, chunkBytesMax, maxSeries, PLANS_MAX, validateOrder ? 1 : 0) >>> 0;
    this.#pages = wasm.pageCount();
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#doubles = new Float64Array(this.#memory.buffer);
    const at = this.#report >>> 2;
    this.#chunkStart = this.#words[at + 1] as number;
    this.#transfer = this.#words[at + 2] as number;
    const keys = this.#words[at] as number;
    this.#words.set(POWERS_OF_FIVE, (this.#words[at + 4] as number) >>> 2);
    randomFillSync(this.#bytes, keys, lineBytesMax + 64);
    randomFillSync(this.#bytes, this.#transfer, 32);
    wasm.seed();
    this.#plans = new PlanTable({
      reserve: (size) => wasm.reserve(size) >>> 0,
      reserveOutputs: (count) => wasm.reserveOutputs(count),
      setPlan: (index, kind, list, count) => wasm.setPlan(index, kind, list, count),
      writeList: (address, ids) => {
        this.#refreshViews();
        this.#words.set(ids, address >>> 2);
      },
    });
  }

  setResolve(resolve: Resolve): void {
    this.#resolve = resolve;
    this.lines.clearMarks();
    this.#startGeneration();
  }

  run(carry: Uint8Array, chunk: Uint8Array, nowSec: number): Outcome {
    const { lineBytesMax, chunkBytesMax, orderFutureMaxSec } = this.#options;
    assert(carry.length <= lineBytesMax && chunk.length <= chunkBytesMax, 'carry or chunk over its bound');
    if (this.#plans.count > PLANS_MAX / 2) this.#startGeneration();
    this.#refreshViews();
    this.#bytes.set(chunk, this.#chunkStart);
    if (carry.length !== 0) this.#bytes.set(carry, this.#chunkStart - carry.length);
    const latest = Math.min(nowSec + orderFutureMaxSec, 0xffffffff);
    let state = this.#wasm.run(carry.length, chunk.length, latest);
    while (state !== DONE) {
      if (state === ODD) state = this.#judgeOdd();
      else if (state === UNRESOLVED) state = this.#resolveNew();
      else {
        assert(state === TIME, 'unknown state of the engine');
        state = this.#parseTime();
      }
    }
    return this.#readOutcome();
  }

  keyOf(nth: number): Uint8Array | undefined {
    return this.lines.keyOf(nth);
  }

  stats(): EngineStats {
    return {
      series: this.#wasm.seriesCount() >>> 0,
      resolved: this.#resolved,
      forgotten: this.#wasm.forgottenCount() >>> 0,
      memoryBytes: this.#wasm.memoryBytes() >>> 0,
    };
  }

  /** Hashes bytes with this engine's secret keys; for tests of the hash alone. */
  hash(bytes: Uint8Array): number {
    this.#refreshViews();
    this.#bytes.set(bytes, this.#transfer);
    return this.#wasm.hashTransfer(bytes.length) >>> 0;
  }

  #startGeneration(): void {
    this.#wasm.nextGeneration();
    this.#plans.clear();
  }

  #refreshViews(): void {
    // To ask the module costs a quarter of what `memory.buffer` does (bench/micro/memory-buffer.ts).
    const pages = this.#wasm.pageCount();
    if (pages === this.#pages) return;
    this.#pages = pages;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#doubles = new Float64Array(this.#memory.buffer);
  }

  /** Judges lines with bytes >= 128 and numbers in rare forms; their keys are judged with the others, by `resolve`. */
  #judgeOdd(): number {
    const wasm = this.#wasm;
    const count = wasm.odds();
    for (let i = 0; i < count; i++) {
      const index = wasm.oddAt(i);
      const record = (wasm.record(index) >>> 0) >>> 2;
      const start = this.#words[record] as number;
      const length = this.#words[record + 1] as number;
      const parts = parseFields(this.#bytes.subarray(start, start + length));
      if (parts.ok) {
        const line = wasm.takeNormalised(parts.canonical.length, start, length) >>> 0;
        this.#bytes.set(parts.canonical, line);
        wasm.acceptOdd(index, line, parts.canonical.length, parts.key.length);
      } else {
        wasm.refuseOdd(index);
      }
    }
    return wasm.afterOdd();
  }

  /** Resolves new keys in the order in which they came. */
  #resolveNew(): number {
    const wasm = this.#wasm;
    const count = wasm.unresolved();
    for (let nth = 0; nth < count; nth++) {
      const index = wasm.nextUnresolved(nth);
      if (index < 0) continue;
      this.#refreshViews();
      const record = (wasm.record(index) >>> 0) >>> 2;
      const start = this.#words[record] as number;
      const keyLength = (this.#words[record + 1] as number) >>> 16;
      const plan = this.#resolve(this.#bytes.subarray(start, start + keyLength), this.#isNew(record));
      this.#resolved += 1;
      this.#bind(index, plan);
    }
    return wasm.afterResolve();
  }

  /** Tells whether the key of a record (address in words) was never resolved. */
  #isNew(record: number): boolean {
    if (this.#words[record + 3] === UNKNOWN) return true;
    // The order of a key with a leading dot makes an entry for the key without it, which has no generation yet.
    return this.#words[((this.#words[record + 2] as number) >>> 2) + 2] === 0;
  }

  #bind(index: number, plan: Plan): void {
    const rewritten = plan.kind === 'route' ? plan.key : undefined;
    if (rewritten !== undefined && rewritten.length > this.#options.lineBytesMax) {
      this.#bind(index, { kind: 'drop', reason: 'invalid', text: REWRITTEN_ERROR });
      return;
    }
    const id = this.#plans.intern(plan);
    const values = plan.values ?? NO_SLOTS;
    if (values.length > this.#listSlots) this.#growList(values.length);
    this.#refreshViews();
    if (rewritten !== undefined) this.#bytes.set(rewritten, this.#transfer);
    if (values.length > 0) this.#words.set(values, this.#list >>> 2);
    this.#wasm.bind(index, id, rewritten?.length ?? 0, this.#list, values.length);
  }

  #growList(slots: number): void {
    this.#listSlots = Math.max(LIST_SLOTS_MIN, slots * 2);
    this.#list = this.#wasm.reserve(this.#listSlots * 4) >>> 0;
  }

  #parseTime(): number {
    const wasm = this.#wasm;
    this.#refreshViews();
    const record = (wasm.record(wasm.orderIndex()) >>> 0) >>> 2;
    const start = this.#words[record] as number;
    const end = start + ((this.#words[record + 1] as number) & 0xffff);
    const from = this.#bytes.lastIndexOf(0x20, end) + 1;
    const time = timestampSec(Buffer.from(this.#bytes.subarray(from, end)).toString('latin1'));
    return wasm.afterTime(time ?? 0, time === undefined ? 0 : 1);
  }

  #readOutcome(): Outcome {
    this.#refreshViews();
    const words = this.#words;
    const outcome = this.#outcome;
    let at = (this.#report >>> 2) + 4;
    outcome.received = words[at++] as number;
    outcome.invalid = words[at++] as number;
    outcome.outOfOrder = words[at++] as number;
    outcome.blocklisted = words[at++] as number;
    outcome.unroutable = words[at++] as number;
    outcome.copies = words[at++] as number;
    outcome.orderFuture = words[at++] as number;
    outcome.tail = words[at++] as number;
    const emits = words[at++] as number;
    const touched = (words[at++] as number) >>> 2;
    // An array that is emptied and filled again gets new memory each time.
    if (outcome.emits.length > emits) outcome.emits.length = emits;
    for (let i = 0; i < emits; i++) outcome.emits[i] = this.#readEmit(i, words[touched + i] as number);
    const rejects = words[at++] as number;
    if (outcome.rejects.length !== 0) outcome.rejects.length = 0;
    if (rejects !== 0) this.#readRejects(rejects, (words[at] as number) >>> 2);
    at += 1;
    outcome.consumed = words[at++] as number;
    this.#readValues(at);
    return outcome;
  }

  #readValues(report: number): void {
    const values = this.#outcome.values;
    values.count = this.#words[report] as number;
    if (values.count === 0) return;
    const [count, slots, times, numbers, rares, rare] = this.#words.subarray(
      report,
      report + 6,
    ) as unknown as [number, number, number, number, number, number];
    values.slots = this.#words.subarray(slots >>> 2, (slots >>> 2) + count);
    values.times = this.#words.subarray(times >>> 2, (times >>> 2) + count);
    values.numbers = this.#doubles.subarray(numbers >>> 3, (numbers >>> 3) + count);
    for (let i = 0; i < rares; i++) this.#readRare((rare >>> 2) + i * 3);
  }

  /** Reads value and timestamp of a line that has one in a rare form. */
  #readRare(at: number): void {
    const [index, first, count] = this.#words.subarray(at, at + 3) as unknown as [number, number, number];
    const record = (this.#wasm.record(index) >>> 0) >>> 2;
    const start = this.#words[record] as number;
    const lengths = this.#words[record + 1] as number;
    const fields = this.#bytes.subarray(start + (lengths >>> 16) + 1, start + (lengths & 0xffff));
    const [value = '', time = ''] = Buffer.from(fields.buffer, fields.byteOffset, fields.length)
      .toString('latin1')
      .split(' ');
    const { times, numbers } = this.#outcome.values;
    times.fill(timestampSec(time) ?? 0, first, first + count);
    numbers.fill(readAccepted(value), first, first + count);
  }

  #readEmit(nth: number, id: number): Emit {
    const output = (this.#wasm.outputAt(id) >>> 0) >>> 2;
    const size = this.#words[output] as number;
    const start = this.#words[output + 2] as number;
    let emit = this.#emitPool[nth];
    if (emit === undefined) this.#emitPool[nth] = emit = { output: 0, lines: 0, bytes: this.#bytes };
    emit.output = id;
    emit.lines = this.#words[output + 1] as number;
    emit.bytes = this.#bytes.subarray(start, start + size);
    return emit;
  }

  /** The first samples in the order of the lines; the module lists them by phase. */
  #readRejects(count: number, list: number): void {
    const samples: { start: number; length: number; why: number; plan: number }[] = [];
    for (let i = 0; i < count; i++) {
      const [start, length, why, plan] = this.#words.subarray(
        list + i * 4,
        list + i * 4 + 4,
      ) as unknown as number[];
      samples.push({ start: start ?? 0, length: length ?? 0, why: why ?? 0, plan: plan ?? 0 });
    }
    samples.sort((a, b) => a.start - b.start);
    for (const { start, length, why, plan } of samples.slice(0, REJECT_SAMPLES_MAX)) {
      const line = this.#bytes.slice(start, start + length);
      this.#outcome.rejects.push(this.#explain(line, why, plan));
    }
  }

  #explain(line: Uint8Array, why: number, plan: number): Reject {
    if (why === WHY_ORDER) return { reason: 'out_of_order', line, text: ORDER_ERROR };
    if (why === WHY_RANGE) return { reason: 'invalid', line, text: RANGE_ERROR };
    if (why === WHY_KEY) return { reason: 'invalid', line, text: this.#plans.text(plan) };
    if (line.length > this.#options.lineBytesMax) {
      return { reason: 'invalid', line: line.slice(0, LONG_SAMPLE_BYTES), text: LINE_ERROR };
    }
    const parts = parseLine(line, this.#options.levels);
    assert(!parts.ok, 'the module refused a valid line');
    return { reason: 'invalid', line, text: parts.text };
  }
}

/** Reads a number that was accepted as one: where JavaScript's own parser knows the form, it means the same. */
function readAccepted(text: string): number {
  const number = Number(text);
  return Number.isNaN(number) ? (parseNumber(text) ?? Number.NaN) : number;
}

export type { WasmEngine };
