// The self-metrics of carbon-relay-ng, fed from this relay: its dashboards and alerts go on as they are. What each name
// means there and here is told in docs/metrics.md.
import type { DropCounts, DropReason } from '../drop-reason.ts';
import type { Ledger, LedgerDestination } from '../ledger.ts';
import type { ProcessReport } from '../process-figures.ts';
import type { AggregationStats, DestinationStats } from '../relay-view.ts';
import type { CrngMetric } from './crng-metric.ts';

const NS_PER_US = 1000;
/** Bytes of a line, for a queue that is bounded in bytes alone and has not written one. */
const LINE_BYTES_GUESS = 64;

/** What the metrics are made from, all taken in the same turn. */
export interface CrngSources {
  /** False: histograms are left out, since nothing fills them. */
  readonly measure: boolean;
  readonly ledger: Ledger;
  readonly destinations: readonly DestinationStats[];
  readonly aggregation: AggregationStats;
  readonly process: ProcessReport;
  readonly nowSec: number;
}

/** The reasons that carbon-relay-ng has a counter for, shown also at zero, and their names there. */
const DROP_NAMES: Readonly<Partial<Record<DropReason, string>>> = {
  conn_down_no_spool: 'conn_down_no_spool',
  slow_conn: 'slow_conn',
  slow_spool: 'slow_spool',
  encode_error: 'bad_pickle',
};

/** Makes all metrics; those of destinations with one name add up. */
export function crngMetrics(sources: CrngSources): CrngMetric[] {
  const books = new Map(sources.ledger.destinations.map((row) => [nameOf(row), row]));
  const metrics = [
    ...relayMetrics(sources.ledger),
    ...aggregatorMetrics(sources),
    ...processMetrics(sources.process),
    ...sources.destinations.flatMap((stats) => destinationMetrics(stats, books.get(nameOf(stats)))),
  ];
  return addUp(sources.measure ? metrics : metrics.filter((metric) => 'value' in metric));
}

function relayMetrics({ received, dropped }: Ledger): CrngMetric[] {
  return [
    counter('unit=Metric.direction=in', received),
    counter('unit=Err.type=invalid', (dropped.invalid ?? 0) + (dropped.truncated ?? 0)),
    counter('unit=Err.type=out_of_order', dropped.out_of_order),
    counter('unit=Metric.direction=blocklist', dropped.blocklisted),
    counter('unit=Metric.direction=unroutable', dropped.unroutable),
  ];
}

function aggregatorMetrics({ aggregation, nowSec }: CrngSources): CrngMetric[] {
  const { rules, receivedRange } = aggregation;
  const range = (type: 'min' | 'max'): string =>
    `module=aggregator.unit=s.what=timestamp_received.type=${type}`;
  return [
    ...rules.flatMap((rule) => [
      counter(`unit=Metric.direction=in.aggregator=${rule.key}`, rule.in),
      counter(`unit=Metric.direction=out.aggregator=${rule.key}`, rule.out),
    ]),
    counter(
      'module=aggregator.unit=Metric.what=TooOld',
      rules.reduce((sum, rule) => sum + rule.tooOld, 0),
    ),
    gauge('unit=aggregator.what=flush_waiting', rules.filter(({ waiting }) => waiting > 0).length),
    gauge(range('min'), receivedRange?.minSec ?? nowSec),
    gauge(range('max'), receivedRange?.maxSec ?? nowSec),
  ];
}

function processMetrics({ virtualBytes, heapUsedBytes }: ProcessReport): CrngMetric[] {
  return [
    ...(virtualBytes === undefined ? [] : [gauge('what=virtual_memory.unit=Byte', virtualBytes)]),
    gauge('what=memory_allocated.unit=Byte', heapUsedBytes),
  ];
}

function nameOf({ route, key, addr }: Pick<LedgerDestination, 'route' | 'key' | 'addr'>): string {
  return `${route} ${key} ${addr}`;
}

function destinationMetrics(stats: DestinationStats, books: LedgerDestination | undefined): CrngMetric[] {
  const { key, timings, spool } = stats;
  const { written = 0, queued = 0, dropped = {} } = books ?? {};
  const dest = `dest=${key}`;
  return [
    counter(`${dest}.unit=Metric.direction=out`, written),
    ...dropMetrics(dest, dropped),
    counter(`${dest}.unit=Err.type=truncated`, 0),
    counter(`${dest}.unit=Err.type=write`, stats.disconnects),
    counter(`${dest}.unit=Err.type=flush`, 0),
    gauge(`${dest}.unit=Metric.what=numBuffered`, queued),
    gauge(`${dest}.unit=Metric.what=bufferSize`, bufferLines(stats, written)),
    timer(`${dest}.what=durationWrite`, timings.write),
    timer(`${dest}.what=durationFlush.type=ticker`, timings.flush_ticker),
    timer(`${dest}.what=durationFlush.type=manual`, timings.flush_manual),
    timer(`${dest}.what=durationFlush.type=overflow`, timings.flush_overflow),
    size(`${dest}.unit=B.what=FlushSize.type=ticker`, timings.flush_ticker_bytes),
    size(`${dest}.unit=B.what=FlushSize.type=manual`, timings.flush_manual_bytes),
    size(`${dest}.unit=B.what=FlushSize.type=overflow`, timings.flush_overflow_bytes),
    ...(spool === undefined ? [] : spoolMetrics(stats)),
  ];
}

function spoolMetrics({ key, timings, spool }: DestinationStats): CrngMetric[] {
  const name = `spool=${key}`;
  return [
    counter(`${name}.unit=Metric.status=incomingRT`, spool?.realTimeLines),
    counter(`${name}.unit=Metric.status=incomingBulk`, spool?.bulkLines),
    gauge(`${name}.unit=Metric.status=buffered`, spool?.waitingLines ?? 0),
    timer(`${name}.operation=write`, timings.spool_write),
    timer(`${name}.operation=buffer`, timings.spool_buffer),
  ];
}

/** Those that carbon-relay-ng knows, and of the others those that happened. */
function dropMetrics(dest: string, dropped: Partial<DropCounts>): CrngMetric[] {
  const counts: Partial<Record<string, number>> = {};
  for (const name of Object.values(DROP_NAMES)) counts[name] = 0;
  for (const [reason, count] of Object.entries(dropped) as [DropReason, number][]) {
    counts[DROP_NAMES[reason] ?? reason] = count;
  }
  return Object.entries(counts).map(([name, count]) =>
    counter(`${dest}.unit=Metric.action=drop.reason=${name}`, count),
  );
}

function bufferLines({ queueLinesMax, queueBytesMax, writtenBytes }: DestinationStats, written: number) {
  if (Number.isFinite(queueLinesMax)) return queueLinesMax;
  const lineBytes = written === 0 ? LINE_BYTES_GUESS : Math.max(1, writtenBytes / written);
  return Math.floor(queueBytesMax / lineBytes);
}

function addUp(metrics: readonly CrngMetric[]): CrngMetric[] {
  const byName = new Map<string, CrngMetric>();
  for (const metric of metrics) {
    const before = byName.get(metric.name);
    const isSum = before !== undefined && 'value' in before && 'value' in metric;
    if (isSum) byName.set(metric.name, { ...before, value: before.value + metric.value });
    else if (before === undefined || !('histogram' in before) || before.histogram === undefined) {
      byName.set(metric.name, metric);
    }
  }
  return [...byName.values()];
}

function counter(name: string, value = 0): CrngMetric {
  return { kind: 'counter', name: `mtype=counter.${name}`, value };
}

function gauge(name: string, value: number): CrngMetric {
  return { kind: 'gauge', name: `mtype=gauge.${name}`, value };
}

function timer(
  name: string,
  histogram: Extract<CrngMetric, { kind: 'timer' | 'histogram' }>['histogram'],
): CrngMetric {
  return { kind: 'timer', name: `mtype=gauge.unit=ns.${name}`, histogram, scale: NS_PER_US };
}

function size(
  name: string,
  histogram: Extract<CrngMetric, { kind: 'timer' | 'histogram' }>['histogram'],
): CrngMetric {
  return { kind: 'histogram', name: `mtype=gauge.${name}`, histogram, scale: 1 };
}
