// Watches the room on the disk, so that a spool stops before a reserve that belongs to others is touched. It asks seldom:
// as long as there is plenty, only after a good part of it may have been used.
import type { Clock } from '../../util/clock.ts';
import type { SpoolFiles } from './spool-files.ts';

/** Also when little is written, others may fill the disk: ask again after this time. */
const CHECK_MS = 1000;
/** The share of what is free that may be written before asking again; several spools write to one disk. */
const SHARE = 64;
/** What a write needs besides its bytes: the file system's own blocks. */
const SLACK_BYTES = 64 * 1024;

/** The reserve when none is given: this part of the disk, but no more than that. */
const RESERVE_PART = 0.05;
const RESERVE_BYTES_MAX = 512 * 1024 * 1024;
/** The cap when none is given: half of what is free, but no more than that. */
const CAP_BYTES_MAX = 10 * 1024 * 1024 * 1024;

/** No room: as if the disk had said so. */
export class NoRoomError extends Error {
  readonly code = 'ENOSPC';
}

export interface DiskRoomOptions {
  readonly folder: string;
  readonly reserveBytes: number | undefined;
}

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  readonly #files: SpoolFiles;
  readonly #clock: Clock;
  #reserveBytes = 0;
  #allowance = 0;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(options: DiskRoomOptions, files: SpoolFiles, clock: Clock) {
    this.#options = options;
    this.#files = files;
    this.#clock = clock;
  }

  /** Looks at the disk; answers the cap of a spool that was given none and holds `ownBytes` already. */
  async measure(ownBytes: number): Promise<number> {
    // Where a file system does not tell, its own error will.
    const { freeBytes, totalBytes } = await this.#files
      .space(this.#options.folder)
      .catch(() => ({ freeBytes: Number.MAX_SAFE_INTEGER, totalBytes: 0 }));
    this.#reserveBytes =
      this.#options.reserveBytes ?? Math.min(RESERVE_BYTES_MAX, Math.floor(totalBytes * RESERVE_PART));
    return Math.min(CAP_BYTES_MAX, Math.floor((freeBytes + ownBytes) / 2));
  }

  /** Takes `bytes` of the room; rejects when they would touch the reserve. */
  async take(bytes: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (bytes > this.#allowance || nowMs - this.#checkedMs >= CHECK_MS) {
      const { freeBytes } = await this.#files
        .space(this.#options.folder)
        .catch(() => ({ freeBytes: Number.MAX_SAFE_INTEGER }));
      const room = freeBytes - this.#reserveBytes;
      if (room < bytes + SLACK_BYTES) {
        this.#allowance = 0;
        throw new NoRoomError(
          `${Math.max(0, freeBytes)} bytes are free and ${this.#reserveBytes} are kept in reserve`,
        );
      }
      this.#checkedMs = nowMs;
      this.#allowance = Math.max(bytes, Math.floor(room / SHARE));
    }
    this.#allowance -= bytes;
  }
}
