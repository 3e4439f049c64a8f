// Every metric of `/metrics`, in the order they are shown.
import { AGGREGATOR_METRICS } from './aggregator-metrics.ts';
import { DESTINATION_METRICS, HIGH_WATER_METRICS, SPOOL_METRICS } from './destination-metrics.ts';
import type { MetricDeclaration } from './metric-declaration.ts';
import { INPUT_METRICS, RELAY_METRICS } from './metric-table.ts';
import { TIMING_METRICS } from './timing/timing-metrics.ts';
import { TRAFFIC_METRICS } from './traffic/traffic-metrics.ts';

/** The registry and the reference docs derive from this list. */
export const ALL_METRICS: readonly MetricDeclaration[] = [
  ...RELAY_METRICS,
  ...INPUT_METRICS,
  ...TRAFFIC_METRICS,
  ...DESTINATION_METRICS,
  ...HIGH_WATER_METRICS,
  ...TIMING_METRICS,
  ...SPOOL_METRICS,
  ...AGGREGATOR_METRICS,
];

/** Those that a relay with `measure = false` does not have. */
export const MEASURED_METRICS: readonly MetricDeclaration[] = [
  ...TRAFFIC_METRICS,
  ...HIGH_WATER_METRICS,
  ...TIMING_METRICS,
];
