// The lines that the load generator sends, ready-made, and the sums by which a sink tells that it got each of them once.
//
// A line is 60 to 70 bytes: `g3.app3.host0017.cpu4.s000123.idle.pad 12345.678 1700000000`. A stamped line carries the time
// of its sending as value: `+` and 12 digits, microseconds of the monotonic clock. `+` occurs nowhere else.
// The sum of a line is the sum over its bytes of byte x (position + 1); sums of lines add up in any order.

/** The byte that marks a stamp. */
export const STAMP_MARK = 0x2b;
/** Digits of a stamp. */
export const STAMP_DIGITS = 12;
/** Stamps run from 0 to this. */
export const STAMP_MODULUS = 10 ** STAMP_DIGITS;

const ZERO = 0x30;
const GROUPS = 10;
const HOSTS = 1000;
const WORDS = ['idle', 'user', 'system', 'wait-io', 'steal', 'softirq'] as const;
const KEY_BYTES_MIN = 38;

/** The keys of the load: series `i` belongs to group `i % 10` and to one of 1,000 hosts. */
export function seriesKey(index: number): string {
  const group = index % GROUPS;
  const host = String(Math.floor(index / GROUPS) % HOSTS).padStart(4, '0');
  const word = WORDS[index % WORDS.length] ?? '';
  const key = `g${group}.app${group}.host${host}.cpu${index % 8}.s${String(index).padStart(6, '0')}.${word}`;
  return key.padEnd(KEY_BYTES_MIN + (index % 7), '_');
}

/** Digits by which the key of a new series differs from all others of its kind. */
export const SERIAL_DIGITS = 9;

/** The start and the end of the keys of series that are new each time: a serial number of as many digits goes between. */
export function newSeriesKey(index: number): { readonly start: string; readonly end: string } {
  const group = index % GROUPS;
  const host = String(Math.floor(index / GROUPS) % HOSTS).padStart(4, '0');
  const word = WORDS[index % WORDS.length] ?? '';
  return {
    start: `g${group}.app${group}.host${host}.cpu${index % 8}.s${String(index).padStart(5, '0')}.pod`,
    end: `.${word}`,
  };
}

/** The keys that a scenario's blocklist stops. */
export function blockedKey(index: number): string {
  return `blocked.host${String(index % HOSTS).padStart(4, '0')}.s${String(index).padStart(6, '0')}`.padEnd(
    KEY_BYTES_MIN,
    '_',
  );
}

/** Tells the monotonic time in microseconds; the same clock in all processes of a machine. */
export function monotonicMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanos / 1000);
}

/** Whole lines in one buffer, with the places of their stamps. */
export interface Piece {
  readonly bytes: Buffer;
  readonly lines: number;
  readonly blocked: number;
  /** Sum of the lines that are not blocked, stamps standing at zero. */
  readonly sum: number;
  /** Offsets of the first digit of each stamp, and its position in its line. */
  readonly stamps: readonly Place[];
  /** The same of each serial number. */
  readonly serials: readonly Place[];
}

/** Where digits stand: offset of the first in its piece, and its position in its line. */
interface Place {
  readonly offset: number;
  readonly position: number;
}

/** One line to render. */
export interface LineSpec {
  readonly key: string;
  /** Where a serial number stands in the key. */
  readonly serialAt?: number | undefined;
  readonly stamped: boolean;
  readonly blocked: boolean;
}

/** Renders lines into a piece. */
export function renderPiece(specs: readonly LineSpec[], timestampSec: number): Piece {
  const stamps: Place[] = [];
  const serials: Place[] = [];
  let text = '';
  let sum = 0;
  let blocked = 0;
  for (const [index, { key, serialAt, stamped, blocked: isBlocked }] of specs.entries()) {
    const value = stamped
      ? `+${'0'.repeat(STAMP_DIGITS)}`
      : `${10000 + (index % 90000)}.${100 + (index % 900)}`;
    const line = `${key} ${value} ${timestampSec}\n`;
    if (stamped && !isBlocked) {
      stamps.push({ offset: text.length + key.length + 2, position: key.length + 2 });
    }
    if (serialAt !== undefined) serials.push({ offset: text.length + serialAt, position: serialAt });
    if (isBlocked) blocked++;
    else sum = (sum + sumOfLine(line)) | 0;
    text += line;
  }
  return { bytes: Buffer.from(text, 'latin1'), lines: specs.length, blocked, sum, stamps, serials };
}

function sumOfLine(line: string): number {
  let sum = 0;
  for (let index = 0; index < line.length; index++) {
    sum = (sum + Math.imul(line.charCodeAt(index), index + 1)) | 0;
  }
  return sum;
}

/** Writes a time into all stamps of a piece, and a number into all keys of new series; returns its sum as it now is. */
export function stampPiece(piece: Piece, micros: number, serial: number): number {
  const { bytes, stamps, serials } = piece;
  let sum = piece.sum;
  for (const place of stamps) sum = (sum + writeDigits(bytes, place, STAMP_DIGITS, micros)) | 0;
  for (const place of serials) sum = (sum + writeDigits(bytes, place, SERIAL_DIGITS, serial)) | 0;
  return sum;
}

/** Writes the last digits of a number; returns by how much they sum up to more than zeros. */
function writeDigits(bytes: Buffer, { offset, position }: Place, digits: number, number: number): number {
  let sum = 0;
  let rest = number % 10 ** digits;
  for (let index = digits - 1; index >= 0; index--) {
    const digit = rest % 10;
    rest = (rest - digit) / 10;
    bytes[offset + index] = ZERO + digit;
    sum = (sum + Math.imul(digit, position + index + 1)) | 0;
  }
  return sum;
}

/** Counts lines and sums them over chunks of one stream, cut anywhere, and hands out the stamps it meets. */
export class LineSummer {
  lines = 0;
  sum = 0;
  #position = 0;
  // The start of a stamp that a chunk's end cut.
  #cut = Buffer.alloc(0);
  readonly #onStamp: (micros: number) => void;

  constructor(onStamp: (micros: number) => void) {
    this.#onStamp = onStamp;
  }

  add(chunk: Uint8Array): void {
    let lines = 0;
    let sum = this.sum;
    let position = this.#position;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      position++;
      sum = (sum + Math.imul(byte, position)) | 0;
      if (byte === 0x0a) {
        lines++;
        position = 0;
      }
    }
    this.sum = sum;
    this.#position = position;
    this.lines += lines;
    this.#findStamps(chunk);
  }

  #findStamps(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#cut.length > 0) {
      const head = Buffer.concat([this.#cut, bytes.subarray(0, STAMP_DIGITS + 1 - this.#cut.length)]);
      this.#cut = Buffer.alloc(0);
      if (head.length <= STAMP_DIGITS) {
        this.#cut = head;
        return;
      }
      this.#onStamp(readStamp(head, 1));
    }
    for (let at = bytes.indexOf(STAMP_MARK); at >= 0; at = bytes.indexOf(STAMP_MARK)) {
      if (at + STAMP_DIGITS >= bytes.length) {
        this.#cut = Buffer.from(bytes.subarray(at));
        return;
      }
      this.#onStamp(readStamp(bytes, at + 1));
      bytes = bytes.subarray(at + STAMP_DIGITS + 1);
    }
  }
}

function readStamp(bytes: Uint8Array, offset: number): number {
  let micros = 0;
  for (let index = 0; index < STAMP_DIGITS; index++)
    micros = micros * 10 + (bytes[offset + index] ?? 0) - ZERO;
  return micros;
}
