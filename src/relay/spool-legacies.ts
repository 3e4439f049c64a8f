// What destinations that were taken out have left on disk, by the spool it is in. Whoever opens that spool again takes
// those lines into its books: they are not lines from before the start, and must not be counted at both.
import type { Inherited } from '../destination/backlog/spool-books.ts';
import type { DestinationCounts } from '../telemetry/ledger.ts';

interface Legacy {
  lines: number;
  /** How many of them came in since the start; the others had been loaded. */
  entered: number;
  /** Lines beside these that were written before, to a connection that broke. */
  repeats: number;
}

export class SpoolLegacies {
  readonly #retired: DestinationCounts;
  readonly #legacies = new Map<string, Legacy>();

  /** `retired` are the books of all who are gone; what is inherited leaves them. */
  constructor(retired: DestinationCounts) {
    this.#retired = retired;
  }

  /** Notes what one who is gone has left in a spool; its counts are among the retired already. */
  leave(spool: string, counts: DestinationCounts, repeats: number): void {
    const { spooled } = counts;
    if (spooled + repeats === 0) return;
    const legacy = this.#legacies.get(spool) ?? { lines: 0, entered: 0, repeats: 0 };
    legacy.repeats += repeats;
    legacy.lines += spooled;
    legacy.entered += Math.min(spooled, counts.in);
    this.#legacies.set(spool, legacy);
  }

  /** Takes what was left out of the books of the gone; tells what it was. */
  inherit(spool: string, linesFound: number): Inherited {
    const legacy = this.#legacies.get(spool);
    if (legacy === undefined) return { entered: 0, repeats: 0 };
    this.#legacies.delete(spool);
    const lines = Math.min(linesFound, legacy.lines);
    const entered = Math.min(lines, legacy.entered);
    this.#retired.spooled -= lines;
    this.#retired.in -= entered;
    this.#retired.loaded -= lines - entered;
    return { entered, repeats: Math.min(linesFound - lines, legacy.repeats) };
  }
}
