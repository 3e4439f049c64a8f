// `failover`: all lines go to the first member in the list that is available, and to the first of all when none is. One that
// comes back takes over at once, and sends what waits for it as any destination does after an outage.
import { type GroupMember, GroupOutput } from './group-output.ts';

export class FailoverOutput extends GroupOutput {
  push(bytes: Uint8Array, lines: number, canWait: boolean): boolean {
    return this.current.push(bytes, lines, canWait);
  }

  /** The member that gets the next lines. */
  get current(): GroupMember {
    return this.members.find((member) => member.available) ?? (this.members[0] as GroupMember);
  }

  protected inCharge(): readonly GroupMember[] {
    return [this.current];
  }
}
