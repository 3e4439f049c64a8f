// What a relay needs of the world: run-relay.ts hands in the machine, tests what they like.
import type { DestinationDependencies } from '../destination/destination-dependencies.ts';
import type { Lookup as InputLookup } from '../input/bind-address.ts';
import type { TableOptions } from '../table/options.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { LogThreshold } from '../util/log-level.ts';
import type { FreshConfig } from './change/reload.ts';
import type { SpoolRoot } from './spool-root.ts';
import type { Turn } from './turn.ts';
import type { WindowFile } from './window-file.ts';
import type { WriteTable } from './change/write-back.ts';

/** What a relay needs of the world. */
export interface RelayWorld {
  readonly clock: Clock;
  readonly log: Log & { readonly lost: number };
  readonly version: string;
  readonly random: () => number;
  readonly accessLog: (line: string) => void;
  readonly network: Pick<DestinationDependencies, 'connect' | 'lookup' | 'files'> & {
    readonly listenLookup: InputLookup;
  };
  readonly turn: Turn;
  /** Where lines may wait on disk; absent: nowhere. */
  readonly spools?:
    | (Pick<SpoolRoot, 'makeSpool' | 'folderOf'> & Partial<Pick<SpoolRoot, 'freeBytes'>>)
    | undefined;
  /** Reads the config again; absent: it cannot be reloaded. */
  readonly readAgain?: (() => Promise<FreshConfig>) | undefined;
  /** Writes a table to the files of the config; absent: it stays as it is. */
  readonly writeTable?: WriteTable | undefined;
  /** Makes the folders that a table wants; rejects with one line. */
  readonly prepare?: (table: TableOptions) => Promise<void>;
  /** Shows another level of the log from now on. */
  readonly setLogLevel?: (level: LogThreshold) => void;
  /** Where open windows wait for the next start; absent: nowhere. */
  readonly windowFile?: WindowFile | undefined;
  /** False where another relay of this process has them. */
  readonly processMetrics: boolean;
}
