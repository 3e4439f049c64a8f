// `round_robin`: each available member gets the same number of lines, within one: lines of one push are dealt out in
// pieces of neighbouring lines, the odd ones to those whose turn it is. Lines that come one by one go to one after the other.
// When no member is available all take part, and each share waits where it is.
import { prefixWithin } from '../cut-lines.ts';
import { type GroupMember, GroupOutput } from './group-output.ts';

export class RoundRobinOutput extends GroupOutput {
  /** The member whose turn it is, an index into all members. */
  #turn = 0;

  push(bytes: Uint8Array, lines: number, canWait: boolean): boolean {
    const order = this.#inTurn();
    const each = Math.floor(lines / order.length);
    const odd = lines % order.length;
    let rest = bytes;
    let writable = true;
    for (const [nth, member] of order.entries()) {
      const share = each + (nth < odd ? 1 : 0);
      if (share === 0) break;
      const isLast = nth + 1 === order.length || (each === 0 && nth + 1 === odd);
      const size = isLast ? rest.length : prefixWithin(rest, rest.length, share).size;
      if (!member.push(rest.subarray(0, size), share, canWait)) writable = false;
      rest = rest.subarray(size);
    }
    const next = order[odd % order.length] as GroupMember;
    this.#turn = this.members.indexOf(next);
    return writable;
  }

  protected inCharge(): readonly GroupMember[] {
    return this.livingOr(this.members);
  }

  /** Those that get lines, the one whose turn it is first. */
  #inTurn(): readonly GroupMember[] {
    const living = this.inCharge();
    const first = Math.max(
      0,
      living.findIndex((member) => this.members.indexOf(member) >= this.#turn),
    );
    return first === 0 ? living : [...living.slice(first), ...living.slice(0, first)];
  }
}
