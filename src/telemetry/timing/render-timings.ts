// The histograms of destinations as plain data, each with its windows: for GET /api/timings and whoever explains them.
import { DESTINATION_TIMINGS, type DestinationTimings, type TimingName } from './destination-timings.ts';
import type { HighWaterView } from './high-water.ts';
import type { Summary } from './histogram.ts';
import type { DestinationStats } from '../relay-view.ts';
import { WINDOW_NAMES, type WindowName } from './time-windows.ts';

/** What something is over each window, and since the start. */
export type Windowed<T> = Readonly<Record<WindowName | 'all', T>>;

/** One histogram; durations are in µs. */
export type WindowedSummary = Windowed<Summary> & { readonly unit: 'us' | 'bytes' | 'lines' };

/** What a destination measured. */
export interface DestinationTimingReport {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
  readonly queue: {
    readonly bytes: number;
    readonly lines: number;
    readonly ageSec: number;
    readonly bytesMax: number;
    readonly bytesHigh: Windowed<number>;
    readonly linesHigh: Windowed<number>;
  };
  readonly stalls: number;
  readonly stalledSec: number;
  readonly stalledNowSec: number;
  readonly pauses: number;
  readonly timings: Readonly<Partial<Record<TimingName, WindowedSummary>>>;
}

/** Adds up all that a destination measured; `nowMs` is monotonic. */
export function renderTimings(stats: DestinationStats, nowMs: number): DestinationTimingReport {
  const { route, key, addr, stalls, stalledSec, stalledNowSec, pauses } = stats;
  return {
    route,
    key,
    addr,
    queue: {
      bytes: stats.queueBytes,
      lines: stats.queueLines,
      ageSec: stats.queueAgeSec,
      bytesMax: stats.queueBytesMax,
      bytesHigh: highs(stats.queueBytesHigh, nowMs),
      linesHigh: highs(stats.queueLinesHigh, nowMs),
    },
    stalls,
    stalledSec,
    stalledNowSec,
    pauses,
    timings: summaries(stats.timings, nowMs),
  };
}

function highs(high: HighWaterView | undefined, nowMs: number): Windowed<number> {
  return { ...perWindow((name) => high?.window(name, nowMs) ?? 0), all: high?.max ?? 0 };
}

function summaries(timings: DestinationTimings, nowMs: number): DestinationTimingReport['timings'] {
  const rendered: Partial<Record<TimingName, WindowedSummary>> = {};
  for (const { name, unit } of DESTINATION_TIMINGS) {
    const histogram = timings[name];
    if (histogram === undefined) continue;
    const windows = perWindow((window) => histogram.window(window, nowMs));
    rendered[name] = { unit, ...windows, all: histogram.total(nowMs) };
  }
  return rendered;
}

function perWindow<T>(read: (name: WindowName) => T): Readonly<Record<WindowName, T>> {
  return Object.fromEntries(WINDOW_NAMES.map((name) => [name, read(name)])) as Record<WindowName, T>;
}
