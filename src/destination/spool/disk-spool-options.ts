// What a spool on disk is told when it is made, and what it needs of the world.
import type { Clock } from '../../util/clock.ts';
import type { SpoolEvents } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';

export interface DiskSpoolOptions {
  /** The folder of this spool alone. */
  readonly folder: string;
  /** A segment is sealed at this size; with a small cap, at an eighth of the cap. */
  readonly segmentBytes: number;
  readonly syncEveryLines: number;
  readonly syncPeriodMs: number;
  /** Cap of the files; undefined: 10 GiB, or half of what is free at the start if that is less. */
  readonly maxBytes: number | undefined;
  /** undefined: lines do not expire. */
  readonly maxAgeMs: number | undefined;
  /** True: a block counts as written once it is synced, and can be read only then. */
  readonly durable?: boolean;
  /** False: operations are not timed. */
  readonly measure?: boolean;
  /** Which lines go when the cap is reached or the disk is full. */
  readonly goes: 'oldest' | 'newest';
  /** Room on the disk that is left to others; undefined: 5 % of the disk, at most 512 MiB. */
  readonly reserveBytes?: number;
  /** Bound of what waits in memory to be written. */
  readonly waitingBytesMax?: number;
  /** How long small blocks wait for company. */
  readonly flushDelayMs?: number;
  readonly cursorPeriodMs?: number;
  /** `close` takes no longer, also when the disk hangs. */
  readonly closeTimeoutMs?: number;
}

export interface DiskSpoolDependencies {
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: SpoolEvents;
}
