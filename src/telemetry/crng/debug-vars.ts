// GET /debug/vars2 of carbon-relay-ng: one JSON object with sorted keys. Timers and histograms show the last minute, since
// an answer must not depend on who else asks (there each reader takes what is new away from the next).
import type { ProcessReport } from '../process-figures.ts';
import { NO_SUMMARY } from '../timing/histogram.ts';
import { type CrngIdentity, type CrngMetric, crngName, NO_RATES, scaleSummary } from './crng-metric.ts';

/** What stands beside the metrics. */
export interface DebugVarsExtras {
  readonly identity: CrngIdentity;
  readonly commandLine: readonly string[];
  readonly process: ProcessReport;
  /** Monotonic. */
  readonly nowMs: number;
}

/** Renders all metrics. */
export function renderDebugVars(metrics: readonly CrngMetric[], extras: DebugVarsExtras): string {
  const { identity, nowMs } = extras;
  const vars: Record<string, unknown> = {
    cmdline: extras.commandLine,
    instance: identity.instance,
    service: identity.service,
    memstats: memoryStats(extras.process),
  };
  for (const metric of metrics) {
    const name = crngName(identity, metric.name);
    if ('value' in metric) vars[name] = Math.round(metric.value);
    else addHistogram(vars, name, metric, nowMs);
  }
  const sorted = Object.keys(vars).sort((a, b) => (a < b ? -1 : 1));
  const rows = sorted.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(vars[name])}`);
  return `{\n${rows.join(',\n')}\n}\n`;
}

function addHistogram(
  vars: Record<string, unknown>,
  name: string,
  { kind, histogram, scale }: Extract<CrngMetric, { kind: 'timer' | 'histogram' }>,
  nowMs: number,
): void {
  const summary = scaleSummary(histogram?.window('1m', nowMs) ?? NO_SUMMARY, scale);
  vars[`${name}.count`] = summary.count;
  vars[`${name}.min`] = summary.min;
  vars[`${name}.max`] = summary.max;
  vars[`${name}.mean`] = summary.mean;
  vars[`${name}.std-dev`] = summary.stddev;
  vars[`${name}.50-percentile`] = summary.p50;
  vars[`${name}.75-percentile`] = summary.p75;
  vars[`${name}.95-percentile`] = summary.p95;
  vars[`${name}.99-percentile`] = summary.p99;
  vars[`${name}.999-percentile`] = summary.p999;
  if (kind !== 'timer') return;
  const rates = histogram?.rates(nowMs) ?? NO_RATES;
  vars[`${name}.one-minute`] = rates.minute;
  vars[`${name}.five-minute`] = rates.fiveMinutes;
  vars[`${name}.fifteen-minute`] = rates.fifteenMinutes;
  vars[`${name}.mean-rate`] = rates.sinceStart;
}

/** Go's names for what V8 can tell. It does not count objects: HeapObjects stays 0. */
function memoryStats(process: ProcessReport): Record<string, number> {
  return {
    Alloc: process.heapUsedBytes,
    TotalAlloc: process.allocatedBytes,
    Sys: process.residentBytes,
    HeapAlloc: process.heapUsedBytes,
    HeapSys: process.heapBytes,
    HeapObjects: 0,
    NumGC: process.collections,
    PauseTotalNs: Math.round(process.collectionsMs * 1e6),
  };
}
