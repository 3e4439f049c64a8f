// What `GET /api/series/top` is asked, and what it answers.

/** What names stand for. */
export const TOP_KINDS = ['prefix', 'source', 'route'] as const;

/** What rows are ordered by: the field of the row. */
export const TOP_ORDERS = ['linesPerSec', 'series', 'newSeriesPerMinute'] as const;

export interface TopQuery {
  readonly by: (typeof TOP_KINDS)[number];
  /** Nodes of a prefix, 1 to TOP_DEPTH_MAX. */
  readonly depth: number;
  /** Rows wanted. */
  readonly limit: number;
  readonly sort: (typeof TOP_ORDERS)[number];
}

/** One name. */
export interface TopRow {
  readonly name: string;
  readonly linesPerSec: number;
  /** The true rate is this near in 95 of 100 cases. */
  readonly linesPerSecError: number;
  /** Of all lines, 0 to 1. */
  readonly share: number;
  /** Different series since the start; for a source, as far as they were first seen from it or sampled. */
  readonly series: number;
  /** At most so many more, from before the name had a place. */
  readonly seriesMissed: number;
  readonly newSeriesPerMinute: number;
}

export interface TopReport {
  readonly by: TopQuery['by'];
  readonly depth?: number;
  /** Rates by prefix come from samples: one of so many lines, now. */
  readonly sampledEvery?: number;
  /** What rates are of. */
  readonly windowSec: number;
  /** Of the whole relay. */
  readonly linesPerSec: number;
  readonly series: number;
  /** Counts of series are this near in 95 of 100 cases. */
  readonly seriesErrorPercent: number;
  readonly newSeriesPerMinute: number;
  readonly rows: readonly TopRow[];
}
