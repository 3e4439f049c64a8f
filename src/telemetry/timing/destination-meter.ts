// What a destination measures beyond its counters: histograms of its writes, and how full its queue was. One that is never
// told of something holds no memory for it.
//
// Whoever is told only notes it, five numbers in a row of memory. What was noted goes into the histograms when there is no
// room for more, or when somebody asks: under a trickle each of them would have to be fetched from memory for a single
// value, several times a write.
import type { DestinationTimings, FlushCause, TimingName } from './destination-timings.ts';
import { HighWater, type HighWaterView } from './high-water.ts';
import { Histogram } from './histogram.ts';

const MICROS_PER_MS = 1000;
/** Notes that wait for their histograms. */
const NOTES_MAX = 128;
/** What was noted, then up to three figures, then when. */
const NOTE_FIELDS = 5;

/** Told by a destination, read by whoever shows it. `nowMs` is monotonic. */
export interface DestinationMeter {
  /** Histograms by name, with all that was noted so far. */
  readonly timings: DestinationTimings;
  /** Most bytes and lines in the queue; undefined before the first. */
  readonly queueBytes: HighWaterView | undefined;
  readonly queueLines: HighWaterView | undefined;
  /** Notes a completed write. */
  wrote(cause: FlushCause, bytes: number, lines: number, durationMs: number, nowMs: number): void;
  /** Notes that a write took lines from disk. */
  replayed(durationMs: number, nowMs: number): void;
  /** Notes a write that the peer did not take for long. */
  stalled(durationMs: number, nowMs: number): void;
  /** Notes how long the oldest line of a write had waited when it was handed over. */
  waited(waitedMs: number, nowMs: number): void;
  /** Notes how long lines took to the file of the spool. */
  buffered(durationMs: number, nowMs: number): void;
  /** Notes the size of the queue after it grew. */
  grew(bytes: number, lines: number, nowMs: number): void;
}

/** Durations that stand alone, and writes by their cause. */
const DURATIONS = ['replay', 'stall', 'wait', 'spool_buffer'] as const satisfies readonly TimingName[];
const CAUSES = ['ticker', 'overflow', 'manual'] as const satisfies readonly FlushCause[];
/** The first kind of note that is a write. */
const WRITE = DURATIONS.length;

/** Measures. */
export class DestinationHistograms implements DestinationMeter {
  #queueBytes: HighWater | undefined;
  #queueLines: HighWater | undefined;
  /** Nothing new is to be told of the queue before this time while it is no fuller than this. */
  #calmUntilMs = Number.NEGATIVE_INFINITY;
  #calmBytes = 0;
  #calmLines = 0;
  #notes: Float64Array | undefined;
  #noted = 0;
  readonly #timings: { -readonly [name in TimingName]?: Histogram } = {};

  get timings(): DestinationTimings {
    this.#settle();
    return this.#timings;
  }

  get queueBytes(): HighWaterView | undefined {
    return this.#queueBytes;
  }

  get queueLines(): HighWaterView | undefined {
    return this.#queueLines;
  }

  wrote(cause: FlushCause, bytes: number, lines: number, durationMs: number, nowMs: number): void {
    const kind = cause === 'ticker' ? 0 : cause === 'overflow' ? 1 : 2;
    this.#note(WRITE + kind, nowMs, durationMs, bytes, lines);
  }

  replayed(durationMs: number, nowMs: number): void {
    this.#note(0, nowMs, durationMs, 0, 0);
  }

  stalled(durationMs: number, nowMs: number): void {
    this.#note(1, nowMs, durationMs, 0, 0);
  }

  waited(waitedMs: number, nowMs: number): void {
    this.#note(2, nowMs, waitedMs, 0, 0);
  }

  buffered(durationMs: number, nowMs: number): void {
    this.#note(3, nowMs, durationMs, 0, 0);
  }

  grew(bytes: number, lines: number, nowMs: number): void {
    if (bytes <= this.#calmBytes && lines <= this.#calmLines && nowMs < this.#calmUntilMs) return;
    const highBytes = (this.#queueBytes ??= new HighWater(nowMs));
    const highLines = (this.#queueLines ??= new HighWater(nowMs));
    highBytes.note(bytes, nowMs);
    highLines.note(lines, nowMs);
    this.#calmBytes = highBytes.level;
    this.#calmLines = highLines.level;
    this.#calmUntilMs = Math.min(highBytes.levelEndMs, highLines.levelEndMs);
  }

  #note(kind: number, nowMs: number, durationMs: number, bytes: number, lines: number): void {
    if (this.#noted === NOTES_MAX) this.#settle();
    const notes = (this.#notes ??= new Float64Array(NOTES_MAX * NOTE_FIELDS));
    const at = this.#noted * NOTE_FIELDS;
    notes[at] = kind;
    notes[at + 1] = durationMs;
    notes[at + 2] = bytes;
    notes[at + 3] = lines;
    notes[at + 4] = nowMs;
    this.#noted += 1;
  }

  #settle(): void {
    const notes = this.#notes;
    if (notes === undefined) return;
    for (let at = 0; at < this.#noted * NOTE_FIELDS; at += NOTE_FIELDS) {
      const kind = notes[at]!;
      const durationUs = notes[at + 1]! * MICROS_PER_MS;
      const nowMs = notes[at + 4]!;
      if (kind < WRITE) this.#record(DURATIONS[kind]!, durationUs, nowMs);
      else this.#recordWrite(CAUSES[kind - WRITE]!, durationUs, notes[at + 2]!, notes[at + 3]!, nowMs);
    }
    this.#noted = 0;
  }

  #recordWrite(cause: FlushCause, durationUs: number, bytes: number, lines: number, nowMs: number): void {
    this.#record('write', durationUs, nowMs);
    this.#record(`flush_${cause}`, durationUs, nowMs);
    this.#record('write_lines', lines, nowMs);
    this.#record('write_bytes', bytes, nowMs);
    this.#record(`flush_${cause}_bytes`, bytes, nowMs);
  }

  #record(name: TimingName, value: number, nowMs: number): void {
    (this.#timings[name] ??= new Histogram(nowMs)).record(value, nowMs);
  }
}

/** Measures nothing. */
export const NO_METER: DestinationMeter = {
  timings: {},
  queueBytes: undefined,
  queueLines: undefined,
  wrote: () => {},
  replayed: () => {},
  stalled: () => {},
  waited: () => {},
  buffered: () => {},
  grew: () => {},
};
