// What the intake books of the lines it is handed: at once, or, where they must be on disk first, once they are.
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { DestinationCounts } from '../telemetry/ledger.ts';

export interface IntakeBooks {
  /** Lines came. Each is `queued` or `dropped` before the call that brought it is over. */
  arrived(lines: number): void;
  queued(lines: number): void;
  dropped(lines: number, reason: DropReason): void;
  /** Drops lines that were queued. */
  evicted(lines: number, reason: DropReason): void;
  /** Drops all lines that are queued: it is over. */
  stopped(reason: DropReason): void;
  /** Lines that are queued and in no column. */
  readonly unsynced: number;
}

/** Books of a destination whose lines wait in memory. */
export class MemoryBooks implements IntakeBooks {
  readonly unsynced = 0;
  readonly #counts: DestinationCounts;
  readonly #entered: (lines: number) => void;

  /** `entered` hears of lines that entered the books. */
  constructor(counts: DestinationCounts, entered: (lines: number) => void) {
    this.#counts = counts;
    this.#entered = entered;
  }

  arrived(lines: number): void {
    this.#counts.in += lines;
    this.#entered(lines);
  }

  queued(lines: number): void {
    this.#counts.queued += lines;
  }

  dropped(lines: number, reason: DropReason): void {
    this.#counts.dropped[reason] += lines;
  }

  evicted(lines: number, reason: DropReason): void {
    this.#counts.queued -= lines;
    this.#counts.dropped[reason] += lines;
  }

  stopped(reason: DropReason): void {
    this.evicted(this.#counts.queued, reason);
  }
}

/** Books of a destination whose lines must be on disk before they count: until then they are in no column. */
export class JournalBooks implements IntakeBooks {
  readonly #counts: DestinationCounts;
  readonly #entered: (lines: number) => void;
  #unsynced = 0;
  #isStopped = false;

  /** `entered` hears of lines that entered the books. */
  constructor(counts: DestinationCounts, entered: (lines: number) => void) {
    this.#counts = counts;
    this.#entered = entered;
  }

  get unsynced(): number {
    return this.#unsynced;
  }

  arrived(): void {}

  queued(lines: number): void {
    this.#unsynced += lines;
  }

  dropped(lines: number, reason: DropReason): void {
    this.#counts.in += lines;
    this.#counts.dropped[reason] += lines;
    this.#entered(lines);
  }

  evicted(lines: number, reason: DropReason): void {
    this.#unsynced -= lines;
    this.dropped(lines, reason);
  }

  /** Lines that were queued are on disk. */
  synced(lines: number): void {
    if (this.#isStopped) return;
    this.#unsynced -= lines;
    this.#counts.in += lines;
    this.#counts.spooled += lines;
    this.#entered(lines);
  }

  stopped(reason: DropReason): void {
    if (this.#isStopped) return;
    this.evicted(this.#unsynced, reason);
    this.#isStopped = true;
  }
}
