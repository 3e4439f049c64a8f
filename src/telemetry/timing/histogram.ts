// A histogram of whole numbers, durations in µs or sizes, that remembers the last 10 s, minute and hour and everything
// since the start. Bounded: 3.5 KiB, and for each part of a window the buckets that hold something. To record costs some
// 15 ns (bench/micro/histogram.ts) and makes nothing; whoever may never record makes the histogram when he first does.
import {
  bucketOf,
  BUCKETS,
  EMPTY_SLICE,
  mergeSlices,
  packSlice,
  quantileOf,
  type Slice,
  subtractSlice,
  VALUE_MAX,
} from './histogram-slice.ts';
import { MovingRates, type Rates } from '../traffic/moving-rates.ts';
import { PART_MS, partsPassed, TimeWindows, type WindowName } from './time-windows.ts';

/** What some values come to; all 0 where there are none. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

/** Sees what was recorded since it last asked, whatever others ask. */
export interface HistogramReader {
  take(nowMs: number): Summary;
}

/** A histogram, for whoever only reads it. `nowMs` is monotonic. */
export interface HistogramView {
  /** Since the start. */
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  window(name: WindowName, nowMs: number): Summary;
  total(nowMs: number): Summary;
  rates(nowMs: number): Rates;
  /** Makes a reader, whose first look is at everything since the start. It is never let go of: make few. */
  reader(): HistogramReader;
}

interface Extremes {
  min: number;
  max: number;
}

export class Histogram implements HistogramView {
  /** The part of a window that is open. */
  readonly #open = new Uint32Array(BUCKETS);
  #openCount = 0;
  #openSum = 0;
  #openSquares = 0;
  readonly #openExtremes: Extremes = noExtremes();
  #openedMs: number;
  readonly #windows = new TimeWindows<Slice>(EMPTY_SLICE, mergeSlices);
  /** All parts that are closed. */
  #closed: Slice = EMPTY_SLICE;
  readonly #rates: MovingRates;
  /** What each reader has not taken yet. */
  readonly #unread: Extremes[] = [];

  constructor(nowMs: number) {
    this.#openedMs = nowMs;
    this.#rates = new MovingRates(nowMs);
  }

  get count(): number {
    return this.#closed.count + this.#openCount;
  }

  get sum(): number {
    return this.#closed.sum + this.#openSum;
  }

  get max(): number {
    return this.count === 0 ? 0 : Math.max(this.#closed.max, this.#openExtremes.max);
  }

  /** Notes a value; it is rounded, and brought within 0 and VALUE_MAX. `nowMs` is monotonic. */
  record(value: number, nowMs: number): void {
    if (nowMs - this.#openedMs >= PART_MS) this.#advance(nowMs);
    const whole = value >= VALUE_MAX ? VALUE_MAX : value > 0 ? Math.round(value) : 0;
    this.#open[bucketOf(whole)]! += 1;
    this.#openCount += 1;
    this.#openSum += whole;
    this.#openSquares += whole * whole;
    widen(this.#openExtremes, whole);
    for (const extremes of this.#unread) widen(extremes, whole);
  }

  window(name: WindowName, nowMs: number): Summary {
    this.#advance(nowMs);
    return summarize(this.#windows.sum(name, this.#packOpen()));
  }

  total(nowMs: number): Summary {
    this.#advance(nowMs);
    return summarize(this.#all());
  }

  rates(nowMs: number): Rates {
    this.#advance(nowMs);
    return this.#rates.read(this.count, nowMs);
  }

  /** Makes a reader, whose first look is at everything since the start. */
  reader(): HistogramReader {
    let taken: Slice = EMPTY_SLICE;
    const { min, max } = this.#all();
    const extremes: Extremes = { min, max };
    this.#unread.push(extremes);
    return {
      take: (nowMs) => {
        this.#advance(nowMs);
        const all = this.#all();
        const summary = summarize(subtractSlice(all, taken, extremes));
        taken = all;
        Object.assign(extremes, noExtremes());
        return summary;
      },
    };
  }

  #all(): Slice {
    return mergeSlices(this.#closed, this.#packOpen());
  }

  #packOpen(): Slice {
    const { min, max } = this.#openExtremes;
    const sums = { count: this.#openCount, sum: this.#openSum, sumOfSquares: this.#openSquares, min, max };
    return packSlice(this.#open, sums);
  }

  /** Closes the open part when its time is over. */
  #advance(nowMs: number): void {
    const parts = partsPassed(this.#openedMs, nowMs);
    if (parts === 0) return;
    const part = this.#packOpen();
    this.#windows.close(part);
    this.#windows.skip(parts - 1);
    this.#closed = mergeSlices(this.#closed, part);
    this.#rates.pass(part.count, parts);
    this.#openedMs += parts * PART_MS;
    if (part.count === 0) return;
    this.#open.fill(0);
    this.#openCount = 0;
    this.#openSum = 0;
    this.#openSquares = 0;
    Object.assign(this.#openExtremes, noExtremes());
  }
}

/** What is shown where nothing was ever recorded. */
export const NO_SUMMARY: Summary = summarize(EMPTY_SLICE);

function noExtremes(): Extremes {
  return { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

function widen(extremes: Extremes, value: number): void {
  if (value < extremes.min) extremes.min = value;
  if (value > extremes.max) extremes.max = value;
}

function summarize(slice: Slice): Summary {
  const { count, sum, sumOfSquares } = slice;
  const mean = count === 0 ? 0 : sum / count;
  return {
    count,
    sum,
    min: count === 0 ? 0 : slice.min,
    max: count === 0 ? 0 : slice.max,
    mean,
    stddev: count === 0 ? 0 : Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)),
    p50: quantileOf(slice, 0.5),
    p75: quantileOf(slice, 0.75),
    p90: quantileOf(slice, 0.9),
    p95: quantileOf(slice, 0.95),
    p99: quantileOf(slice, 0.99),
    p999: quantileOf(slice, 0.999),
  };
}
