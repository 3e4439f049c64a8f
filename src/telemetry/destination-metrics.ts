// The metrics of destinations and of their spools, one row a destination; their histograms are in timing-metrics.ts.
import type { HighWaterView } from './timing/high-water.ts';
import type { LedgerDestination } from './ledger.ts';
import type { MetricDeclaration, Sample, Scrape } from './metric-declaration.ts';
import type { DestinationStats, SpoolFigures } from './relay-view.ts';
import { WINDOW_NAMES } from './timing/time-windows.ts';

/** Labels of what belongs to a destination. */
export const DESTINATION_LABELS: readonly string[] = ['route', 'destination', 'addr'];

/** Reads those labels. */
export function destinationLabels(row: {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
}): { route: string; destination: string; addr: string } {
  return { route: row.route, destination: row.key, addr: row.addr };
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

/** One row for each window and one for all time. */
function highWater(
  name: string,
  help: string,
  read: (stats: DestinationStats) => HighWaterView | undefined,
): MetricDeclaration {
  return {
    name,
    type: 'gauge',
    help,
    labels: [...DESTINATION_LABELS, 'window'],
    read: ({ destinations, view }) =>
      destinations.flatMap((stats) => {
        const labels = destinationLabels(stats);
        const high = read(stats);
        const rows = WINDOW_NAMES.map((window) => ({
          labels: { ...labels, window },
          value: high?.window(window, view.monotonicMs()) ?? 0,
        }));
        return [...rows, { labels: { ...labels, window: 'all' }, value: high?.max ?? 0 }];
      }),
  };
}

function* destinationDrops(scrape: Scrape): Iterable<Sample> {
  for (const row of scrape.ledger.destinations) {
    for (const [reason, value] of Object.entries(row.dropped)) {
      yield { labels: { ...destinationLabels(row), reason }, value };
    }
  }
}

function* spooledLines({ destinations }: Scrape): Iterable<Sample> {
  for (const stats of destinations) {
    if (stats.spool === undefined) continue;
    const labels = destinationLabels(stats);
    yield { labels: { ...labels, kind: 'traffic' }, value: stats.spool.realTimeLines };
    yield { labels: { ...labels, kind: 'elsewhere' }, value: stats.spool.bulkLines };
  }
}

/** In the order they are shown. */
export const DESTINATION_METRICS: readonly MetricDeclaration[] = [
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
    'sluice_destination_queue_age_seconds',
    'gauge',
    'Age of the oldest line in memory that waits; 0 when none does.',
    (d) => d.queueAgeSec,
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
  perDestination(
    'sluice_destination_stalls_total',
    'counter',
    'Writes that the kernel did not take within 100 ms.',
    (d) => d.stalls,
  ),
  perDestination(
    'sluice_destination_stalled_seconds_total',
    'counter',
    'Time of such writes, that of the one under way left out.',
    (d) => d.stalledSec,
  ),
  perDestination(
    'sluice_destination_stalled_now_seconds',
    'gauge',
    'How long the write under way has lasted; 0 when there is none.',
    (d) => d.stalledNowSec,
  ),
  perDestination(
    'sluice_destination_pauses_total',
    'counter',
    'Times that senders were held back because the queue was full.',
    (d) => d.pauses,
  ),
];

/** In the order they are shown. */
export const HIGH_WATER_METRICS: readonly MetricDeclaration[] = [
  highWater(
    'sluice_destination_queue_high_water_bytes',
    'Most bytes that were in the queue, over the last 10 s, minute and hour, and since the start.',
    (d) => d.queueBytesHigh,
  ),
  highWater(
    'sluice_destination_queue_high_water_lines',
    'Most lines that were in the queue, over the last 10 s, minute and hour, and since the start.',
    (d) => d.queueLinesHigh,
  ),
];

/** In the order they are shown. */
export const SPOOL_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'sluice_spool_lines_total',
    type: 'counter',
    help: 'Lines put on disk: of the traffic, and those put there from elsewhere.',
    labels: [...DESTINATION_LABELS, 'kind'],
    read: spooledLines,
  },
  perSpool('sluice_spool_up', '1 while the spool takes lines.', (s) => Number(s.state === 'ready')),
  perSpool('sluice_spool_full', '1 while the disk or the cap of the spool is full.', (s) => {
    return Number(s.state === 'full');
  }),
  perSpool('sluice_spool_bytes', 'Bytes on disk that are not delivered for sure.', (s) => s.bytes),
  perSpool(
    'sluice_spool_waiting_lines',
    'Lines that the spool took and that are not in its file yet.',
    (s) => {
      return s.waitingLines;
    },
  ),
  perSpool('sluice_spool_file_bytes', 'Bytes of the files of the spool.', (s) => s.diskBytes),
  perSpool('sluice_spool_oldest_seconds', 'Age of the oldest line on disk.', (s) => s.oldestSec),
  perSpool('sluice_replay_done', 'Lines sent by the replay under way.', (s) => s.replay?.done),
  perSpool('sluice_replay_left', 'Lines that the replay under way has to send.', (s) => s.replay?.left),
  perSpool('sluice_replay_rate', 'Lines a second of the replay under way.', (s) => s.replay?.rate),
  perSpool('sluice_replay_end_seconds', 'Time to the end of the replay under way at its rate.', (s) => {
    return s.replay?.endSec;
  }),
];
