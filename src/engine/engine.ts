// The contract of the engine: one chunk of one source in, lines by output out. `wasm-engine.ts` is the one that runs,
// `reference.ts` the obviously correct one that property tests hold it against; both give equal outcomes.
//
// The engine knows no clock, no counter of the relay and no destination; it reports, the dispatcher acts.
import type { Resolve } from '../metric/plan.ts';
import type { ValidationLevels } from '../metric/validation-levels.ts';

/** Bounds and rules of an engine; fixed for its life. */
export interface EngineOptions {
  /** Longest line accepted, bytes, newline not counted. */
  readonly lineBytesMax: number;
  /** Longest chunk that `run` takes, bytes, carry not counted. */
  readonly chunkBytesMax: number;
  /** Most series remembered; beyond it the least recently seen generation is forgotten. */
  readonly maxSeries: number;
  readonly levels: ValidationLevels;
  /** Refuse points that are not newer than the last accepted one of their series. */
  readonly validateOrder: boolean;
  /** A point further in the future than this, seconds, passes but does not move the order of its series. */
  readonly orderFutureMaxSec: number;
}

/** A rejected line, for the bad-metrics list. `line` is a copy without the newline; `text` is crng's LastErr. */
export interface Reject {
  readonly reason: 'invalid' | 'out_of_order';
  readonly line: Uint8Array;
  readonly text: string;
}

/** At most this many rejects a run carry their line; the counts are always whole. */
export const REJECT_SAMPLES_MAX = 32;

/**
 * What one `run` did. The object and everything in it belong to the engine and are valid until the next call.
 * received = invalid + outOfOrder + blocklisted + unroutable + consumed + routed, copies = sum over routed of (outputs - 1).
 */
export interface Outcome {
  /** Lines ended by a newline in this chunk, blank ones too. */
  received: number;
  invalid: number;
  outOfOrder: number;
  blocklisted: number;
  unroutable: number;
  /** Lines that ended in windows. */
  consumed: number;
  copies: number;
  /** Points too far in the future to move the order of their series; they passed. */
  orderFuture: number;
  /** Bytes at the end of `chunk` that belong to a line not yet ended (all of it when it holds no newline). */
  tail: number;
  /** The outputs that got lines, each once, in no particular order. */
  readonly emits: Emit[];
  readonly rejects: Reject[];
  /** What the windows of aggregators get of this run. */
  readonly values: WindowValues;
}

/**
 * Values on their way to windows, in order of the lines and, within a line, of the plan; the arrays may be longer than
 * `count` and belong to the engine. A timestamp that is no number of seconds within 32 bits is 0.
 */
export interface WindowValues {
  count: number;
  slots: Uint32Array;
  times: Uint32Array;
  numbers: Float64Array;
}

/** Makes the values of a run in which none came. */
export function makeWindowValues(): WindowValues {
  return { count: 0, slots: new Uint32Array(0), times: new Uint32Array(0), numbers: new Float64Array(0) };
}

/** Makes the outcome of a run in which nothing came. */
export function makeOutcome(): Outcome {
  return {
    received: 0,
    invalid: 0,
    outOfOrder: 0,
    blocklisted: 0,
    unroutable: 0,
    consumed: 0,
    copies: 0,
    orderFuture: 0,
    tail: 0,
    emits: [],
    rejects: [],
    values: makeWindowValues(),
  };
}

/** The lines of one run for one output, each ended by a newline, in order of arrival. `bytes` is a view. */
export interface Emit {
  output: number;
  lines: number;
  bytes: Uint8Array;
}

/** A line of the last run and what became of it; everything in it is a view. */
export interface RunLine {
  /** With single spaces, without its newline. */
  readonly line: Uint8Array;
  /** As received. */
  readonly key: Uint8Array;
  /** The key with which it leaves, where that is another. */
  readonly rewritten: Uint8Array | undefined;
  readonly end: 'route' | 'consume' | 'blocklisted' | 'unroutable';
  /** None where `end` is not `route`. */
  readonly outputs: Uint32Array;
}

/**
 * The lines of the last run, for who watches single series. Lines have numbers as in `keyOf`. Each series can be marked with
 * 8 bits, so that from then on the lines of those that nobody wants are passed over without a look at their keys.
 */
export interface RunLines {
  /**
   * The first line, from `from` on, whose series has one of the bits `wanted` or is not marked; undefined: none. Refused
   * lines are passed over.
   */
  nextMarked(from: number, wanted: number): number | undefined;
  /** The bits of the series of a line that nextMarked found; undefined: not marked. */
  markOf(nth: number): number | undefined;
  /** Marks the series of a line that nextMarked found. */
  mark(nth: number, bits: number): void;
  /** Forgets all marks; so does `setResolve`. */
  clearMarks(): void;
  /** A line that nextMarked found; valid until the next is asked for. */
  lineOf(nth: number): RunLine;
}

export interface Engine {
  /**
   * Takes the table: from now on keys resolve through it. Series that are known keep their key and order state and are
   * resolved again on their next line. `resolve` judges the key too (validateKey) and must not call the engine.
   */
  setResolve(resolve: Resolve): void;
  /**
   * Runs the lines of `carry` + `chunk`. `carry` holds no newline and at most `lineBytesMax` bytes. A line longer than
   * `lineBytesMax` is invalid ("line is too long"); its sample holds the first 256 bytes. `nowSec`: wall time, seconds.
   */
  run(carry: Uint8Array, chunk: Uint8Array, nowSec: number): Outcome;
  /**
   * The key, as received, of one of the lines of the last run; undefined: that line was refused. Numbers go from 0 to
   * `received`, each stands for one line, in an order of the engine's own. Valid until the next call, for samples.
   */
  keyOf(nth: number): Uint8Array | undefined;
  readonly lines: RunLines;
  /** Series remembered, and how many were forgotten or resolved so far. */
  stats(): EngineStats;
}

export interface EngineStats {
  readonly series: number;
  /** Keys resolved through the table so far. */
  readonly resolved: number;
  /** Series forgotten to stay within `maxSeries`. */
  readonly forgotten: number;
  readonly memoryBytes: number;
}
