// The part of a destination's books that lines on disk move through. What the disk gives back need not be what it was
// thought to hold: counts from a damaged folder are estimates. The books balance all the same: lines found beyond what was
// counted are `loaded` when they come, lines that never come are `spool_damaged` once the disk is empty.
import type { DropReason } from '../../telemetry/drop-reason.ts';
import type { DestinationCounts } from '../../telemetry/ledger.ts';

/** What of the lines found on disk another destination of this relay has left. */
export interface Inherited {
  /** Lines that came in since the relay started. */
  readonly entered: number;
  /** Lines that it had written, to a connection that broke. */
  readonly repeats: number;
}

const NOTHING: Inherited = { entered: 0, repeats: 0 };

export class SpoolBooks {
  readonly #counts: DestinationCounts;
  #repeats = 0;

  constructor(counts: DestinationCounts) {
    this.#counts = counts;
  }

  /** Lines on disk that were not written yet. */
  get lines(): number {
    return this.#counts.spooled;
  }

  /** Lines on disk that were written, and will be again because their connection broke; they come before all others. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Books what was on disk at start; a part of it may come out of the books of another. */
  loaded(lines: number, { entered, repeats }: Inherited = NOTHING): void {
    this.#repeats += repeats;
    this.#counts.in += entered;
    this.#counts.loaded += lines - entered - repeats;
    this.#counts.spooled += lines - repeats;
  }

  /** Books lines that go from memory to disk. */
  offered(lines: number): void {
    this.#counts.queued -= lines;
    this.#counts.spooled += lines;
  }

  /** Takes `offered` back: the disk refused them. */
  refused(lines: number): void {
    this.#counts.queued += lines;
    this.#counts.spooled -= lines;
  }

  /** Books lines from disk that were written to the peer. */
  sent(lines: number): void {
    const again = this.#repeat(lines);
    this.#counts.resent += again;
    this.#take(lines - again);
    this.#counts.written += lines - again;
  }

  /** Books lines on disk that will never be read; returns how many of them were never written either. */
  lost(lines: number, reason: DropReason): number {
    const fresh = lines - this.#repeat(lines);
    this.#take(fresh);
    this.#counts.dropped[reason] += fresh;
    return fresh;
  }

  /** Books offered lines that the disk did not take in the end. */
  failed(lines: number): void {
    this.#take(lines);
    this.#counts.dropped.spool_error += lines;
  }

  /** The reading of the disk goes back over lines that were written. */
  rewound(lines: number): void {
    this.#repeats += lines;
  }

  /** Lines that were written before are passed over: they are not sent again. */
  passed(lines: number): void {
    this.#repeat(lines);
  }

  /**
   * A line will not be sent (again); `before`: lines of its record before it. Returns true when it is booked as written;
   * else it has left the books of the disk.
   */
  rejected(before: number): boolean {
    if (this.#repeats > before) {
      this.#repeats -= 1;
      return true;
    }
    this.#take(1);
    return false;
  }

  /** The disk is empty: what was still expected of it is not there. */
  emptied(): void {
    this.#repeats = 0;
    this.#counts.dropped.spool_damaged += this.#counts.spooled;
    this.#counts.spooled = 0;
  }

  #repeat(lines: number): number {
    const again = Math.min(lines, this.#repeats);
    this.#repeats -= again;
    return again;
  }

  #take(lines: number): void {
    const unexpected = Math.max(0, lines - this.#counts.spooled);
    this.#counts.loaded += unexpected;
    this.#counts.spooled += unexpected - lines;
  }
}
