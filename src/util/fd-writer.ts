// Writes text to a file descriptor at once and never throws: for log lines, which must be out before a crash.
//
// A reader that stalls must not stop the process, as a terminal does at Ctrl-S: a pipe, terminal or socket is written
// without blocking (see `openUnblocking`). What it does not take now waits in memory, within a bound, and is tried again; beyond the bound whole
// texts are given up and counted. A reader that has gone away costs its lines, not the process.
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** The write(2) that a FdWriter uses: returns the bytes taken, throws as node:fs does. */
export type WriteSync = (fd: number, bytes: Uint8Array) => number;

export interface FdWriterDependencies {
  readonly writeSync?: WriteSync;
  /** Runs a function once, later; must not keep the process alive. */
  readonly later?: (delayMs: number, run: () => void) => void;
}

/** Most bytes that wait for a reader. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** How often a reader that takes nothing is tried again, ms. */
const RETRY_MS = 20;

/** Writes whole texts to one descriptor. */
export class FdWriter {
  readonly #fd: number;
  readonly #writeSync: WriteSync;
  readonly #later: (delayMs: number, run: () => void) => void;
  /** What the descriptor did not take yet; the first may be the rest of a text. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #retryDue = false;

  constructor(fd: number, dependencies: FdWriterDependencies = {}) {
    this.#fd = fd;
    this.#writeSync = dependencies.writeSync ?? writeSync;
    this.#later = dependencies.later ?? ((delayMs, run) => void setTimeout(run, delayMs).unref());
  }

  /** Texts that were given up, wholly or in part. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes `text`, which ends with a newline; what the descriptor does not take now follows. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    // A text longer than the bound is taken when nothing waits: the last words of a large relay are long.
    if (this.#waiting.length > 0 && this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length === 1) this.#drain();
  }

  /** Waits for the reader, and the process with it, for at most `withinMs`; what it does not take then is lost. */
  flush(withinMs: number): void {
    const endMs = performance.now() + withinMs;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    this.#drain();
    while (this.#waiting.length > 0 && performance.now() < endMs) {
      Atomics.wait(pause, 0, 0, 5);
      this.#drain();
    }
    this.#giveUp();
  }

  #drain(): void {
    for (let rest = this.#waiting[0]; rest !== undefined; rest = this.#waiting[0]) {
      const taken = this.#writeSome(rest);
      if (taken === 'gone') return this.#giveUp();
      if (taken === 0) return this.#retry();
      this.#waitingBytes -= taken;
      if (taken === rest.length) this.#waiting.shift();
      else this.#waiting[0] = rest.subarray(taken);
    }
  }

  #writeSome(bytes: Uint8Array): number | 'gone' {
    try {
      return this.#writeSync(this.#fd, bytes);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === 'EAGAIN' || code === 'EINTR' ? 0 : 'gone';
    }
  }

  #retry(): void {
    if (this.#retryDue) return;
    this.#retryDue = true;
    this.#later(RETRY_MS, () => {
      this.#retryDue = false;
      this.#drain();
    });
  }

  #giveUp(): void {
    this.#lost += this.#waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/**
 * Opens a descriptor of this process once more so that a write to it never waits for its reader; returns the one to write
 * to. A pipe or terminal is opened anew, as others may share the old one and expect it to block. A socket (systemd's journal)
 * cannot be; it is switched. What is neither, or where that fails, is returned as it is.
 */
export function openUnblocking(fd: number): number {
  try {
    const stats = fstatSync(fd);
    if (stats.isSocket()) return switchOver(fd);
    if (!stats.isFIFO() && !stats.isCharacterDevice()) return fd;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // No /proc, or a descriptor of another user: a stalled reader then stops the process, as with any program.
    return fd;
  }
}

function switchOver(fd: number): number {
  // Taking a socket over makes it non-blocking; the object is kept from closing it by never being ended.
  new Socket({ fd, readable: false, writable: true }).unref();
  return fd;
}
