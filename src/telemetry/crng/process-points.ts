// The second family of carbon-relay-ng's self-metrics: memory, processor and the reporter itself, under
// `carbon-relay-ng.stats.<instance>.`. What has no counterpart in V8 (`gc.heap_objects`, `gc.gogc`) is left out.
import type { Summary } from '../timing/histogram.ts';
import type { ProcessReport } from '../process-figures.ts';
import { type CrngIdentity, cleanName } from './crng-metric.ts';
import type { Point } from './graphite-lines.ts';

/** What the reporter tells of itself. */
export interface ReporterFigures {
  readonly isConnected: boolean;
  /** Of the report before: how long it took to make, ns, and its size. */
  readonly makeNs: number;
  readonly reportBytes: number;
  /** Reports that wait now, and most that may. */
  readonly waiting: number;
  readonly waitingMax: number;
  /** Of the reports since the last one, µs. */
  readonly sent: Summary;
  readonly spanSec: number;
}

/** Makes the points; `collectionsBefore` is what the last report showed. */
export function processPoints(
  { service, instance }: CrngIdentity,
  process: ProcessReport,
  reporter: ReporterFigures,
  collectionsBefore: number,
): Point[] {
  const prefix = cleanName(`${service}.stats.${instance}.`);
  const points = [
    ...memoryPoints(process, collectionsBefore),
    ...systemPoints(process),
    ...reporterPoints(reporter),
  ];
  return points.map((point) => ({ ...point, name: prefix + point.name }));
}

function memoryPoints(process: ProcessReport, collectionsBefore: number): Point[] {
  const { allocatedBytes, heapUsedBytes, residentBytes, collections, collectionsMs, cpuSec } = process;
  const fraction = cpuSec === 0 ? 0 : collectionsMs / 1000 / cpuSec;
  const last = { name: 'memory.gc.last_duration.gauge64', value: process.lastCollectionMs * 1e6 };
  return [
    { name: 'memory.total_bytes_allocated.counter64', value: allocatedBytes },
    { name: 'memory.bytes.allocated_in_heap.gauge64', value: heapUsedBytes },
    { name: 'memory.bytes.obtained_from_sys.gauge64', value: residentBytes },
    { name: 'memory.total_gc_cycles.counter64', value: collections },
    { name: 'memory.gc.cpu_fraction.gauge32', value: 1000 * fraction },
    ...(collections === collectionsBefore ? [] : [last]),
  ];
}

function systemPoints(process: ProcessReport): Point[] {
  const { virtualBytes, residentBytes, minorFaults, majorFaults, cpuSec } = process;
  return [
    ...(virtualBytes === undefined
      ? []
      : [{ name: 'process.virtual_memory_bytes.gauge64', value: virtualBytes }]),
    { name: 'process.resident_memory_bytes.gauge64', value: residentBytes },
    { name: 'process.minor_page_faults.counter64', value: minorFaults },
    { name: 'process.major_page_faults.counter64', value: majorFaults },
    { name: 'process.cpu_seconds_total.counter64', value: cpuSec, isFloat: true },
  ];
}

function reporterPoints({ sent, ...reporter }: ReporterFigures): Point[] {
  const latency = (name: string, us: number): Point => ({
    name: `stats.graphite.flush.latency.${name}.gauge32`,
    value: us / 1000,
  });
  const { min, mean, p50, p75, p90, max } = sent;
  return [
    { name: 'stats.generate_message.duration.gauge32', value: reporter.makeNs },
    { name: 'stats.message_size.gauge32', value: reporter.reportBytes },
    { name: 'stats.graphite.connected.gauge1', value: Number(reporter.isConnected) },
    { name: 'stats.graphite.write_queue.size.gauge32', value: reporter.waitingMax },
    { name: 'stats.graphite.write_queue.items.min.gauge32', value: reporter.waiting },
    { name: 'stats.graphite.write_queue.items.max.gauge32', value: reporter.waiting },
    ...(sent.count === 0
      ? []
      : [
          latency('min', min),
          latency('mean', mean),
          latency('median', p50),
          latency('p75', p75),
          latency('p90', p90),
          latency('max', max),
        ]),
    { name: 'stats.graphite.flush.values.count32', value: sent.count },
    { name: 'stats.graphite.flush.values.rate32', value: sent.count / reporter.spanSec, isFloat: true },
  ];
}
