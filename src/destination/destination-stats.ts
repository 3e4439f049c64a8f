// What a destination measures of itself for metrics, beside its books. The destination writes, a scrape reads.
import type { DestinationTimings, FlushCause, TimingName } from '../telemetry/timing/destination-timings.ts';
import { HighWater, type HighWaterView } from '../telemetry/timing/high-water.ts';
import { Histogram } from '../telemetry/timing/histogram.ts';
import type { SpoolTimings } from './spool/spool-timings.ts';

/** A write that takes longer than this is a stall: the peer does not read. */
export const STALL_MS = 100;

/** One write that was taken. */
export interface DoneWrite {
  readonly bytes: number;
  readonly lines: number;
  readonly durationMs: number;
  readonly cause: FlushCause;
  /** True when its lines came from disk. */
  readonly isReplay: boolean;
}

export class DestinationStats {
  writes = 0;
  bytesWritten = 0;
  /** Writes that were stalls, and the time they took. */
  stalls = 0;
  stalledMs = 0;
  /** Times a sender was told to pause. */
  pauses = 0;
  /** Lines that went to disk: of the traffic, and those that somebody put there from elsewhere. */
  spooledRealTime = 0;
  spooledBulk = 0;
  /** Lines that the spool has and its file has not. */
  spoolWaitingLines = 0;
  /** What the spool measures itself. */
  spoolTimings: SpoolTimings | undefined;
  #queueBytes: HighWater | undefined;
  #queueLines: HighWater | undefined;
  readonly #timings: { -readonly [name in TimingName]?: Histogram } = {};

  /** Histograms by name. */
  get timings(): DestinationTimings {
    return {
      ...this.#timings,
      ...(this.spoolTimings && {
        spool_write: this.spoolTimings.writes.histogram,
        spool_sync: this.spoolTimings.syncs.histogram,
        spool_read: this.spoolTimings.reads.histogram,
      }),
    };
  }

  /** Most bytes and lines in the queue; undefined before the first. */
  get queueBytes(): HighWaterView | undefined {
    return this.#queueBytes;
  }

  get queueLines(): HighWaterView | undefined {
    return this.#queueLines;
  }

  /** Notes a completed write. */
  wrote({ bytes, lines, durationMs, cause, isReplay }: DoneWrite, nowMs: number): void {
    this.writes += 1;
    this.bytesWritten += bytes;
    const durationUs = durationMs * 1000;
    this.#record('write', durationUs, nowMs);
    this.#record(`flush_${cause}`, durationUs, nowMs);
    this.#record('write_lines', lines, nowMs);
    this.#record('write_bytes', bytes, nowMs);
    this.#record(`flush_${cause}_bytes`, bytes, nowMs);
    if (isReplay) this.#record('replay', durationUs, nowMs);
    this.#noteStall(durationMs, nowMs);
  }

  /** Notes a write that the kernel did not take to its end. */
  broke(durationMs: number, nowMs: number): void {
    this.#noteStall(durationMs, nowMs);
  }

  /** Notes how long the oldest line of a write had waited when it was handed over. */
  waited(waitedMs: number, nowMs: number): void {
    this.#record('wait', waitedMs * 1000, nowMs);
  }

  /** Notes lines that the spool took. */
  spoolTook(lines: number, isBulk: boolean): void {
    this.spoolWaitingLines += lines;
    if (isBulk) this.spooledBulk += lines;
    else this.spooledRealTime += lines;
  }

  /** Notes that lines are in the file of the spool, or never will be, and how long that took. */
  spoolEnded(lines: number, durationMs: number, nowMs: number): void {
    this.spoolWaitingLines -= lines;
    this.#record('spool_buffer', durationMs * 1000, nowMs);
  }

  /** Notes the size of the queue after it grew. */
  grew(bytes: number, lines: number, nowMs: number): void {
    this.#queueBytes ??= new HighWater(nowMs);
    this.#queueLines ??= new HighWater(nowMs);
    this.#queueBytes.note(bytes, nowMs);
    this.#queueLines.note(lines, nowMs);
  }

  #noteStall(durationMs: number, nowMs: number): void {
    if (durationMs <= STALL_MS) return;
    this.stalls += 1;
    this.stalledMs += durationMs;
    this.#record('stall', durationMs * 1000, nowMs);
  }

  #record(name: TimingName, value: number, nowMs: number): void {
    (this.#timings[name] ??= new Histogram(nowMs)).record(value, nowMs);
  }
}
