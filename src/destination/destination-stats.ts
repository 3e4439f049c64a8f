// What a destination measures of itself for metrics, beside its books. The destination writes, a scrape reads.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Longest write that is told apart, µs; longer ones count as this. */
const DURATION_US_MAX = 3_600_000_000;
const LINES_MAX = 1_000_000;
/** A write that takes longer than this is a stall: the peer does not read. */
const STALL_MS = 1000;

export class DestinationStats {
  writes = 0;
  bytesWritten = 0;
  /** Writes that took longer than a second. */
  stalls = 0;
  /** Most bytes and lines the queue ever held. */
  queueBytesHigh = 0;
  queueLinesHigh = 0;
  /** Times a sender was told to pause. */
  pauses = 0;
  #durationUs: RecordableHistogram | undefined;
  #linesPerWrite: RecordableHistogram | undefined;

  /** Durations of writes, from the call to the completion, µs; undefined before the first (a histogram costs 50 KiB). */
  get writeDurationUs(): RecordableHistogram | undefined {
    return this.#durationUs;
  }

  /** Lines per write. */
  get linesPerWrite(): RecordableHistogram | undefined {
    return this.#linesPerWrite;
  }

  /** Notes a completed write. */
  wrote(bytes: number, lines: number, durationMs: number): void {
    this.#durationUs ??= createHistogram({ highest: DURATION_US_MAX, figures: 2 });
    this.#linesPerWrite ??= createHistogram({ highest: LINES_MAX, figures: 2 });
    this.writes += 1;
    this.bytesWritten += bytes;
    if (durationMs > STALL_MS) this.stalls += 1;
    this.#durationUs.record(Math.min(DURATION_US_MAX, Math.max(1, Math.round(durationMs * 1000))));
    this.#linesPerWrite.record(Math.min(LINES_MAX, Math.max(1, lines)));
  }

  /** Notes the size of the queue after it grew. */
  grew(bytes: number, lines: number): void {
    if (bytes > this.queueBytesHigh) this.queueBytesHigh = bytes;
    if (lines > this.queueLinesHigh) this.queueLinesHigh = lines;
  }
}
