// The relay's own metrics under carbon-relay-ng's names: shown when asked for, and reported at an interval to a Graphite, to
// the routes of the table, or to both.
import type { Connect, Lookup } from '../destination/sender/peer-socket.ts';
import type { Config } from '../config/config.ts';
import type { Snapshot } from '../table/snapshot.ts';
import { crngMetrics } from '../telemetry/crng/crng-metrics.ts';
import type { CrngIdentity, CrngMetric } from '../telemetry/crng/crng-metric.ts';
import { renderDebugVars } from '../telemetry/crng/debug-vars.ts';
import { GraphiteLines, type Point, renderPoint } from '../telemetry/crng/graphite-lines.ts';
import { processPoints } from '../telemetry/crng/process-points.ts';
import { Histogram, type HistogramReader } from '../telemetry/timing/histogram.ts';
import { LogLimiter } from '../telemetry/log-limiter.ts';
import type { ReportCounts } from '../telemetry/metric-declaration.ts';
import type { SelfMetricsOptions } from '../telemetry/options.ts';
import { ProcessFigures, type ProcessReport } from '../telemetry/process-figures.ts';
import type { RelayView } from '../telemetry/relay-view.ts';
import type { Clock } from '../util/clock.ts';
import { parseListenAddress } from '../util/listen-address.ts';
import type { Log } from '../util/log.ts';
import type { LineDispatcher } from './dispatcher.ts';
import { GraphiteReporter } from './graphite-reporter.ts';
import type { RelayWorld } from './relay-world.ts';
import { routeLines } from './route-lines.ts';
import type { Routing } from './routing.ts';
import { shownCommandLine } from './shown-command-line.ts';

/** Longest time for a report, ms; shorter where the interval is, so that the next finds nothing under way. */
const TIMEOUT_MS_MAX = 10_000;
const TIMEOUT_PART = 0.9;
/** The same trouble is logged this often, ms. */
const REPEAT_MS = 60_000;

export interface SelfMetricsDependencies {
  readonly view: Pick<RelayView, 'instance' | 'ledger' | 'destinations' | 'aggregation' | 'monotonicMs'>;
  /** False: there are no histograms to show. */
  readonly measure: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly connect: Connect;
  readonly lookup: Lookup;
  /** The table in force. */
  readonly snapshot: () => Pick<Snapshot, 'route'> | undefined;
  /** Takes lines for outputs; none: unroutable. */
  readonly generate: (outputs: readonly number[], bytes: Uint8Array, lines: number) => void;
}

/** Makes the self-metrics of a relay from its parts. */
export function makeSelfMetrics(
  { selfMetrics, measure }: Pick<Config, 'selfMetrics' | 'measure'>,
  parts: {
    readonly world: Pick<RelayWorld, 'clock' | 'log' | 'network'>;
    readonly view: SelfMetricsDependencies['view'];
    readonly routing: Pick<Routing, 'snapshot'>;
    readonly dispatcher: Pick<LineDispatcher, 'generate'>;
  },
): SelfMetrics {
  const { world, view, routing, dispatcher } = parts;
  const { clock, log, network } = world;
  return new SelfMetrics(selfMetrics, {
    ...network,
    view,
    measure,
    clock,
    log,
    snapshot: () => routing.snapshot,
    generate: (outputs, bytes, lines) => dispatcher.generate(outputs, bytes, lines),
  });
}

export class SelfMetrics {
  readonly #options: SelfMetricsOptions;
  readonly #deps: SelfMetricsDependencies;
  readonly #identity: CrngIdentity;
  readonly #lines: GraphiteLines;
  readonly #reporter: GraphiteReporter | undefined;
  readonly #sent: Histogram;
  readonly #sentSince: HistogramReader;
  #process: ProcessFigures | undefined;
  #cancel: (() => void) | undefined;
  /** Of the last report. */
  #collections = 0;
  #makeNs = 0;
  #reportBytes = 0;
  #reportedMs: number;

  constructor(options: SelfMetricsOptions, dependencies: SelfMetricsDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#identity = { service: options.service, instance: dependencies.view.instance };
    this.#lines = new GraphiteLines(this.#identity);
    this.#reportedMs = dependencies.clock.monotonicMs();
    this.#sent = new Histogram(this.#reportedMs);
    this.#sentSince = this.#sent.reader();
    this.#reporter = this.#makeReporter();
  }

  /** What became of reports; undefined where none are sent. */
  get reports(): ReportCounts | undefined {
    return this.#reporter?.counts;
  }

  /** Renders GET /debug/vars2. */
  debugVars(): string {
    const process = this.#readProcess();
    return renderDebugVars(this.#metrics(process), {
      identity: this.#identity,
      commandLine: shownCommandLine(globalThis.process.argv),
      process,
      nowMs: this.#deps.view.monotonicMs(),
    });
  }

  /** Reports from now on, if it is wanted. */
  start(): void {
    if (this.#reporter === undefined && !this.#options.intoTable) return;
    this.#cancel = this.#deps.clock.after(this.#options.graphiteIntervalMs, () => {
      this.report();
      this.start();
    });
  }

  /** Reports now. */
  report(): void {
    const { clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const nowSec = Math.floor(clock.wallMs() / 1000);
    const lines = this.#points(startMs).map((point) => this.#render(point, nowSec));
    this.#makeNs = (clock.monotonicMs() - startMs) * 1e6;
    const text = lines.join('');
    this.#reportBytes = text.length;
    this.#reporter?.send(text);
    if (this.#options.intoTable) routeLines(lines, this.#deps);
  }

  /** Reports no more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#reporter?.stop();
    this.#process?.stop();
    this.#process = undefined;
  }

  #render(point: Point, nowSec: number): string {
    return `${this.#options.graphitePrefix}${renderPoint(point, nowSec)}\n`;
  }

  #points(nowMs: number): Point[] {
    const process = this.#readProcess();
    const spanSec = Math.max(1e-3, (nowMs - this.#reportedMs) / 1000);
    const own = processPoints(
      this.#identity,
      process,
      {
        isConnected: this.#reporter?.isConnected === true,
        makeNs: this.#makeNs,
        reportBytes: this.#reportBytes,
        waiting: Number(this.#reporter?.isBusy === true),
        waitingMax: 1,
        sent: this.#sentSince.take(nowMs),
        spanSec,
      },
      this.#collections,
    );
    this.#collections = process.collections;
    this.#reportedMs = nowMs;
    return [...this.#lines.points(this.#metrics(process), nowMs), ...own];
  }

  #metrics(process: ProcessReport): CrngMetric[] {
    const { view, clock, measure } = this.#deps;
    return crngMetrics({
      measure,
      ledger: view.ledger(),
      destinations: view.destinations(),
      aggregation: view.aggregation(),
      process,
      nowSec: Math.floor(clock.wallMs() / 1000),
    });
  }

  #readProcess(): ProcessReport {
    this.#process ??= new ProcessFigures();
    return this.#process.read();
  }

  #makeReporter(): GraphiteReporter | undefined {
    const { graphiteAddr, graphiteIntervalMs } = this.#options;
    const parsed = parseListenAddress(graphiteAddr);
    if (graphiteAddr === '' || !parsed.ok) return undefined;
    const { clock, log, connect, lookup } = this.#deps;
    const { host, port } = parsed.address;
    return new GraphiteReporter(
      {
        // As in Go, no host is this machine.
        host: host === '' ? '127.0.0.1' : host,
        port,
        timeoutMs: Math.min(TIMEOUT_MS_MAX, graphiteIntervalMs * TIMEOUT_PART),
      },
      {
        clock,
        connect,
        lookup,
        log: new LogLimiter({}, { log, clock }).limited('graphite_addr', REPEAT_MS),
        sent: (ms) => this.#sent.record(ms * 1000, clock.monotonicMs()),
      },
    );
  }
}
