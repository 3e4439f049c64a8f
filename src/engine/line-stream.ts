// One sender's stream on its way into an engine: keeps the unfinished last line between chunks.
//
// A line that drips in costs its length, not its square: a chunk without a newline is appended to the carry and never
// scanned again before the newline comes. A line over `lineBytesMax` is counted once, when it outgrows the bound, and
// its remaining bytes are skipped.
import type { Engine, Outcome } from './engine.ts';

const NEWLINE = 0x0a;
const NEWLINE_CHUNK = Uint8Array.of(NEWLINE);
const NO_CARRY = new Uint8Array(0);
const CARRY_BYTES_MIN = 256;
/** Only chunks below this are searched for a newline first: larger ones have one, or cost the engine little, bytes. */
const SMALL_CHUNK_BYTES = 2048;
/** A larger carry buffer is let go when it is empty, bytes. */
const CARRY_BYTES_KEPT = 4096;

/** What the stream reports besides the engine's outcomes. */
export interface LineStreamEvents {
  /** The engine ran; the outcome is valid during the call only. */
  ran(outcome: Outcome): void;
  /** A line outgrew the bound; `start` is a view of its first bytes. Counts as received and invalid. */
  tooLong(start: Uint8Array): void;
  /** The stream broke within a line; `line` is a view of what had come. Counts as received and truncated. */
  truncated(line: Uint8Array): void;
}

export class LineStream {
  readonly #engine: Engine;
  readonly #lineBytesMax: number;
  readonly #events: LineStreamEvents;
  #carry: Uint8Array = NO_CARRY;
  #carryLength = 0;
  #skipping = false;

  constructor(engine: Engine, lineBytesMax: number, events: LineStreamEvents) {
    this.#engine = engine;
    this.#lineBytesMax = lineBytesMax;
    this.#events = events;
  }

  /** Takes a chunk; its bytes are used up or copied before it returns. */
  write(chunk: Uint8Array, nowSec: number): void {
    let rest = chunk;
    if (this.#skipping) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) return;
      this.#skipping = false;
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) return;
    const length = this.#carryLength;
    if (length !== 0 && rest.length < SMALL_CHUNK_BYTES && rest.indexOf(NEWLINE) < 0) {
      this.#append(rest);
      return;
    }
    const carry = length === 0 ? NO_CARRY : this.#carry.subarray(0, length);
    const outcome = this.#engine.run(carry, rest, nowSec);
    const { tail } = outcome;
    // Without a newline the carry stays what it is, and grows by the chunk.
    if (tail !== rest.length) this.#carryLength = 0;
    this.#events.ran(outcome);
    if (tail !== 0) this.#append(rest.subarray(rest.length - tail));
    else if (this.#carry.length > CARRY_BYTES_KEPT) this.#carry = NO_CARRY;
  }

  /** Ends the stream. A last line without newline counts only after an orderly close, and if it validates. */
  end(orderly: boolean, nowSec: number): void {
    const length = this.#carryLength;
    this.#skipping = false;
    if (length === 0) return;
    this.#carryLength = 0;
    const line = this.#carry.subarray(0, length);
    if (orderly) this.#events.ran(this.#engine.run(line, NEWLINE_CHUNK, nowSec));
    else this.#events.truncated(line);
    this.#carry = NO_CARRY;
  }

  #append(bytes: Uint8Array): void {
    const length = this.#carryLength + bytes.length;
    if (length > this.#lineBytesMax) {
      this.#events.tooLong(this.#carryLength === 0 ? bytes : this.#carry.subarray(0, this.#carryLength));
      this.#carry = NO_CARRY;
      this.#carryLength = 0;
      this.#skipping = true;
      return;
    }
    if (length > this.#carry.length) {
      const size = Math.min(Math.max(CARRY_BYTES_MIN, 2 ** Math.ceil(Math.log2(length))), this.#lineBytesMax);
      const grown = new Uint8Array(Math.max(size, length));
      grown.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carryLength);
    this.#carryLength = length;
  }
}
