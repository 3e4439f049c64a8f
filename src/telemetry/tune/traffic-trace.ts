// A recorded stretch of traffic: when each read came and how large it was, without a key in it; and what it says.
import { TrafficMeter, type TrafficFigures } from '../traffic/traffic-meter.ts';

/** Reads of one trace; more are counted and left out. */
export const TRACE_READS_MAX = 200_000;

/** A read: microseconds since the one before (the first: since the start), lines, bytes. */
export type TraceRead = readonly [afterMicros: number, lines: number, bytes: number];

/** What a file of `sluice tune --record` holds. */
export interface TrafficTrace {
  readonly kind: 'sluice-traffic';
  readonly seconds: number;
  readonly reads: readonly TraceRead[];
  /** Reads beyond the bound. */
  readonly missed: number;
}

/** What must be buffered while a destination takes nothing. */
export interface StallNeed {
  readonly stallMs: number;
  readonly metrics: number;
  readonly bytes: number;
}

export interface TraceReport {
  readonly seconds: number;
  readonly missed: number;
  readonly traffic: TrafficFigures;
  readonly stalls: readonly StallNeed[];
}

const STALLS_MS = [10, 100, 1000, 10_000, 60_000];

/** Records reads until `end`. */
export class TraceRecorder {
  readonly #reads: TraceRead[] = [];
  readonly #startMs: number;
  #lastMs: number;
  #missed = 0;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#lastMs = nowMs;
  }

  note(lines: number, bytes: number, nowMs: number): void {
    if (this.#reads.length >= TRACE_READS_MAX) {
      this.#missed += 1;
      return;
    }
    this.#reads.push([Math.round((nowMs - this.#lastMs) * 1000), lines, bytes]);
    this.#lastMs = nowMs;
  }

  end(nowMs: number): TrafficTrace {
    const seconds = (nowMs - this.#startMs) / 1000;
    return { kind: 'sluice-traffic', seconds, reads: this.#reads, missed: this.#missed };
  }
}

/** Tells whether a value read from a file is a trace. */
export function isTrace(value: unknown): value is TrafficTrace {
  const trace = value as Partial<TrafficTrace> | null;
  if (trace?.kind !== 'sluice-traffic' || typeof trace.seconds !== 'number') return false;
  const isRead = (read: unknown): boolean =>
    Array.isArray(read) &&
    read.length === 3 &&
    read.every((number) => Number.isFinite(number) && number >= 0);
  return Array.isArray(trace.reads) && trace.reads.every(isRead);
}

/** Evaluates a trace. */
export function evaluateTrace({ seconds, reads, missed }: TrafficTrace): TraceReport {
  const meter = new TrafficMeter();
  let nowMs = 0;
  const times = reads.map(([afterMicros, lines, bytes]) => {
    nowMs += afterMicros / 1000;
    meter.note(lines, bytes, nowMs);
    return nowMs;
  });
  const traffic = meter.figures(Math.max(nowMs + 1, seconds * 1000));
  const stalls = STALLS_MS.filter((stallMs) => stallMs <= seconds * 1000);
  return { seconds, missed, traffic, stalls: stalls.map((stallMs) => needOf(stallMs, times, reads)) };
}

function needOf(stallMs: number, times: readonly number[], reads: readonly TraceRead[]): StallNeed {
  let metrics = 0;
  let bytes = 0;
  let most = { metrics: 0, bytes: 0 };
  let first = 0;
  for (const [last, [, lines, size]] of reads.entries()) {
    metrics += lines;
    bytes += size;
    for (; (times[last] ?? 0) - (times[first] ?? 0) >= stallMs; first++) {
      metrics -= reads[first]?.[1] ?? 0;
      bytes -= reads[first]?.[2] ?? 0;
    }
    most = { metrics: Math.max(most.metrics, metrics), bytes: Math.max(most.bytes, bytes) };
  }
  return { stallMs, ...most };
}
