// The metrics of the relay as a whole and of its inputs. Process and runtime metrics come from the client library.
import { DROP_REASONS, type DropCounts } from './drop-reason.ts';
import type { MetricDeclaration, Sample, Scrape } from './metric-declaration.ts';
import type { InputStats } from './relay-view.ts';

const INPUT_LABELS = ['input', 'protocol', 'addr'];

function plain(
  name: string,
  type: MetricDeclaration['type'],
  help: string,
  read: (scrape: Scrape) => number,
): MetricDeclaration {
  return { name, type, help, labels: [], read: (scrape) => [{ labels: {}, value: read(scrape) }] };
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

function drops(counts: Partial<DropCounts>): Sample[] {
  return DROP_REASONS.map((reason) => ({ labels: { reason }, value: counts[reason] ?? 0 }));
}

/** In the order they are shown. */
export const RELAY_METRICS: readonly MetricDeclaration[] = [
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
  {
    name: 'sluice_graphite_reports_total',
    type: 'counter',
    help: 'Reports of self-metrics to graphite_addr, by what became of them; absent where none are sent.',
    labels: ['outcome'],
    read: ({ reports }) =>
      Object.entries(reports ?? {}).map(([outcome, value]) => ({
        labels: { outcome },
        value: Number(value),
      })),
  },
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

/** In the order they are shown. */
export const INPUT_METRICS: readonly MetricDeclaration[] = [
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
