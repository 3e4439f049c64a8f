// How much came in how short a time, of one listener or of all: the count of lines that the tuning notes made by hand with
// ngrep, per 1 s, 100 ms, 10 ms and 1 ms. It is told of each read, not of each line, and reads no clock itself.
//
// Time is cut into ticks of 1 ms. A window of any width slides by one tick: its sum grows by the tick that closes and
// shrinks by the one that leaves. A sum can only be a new highest when a tick with traffic closes, so silence costs nothing.
import { TrafficGaps, type GapFigures } from './traffic-gaps.ts';
import { PEAK_SPANS, type PeakSpan, TrafficPeaks } from './traffic-peaks.ts';

/** Widths of the windows, ms; widest first. */
export const TRAFFIC_WINDOWS_MS = [1000, 100, 10, 1] as const;

const WINDOWS = TRAFFIC_WINDOWS_MS.length;
const WIDEST_MS = TRAFFIC_WINDOWS_MS[0];
/** A power of two above the widest window. */
const RING_TICKS = 1024;
const RING_MASK = RING_TICKS - 1;
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
  /** Lines and bytes of a tick side by side. */
  readonly #ring = new Float64Array(RING_TICKS * 2);
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
    if (tick !== this.#tick) this.advance(tick);
    this.#lines += lines;
    this.#bytes += bytes;
  }

  /** Closes all ticks before `tick`. */
  advance(tick: number): void {
    if (tick <= this.#tick) return;
    this.#close(this.#lines, this.#bytes);
    if (this.#lines > 0) this.#raise(0);
    if (this.#bytes > 0) this.#raise(WINDOWS);
    this.#lines = 0;
    this.#bytes = 0;
    this.#tick += 1;
    if (tick - this.#tick >= WIDEST_MS) {
      this.#ring.fill(0);
      this.#sums.fill(0);
      this.#tick = tick;
    }
    for (; this.#tick < tick; this.#tick += 1) this.#close(0, 0);
  }

  #raise(from: number): void {
    for (let figure = from; figure < from + WINDOWS; figure++) {
      this.#peaks.raise(figure, this.#sums[figure] ?? 0, this.#tick);
    }
  }

  #close(lines: number, bytes: number): void {
    const ring = this.#ring;
    const sums = this.#sums;
    for (let window = 0; window < WINDOWS; window++) {
      const leaving = ((this.#tick - (TRAFFIC_WINDOWS_MS[window] ?? 0)) & RING_MASK) * 2;
      sums[window]! += lines - (ring[leaving] ?? 0);
      sums[WINDOWS + window]! += bytes - (ring[leaving + 1] ?? 0);
    }
    const at = (this.#tick & RING_MASK) * 2;
    ring[at] = lines;
    ring[at + 1] = bytes;
  }
}
