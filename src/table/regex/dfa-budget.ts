// One bound on the memory of all automata of a table.

/** Counts the bytes that automata take out of a common limit. */
export class DfaBudget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Says whether so much more may be taken. */
  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
