// Writes text to a file descriptor at once and never throws: for log lines, which must be out before a crash.
// A reader that has gone away costs its lines, not the process.
import { writeSync } from 'node:fs';

/** The write(2) that a FdWriter uses: returns the bytes taken, throws as node:fs does. */
export type WriteSync = (fd: number, bytes: Uint8Array) => number;

/** How often a full non-blocking pipe is tried again before the rest of the text is given up. */
const FULL_PIPE_TRIES = 3;

/** Writes whole texts to one descriptor. */
export class FdWriter {
  readonly #fd: number;
  readonly #writeSync: WriteSync;
  #lost = 0;
  #midLine = false;

  constructor(fd: number, dependencies: { readonly writeSync?: WriteSync } = {}) {
    this.#fd = fd;
    this.#writeSync = dependencies.writeSync ?? writeSync;
  }

  /** Texts that were given up, wholly or in part. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes `text`, which ends with a newline. What the descriptor does not take is given up and counted. */
  write(text: string): void {
    let rest: Uint8Array = Buffer.from(this.#midLine ? `\n${text}` : text);
    let tries = FULL_PIPE_TRIES;
    while (rest.length > 0 && tries > 0) {
      try {
        const taken = this.#writeSync(this.#fd, rest);
        if (taken > 0) this.#midLine = taken < rest.length;
        rest = rest.subarray(taken);
        if (taken === 0) tries -= 1;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        tries = code === 'EAGAIN' || code === 'EINTR' ? tries - 1 : 0;
      }
    }
    if (rest.length > 0) this.#lost += 1;
  }
}
