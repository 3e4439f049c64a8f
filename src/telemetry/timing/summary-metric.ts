// A Prometheus summary whose figures are computed elsewhere: the client library's own would keep every value again.
import { Summary } from '@prometheus-io/client';
import type { Sample } from '../metric-declaration.ts';

export interface SummaryMetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
}

/** Shows what `read` gives at each scrape. */
export class SummaryMetric extends Summary<string> {
  readonly #options: SummaryMetricOptions;
  readonly #read: () => Iterable<Sample>;

  constructor(options: SummaryMetricOptions, read: () => Iterable<Sample>) {
    super({ ...options, registers: [] });
    this.#options = options;
    this.#read = read;
  }

  // What it is called for is rendered before its first await, like that of other metrics.
  override get(): ReturnType<Summary<string>['get']> {
    const { name, help } = this.#options;
    const values = [...this.#read()].map(({ labels, value, part }) => ({
      labels: { ...labels },
      value,
      metricName: part === undefined ? name : `${name}_${part}`,
    }));
    return Promise.resolve({ name, help, type: 'summary', values } as unknown as Awaited<
      ReturnType<Summary<string>['get']>
    >);
  }
}
