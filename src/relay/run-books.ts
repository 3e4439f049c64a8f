// Which lines count as received. A line that goes to destinations counts once all of them have it in their books: at once
// where it waits in memory, after the sync where it must be on disk first (`durability = "disk"`).
//
// A few numbers suffice, whatever order the destinations answer in: what they take is booked as copies first, then as
// generated, and as received only when none of these is left to be booked. A line that is not with all its destinations
// lacks at least one of them, so (without generated lines; with them it is the same)
//     lines not with all  <=  lines that destinations still lack - copies not booked yet  =  received not booked yet
// and `received` never says more than what is safe. It says all of it once nothing is under way. The relay's books balance
// with those of the destinations at any time, since both move by the same lines.
import type { RelayCounts } from '../telemetry/ledger.ts';

export class RunBooks {
  readonly #counts: RelayCounts;
  #received = 0;
  #generated = 0;
  #copies = 0;

  constructor(counts: RelayCounts) {
    this.#counts = counts;
  }

  /** Lines that are with the engine's outputs and not in the books yet, copies too. */
  get pending(): number {
    return this.#received + this.#generated + this.#copies;
  }

  /** Takes note of lines on their way to destinations, and of their copies. */
  ran(lines: number, copies: number): void {
    this.#received += lines;
    this.#copies += copies;
  }

  /** Takes note of lines made inside the relay on their way to destinations, and of their copies. */
  generated(lines: number, copies: number): void {
    this.#generated += lines;
    this.#copies += copies;
  }

  /** Books lines, copies too, that a destination has in its books now. */
  entered(lines: number): void {
    const copies = Math.min(lines, this.#copies);
    const generated = Math.min(lines - copies, this.#generated);
    const received = lines - copies - generated;
    this.#copies -= copies;
    this.#generated -= generated;
    this.#received -= received;
    this.#counts.copies += copies;
    this.#counts.generated += generated;
    this.#counts.received += received;
  }
}
