// What a destination measures beyond its counters: histograms of its writes, and how full its queue was. One that is never
// told of something holds no memory for it.
import type { DestinationTimings, FlushCause, TimingName } from './destination-timings.ts';
import { HighWater, type HighWaterView } from './high-water.ts';
import { Histogram } from './histogram.ts';

const MICROS_PER_MS = 1000;

/** One write that was taken. */
export interface DoneWrite {
  readonly bytes: number;
  readonly lines: number;
  readonly durationMs: number;
  readonly cause: FlushCause;
  /** True when its lines came from disk. */
  readonly isReplay: boolean;
}

/** Told by a destination, read by whoever shows it. `nowMs` is monotonic. */
export interface DestinationMeter {
  /** Histograms by name. */
  readonly timings: DestinationTimings;
  /** Most bytes and lines in the queue; undefined before the first. */
  readonly queueBytes: HighWaterView | undefined;
  readonly queueLines: HighWaterView | undefined;
  /** Notes a completed write. */
  wrote(write: DoneWrite, nowMs: number): void;
  /** Notes a write that the peer did not take for long. */
  stalled(durationMs: number, nowMs: number): void;
  /** Notes how long the oldest line of a write had waited when it was handed over. */
  waited(waitedMs: number, nowMs: number): void;
  /** Notes how long lines took to the file of the spool. */
  buffered(durationMs: number, nowMs: number): void;
  /** Notes the size of the queue after it grew. */
  grew(bytes: number, lines: number, nowMs: number): void;
}

/** Measures. */
export class DestinationHistograms implements DestinationMeter {
  #queueBytes: HighWater | undefined;
  #queueLines: HighWater | undefined;
  readonly timings: { -readonly [name in TimingName]?: Histogram } = {};

  get queueBytes(): HighWaterView | undefined {
    return this.#queueBytes;
  }

  get queueLines(): HighWaterView | undefined {
    return this.#queueLines;
  }

  wrote({ bytes, lines, durationMs, cause, isReplay }: DoneWrite, nowMs: number): void {
    const durationUs = durationMs * MICROS_PER_MS;
    this.#record('write', durationUs, nowMs);
    this.#record(`flush_${cause}`, durationUs, nowMs);
    this.#record('write_lines', lines, nowMs);
    this.#record('write_bytes', bytes, nowMs);
    this.#record(`flush_${cause}_bytes`, bytes, nowMs);
    if (isReplay) this.#record('replay', durationUs, nowMs);
  }

  stalled(durationMs: number, nowMs: number): void {
    this.#record('stall', durationMs * MICROS_PER_MS, nowMs);
  }

  waited(waitedMs: number, nowMs: number): void {
    this.#record('wait', waitedMs * MICROS_PER_MS, nowMs);
  }

  buffered(durationMs: number, nowMs: number): void {
    this.#record('spool_buffer', durationMs * MICROS_PER_MS, nowMs);
  }

  grew(bytes: number, lines: number, nowMs: number): void {
    this.#queueBytes ??= new HighWater(nowMs);
    this.#queueLines ??= new HighWater(nowMs);
    this.#queueBytes.note(bytes, nowMs);
    this.#queueLines.note(lines, nowMs);
  }

  #record(name: TimingName, value: number, nowMs: number): void {
    (this.timings[name] ??= new Histogram(nowMs)).record(value, nowMs);
  }
}

/** Measures nothing. */
export const NO_METER: DestinationMeter = {
  timings: {},
  queueBytes: undefined,
  queueLines: undefined,
  wrote: () => {},
  stalled: () => {},
  waited: () => {},
  buffered: () => {},
  grew: () => {},
};
