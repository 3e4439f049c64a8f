// Feeds bytes to an engine as the input room does, cut into chunks with the unfinished line carried over, and adds the
// outcomes up. Each outcome is checked against its own invariants on the way.
import assert from 'node:assert/strict';
import type { Engine, EngineOptions, Outcome, RunLines } from '../../src/engine/engine.ts';

/** Makes an engine under test; the contract's suites own nothing but what this returns. */
export type MakeEngine = (options: EngineOptions) => Engine | Promise<Engine>;

/** A copy of what an outcome says, in forms that compare and print well; bytes as Latin-1. */
export interface Told {
  received: number;
  invalid: number;
  outOfOrder: number;
  blocklisted: number;
  unroutable: number;
  consumed: number;
  copies: number;
  orderFuture: number;
  /** Bytes for each output, by id. */
  readonly out: Record<number, string>;
  /** reason, text, line. */
  readonly rejects: [string, string, string][];
  /** Keys of the lines that were not refused, sorted. */
  readonly keys: string[];
  /** Lines of series that were marked, each with its end, its outputs and the key with which it leaves, sorted. */
  readonly marked: string[];
  /** slot, timestamp, number. */
  readonly values: [number, number, number][];
}

/** Cuts bytes at positions (any order, any range) into chunks; empty chunks are allowed. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const edges = [...positions.map((position) => position % (bytes.length + 1)), 0, bytes.length];
  edges.sort((a, b) => a - b);
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

/** A stream of one source through an engine: keeps the carry. */
export class EngineStream {
  readonly #engine: Engine;
  #carry: Uint8Array = new Uint8Array(0);

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The line begun and not yet ended. */
  get carry(): string {
    return latin1(this.#carry);
  }

  /** Runs one chunk and tells what came of it. */
  run(chunk: Uint8Array, nowSec: number): Told {
    const outcome = this.#engine.run(this.#carry, chunk, nowSec);
    checkOutcome(outcome, chunk);
    const told = tell(outcome);
    for (let nth = 0; nth < outcome.received; nth++) {
      const key = this.#engine.keyOf(nth);
      if (key !== undefined) told.keys.push(latin1(key));
    }
    told.keys.sort();
    told.marked.push(...markAndShow(this.#engine.lines));
    const { received, invalid, outOfOrder } = told;
    assert.equal(
      told.keys.length,
      received - invalid - outOfOrder,
      'a key for each line that was not refused',
    );
    const rest = chunk.subarray(chunk.length - outcome.tail);
    this.#carry = new Uint8Array(outcome.received === 0 ? Buffer.concat([this.#carry, rest]) : rest);
    return told;
  }

  /** Runs several chunks and adds up what came of them. */
  runAll(chunks: readonly Uint8Array[], nowSec: number): Told {
    const total = nothing();
    for (const chunk of chunks) add(total, this.run(chunk, nowSec));
    return total;
  }
}

/** Marks about half of the series that are not marked yet, then shows the lines of those that are. */
function markAndShow(lines: RunLines): string[] {
  for (let at = lines.nextMarked(0, 0); at !== undefined; at = lines.nextMarked(at, 0)) {
    const { key } = lines.lineOf(at);
    const sum = key.reduce((total, byte) => total + byte, 0);
    lines.mark(at, sum & 0xff);
    assert.equal(lines.markOf(at), sum & 0xff);
  }
  const shown: string[] = [];
  for (let at = lines.nextMarked(0, 1); at !== undefined; at = lines.nextMarked(at + 1, 1)) {
    const { line, key, rewritten, end, outputs } = lines.lineOf(at);
    assert.ok(latin1(line).startsWith(`${latin1(key)} `), 'a line begins with its key');
    shown.push(`${latin1(line)} ${end} ${outputs.join()} ${rewritten && latin1(rewritten)}`);
  }
  return shown.sort();
}

/** What an empty chunk comes to. */
export function nothing(): Told {
  return {
    received: 0,
    invalid: 0,
    outOfOrder: 0,
    blocklisted: 0,
    unroutable: 0,
    consumed: 0,
    copies: 0,
    orderFuture: 0,
    out: {},
    rejects: [],
    keys: [],
    marked: [],
    values: [],
  };
}

/** One byte a character. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function tell(outcome: Outcome): Told {
  const told = nothing();
  for (const name of COUNTS) told[name] = outcome[name];
  for (const { output, bytes } of outcome.emits) told.out[output] = latin1(bytes);
  for (const { reason, text, line } of outcome.rejects) told.rejects.push([reason, text, latin1(line)]);
  const { count, slots, times, numbers } = outcome.values;
  for (let i = 0; i < count; i++) {
    told.values.push([slots[i] as number, times[i] as number, numbers[i] as number]);
  }
  return told;
}

function add(total: Told, told: Told): void {
  for (const name of COUNTS) total[name] += told[name];
  for (const [output, text] of Object.entries(told.out)) {
    total.out[Number(output)] = (total.out[Number(output)] ?? '') + text;
  }
  total.rejects.push(...told.rejects);
  total.keys.push(...told.keys);
  total.keys.sort();
  total.marked.push(...told.marked);
  total.marked.sort();
  total.values.push(...told.values);
}

const COUNTS = [
  'received',
  'invalid',
  'outOfOrder',
  'blocklisted',
  'unroutable',
  'consumed',
  'copies',
  'orderFuture',
] as const satisfies readonly (keyof Told)[];

function checkOutcome(outcome: Outcome, chunk: Uint8Array): void {
  assert.equal(outcome.tail, chunk.length - 1 - chunk.lastIndexOf(0x0a), 'tail');
  let emitted = 0;
  const seen = new Set<number>();
  for (const { output, lines, bytes } of outcome.emits) {
    assert.ok(!seen.has(output), `output ${output} twice`);
    seen.add(output);
    assert.ok(lines > 0, 'an output without lines');
    assert.equal(bytes[bytes.length - 1], 0x0a, 'emitted bytes end with a newline');
    assert.equal(countNewlines(bytes), lines, 'lines of an emit');
    emitted += lines;
  }
  const { received, invalid, outOfOrder, blocklisted, unroutable, consumed, copies } = outcome;
  const ended = invalid + outOfOrder + blocklisted + unroutable + consumed;
  assert.equal(received, ended + emitted - copies, 'conservation');
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}
