// Every metric of `/metrics`, declared once: name, kind, help, labels, and how to read it from the relay.
// The registry and the reference docs derive from this table. Process and runtime metrics come from the client library.
import { AGGREGATOR_METRICS } from './aggregator-metrics.ts';
import { TRAFFIC_METRICS } from './traffic-metrics.ts';
import type { TrafficReport } from './traffic.ts';
import { DROP_REASONS, type DropCounts } from './drop-reason.ts';
import type { Ledger, LedgerDestination } from './ledger.ts';
import type {
  AggregationStats,
  SpoolFigures,
  DestinationStats,
  EngineStats,
  InputStats,
  Readiness,
  RelayView,
} from './relay-view.ts';

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
}

/** One value with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric. Counters end in `_total`; units are seconds and bytes. */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  read(scrape: Scrape): Iterable<Sample>;
}

const DESTINATION_LABELS = ['route', 'destination', 'addr'];
const INPUT_LABELS = ['input', 'protocol', 'addr'];

function plain(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (scrape: Scrape) => number,
): MetricDeclaration {
  return { name, type, help, labels: [], read: (scrape) => [{ labels: {}, value: read(scrape) }] };
}

function perBook(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (row: LedgerDestination) => number,
): MetricDeclaration {
  return {
    name,
    type,
    help,
    labels: DESTINATION_LABELS,
    read: (scrape) =>
      scrape.ledger.destinations.map((row) => ({ labels: destinationLabels(row), value: read(row) })),
  };
}

function perDestination(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (stats: DestinationStats) => number,
): MetricDeclaration {
  return {
    name,
    type,
    help,
    labels: DESTINATION_LABELS,
    read: (scrape) =>
      scrape.destinations.map((stats) => ({ labels: destinationLabels(stats), value: read(stats) })),
  };
}

/** A value of undefined is not shown. */
function perSpool(
  name: string,
  help: string,
  read: (spool: SpoolFigures) => number | undefined,
): MetricDeclaration {
  return {
    name,
    type: 'gauge',
    help,
    labels: DESTINATION_LABELS,
    read: (scrape) =>
      scrape.destinations.flatMap((stats) => {
        const value = stats.spool && read(stats.spool);
        return value === undefined ? [] : [{ labels: destinationLabels(stats), value }];
      }),
  };
}

function perInput(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (stats: InputStats) => number,
): MetricDeclaration {
  return {
    name,
    type,
    help,
    labels: INPUT_LABELS,
    read: (scrape) =>
      scrape.inputs.map((stats) => ({
        labels: { input: stats.input, protocol: stats.protocol, addr: stats.addr },
        value: read(stats),
      })),
  };
}

function destinationLabels(row: { readonly route: string; readonly key: string; readonly addr: string }) {
  return { route: row.route, destination: row.key, addr: row.addr };
}

function drops(counts: Partial<DropCounts>): Sample[] {
  return DROP_REASONS.map((reason) => ({ labels: { reason }, value: counts[reason] ?? 0 }));
}

function* destinationDrops(scrape: Scrape): Iterable<Sample> {
  for (const row of scrape.ledger.destinations) {
    for (const [reason, value] of Object.entries(row.dropped)) {
      yield { labels: { ...destinationLabels(row), reason }, value };
    }
  }
}

function* writeQuantiles(scrape: Scrape): Iterable<Sample> {
  for (const stats of scrape.destinations) {
    const labels = destinationLabels(stats);
    yield { labels: { ...labels, quantile: '0.5' }, value: stats.writeDuration.p50Sec };
    yield { labels: { ...labels, quantile: '0.99' }, value: stats.writeDuration.p99Sec };
    yield { labels: { ...labels, quantile: '1' }, value: stats.writeDuration.maxSec };
  }
}

const RELAY_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'sluice_info',
    type: 'gauge',
    help: 'Always 1; the labels say which program and instance this is.',
    labels: ['version', 'instance'],
    read: ({ view }) => [{ labels: { version: view.version, instance: view.instance }, value: 1 }],
  },
  plain('sluice_start_time_seconds', 'gauge', 'When the relay started, seconds since 1970.', (s) => {
    return s.view.startedMs / 1000;
  }),
  plain('sluice_ready', 'gauge', '1 when the relay wants traffic, as /readyz says.', (s) =>
    Number(s.readiness.ready),
  ),
  plain('sluice_ledger_balanced', 'gauge', '1 while every line is accounted for.', (s) =>
    Number(s.ledger.balanced),
  ),
  plain(
    'sluice_ledger_unbalanced_total',
    'counter',
    'Checks at run time that found the ledger unbalanced.',
    (s) => {
      return s.unbalancedChecks;
    },
  ),
  plain('sluice_received_total', 'counter', 'Lines received, bad ones too.', (s) => s.ledger.received),
  plain(
    'sluice_generated_total',
    'counter',
    'Lines made by aggregators and self-metrics.',
    (s) => s.ledger.generated,
  ),
  plain(
    'sluice_copies_total',
    'counter',
    'Lines added because more than one destination gets a line.',
    (s) => {
      return s.ledger.copies;
    },
  ),
  plain('sluice_consumed_total', 'counter', 'Lines ended by dropRaw.', (s) => s.ledger.consumed),
  plain('sluice_loaded_total', 'counter', 'Lines found on disk at start.', (s) => s.ledger.loaded),
  {
    name: 'sluice_dropped_total',
    type: 'counter',
    help: 'Lines dropped anywhere in the relay, by reason.',
    labels: ['reason'],
    read: (s) => drops(s.ledger.dropped),
  },
  {
    name: 'sluice_bad_lines_unrecorded_total',
    type: 'counter',
    help: 'Bad lines that were counted but not kept for /badMetrics, by reason.',
    labels: ['reason'],
    read: (s) => drops(s.badLinesUnrecorded).filter((sample) => sample.value > 0),
  },
  plain(
    'sluice_log_lines_lost_total',
    'counter',
    'Log lines that stderr did not take.',
    (s) => s.logLinesLost,
  ),
  plain('sluice_series', 'gauge', 'Series remembered now.', (s) => s.engine.series),
  plain(
    'sluice_series_resolved_total',
    'counter',
    'Keys resolved through the table.',
    (s) => s.engine.resolved,
  ),
  plain('sluice_series_forgotten_total', 'counter', 'Series forgotten to stay within max_series.', (s) => {
    return s.engine.forgotten;
  }),
  plain('sluice_engine_memory_bytes', 'gauge', 'Memory of the engine.', (s) => s.engine.memoryBytes),
];

const INPUT_METRICS: readonly MetricDeclaration[] = [
  perInput('sluice_input_listening', 'gauge', '1 while the listener is up.', (i) => Number(i.listening)),
  perInput('sluice_input_connections', 'gauge', 'Connections open now.', (i) => i.connections),
  perInput(
    'sluice_input_paused',
    'gauge',
    'Connections held back now by a full destination.',
    (i) => i.paused,
  ),
  perInput('sluice_input_accepted_total', 'counter', 'Connections accepted.', (i) => i.accepted),
  perInput('sluice_input_refused_total', 'counter', 'Connections turned away.', (i) => i.refused),
  perInput(
    'sluice_input_timed_out_total',
    'counter',
    'Connections closed for being idle.',
    (i) => i.timedOut,
  ),
  perInput('sluice_input_bytes_total', 'counter', 'Bytes received.', (i) => i.bytes),
  perInput('sluice_input_datagrams_total', 'counter', 'Datagrams received.', (i) => i.datagrams),
  perInput(
    'sluice_input_kernel_drops_total',
    'counter',
    'Datagrams dropped by the kernel before the relay saw them; they are in no ledger.',
    (i) => i.kernelDrops,
  ),
  perInput('sluice_input_receive_buffer_bytes', 'gauge', 'Receive buffer granted by the system.', (i) => {
    return i.receiveBufferBytes;
  }),
];

const DESTINATION_METRICS: readonly MetricDeclaration[] = [
  perBook('sluice_destination_in_total', 'counter', 'Lines sent to the destination.', (row) => row.in),
  perBook(
    'sluice_destination_written_total',
    'counter',
    'Lines handed to the kernel or the file.',
    (row) => row.written,
  ),
  perBook(
    'sluice_destination_queued',
    'gauge',
    'Lines in memory now, in flight included.',
    (row) => row.queued,
  ),
  perBook('sluice_destination_spooled', 'gauge', 'Lines on disk now.', (row) => row.spooled),
  perBook(
    'sluice_destination_resent_total',
    'counter',
    'Lines sent again after a connection broke.',
    (row) => row.resent,
  ),
  perBook('sluice_destination_loaded_total', 'counter', 'Lines found on disk at start.', (row) => row.loaded),
  {
    name: 'sluice_destination_dropped_total',
    type: 'counter',
    help: 'Lines dropped at the destination, by reason.',
    labels: [...DESTINATION_LABELS, 'reason'],
    read: destinationDrops,
  },
  perDestination('sluice_destination_online', 'gauge', '1 while connected.', (d) => Number(d.online)),
  perDestination('sluice_destination_blocking', 'gauge', '1 while a full queue holds senders back.', (d) => {
    return Number(d.blocking);
  }),
  perDestination(
    'sluice_destination_durable',
    'gauge',
    '1 where lines go to disk before they count.',
    (d) => {
      return Number(d.durable);
    },
  ),
  perDestination(
    'sluice_destination_unsynced_lines',
    'gauge',
    'Lines in memory that do not count as received before they are on disk.',
    (d) => d.unsyncedLines,
  ),
  perDestination('sluice_destination_queue_bytes', 'gauge', 'Bytes in the queue now.', (d) => d.queueBytes),
  perDestination(
    'sluice_destination_queue_high_water_bytes',
    'gauge',
    'Most bytes that were in the queue.',
    (d) => {
      return d.queueBytesHighWater;
    },
  ),
  perDestination(
    'sluice_destination_queue_max_bytes',
    'gauge',
    'Bound of the queue.',
    (d) => d.queueBytesMax,
  ),
  perDestination(
    'sluice_destination_written_bytes_total',
    'counter',
    'Bytes written.',
    (d) => d.writtenBytes,
  ),
  perDestination(
    'sluice_destination_writes_total',
    'counter',
    'Writes handed to the kernel.',
    (d) => d.writes,
  ),
  perDestination(
    'sluice_destination_connects_total',
    'counter',
    'Connections that came up.',
    (d) => d.connects,
  ),
  perDestination(
    'sluice_destination_connect_errors_total',
    'counter',
    'Attempts to connect that failed.',
    (d) => {
      return d.connectErrors;
    },
  ),
  perDestination(
    'sluice_destination_disconnects_total',
    'counter',
    'Connections that broke.',
    (d) => d.disconnects,
  ),
  {
    name: 'sluice_destination_write_duration_seconds',
    type: 'gauge',
    help: 'How long writes took, by quantile (1 is the longest), since the start.',
    labels: [...DESTINATION_LABELS, 'quantile'],
    read: writeQuantiles,
  },
  perDestination(
    'sluice_destination_write_seconds_total',
    'counter',
    'Time that writes took in all.',
    (d) => {
      return d.writeDuration.sumSec;
    },
  ),
];

const SPOOL_METRICS: readonly MetricDeclaration[] = [
  perSpool('sluice_spool_up', '1 while the spool takes lines.', (s) => Number(s.state === 'ready')),
  perSpool('sluice_spool_full', '1 while the disk or the cap of the spool is full.', (s) => {
    return Number(s.state === 'full');
  }),
  perSpool('sluice_spool_bytes', 'Bytes on disk that are not delivered for sure.', (s) => s.bytes),
  perSpool('sluice_spool_file_bytes', 'Bytes of the files of the spool.', (s) => s.diskBytes),
  perSpool('sluice_spool_oldest_seconds', 'Age of the oldest line on disk.', (s) => s.oldestSec),
  perSpool('sluice_replay_done', 'Lines sent by the replay under way.', (s) => s.replay?.done),
  perSpool('sluice_replay_left', 'Lines that the replay under way has to send.', (s) => s.replay?.left),
  perSpool('sluice_replay_rate', 'Lines a second of the replay under way.', (s) => s.replay?.rate),
  perSpool('sluice_replay_end_seconds', 'Time to the end of the replay under way at its rate.', (s) => {
    return s.replay?.endSec;
  }),
];

/** All metrics in the order they are shown. */
export const METRICS: readonly MetricDeclaration[] = [
  ...RELAY_METRICS,
  ...INPUT_METRICS,
  ...TRAFFIC_METRICS,
  ...DESTINATION_METRICS,
  ...SPOOL_METRICS,
  ...AGGREGATOR_METRICS,
];
