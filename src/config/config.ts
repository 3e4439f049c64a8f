// The whole config as a plain value: what the relay is built from. Nothing in it refers back to a file, but `warnings`.
import type { InputOptions } from '../input/options.ts';
import type { ValidationLevels } from '../metric/validation-levels.ts';
import type { SelfMetricsOptions } from '../telemetry/options.ts';
import type { TableOptions } from '../table/options.ts';
import type { LogThreshold } from '../util/log-level.ts';
import type { Problem } from './problem.ts';

/** Who may change a running relay from another machine: whoever gives the token, or everyone. */
export interface WritePolicy {
  /** Empty: there is none. */
  readonly token: string;
  readonly allowRemote: boolean;
}

/** Durations are ms. */
export type KeyValue = string | number | boolean;

/** Everything a relay needs to know at start. Empty addresses and paths mean: none. */
export interface Config {
  readonly instance: string;
  readonly logLevel: LogThreshold;
  readonly logFormat: 'text' | 'json';
  readonly levels: ValidationLevels;
  readonly validateOrder: boolean;
  readonly orderFutureMaxSec: number;
  readonly badMetricsMaxAgeMs: number;
  readonly inputs: InputOptions;
  readonly httpAddr: string;
  /** Telnet. */
  readonly adminAddr: string;
  readonly writePolicy: WritePolicy;
  /** False: nothing is measured beyond the books. */
  readonly measure: boolean;
  readonly selfMetrics: SelfMetricsOptions;
  readonly spoolDir: string;
  /** Of destinations that do not say. */
  readonly durability: 'memory' | 'disk';
  readonly maxSeries: number;
  readonly queueBytesTotal: number;
  readonly shutdownTimeoutMs: number;
  readonly pidFile: string;
  /** Changes of the table are written to the files that it came from. */
  readonly writeBack: boolean;
  /** In crng's order of application: `[init] cmds` first, then blocklist, rewriters and routes. */
  readonly table: TableOptions;
  /** The files that were read: the config itself, then what it includes, in order. Empty: the embedded config. */
  readonly files: readonly string[];
  /** Of the texts of those files: differs when one of them does. */
  readonly digest: string;
  /** Every key outside the table with its value, by the name that users write; to tell what a reload changes. */
  readonly keys: Readonly<Record<string, KeyValue>>;
  /** As carbon-relay-ng shows it at GET /config; secrets are replaced. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** To be logged once at start; in the order of the file. */
  readonly warnings: readonly Problem[];
}
