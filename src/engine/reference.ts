// The engine contract in plain TypeScript: one line after the other, a Map for plans, a Map for order, nothing shared.
// It exists to be obviously correct: property tests hold the WebAssembly engine against it.
//
// It forgets series by one crude rule where the real engine has generations: with more than `maxSeries` keys in either
// map, that map is emptied. Comparisons keep below that.
import { parseNumber, timestampSec } from '../metric/number.ts';
import { type LineParts, parseFields, parseLine, renderLine } from '../metric/parse-line.ts';
import type { Plan, Resolve } from '../metric/plan.ts';
import { withoutLeadingDot } from '../metric/validate-key.ts';
import { assert } from '../util/assert.ts';
import {
  type Engine,
  type EngineOptions,
  type EngineStats,
  makeOutcome,
  type Outcome,
  REJECT_SAMPLES_MAX,
  type Reject,
  type RunLine,
  type RunLines,
} from './engine.ts';

const NEWLINE = 0x0a;
const UINT32_MAX = 0xffff_ffff;
const ORDER_ERROR = 'point is not newer than previous';
const RANGE_ERROR = 'timestamp out of range';
const TOO_LONG_ERROR = 'rewritten key is too long';
const LINE_TOO_LONG_ERROR = 'line is too long';
const LONG_SAMPLE_BYTES = 256;

/** Lines gathered for one output. */
type Gathered = Map<number, Uint8Array[]>;

/** Runs chunks as the contract in engine.ts says. Every outcome is made anew and stays valid. */
export class ReferenceEngine implements Engine {
  readonly #options: EngineOptions;
  /** Plans by key as received, bytes as Latin-1. */
  readonly #plans = new Map<string, Plan>();
  /** Last accepted timestamp by key without its leading dot: `.a` and `a` share one. */
  readonly #lastSec = new Map<string, number>();
  #resolve: Resolve = () => ({ kind: 'drop', reason: 'unroutable' });
  #resolved = 0;
  #forgotten = 0;
  /** All keys that were ever resolved. */
  readonly #known = new Map<string, true>();
  /** The lines of the last run that were not refused. */
  readonly lines = new ReferenceRunLines();
  #values: { readonly slot: number; readonly time: number; readonly number: number }[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  setResolve(resolve: Resolve): void {
    this.#resolve = resolve;
    this.#plans.clear();
    this.lines.clearMarks();
  }

  run(carry: Uint8Array, chunk: Uint8Array, nowSec: number): Outcome {
    const { lineBytesMax, chunkBytesMax } = this.#options;
    assert(carry.length <= lineBytesMax && chunk.length <= chunkBytesMax, 'carry or chunk over its bound');
    assert(!carry.includes(NEWLINE), 'a newline in the carry');
    const bytes = Buffer.concat([carry, chunk]);
    const outcome = makeOutcome();
    const gathered: Gathered = new Map();
    this.#values = [];
    this.lines.all.length = 0;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      outcome.received += 1;
      const line = bytes.subarray(start, end);
      if (line.length > lineBytesMax) {
        refuse(outcome, 'invalid', line.subarray(0, LONG_SAMPLE_BYTES), LINE_TOO_LONG_ERROR);
      } else {
        this.#runLine(line, nowSec, outcome, gathered);
      }
      start = end + 1;
    }
    outcome.tail = Math.min(bytes.length - start, chunk.length);
    for (const [output, lines] of gathered) {
      outcome.emits.push({ output, lines: lines.length, bytes: Buffer.concat(lines) });
    }
    outcome.values.count = this.#values.length;
    outcome.values.slots = Uint32Array.from(this.#values, ({ slot }) => slot);
    outcome.values.times = Uint32Array.from(this.#values, ({ time }) => time);
    outcome.values.numbers = Float64Array.from(this.#values, ({ number }) => number);
    return outcome;
  }

  keyOf(nth: number): Uint8Array | undefined {
    return this.lines.all[nth]?.key;
  }

  stats(): EngineStats {
    const series = Math.max(this.#plans.size, this.#lastSec.size);
    return { series, resolved: this.#resolved, forgotten: this.#forgotten, memoryBytes: 0 };
  }

  /** Fields, numbers and key, then order, then the plan: the first failure decides. */
  #runLine(line: Uint8Array, nowSec: number, outcome: Outcome, gathered: Gathered): void {
    const parts = parseFields(line);
    if (!parts.ok) {
      // A bad key is named before a bad number.
      const error = parseLine(line, this.#options.levels);
      refuse(outcome, 'invalid', line, error.ok ? parts.text : error.text);
      return;
    }
    const plan = this.#planOf(parts.key);
    if (plan.kind === 'drop' && plan.reason === 'invalid') {
      refuse(outcome, 'invalid', line, plan.text ?? '');
      return;
    }
    if (this.#options.validateOrder && !this.#passOrder(parts, line, nowSec, outcome)) return;
    this.lines.add(parts, plan);
    for (const slot of plan.values ?? []) {
      const [value, time] = [latin1(parts.value), latin1(parts.timestamp)];
      this.#values.push({ slot, time: timestampSec(time) ?? 0, number: parseNumber(value) ?? Number.NaN });
    }
    if (plan.kind === 'consume') {
      outcome.consumed += 1;
      return;
    }
    if (plan.kind === 'drop') {
      if (plan.reason === 'blocklisted') outcome.blocklisted += 1;
      else outcome.unroutable += 1;
      return;
    }
    const { key, value, timestamp } = parts;
    const rendered = renderLine(plan.key ?? key, value, timestamp);
    for (const output of plan.outputs) {
      const lines = gathered.get(output);
      if (lines === undefined) gathered.set(output, [rendered]);
      else lines.push(rendered);
    }
    outcome.copies += plan.outputs.length - 1;
  }

  #planOf(key: Uint8Array): Plan {
    const name = latin1(key);
    const known = this.#plans.get(name);
    if (known !== undefined) return known;
    let plan = this.#resolve(key, !this.#known.has(name));
    this.#makeRoom(this.#known);
    this.#known.set(name, true);
    this.#resolved += 1;
    if (plan.kind === 'route' && (plan.key?.length ?? 0) > this.#options.lineBytesMax) {
      plan = { kind: 'drop', reason: 'invalid', text: TOO_LONG_ERROR };
    }
    this.#makeRoom(this.#plans);
    this.#plans.set(name, plan);
    return plan;
  }

  /** Says whether the point is newer than the last of its series, counts it if not, and remembers it if so. */
  #passOrder(parts: LineParts, line: Uint8Array, nowSec: number, outcome: Outcome): boolean {
    const name = latin1(withoutLeadingDot(parts.key));
    const time = timestampSec(latin1(parts.timestamp));
    if (time === undefined) {
      refuse(outcome, 'invalid', line, RANGE_ERROR);
      return false;
    }
    if (time <= (this.#lastSec.get(name) ?? 0)) {
      refuse(outcome, 'out_of_order', line, ORDER_ERROR);
      return false;
    }
    if (time > Math.min(nowSec + this.#options.orderFutureMaxSec, UINT32_MAX)) {
      outcome.orderFuture += 1;
      return true;
    }
    if (!this.#lastSec.has(name)) this.#makeRoom(this.#lastSec);
    this.#lastSec.set(name, time);
    return true;
  }

  #makeRoom(map: Map<string, unknown>): void {
    if (map.size < this.#options.maxSeries) return;
    this.#forgotten += map.size;
    map.clear();
  }
}

function refuse(outcome: Outcome, reason: Reject['reason'], line: Uint8Array, text: string): void {
  if (reason === 'invalid') outcome.invalid += 1;
  else outcome.outOfOrder += 1;
  if (outcome.rejects.length < REJECT_SAMPLES_MAX)
    outcome.rejects.push({ reason, line: new Uint8Array(line), text });
}

/** The lines of a run, and marks by key. */
class ReferenceRunLines implements RunLines {
  readonly all: RunLine[] = [];
  readonly #marks = new Map<string, number>();

  add({ key, canonical }: LineParts, plan: Plan): void {
    this.all.push({
      line: canonical.subarray(0, -1),
      key: new Uint8Array(key),
      rewritten: plan.kind === 'route' ? plan.key : undefined,
      end: plan.kind === 'drop' ? (plan.reason as 'blocklisted' | 'unroutable') : plan.kind,
      outputs: Uint32Array.from(plan.kind === 'route' ? plan.outputs : []),
    });
  }

  nextMarked(from: number, wanted: number): number | undefined {
    for (let nth = from; nth < this.all.length; nth++) {
      const mark = this.markOf(nth);
      if (mark === undefined || (mark & wanted) !== 0) return nth;
    }
    return undefined;
  }

  markOf(nth: number): number | undefined {
    return this.#marks.get(latin1(this.lineOf(nth).key));
  }

  mark(nth: number, bits: number): void {
    this.#marks.set(latin1(this.lineOf(nth).key), bits & 0xff);
  }

  clearMarks(): void {
    this.#marks.clear();
  }

  lineOf(nth: number): RunLine {
    const line = this.all[nth];
    assert(line !== undefined, 'a line that is not there');
    return line;
  }
}

/** A string with one character a byte, so that different bytes are different names. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
