// A share of the CPU, measured: work is done while there is credit, which grows with time and shrinks by what work took.

export interface CpuBudgetOptions {
  /** Of all time, 0 to 1. */
  readonly share: number;
  /** Most that is saved up, ms. */
  readonly burstMs: number;
  /** The longest that one piece of work lasts, ms. */
  readonly pieceMs: number;
}

export class CpuBudget {
  readonly #options: CpuBudgetOptions;
  #creditMs: number;
  #atMs: number;

  constructor(options: CpuBudgetOptions, nowMs: number) {
    this.#options = options;
    this.#creditMs = options.burstMs;
    this.#atMs = nowMs;
  }

  /** Begins a piece of work; false: there is no time for it. */
  begin(nowMs: number): boolean {
    const { share, burstMs } = this.#options;
    this.#creditMs = Math.min(burstMs, this.#creditMs + (nowMs - this.#atMs) * share);
    this.#atMs = nowMs;
    return this.#creditMs > 0;
  }

  /** Tells whether the work that was begun must end. */
  isSpent(nowMs: number): boolean {
    return nowMs - this.#atMs >= Math.min(this.#creditMs, this.#options.pieceMs);
  }

  /** Ends the work that was begun. What went beyond a piece went to other processes, as the work asks whether it must end. */
  end(nowMs: number): void {
    this.#creditMs -= Math.min(nowMs - this.#atMs, this.#options.pieceMs);
    this.#atMs = nowMs;
  }
}
