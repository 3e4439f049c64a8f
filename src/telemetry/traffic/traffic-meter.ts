// How much came in how short a time, of one listener or of all: the count of lines that the tuning notes made by hand with
// ngrep, per 1 s, 100 ms, 10 ms and 1 ms. It is told of each read, not of each line, and reads no clock itself.
//
// Time is cut into ticks of 1 ms. A window of any width slides by one tick: its sum grows by the tick that closes and
// shrinks by those that leave. A sum can only be a new highest when a tick with traffic closes, so silence costs nothing, and
// only ticks with traffic are kept.
import { TrafficGaps, type GapFigures } from './traffic-gaps.ts';
import { PEAK_SPANS, type PeakSpan, TrafficPeaks } from './traffic-peaks.ts';

/** Widths of the windows, ms; widest first. */
export const TRAFFIC_WINDOWS_MS = [1000, 100, 10, 1] as const;

const WINDOWS = TRAFFIC_WINDOWS_MS.length;
/** A power of two above the widest window. */
const RING_TICKS = 1024;
const RING_MASK = RING_TICKS - 1;
/** When, lines, bytes. */
const TICK_FIELDS = 3;
const MS_PER_MINUTE = 60_000;

/** The most that came within a window, and what that would be per minute. */
export interface TrafficPeak {
  readonly metrics: number;
  readonly metricsPerMinute: number;
  readonly bytes: number;
  readonly bytesPerMinute: number;
}

/** One width of window, and its highest within the last minute, hour and day. */
export type TrafficWindow = { readonly windowMs: number } & Readonly<Record<PeakSpan, TrafficPeak>>;

/** What a meter shows. */
export interface TrafficFigures {
  /** Since the start. */
  readonly metrics: number;
  readonly bytes: number;
  readonly reads: number;
  /** Of the last whole second. */
  readonly metricsPerSec: number;
  readonly bytesPerSec: number;
  /** Widest window first. */
  readonly windows: readonly TrafficWindow[];
  /** Between reads that brought something. */
  readonly gaps: GapFigures;
}

export class TrafficMeter {
  readonly #sums = new SlidingSums();
  readonly #gaps = new TrafficGaps();
  #totalLines = 0;
  #totalBytes = 0;
  #reads = 0;

  /** Notes a read: whole lines that came, and bytes; `nowMs` is monotonic and never goes back. */
  note(lines: number, bytes: number, nowMs: number): void {
    const tick = Math.floor(nowMs);
    this.#totalLines += lines;
    this.#totalBytes += bytes;
    this.#reads += 1;
    this.#sums.add(lines, bytes, tick);
    this.#gaps.note(nowMs);
  }

  /** Reads all figures as they are at `nowMs`. */
  figures(nowMs: number): TrafficFigures {
    const tick = Math.floor(nowMs);
    this.#sums.advance(tick);
    return {
      metrics: this.#totalLines,
      bytes: this.#totalBytes,
      reads: this.#reads,
      metricsPerSec: this.#sums.lines,
      bytesPerSec: this.#sums.bytes,
      windows: TRAFFIC_WINDOWS_MS.map((windowMs, index) => {
        const peaks = PEAK_SPANS.map((span) => [span, this.#peak(span, index, windowMs, tick)]);
        return { windowMs, ...(Object.fromEntries(peaks) as Record<PeakSpan, TrafficPeak>) };
      }),
      gaps: this.#gaps.figures,
    };
  }

  #peak(span: PeakSpan, index: number, windowMs: number, tick: number): TrafficPeak {
    const metrics = this.#sums.highestLines(span, index, tick);
    const bytes = this.#sums.highestBytes(span, index, tick);
    const perMinute = MS_PER_MINUTE / windowMs;
    return { metrics, metricsPerMinute: metrics * perMinute, bytes, bytesPerMinute: bytes * perMinute };
  }
}

/** Sums of lines and bytes over the last 1,000, 100, 10 and 1 ticks, and their highest; lines first, then bytes. */
class SlidingSums {
  /** Ticks in which something came, the newest before `#end`, and their lines and bytes. */
  readonly #ring = new Float64Array(RING_TICKS * TICK_FIELDS);
  #end = 0;
  /** By window: the first of these ticks that is within it, and the sums. */
  readonly #starts = new Float64Array(WINDOWS);
  readonly #sums = new Float64Array(WINDOWS * 2);
  readonly #peaks = new TrafficPeaks(WINDOWS * 2);
  /** The tick under way, and what came in it so far. */
  #tick = 0;
  #lines = 0;
  #bytes = 0;

  /** The last second. */
  get lines(): number {
    return this.#sums[0] ?? 0;
  }

  get bytes(): number {
    return this.#sums[WINDOWS] ?? 0;
  }

  highestLines(span: PeakSpan, window: number, tick: number): number {
    return this.#peaks.highest(span, window, tick);
  }

  highestBytes(span: PeakSpan, window: number, tick: number): number {
    return this.#peaks.highest(span, WINDOWS + window, tick);
  }

  add(lines: number, bytes: number, tick: number): void {
    if (tick > this.#tick) this.#close(tick);
    this.#lines += lines;
    this.#bytes += bytes;
  }

  /** Closes all ticks before `tick`. */
  advance(tick: number): void {
    if (tick > this.#tick) this.#close(tick);
    this.#slideTo(this.#tick - 1);
  }

  #close(tick: number): void {
    const lines = this.#lines;
    const bytes = this.#bytes;
    if (lines > 0 || bytes > 0) {
      this.#slideTo(this.#tick);
      this.#enter(lines, bytes);
      if (lines > 0) this.#raise(0);
      if (bytes > 0) this.#raise(WINDOWS);
      this.#lines = 0;
      this.#bytes = 0;
    }
    this.#tick = tick;
  }

  /** Adds the tick under way to all windows. There is room: no other of the ring is 1,000 ticks older. */
  #enter(lines: number, bytes: number): void {
    const at = (this.#end & RING_MASK) * TICK_FIELDS;
    this.#ring[at] = this.#tick;
    this.#ring[at + 1] = lines;
    this.#ring[at + 2] = bytes;
    this.#end += 1;
    for (let window = 0; window < WINDOWS; window++) {
      this.#sums[window]! += lines;
      this.#sums[WINDOWS + window]! += bytes;
    }
  }

  /** Takes out of each window the ticks that left it when the last one of it is `tick`. */
  #slideTo(tick: number): void {
    const ring = this.#ring;
    for (let window = 0; window < WINDOWS; window++) {
      const left = tick - (TRAFFIC_WINDOWS_MS[window] ?? 0);
      for (let start = this.#starts[window]!; start < this.#end; ) {
        const at = (start & RING_MASK) * TICK_FIELDS;
        if (ring[at]! > left) break;
        this.#sums[window]! -= ring[at + 1]!;
        this.#sums[WINDOWS + window]! -= ring[at + 2]!;
        start += 1;
        this.#starts[window] = start;
      }
    }
  }

  #raise(from: number): void {
    for (let figure = from; figure < from + WINDOWS; figure++) {
      this.#peaks.raise(figure, this.#sums[figure] ?? 0, this.#tick);
    }
  }
}
