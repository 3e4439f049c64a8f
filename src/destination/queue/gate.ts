// Those who wait because a queue is full: they are called back in their order while there is room, in the queue and in the
// budget that all queues share. A sender goes on only at the end of the turn, so that all who wait may be called for one room.
import type { BudgetShare, QueueBudget } from './queue-budget.ts';

export interface GateDependencies {
  readonly budget: QueueBudget;
  readonly share: BudgetShare;
  /** True below the queue's low water. */
  readonly isRoomy: () => boolean;
}

export class Gate {
  readonly #deps: GateDependencies;
  readonly #recheck: () => void;
  #waiters: (() => void)[] = [];
  #closed = false;
  #recheckAsked = false;

  constructor(dependencies: GateDependencies) {
    this.#deps = dependencies;
    this.#recheck = () => {
      this.#recheckAsked = false;
      this.wake();
    };
  }

  /** True from the moment a sender was told to wait until there is room. */
  get closed(): boolean {
    return this.#closed;
  }

  /** A sender is told to wait. Nobody may ask for the callback, so the gate opens by itself. */
  close(): void {
    this.#closed = true;
    this.#watchBudget();
  }

  /** Calls back once when there is room; at once if there is. */
  wait(callback: () => void): void {
    if (this.#deps.isRoomy()) callback();
    else {
      this.#waiters.push(callback);
      this.#watchBudget();
    }
  }

  /** There may be room: lets waiting senders go on while there is. */
  wake(): void {
    if (!this.#closed && this.#waiters.length === 0) return;
    while (this.#deps.isRoomy()) {
      this.#closed = false;
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      waiter();
    }
    this.#watchBudget();
  }

  #watchBudget(): void {
    if (this.#recheckAsked || this.#deps.share.roomy) return;
    this.#recheckAsked = true;
    this.#deps.budget.whenRoomy(this.#recheck);
  }
}
