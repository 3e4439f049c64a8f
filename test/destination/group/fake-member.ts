// Members of a group in the test's hand: each keeps what it was given, is there or not, and has room or not.
import type { GroupMember, GroupOutput } from '../../../src/destination/group/group-output.ts';

export class FakeMember implements GroupMember {
  readonly key: string;
  available = true;
  full = false;
  readonly lines: string[] = [];
  readonly #waiters: (() => void)[] = [];

  constructor(key: string) {
    this.key = key;
  }

  push(bytes: Uint8Array, lines: number): boolean {
    const text = Buffer.from(bytes).toString();
    const whole = text.split('\n');
    if (whole.pop() !== '' || whole.length !== lines) throw new Error(`${lines} lines are not ${text}`);
    this.lines.push(...whole);
    return !this.full;
  }

  whenWritable(callback: () => void): void {
    if (!this.full) callback();
    else this.#waiters.push(callback);
  }

  get waiters(): number {
    return this.#waiters.length;
  }

  empty(): void {
    this.full = false;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

export function makeMembers(count: number): FakeMember[] {
  return Array.from({ length: count }, (_, i) => new FakeMember(`m${i}`));
}

/** Pushes lines of the given keys as one chunk. */
export function push(output: GroupOutput, keys: readonly string[], canWait = true): boolean {
  return output.push(Buffer.from(keys.map((key) => `${key} 1 2\n`).join('')), keys.length, canWait);
}

export function keysOf(member: FakeMember): string[] {
  return member.lines.map((line) => line.split(' ')[0] ?? '');
}
