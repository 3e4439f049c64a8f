// What a config says of the relay's own metrics.

export interface SelfMetricsOptions {
  /** `host:port`; empty: nowhere. */
  readonly graphiteAddr: string;
  readonly graphiteIntervalMs: number;
  /** The first word of every name. */
  readonly service: string;
  /** Stands before every name, with its dot. */
  readonly graphitePrefix: string;
  /** True: they also go through the routes of the table. */
  readonly intoTable: boolean;
}
