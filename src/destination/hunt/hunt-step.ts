// A step of the search for the line at which a peer hangs up: what the peer is sent before it is given time to do so.
// A line that looks suspicious makes a step of its own.
import { type Cut, prefixWithin } from '../cut-lines.ts';
import { findSuspicious } from './suspicious-line.ts';

export interface HuntStepOptions {
  readonly linesMax: number;
}

const STEP_BYTES_MAX = 1024 * 1024;
/** Suspicious lines that get a step of their own, in a row of steps; where many are harmless they are lines like others. */
const ALONE_MAX = 16;
const NOTHING: Cut = { size: 0, lines: 0 };

export class HuntStep {
  readonly #linesMax: number;
  #lines = 0;
  #bytes = 0;
  #isClosed = false;
  #alone = 0;

  constructor({ linesMax }: HuntStepOptions) {
    this.#linesMax = linesMax;
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#isClosed || this.#lines >= this.#linesMax || this.#bytes >= STEP_BYTES_MAX;
  }

  /** Begins the next step. */
  begin(): void {
    this.#lines = 0;
    this.#bytes = 0;
    this.#isClosed = false;
  }

  add(bytes: number, lines: number): void {
    this.#bytes += bytes;
    this.#lines += lines;
  }

  /** Finds how much of `bytes`, whole lines, this step takes. */
  cut(bytes: Buffer): Cut {
    const first: Cut = { size: bytes.indexOf(10) + 1, lines: 1 };
    const part = prefixWithin(bytes, STEP_BYTES_MAX - this.#bytes, this.#linesMax - this.#lines);
    if (part.lines === 0) return this.#lines > 0 ? NOTHING : first;
    const at = this.#alone < ALONE_MAX ? findSuspicious(bytes.subarray(0, part.size)) : undefined;
    if (at === undefined) return part;
    this.#isClosed = true;
    if (at > 0) return prefixWithin(bytes, at, part.lines);
    if (this.#lines > 0) return NOTHING;
    this.#alone += 1;
    return first;
  }
}
