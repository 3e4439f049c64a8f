// A few lines to send before a suspect, to see that the peer lives when it is sent something else. They were sent before,
// so a peer that gets one again gets nothing new.
import { suspicionOf } from './suspicious-line.ts';

const WITNESS_BYTES_MAX = 1024;
const WITNESSES_MAX = 4;

export class Witnesses {
  /** The first is used first. */
  #lines: Buffer[] = [];

  /** Remembers a line, if it looks harmless; those that the peer has survived come first. */
  add(line: Buffer, isSurvived: boolean): void {
    if (line.length > WITNESS_BYTES_MAX || suspicionOf(line) !== undefined) return;
    const others = this.#lines.filter((other) => !other.equals(line));
    this.#lines = isSurvived ? [line, ...others] : [...others, line];
    if (this.#lines.length > WITNESSES_MAX) this.#lines.splice(isSurvived ? -1 : 1, 1);
  }

  /** The line to send before a suspect: of another series, so that no series gets out of order. */
  against(suspect: Buffer): Buffer | undefined {
    return this.#lines.find((other) => keyOf(other) !== keyOf(suspect));
  }

  remove(line: Buffer): void {
    this.#lines = this.#lines.filter((other) => other !== line);
  }
}

function keyOf(line: Buffer): string {
  return line.subarray(0, line.indexOf(32)).toString('latin1');
}
