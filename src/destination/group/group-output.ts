// A group of destinations that is one output for the table: lines are put on members by who is online when they come, so
// that plans never depend on that. A group holds no line itself; each is in the books of the member that took it.
//
//   lines ──▶ group ──▶ member in charge      failover · any_of · round_robin differ in who is in charge, and of what
//
// Senders that must wait wait for the members in charge. When those change, because one went or came back, the wait is
// for the new ones: nobody waits for a dead queue while there is a living member.
import type { Output } from '../output.ts';

/** A destination as its group sees it. */
export interface GroupMember extends Output {
  readonly key: string;
  /** True while lines put there leave soon: online, or about to be again. */
  readonly available: boolean;
}

export abstract class GroupOutput implements Output {
  readonly members: readonly GroupMember[];
  readonly #waiters: (() => void)[] = [];
  /** Members that owe us a callback; each owes one at most. */
  readonly #asked = new Set<GroupMember>();
  #advancing = false;
  #open = true;

  /** `members` in their order in the config, at least one. */
  constructor(members: readonly GroupMember[]) {
    this.members = members;
  }

  abstract push(bytes: Uint8Array, lines: number, canWait: boolean): boolean;

  /** The members that the next lines go to, at least one. */
  protected abstract inCharge(): readonly GroupMember[];

  whenWritable(callback: () => void): void {
    this.#waiters.push(callback);
    this.#advance();
  }

  /** A member has come or gone. */
  livenessChanged(): void {
    this.#advance();
  }

  /** The table has another group instead: whoever waits goes on, and is told to wait there if need be. */
  close(): void {
    this.#open = false;
    this.#advance();
  }

  /** The members that are available; when there is none, `preferred`: lines then wait there, in memory and on disk. */
  protected livingOr(preferred: readonly GroupMember[]): readonly GroupMember[] {
    const living = this.members.filter((member) => member.available);
    return living.length === 0 ? preferred : living;
  }

  /** Calls those who wait back, in their order, while all members in charge have room. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#waiters.length > 0 && (!this.#open || this.#isWritable())) this.#waiters.shift()?.();
    this.#advancing = false;
  }

  #isWritable(): boolean {
    const gates = this.inCharge();
    for (const gate of gates) {
      if (this.#asked.has(gate)) continue;
      this.#asked.add(gate);
      // It may call back at once.
      gate.whenWritable(() => {
        this.#asked.delete(gate);
        this.#advance();
      });
    }
    return gates.every((gate) => !this.#asked.has(gate));
  }
}
