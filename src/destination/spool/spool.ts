// The contract between a destination and its spool on disk. `disk-spool.ts` is the one that runs.
//
// Lines offered are `spooled` from that moment, on disk or not yet, until they are acknowledged (written to the peer and
// out of the redo window) or dropped with a reason. The spool books nothing itself: it tells by callback and result.
// Nothing here throws or blocks; at most one write, one sync and one read are in flight per spool.

import type { SpoolTimings } from './spool-timings.ts';

/** A block of whole plain lines. */
export interface SpoolBlock {
  /** Each line ends with a newline. Owned by the giver; untouched until it has been written (see `offer`). */
  readonly bytes: Buffer;
  readonly lines: number;
  /** When its oldest line arrived, wall time, ms. */
  readonly firstMs: number;
  /** True: lines from elsewhere, not of the traffic. */
  readonly isBulk?: boolean;
  /**
   * Given: the spool may keep the bytes once they are written, so that they are read from memory; whoever has them last,
   * the spool or the reader of the record, calls this once. Not called for a block that was not written.
   */
  readonly release?: (() => void) | undefined;
}

/** Where a record ends; opaque, grows from record to record of one spool. */
export interface SpoolPosition {
  readonly segment: number;
  readonly offset: number;
}

/**
 * A record read back. `bytes` belongs to the reader, until it says that it is done with them: by `release` where the record
 * has one, as it came from memory, else by the next `read`.
 */
export interface SpoolRecord extends SpoolBlock {
  /** Position right behind it: acknowledging it acknowledges this record and all before. */
  readonly end: SpoolPosition;
}

/** Why the spool does not take a block now. */
export type SpoolRefusal = 'slow_spool' | 'spool_full' | 'spool_error';

/** What the spool found when it opened, and what it could not save. Lines lost are an estimate where a head is gone. */
export interface SpoolOpening {
  readonly lines: number;
  readonly bytes: number;
  readonly segments: number;
  readonly damagedRecords: number;
  readonly damagedBytes: number;
  /** One sentence each, for the log. */
  readonly notes: readonly string[];
}

export interface SpoolEvents {
  /** Lines on disk that will never be read: damaged, expired, or pushed out by a cap (`spool_damaged`, `spool_expired`, `spool_full`). */
  lost(lines: number, reason: 'spool_damaged' | 'spool_expired' | 'spool_full' | 'spool_error'): void;
  /** There is room again after `offer` refused. */
  writable(): void;
  /** There may be something to read again after `read` said there was nothing. */
  readable(): void;
}

/** Figures for metrics. */
export interface SpoolStats {
  /** Lines and bytes not yet acknowledged, in memory buffers of the spool too. */
  readonly lines: number;
  readonly bytes: number;
  /** Bytes of the segment files. */
  readonly diskBytes: number;
  /** Arrival of the oldest unacknowledged line, wall ms; undefined when empty. */
  readonly oldestMs: number | undefined;
  readonly state: 'closed' | 'ready' | 'full' | 'failed';
  readonly lastError: string;
}

export interface Spool {
  readonly stats: SpoolStats;
  /** How long its operations take; absent where nobody measures that. */
  readonly timings?: SpoolTimings;
  /** Opens or makes the folder and recovers what is there; rejects only when the folder cannot be used at all. */
  open(): Promise<SpoolOpening>;
  /**
   * Takes a block, or says why not. `written` is called when the block's bytes are with the kernel, or on the disk where
   * the spool is durable (and the giver may reuse the memory, unless it gave a `release`): true; or false when the write
   * failed for good, and then those of all blocks offered and not written have, before another is offered.
   */
  offer(block: SpoolBlock, written: (ok: boolean) => void): SpoolRefusal | undefined;
  /**
   * Reads the next record that was not read yet; undefined when there is none now. One call at a time. `done`: the bytes
   * of all records read before are not needed any more, and their memory may be used again.
   */
  read(done?: boolean): Promise<SpoolRecord | undefined>;
  /** Acknowledges all records up to a position; the cursor on disk follows, lazily, never leading. */
  ack(end: SpoolPosition): void;
  /** Gives up the bytes that it keeps in memory for reading; they are on disk too. */
  forget(): void;
  /**
   * Goes back to the oldest unacknowledged record, for a connection that broke before what was read had been sent. There may
   * be something to read then, without a `readable`.
   */
  rewind(): void;
  /** Writes all that was offered and the cursor, syncs, closes and unlocks; what cannot be written by then is booked by `written(false)`. */
  close(): Promise<void>;
}
