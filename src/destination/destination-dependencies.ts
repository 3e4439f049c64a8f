// What a destination needs of the world and of the other destinations.
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { DestinationMeter } from '../telemetry/timing/destination-meter.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { SenderDependencies } from './sender/make-sender.ts';
import type { DestinationOptions } from './options.ts';
import type { QueueBudget } from './queue/queue-budget.ts';
import type { SlabPool } from './queue/slab-pool.ts';
import type { Inherited } from './backlog/spool-books.ts';
import type { Spool, SpoolEvents } from './spool/spool.ts';

/** All that a destination is handed. */
export interface DestinationDependencies extends SenderDependencies {
  readonly routeKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Runs a function once, when the current turn of the event loop has handled its reads. */
  readonly afterTurn: (run: () => void) => void;
  readonly pool: SlabPool;
  /** Makes what measures a destination; absent: histograms of everything. */
  readonly makeMeter?: () => DestinationMeter;
  readonly budget: QueueBudget;
  /** Makes the spool of a destination; absent: there is no disk. */
  readonly makeSpool?: ((key: string, options: DestinationOptions, events: SpoolEvents) => Spool) | undefined;
  /** Of a destination whose options say nothing; absent: memory. */
  readonly durability?: 'memory' | 'disk';
  /** Hears of lines that entered the books: before `push` returns, or once they are on disk where they must be. */
  readonly entered?: (lines: number) => void;
  /** Resolves when whoever had that spool before has closed it; absent: nobody had. */
  readonly spoolFree?: Promise<void> | undefined;
  /** Takes lines found on disk out of the books of who left them there. */
  readonly inherit?: ((linesFound: number) => Inherited) | undefined;
  /** The least time between two small writes, ms, now; absent: 0. */
  readonly paceMs?: () => number;
  /** Hears that `available` may have changed. */
  readonly noteLiveness?: () => void;
  /** Hears of a line, without its newline, that is dropped because the peer at `addr` hangs up at it. */
  readonly noteRejected?: (line: Buffer, error: string, addr: string, routeKey: string) => void;
  /** Hears of lines that find no room, before the call that brought them is over. */
  readonly noteDropped?: (reason: DropReason, lines: Uint8Array, addr: string, routeKey: string) => void;
  /** Hears of every write, for whoever decides on the pace. */
  readonly noteWrite?: (bytes: number) => void;
}
