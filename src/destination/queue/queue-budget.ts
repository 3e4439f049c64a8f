// One byte budget for the queues of all destinations. Half of it is guaranteed, in equal shares; the other half is
// common ground for whoever needs more. So one full queue never takes the guaranteed room of another.
// Bytes of the redo windows have a budget of their own of the same size. Over it each window shrinks to its even share
// with its destination's next write; those of idle ones go with age, so for that long the sum may be twice the budget.

export interface QueueBudgetOptions {
  /** Bytes for all queues together (`queue_bytes_total`). */
  readonly totalBytes?: number;
}

/** Default of `queue_bytes_total`. */
export const QUEUE_BYTES_TOTAL = 128 * 1024 * 1024;
/** Paused senders may overshoot the budget by their chunks, at most to this multiple of it; then lines are dropped. */
const HARD_MULTIPLE = 2;
/** Common ground counts as free again below this part of it. */
const LOW_WATER = 0.75;

export class QueueBudget {
  readonly #totalBytes: number;
  readonly #commonBytesMax: number;
  readonly #shares = new Set<BudgetShare>();
  readonly #waiting = new Set<() => void>();
  #guaranteedBytes = 0;
  #commonBytes = 0;
  #bytes = 0;
  #redoBytes = 0;

  constructor(options: QueueBudgetOptions = {}) {
    this.#totalBytes = options.totalBytes ?? QUEUE_BYTES_TOTAL;
    this.#commonBytesMax = this.#totalBytes - Math.floor(this.#totalBytes / 2);
  }

  /** Bytes in all queues. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes in all redo windows. */
  get redoBytes(): number {
    return this.#redoBytes;
  }

  /** Bytes that each destination may always queue. */
  get guaranteedBytes(): number {
    return this.#guaranteedBytes;
  }

  /** True below the low water of the common ground. */
  get roomy(): boolean {
    return this.#commonBytes <= this.#commonBytesMax * LOW_WATER;
  }

  /** Adds a destination; the guaranteed shares of all others shrink. */
  join(): BudgetShare {
    const share = new BudgetShare(this);
    this.#shares.add(share);
    this.#divide();
    return share;
  }

  /** Takes a destination out; its books must be empty. */
  leave(share: BudgetShare): void {
    if (!this.#shares.delete(share)) return;
    this.#divide();
    this.#wakeIfRoomy();
  }

  /** Calls back once when the common ground has room again. */
  whenRoomy(callback: () => void): void {
    this.#waiting.add(callback);
  }

  /** Tells how many bytes a queue of `held` bytes may take. */
  room(held: number): number {
    const own = Math.max(0, this.#guaranteedBytes - held);
    return own + Math.max(0, this.#commonBytesMax - this.#commonBytes);
  }

  /** True if taking `more` would pass the last bound, which not even a paused sender may overshoot. */
  exhausted(more: number): boolean {
    return this.#bytes + more > this.#totalBytes * HARD_MULTIPLE;
  }

  /** True if a redo window of `held` bytes must shrink for the sake of all. */
  redoOver(held: number): boolean {
    return this.#redoBytes > this.#totalBytes && held * this.#shares.size > this.#totalBytes;
  }

  /** Books a queue's way from `before` to `after` bytes. */
  move(before: number, after: number): void {
    this.#bytes += after - before;
    this.#commonBytes += this.#excess(after) - this.#excess(before);
    if (after < before) this.#wakeIfRoomy();
  }

  /** Books a redo window's growth. */
  moveRedo(delta: number): void {
    this.#redoBytes += delta;
  }

  #excess(held: number): number {
    return Math.max(0, held - this.#guaranteedBytes);
  }

  #divide(): void {
    const half = Math.floor(this.#totalBytes / 2);
    this.#guaranteedBytes = this.#shares.size === 0 ? 0 : Math.floor(half / this.#shares.size);
    this.#commonBytes = 0;
    for (const share of this.#shares) this.#commonBytes += this.#excess(share.bytes);
  }

  #wakeIfRoomy(): void {
    if (this.#waiting.size === 0 || !this.roomy) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}

/** What one destination holds of the budget. */
export class BudgetShare {
  readonly budget: QueueBudget;
  #bytes = 0;

  constructor(budget: QueueBudget) {
    this.budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.budget.room(this.#bytes);
  }

  /** True when a sender that was paused for want of budget may go on. */
  get roomy(): boolean {
    return this.#bytes * 2 <= this.budget.guaranteedBytes || this.budget.roomy;
  }

  /** Books the queue's size, bytes. */
  set(bytes: number): void {
    const before = this.#bytes;
    this.#bytes = bytes;
    this.budget.move(before, bytes);
  }
}
