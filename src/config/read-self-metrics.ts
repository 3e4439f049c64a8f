// What `[instrumentation]` says of the relay's own metrics.
import type { SelfMetricsOptions } from '../telemetry/options.ts';
import { parseListenAddress } from '../util/listen-address.ts';
import type { Problems } from './problem.ts';
import type { Settings } from './settings.ts';

const INTERVAL_MS = 10_000;
const INTERVAL_MS_MIN = 1000;

/** Reads the section; an address that cannot be one, and a text that would break every name, are errors. */
export function readSelfMetrics(settings: Settings, problems: Problems): SelfMetricsOptions {
  const graphiteAddr = settings.string('graphite_addr');
  const parsed = parseListenAddress(graphiteAddr);
  if (graphiteAddr !== '' && !parsed.ok) {
    problems.error(settings.placeOf('graphite_addr'), `"graphite_addr": ${parsed.error}`);
  }
  for (const name of ['service', 'graphite_prefix']) {
    if (!/[\s\p{Cc}]/u.test(settings.string(name))) continue;
    problems.error(settings.placeOf(name), `"${name}" must have no white space: it is part of metric names`);
  }
  const intervalMs = settings.number('graphite_interval');
  return {
    graphiteAddr,
    graphiteIntervalMs: intervalMs === 0 ? INTERVAL_MS : Math.max(INTERVAL_MS_MIN, intervalMs),
    service: settings.string('service'),
    graphitePrefix: settings.string('graphite_prefix'),
    intoTable: settings.boolean('into_table'),
  };
}
