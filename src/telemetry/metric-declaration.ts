// How a metric of `/metrics` is declared, and what it is read from.
import type { DropCounts } from './drop-reason.ts';
import type { Ledger } from './ledger.ts';
import type {
  AggregationStats,
  DestinationStats,
  EngineStats,
  InputStats,
  Readiness,
  RelayView,
} from './relay-view.ts';
import type { TrafficReport } from './traffic/traffic.ts';

/** The figures of one scrape, all taken in the same turn of the event loop. */
export interface Scrape {
  readonly view: RelayView;
  readonly ledger: Ledger;
  readonly inputs: readonly InputStats[];
  readonly destinations: readonly DestinationStats[];
  readonly engine: EngineStats;
  readonly aggregation: AggregationStats;
  readonly traffic: TrafficReport;
  readonly readiness: Readiness;
  /** Checks that found the ledger unbalanced. */
  readonly unbalancedChecks: number;
  readonly badLinesUnrecorded: Readonly<DropCounts>;
  readonly logLinesLost: number;
  /** Reports of self-metrics to a Graphite; undefined where none are sent. */
  readonly reports: ReportCounts | undefined;
}

/** What became of reports. */
export interface ReportCounts {
  readonly sent: number;
  readonly failed: number;
  /** Not tried, as the one before was still under way. */
  readonly skipped: number;
}

/** One value with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a summary: its sum or count; absent: a quantile. */
  readonly part?: 'sum' | 'count';
}

/** One metric. Counters end in `_total`; units are seconds, bytes and lines. */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
  read(scrape: Scrape): Iterable<Sample>;
}
