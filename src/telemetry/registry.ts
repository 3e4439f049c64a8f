// Prometheus text from the running relay. Nothing is counted here: each scrape copies the relay's own integers into
// the client library's metrics, all in one turn of the event loop, so that the figures of a scrape fit together.
import { Counter, collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { BadMetrics } from './bad-metrics.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import { ALL_METRICS, MEASURED_METRICS } from './all-metrics.ts';
import type { MetricDeclaration, ReportCounts, Sample, Scrape } from './metric-declaration.ts';
import type { RelayView } from './relay-view.ts';
import { SummaryMetric } from './timing/summary-metric.ts';

/** How often the event loop's delay is sampled. */
const LOOP_DELAY_RESOLUTION_MS = 20;
const LOOP_UTILIZATION_INTERVAL_MS = 1000;

/** What a scrape reads. */
export interface MetricSources {
  readonly view: RelayView;
  readonly watch: Pick<LedgerWatch, 'unbalancedChecks'>;
  readonly badMetrics: Pick<BadMetrics, 'unrecorded'>;
  readonly log: { readonly lost: number };
  /** Absent: no reports are sent. */
  readonly reports?: () => ReportCounts | undefined;
}

/** Renders `/metrics`. */
export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  #scrape: Scrape | undefined;

  /**
   * `processMetrics` adds those of the process, the runtime and the event loop; make one such registry a process. `measure`:
   * false leaves out what the relay does not measure then.
   */
  constructor(
    options: { readonly processMetrics: boolean; readonly measure: boolean },
    sources: MetricSources,
  ) {
    this.#sources = sources;
    for (const declaration of ALL_METRICS) {
      if (options.measure || !MEASURED_METRICS.includes(declaration)) this.#register(declaration);
    }
    if (options.processMetrics) {
      collectDefaultMetrics({
        register: this.#registry,
        eventLoopMonitoringPrecision: LOOP_DELAY_RESOLUTION_MS,
        eventLoopUtilizationTimeout: LOOP_UTILIZATION_INTERVAL_MS,
      });
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Takes the figures now and renders them. */
  async render(): Promise<string> {
    const { view, watch, badMetrics, log } = this.#sources;
    this.#scrape = {
      view,
      ledger: view.ledger(),
      inputs: view.inputs(),
      destinations: view.destinations(),
      engine: view.engine(),
      aggregation: view.aggregation(),
      traffic: view.traffic(),
      readiness: view.ready(),
      unbalancedChecks: watch.unbalancedChecks,
      badLinesUnrecorded: badMetrics.unrecorded,
      logLinesLost: log.lost,
      reports: this.#sources.reports?.(),
    };
    // The library calls every collect() before its first await, so two scrapes at once cannot mix.
    const rendered = this.#registry.metrics();
    this.#scrape = undefined;
    return await rendered;
  }

  #register(declaration: MetricDeclaration): void {
    const scrape = () => this.#scrape;
    const settings = {
      name: declaration.name,
      help: declaration.help,
      labelNames: [...declaration.labels],
      registers: [],
      // Copied by reset() and inc(): rows with equal labels add up, and rows that are gone disappear.
      collect(this: Counter<string> | Gauge<string>): void {
        this.reset();
        const figures = scrape();
        if (figures === undefined) return;
        for (const { labels, value } of declaration.read(figures)) this.inc({ ...labels }, value);
      },
    };
    const { type, name, help, labels } = declaration;
    if (type === 'summary') {
      const read = (): Iterable<Sample> => {
        const figures = scrape();
        return figures === undefined ? [] : declaration.read(figures);
      };
      this.#registry.registerMetric(new SummaryMetric({ name, help, labelNames: [...labels] }, read));
      return;
    }
    this.#registry.registerMetric(type === 'counter' ? new Counter(settings) : new Gauge(settings));
  }
}
