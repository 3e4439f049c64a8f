// One slot of an `any_of`: the keys whose hash chose one member, `owner`. While that is available it gets them as they
// come. While it is not, each key goes to the living member with the highest weight for that key: the share spreads evenly,
// the same key stays with the same member, and when one more member goes, only the keys that it had move on.
import type { KeyCutter } from './cut-by-key.ts';
import { type GroupMember, GroupOutput } from './group-output.ts';

export class AnyOfOutput extends GroupOutput {
  readonly #owner: GroupMember;
  readonly #cutter: KeyCutter;
  /** What each member is called in weights: its place in the list. */
  readonly #names: ReadonlyMap<GroupMember, number>;

  /** `owner`: an index into `members`. All slots of a route may share a cutter. */
  constructor(members: readonly GroupMember[], owner: number, cutter: KeyCutter) {
    super(members);
    this.#cutter = cutter;
    this.#owner = members[owner] as GroupMember;
    this.#names = new Map(members.map((member, index) => [member, index]));
  }

  push(bytes: Uint8Array, lines: number, canWait: boolean): boolean {
    const living = this.inCharge();
    if (living.length === 1) return (living[0] as GroupMember).push(bytes, lines, canWait);
    const names = living.map((member) => this.#names.get(member) as number);
    let writable = true;
    for (const [nth, part] of this.#cutter.cut(bytes, names).entries()) {
      if (part.lines === 0) continue;
      if (!(living[nth] as GroupMember).push(part.bytes, part.lines, canWait)) writable = false;
    }
    return writable;
  }

  protected inCharge(): readonly GroupMember[] {
    return this.#owner.available ? [this.#owner] : this.livingOr([this.#owner]);
  }
}
