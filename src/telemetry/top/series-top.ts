// Top talkers and cardinality: who sends most, and who has most series, by prefix of the key, by source address and by
// route. Everything is a sketch of bounded size, and nothing is done per line: lines are sampled, series are noted when the
// table resolves them, sources are counted once a run, and lines of routes are read from the books of their destinations.
//
// Rates are those of the last one to two minutes (a minute under way, and the one before); series count since the start.
import type { Clock } from '../../util/clock.ts';
import { DISTINCT_ERROR, HyperLogLog } from './hyper-log-log.ts';
import { KeyPrefixes } from './key-prefixes.ts';
import { LineSampler } from './line-sampler.ts';
import { NotedLines } from './noted-lines.ts';
import { PrefixSeries } from './prefix-series.ts';
import { RecentRates } from '../traffic/recent-rates.ts';
import { RouteLines } from '../route-lines.ts';
import { type NamedSeries, SeriesCounts } from './series-counts.ts';
import type { TopQuery, TopReport, TopRow } from './top-report.ts';

/** Deepest prefix that is kept, nodes. */
export const TOP_DEPTH_MAX = 5;
/** Names with a place, for each depth, minute and kind. */
const RATE_PLACES = 500;
const SERIES_PLACES = 250;
const ROUTE_PLACES = 1000;
/** Each costs some microseconds, which shows under a trickle (bench/measure-cost.ts, notes). */
const SAMPLES_PER_SEC = 100;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

const DOT = '.';
const TAGS = ';';

export interface SeriesTopDependencies {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly random: () => number;
  /** The route of an output of a plan. */
  readonly routeOf: (output: number) => string | undefined;
  /** Lines that the destinations of each route got since the start. */
  readonly routeLines: () => ReadonlyMap<string, number>;
}

/** Keeps the sketches. */
export class SeriesTop {
  readonly #deps: SeriesTopDependencies;
  readonly #sampler: LineSampler;
  readonly #seed: number;
  readonly #prefixRates = perDepth(() => new RecentRates(RATE_PLACES));
  readonly #prefixSeries = perDepth(() => new PrefixSeries(SERIES_PLACES));
  readonly #prefixes: KeyPrefixes;
  readonly #sourceRates = new RecentRates(RATE_PLACES);
  readonly #sourceSeries = new SeriesCounts(SERIES_PLACES);
  readonly #routeSeries = new SeriesCounts(ROUTE_PLACES);
  readonly #routeLines: RouteLines;
  readonly #all = new HyperLogLog();
  #freshNow = 0;
  #freshBefore = 0;
  #source = '';
  /** When the minute under way began, and the one before it. */
  #minuteMs: number;
  #beforeMs: number;
  readonly #noted: NotedLines;
  /** When what was noted is counted at the latest. */
  #settleMs: number;

  constructor(dependencies: SeriesTopDependencies) {
    this.#deps = dependencies;
    this.#sampler = new LineSampler({ samplesPerSec: SAMPLES_PER_SEC }, dependencies);
    this.#seed = Math.floor(dependencies.random() * 0xffff_ffff);
    this.#prefixes = new KeyPrefixes(TOP_DEPTH_MAX, this.#seed);
    this.#minuteMs = this.#beforeMs = dependencies.clock.monotonicMs();
    this.#settleMs = this.#minuteMs + SECOND_MS;
    this.#noted = new NotedLines(
      { seed: this.#seed },
      {
        ran: (source, lines) => this.#sourceRates.add(source, lines, 1),
        sampled: (source, hash, begin, weight) => this.#look(source, hash, begin, weight),
      },
    );
    this.#routeLines = new RouteLines(new Map(), this.#minuteMs);
  }

  /** Says whose lines come now: an address without its port. */
  setSource(source: string): void {
    this.#source = source;
  }

  /** Notes a key that the table resolved, and the outputs of its plan; the bytes are read before it returns. */
  resolved(key: Uint8Array, isNew: boolean, outputs: readonly number[]): void {
    const hash = this.#prefixes.read(key);
    let before: string | undefined;
    for (const output of outputs) {
      const route = this.#deps.routeOf(output);
      if (route === undefined || route === before) continue;
      this.#routeSeries.add(route, hash, isNew);
      before = route;
    }
    if (!isNew) return;
    this.#freshNow += 1;
    this.#all.add(hash);
    this.#sourceSeries.add(this.#source, hash, true);
    const { sizes, hashes } = this.#prefixes;
    for (let depth = 0; depth < TOP_DEPTH_MAX; depth++) {
      this.#prefixSeries[depth]!.add(key, sizes[depth]!, hashes[depth]!, hash);
    }
  }

  /** Notes a run of lines of the source; `keyOf` shows the keys of some of them, during the call. */
  ran(lines: number, keyOf: (nth: number) => Uint8Array | undefined): void {
    if (lines === 0) return;
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs >= this.#settleMs) this.#settle(nowMs);
    this.#noted.ran(this.#source, lines, keyOf, this.#sampler, nowMs);
  }

  /** Reads the heaviest. */
  report({ by, depth, limit, sort }: TopQuery): TopReport {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#settle(nowMs);
    const windowMs = nowMs - this.#beforeMs;
    const found = {
      prefix: () =>
        makeRows(
          this.#prefixRates[depth - 1]!,
          this.#prefixSeries[depth - 1]!.all(),
          windowMs,
          this.#sourceRates.lines,
        ),
      source: () => makeRows(this.#sourceRates, this.#sourceSeries.all(), windowMs, this.#sourceRates.lines),
      route: () => this.#routeRows(nowMs),
    }[by]();
    found.sort((a, b) => b[sort] - a[sort] || (a.name < b.name ? -1 : 1));
    const sampledEvery = this.#sampler.every;
    return {
      by,
      ...(by === 'prefix' ? { depth, sampledEvery } : {}),
      windowSec: (by === 'route' ? this.#routeLines.windowMs(nowMs) : windowMs) / 1000,
      linesPerSec: perSec(this.#sourceRates.lines, windowMs),
      series: Math.round(this.#all.count()),
      seriesErrorPercent: DISTINCT_ERROR * 200,
      newSeriesPerMinute: perMinute(this.#freshNow + this.#freshBefore, windowMs),
      rows: found.slice(0, limit),
    };
  }

  #routeRows(nowMs: number): TopRow[] {
    const lines = this.#routeLines.recent(this.#deps.routeLines());
    const windowMs = this.#routeLines.windowMs(nowMs);
    const all = [...lines.values()].reduce((sum, more) => sum + more, 0);
    const series = this.#routeSeries.all();
    const names = new Set([...lines.keys(), ...series.keys()]);
    return [...names].map((name) => {
      const exact = { key: name, lines: lines.get(name) ?? 0, error: 0 };
      return makeRow(exact, series.get(name), windowMs, all);
    });
  }

  /** Counts what was noted, each line in the minute in which it came. */
  #settle(nowMs: number): void {
    this.#noted.settle();
    if (nowMs - this.#minuteMs >= MINUTE_MS) this.#turnMinutes(nowMs);
    this.#settleMs = Math.min(nowMs + SECOND_MS, this.#minuteMs + MINUTE_MS);
  }

  #look(source: string, hash: number, begin: Buffer, weight: number): void {
    this.#sourceSeries.meet(source, hash);
    eachPrefix(begin.toString('utf8'), (depth, prefix) => {
      this.#prefixRates[depth]?.add(prefix, weight, weight);
    });
  }

  #turnMinutes(nowMs: number): void {
    // A second time when nothing came for more than a minute.
    for (let turns = 0; turns < 2 && nowMs - this.#minuteMs >= MINUTE_MS; turns++) {
      for (const kept of [...this.#prefixRates, ...this.#prefixSeries]) kept.rotate();
      for (const kept of [this.#sourceRates, this.#sourceSeries, this.#routeSeries]) kept.rotate();
      this.#freshBefore = this.#freshNow;
      this.#freshNow = 0;
      this.#routeLines.rotate(this.#deps.routeLines(), nowMs);
      this.#beforeMs = this.#minuteMs;
      this.#minuteMs += MINUTE_MS;
    }
    // Silence for longer still: what is kept is empty, whenever it began.
    while (nowMs - this.#minuteMs >= MINUTE_MS) {
      this.#beforeMs = this.#minuteMs;
      this.#minuteMs += MINUTE_MS;
    }
  }
}

/** Calls back with each prefix of a key, from one node on; a key of fewer nodes is its own prefix at the depths below. */
function eachPrefix(text: string, take: (depth: number, prefix: string) => void): void {
  const tags = text.indexOf(TAGS);
  const name = tags < 0 ? text : text.slice(0, tags);
  let end = 0;
  for (let depth = 0; depth < TOP_DEPTH_MAX; depth++) {
    if (end >= 0) end = name.indexOf(DOT, end + 1);
    take(depth, end < 0 ? name : name.slice(0, end));
  }
}

function perDepth<Kept>(make: () => Kept): Kept[] {
  return Array.from({ length: TOP_DEPTH_MAX }, make);
}

function makeRows(
  rates: RecentRates,
  series: ReadonlyMap<string, NamedSeries>,
  windowMs: number,
  all: number,
): TopRow[] {
  const rows = new Map(
    rates.all().map((recent) => [recent.key, makeRow(recent, series.get(recent.key), windowMs, all)]),
  );
  for (const [name, named] of series) {
    if (rows.has(name)) continue;
    rows.set(name, makeRow(rates.find(name) ?? { key: name, lines: 0, error: 0 }, named, windowMs, all));
  }
  return [...rows.values()];
}

function makeRow(
  recent: { readonly key: string; readonly lines: number; readonly error: number },
  named: NamedSeries | undefined,
  windowMs: number,
  all: number,
): TopRow {
  return {
    name: recent.key,
    linesPerSec: perSec(recent.lines, windowMs),
    linesPerSecError: perSec(recent.error, windowMs),
    share: all === 0 ? 0 : Math.min(1, recent.lines / all),
    series: named?.series ?? 0,
    seriesMissed: named?.missed ?? 0,
    newSeriesPerMinute: perMinute(named?.fresh ?? 0, windowMs),
  };
}

/** A rate; of less than a second as if it were one. */
function perSec(lines: number, windowMs: number): number {
  return lines / Math.max(1, windowMs / 1000);
}

function perMinute(count: number, windowMs: number): number {
  return count / Math.max(1, windowMs / MINUTE_MS);
}
