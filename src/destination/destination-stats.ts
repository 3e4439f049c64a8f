// What a destination counts of itself for metrics, beside its books, and what it measures. The destination writes, a scrape
// reads.
import { DestinationHistograms, type DestinationMeter } from '../telemetry/timing/destination-meter.ts';
import type { DestinationTimings, FlushCause } from '../telemetry/timing/destination-timings.ts';
import type { HighWaterView } from '../telemetry/timing/high-water.ts';
import type { SpoolTimings } from './spool/spool-timings.ts';

/** A write that takes longer than this is a stall: the peer does not read. */
export const STALL_MS = 100;

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
  readonly #meter: DestinationMeter;

  constructor(meter: DestinationMeter = new DestinationHistograms()) {
    this.#meter = meter;
  }

  /** Histograms by name. */
  get timings(): DestinationTimings {
    return {
      ...this.#meter.timings,
      ...(this.spoolTimings && {
        spool_write: this.spoolTimings.writes.histogram,
        spool_sync: this.spoolTimings.syncs.histogram,
        spool_read: this.spoolTimings.reads.histogram,
      }),
    };
  }

  /** Most bytes and lines in the queue; undefined before the first. */
  get queueBytes(): HighWaterView | undefined {
    return this.#meter.queueBytes;
  }

  get queueLines(): HighWaterView | undefined {
    return this.#meter.queueLines;
  }

  /** Notes a completed write. */
  wrote(cause: FlushCause, bytes: number, lines: number, durationMs: number, nowMs: number): void {
    this.writes += 1;
    this.bytesWritten += bytes;
    this.#meter.wrote(cause, bytes, lines, durationMs, nowMs);
    this.#noteStall(durationMs, nowMs);
  }

  /** Notes that a completed write took lines from disk. */
  replayed(durationMs: number, nowMs: number): void {
    this.#meter.replayed(durationMs, nowMs);
  }

  /** Notes a write that the kernel did not take to its end. */
  broke(durationMs: number, nowMs: number): void {
    this.#noteStall(durationMs, nowMs);
  }

  /** Notes how long the oldest line of a write had waited when it was handed over. */
  waited(waitedMs: number, nowMs: number): void {
    this.#meter.waited(waitedMs, nowMs);
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
    this.#meter.buffered(durationMs, nowMs);
  }

  /** Notes the size of the queue after it grew. */
  grew(bytes: number, lines: number, nowMs: number): void {
    this.#meter.grew(bytes, lines, nowMs);
  }

  #noteStall(durationMs: number, nowMs: number): void {
    if (durationMs <= STALL_MS) return;
    this.stalls += 1;
    this.stalledMs += durationMs;
    this.#meter.stalled(durationMs, nowMs);
  }
}
