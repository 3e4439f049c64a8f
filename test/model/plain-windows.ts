// Windows as the words of docs/aggregation.md have them: maps and lists, every second looked at one by one.
import type { AggregatorOptions } from '../../src/table/options.ts';
import { type Point, plainResults } from '../table/aggregator/plain-functions.ts';

/** So many intervals a window that has left is kept to be amended. */
const AMEND_INTERVALS = 5;

/** A result that leaves: key, value, timestamp. */
export type Result = readonly [string, number, number];

interface PlainWindow {
  readonly points: Point[];
  left: boolean;
  changed: boolean;
}

/** One rule; its key for text `x` is the format with `$1` replaced. */
export class PlainRule {
  readonly options: AggregatorOptions;
  tooOld = 0;
  tooNew = 0;
  amended = 0;
  /** By start, then by text. */
  readonly #buckets = new Map<number, { left: boolean; windows: Map<string, PlainWindow> }>();
  readonly #futureMaxSec: number;

  constructor(options: AggregatorOptions, futureMaxSec: number) {
    this.options = options;
    this.#futureMaxSec = futureMaxSec;
  }

  get open(): number {
    return [...this.#buckets.values()].reduce((sum, { windows }) => sum + windows.size, 0);
  }

  /** Takes a point. */
  send(text: string, point: Point, nowSec: number): void {
    const { intervalSec, waitSec, late } = this.options;
    const startSec = point.timeSec - (point.timeSec % intervalSec);
    let bucket = this.#buckets.get(startSec);
    let window = bucket?.windows.get(text);
    if (window === undefined) {
      const dueSec = nowSec - waitSec;
      const keptSec = late === 'amend' ? AMEND_INTERVALS * intervalSec : 0;
      if (startSec <= dueSec - keptSec) {
        this.tooOld += 1;
        return;
      }
      if (startSec > nowSec + this.#futureMaxSec) {
        this.tooNew += 1;
        return;
      }
      bucket ??= { left: startSec <= dueSec, windows: new Map() };
      this.#buckets.set(startSec, bucket);
      window = { points: [], left: bucket.left, changed: false };
      bucket.windows.set(text, window);
    }
    window.points.push(point);
    if (!window.left) return;
    window.changed = true;
    this.amended += 1;
  }

  /** Lets a second of the clock pass; what leaves at it. */
  tick(nowSec: number): Result[] {
    const { intervalSec, waitSec } = this.options;
    return (nowSec - waitSec) % intervalSec === 0 ? this.#leave(nowSec - waitSec) : [];
  }

  /** Lets everything leave that has not, or has changed. */
  close(): Result[] {
    return this.#leave(Number.POSITIVE_INFINITY);
  }

  #leave(dueSec: number): Result[] {
    const { intervalSec, late } = this.options;
    const results: Result[] = [];
    for (const [startSec, bucket] of this.#buckets) {
      if (startSec > dueSec) continue;
      for (const [text, window] of bucket.windows) {
        if (bucket.left && !window.changed) continue;
        results.push(...this.#results(text, window.points, startSec));
        window.left = true;
        window.changed = false;
      }
      bucket.left = true;
      const isKept = late === 'amend' && startSec > dueSec - AMEND_INTERVALS * intervalSec;
      if (!isKept) this.#buckets.delete(startSec);
    }
    return results;
  }

  #results(text: string, points: readonly Point[], startSec: number): Result[] {
    const { outputs, intervalSec, timestamp } = this.options;
    const shift = { start: 0, middle: Math.floor(intervalSec / 2), end: intervalSec }[timestamp];
    return outputs.flatMap((output) =>
      [...plainResults(output.function, points)].map(([suffix, value]): Result => {
        return [output.format.replace('$1', text) + suffix, value, startSec + shift];
      }),
    );
  }
}
