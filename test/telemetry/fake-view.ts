// A relay that only shows figures, for tests of what reads them.
import { Histogram } from '../../src/telemetry/timing/histogram.ts';
import {
  type DestinationRow,
  type Ledger,
  makeDestinationCounts,
  makeLedger,
  makeRelayCounts,
} from '../../src/telemetry/ledger.ts';
import type {
  AggregationStats,
  DestinationStats,
  InputStats,
  Readiness,
  RelayView,
} from '../../src/telemetry/relay-view.ts';
import { Traffic, type TrafficReport } from '../../src/telemetry/traffic/traffic.ts';
import type { TrafficTrace } from '../../src/telemetry/tune/traffic-trace.ts';

/** Figures that a test may change at any time. */
export class FakeView implements RelayView {
  readonly version = '1.2.3';
  readonly instance = 'test';
  readonly startedMs = Date.UTC(2026, 0, 1);
  readonly counts = makeRelayCounts();
  rows: DestinationRow[] = [];
  inputRows: InputStats[] = [];
  destinationRows: DestinationStats[] = [];
  aggregationFigures: AggregationStats = { rules: [], keys: 0, receivedRange: undefined, valuesRefused: 0 };
  readonly trafficMeters = new Traffic({ monotonicMs: () => this.nowMs });
  nowMs = 5000;
  readiness: Readiness = { ready: true, reasons: [] };

  monotonicMs(): number {
    return 1000;
  }

  ledger(): Ledger {
    return makeLedger(this.counts, this.rows);
  }

  inputs(): readonly InputStats[] {
    return this.inputRows;
  }

  destinations(): readonly DestinationStats[] {
    return this.destinationRows;
  }

  engine(): { series: number; resolved: number; forgotten: number; memoryBytes: number } {
    return { series: 7, resolved: 9, forgotten: 2, memoryBytes: 4096 };
  }

  aggregation(): AggregationStats {
    return this.aggregationFigures;
  }

  traffic(): TrafficReport {
    return this.trafficMeters.report();
  }

  recordTraffic(): Promise<TrafficTrace | undefined> {
    return this.trafficMeters.record(() => Promise.resolve());
  }

  ready(): Readiness {
    return this.readiness;
  }

  config(): unknown {
    return { Instance: 'i' };
  }

  configFiles(): readonly string[] {
    return ['/nowhere/sluice.toml'];
  }

  /** Receives lines that one destination writes, queues or drops; the books balance afterwards. */
  pass(lines: { written?: number; queued?: number; slowConn?: number; invalid?: number }): void {
    const { written = 0, queued = 0, slowConn = 0, invalid = 0 } = lines;
    const row = { ...makeDestinationCounts(), route: 'default', key: 'dest_a', addr: '127.0.0.1:2003' };
    row.written = written;
    row.queued = queued;
    row.dropped.slow_conn = slowConn;
    row.in = written + queued + slowConn;
    this.rows = [row];
    this.counts.received = row.in + invalid;
    this.counts.dropped.invalid = invalid;
  }
}

/** Makes a histogram that holds these values. */
export function makeHistogram(values: readonly number[]): Histogram {
  const histogram = new Histogram(1000);
  for (const value of values) histogram.record(value, 1000);
  return histogram;
}

/** Makes the row of a listener. */
export function makeInputStats(changes: Partial<InputStats> = {}): InputStats {
  return {
    input: 'plain',
    protocol: 'tcp',
    addr: '127.0.0.1:2003',
    listening: true,
    connections: 3,
    paused: 1,
    accepted: 5,
    refused: 1,
    timedOut: 1,
    bytes: 1234,
    datagrams: 0,
    kernelDrops: 0,
    receiveBufferBytes: 0,
    ...changes,
  };
}

/** Makes the row of a destination. */
export function makeDestinationStats(changes: Partial<DestinationStats> = {}): DestinationStats {
  return {
    route: 'default',
    key: 'dest_a',
    addr: '127.0.0.1:2003',
    online: true,
    blocking: false,
    queueBytes: 10,
    durable: false,
    unsyncedLines: 0,
    queueBytesMax: 1000,
    queueLines: 2,
    queueAgeSec: 0.5,
    queueBytesHigh: { max: 100, window: () => 50 },
    queueLinesHigh: { max: 20, window: () => 10 },
    queueLinesMax: 30_000,
    writtenBytes: 5000,
    writes: 50,
    connects: 2,
    connectErrors: 1,
    disconnects: 1,
    timings: { write: makeHistogram([1000, 1000, 10_000, 100_000]) },
    stalls: 1,
    stalledSec: 3,
    stalledNowSec: 0.25,
    pauses: 4,
    spool: {
      state: 'ready',
      bytes: 700,
      diskBytes: 900,
      oldestSec: 5,
      realTimeLines: 60,
      bulkLines: 6,
      waitingLines: 1,
      replay: { done: 30, left: 70, rate: 10, endSec: 7 },
    },
    ...changes,
  };
}
