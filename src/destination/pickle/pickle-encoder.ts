// Plain lines to pickle frames, as carbon's receivers read them: each frame is four bytes of length, the high one first,
// and a pickle (protocol 2) of `[(path, (timestamp, value)), …]` with the path as Python 2's `str` when it is ASCII and as
// `unicode` when it is not, the timestamp as an integer and the value as a float.
//
//   lines    [a.b 1 17…\n c.d 2 17…\n … ][ … ]          whole lines, as they lie in the queue
//   frames   [len|\x80\x02](U… e.       ][len| … ]       at most ITEMS_MAX metrics and about FRAME_BYTES each
//   ends         (plainEnd, frameEnd)  ^                 so that what the kernel took maps back to whole lines
//
// A line that cannot be a pickled metric is left out and listed. Frames are bounded by what receivers take: carbon's own
// batches have 500 metrics, Twisted's default bound is 99,999 bytes, carbon's is a mebibyte.
import { isUtf8 } from 'node:buffer';
import { parseNumberBytes } from '../../metric/number.ts';

/** Metrics in a frame; carbon's MAX_DATAPOINTS_PER_MESSAGE. */
export const ITEMS_MAX = 500;
/** A frame that has reached this is closed, bytes; the metric that reaches it may be as long as a line. */
export const FRAME_BYTES = 32 * 1024;
/** What a line may need beyond its own length: the path's length, a timestamp, a value, two tuples. */
const ITEM_EXTRA_BYTES = 32;
/** Before the first item of a frame and after the last, bytes. */
const HEAD = Buffer.from('\0\0\0\0\x80\x02](', 'latin1');
const TAIL = Buffer.from('e.', 'latin1');
const EMPTY_FRAME = Buffer.from('\0\0\0\x04\x80\x02].', 'latin1');
const LENGTH_BYTES = 4;
/** A larger buffer is let go when it is used to less than an eighth, bytes. */
const BUFFER_KEPT_BYTES = 64 * 1024;
const SHORT_PATH_MAX = 255;
const TIMESTAMP_MAX = 0xffff_ffff;
/** Digits that a float holds exactly, and powers of ten that it holds exactly. */
const DIGITS_EXACT = 15;
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
const SPACE = 0x20;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** A line that was left out: its index among those encoded, and why. */
export interface Unencodable {
  readonly index: number;
  readonly line: Buffer;
  readonly error: string;
}

export class PickleEncoder {
  #out = Buffer.allocUnsafeSlow(BUFFER_KEPT_BYTES);
  #view = new DataView(this.#out.buffer);
  #at = 0;
  /** Where the frame under way begins; -1: there is none. */
  #frameStart = -1;
  #items = 0;
  /** Where each frame ends, among the lines and among the bytes encoded. */
  #plainEnds: number[] = [];
  #frameEnds: number[] = [];
  #unencodable: Unencodable[] = [];

  /** Lines of the last `encode` that were left out, in their order; `line` is a view without its newline. */
  get unencodable(): readonly Unencodable[] {
    return this.#unencodable;
  }

  /** Encodes whole lines; what is returned is valid until the next call. It is never empty. */
  encode(lines: Buffer): Buffer {
    this.#makeRoom(lines.length);
    this.#plainEnds = [];
    this.#frameEnds = [];
    this.#unencodable = [];
    let index = 0;
    for (let start = 0; start < lines.length; index += 1) {
      const end = lines.indexOf(NEWLINE, start);
      if (this.#frameStart < 0) this.#beginFrame();
      const error = this.#put(lines, start, end);
      if (error === undefined) this.#items += 1;
      else this.#unencodable.push({ index, line: lines.subarray(start, end), error });
      start = end + 1;
      if (this.#items >= ITEMS_MAX || this.#at - this.#frameStart >= FRAME_BYTES) this.#endFrame(start);
    }
    if (this.#items > 0) this.#endFrame(lines.length);
    else if (this.#frameStart >= 0) this.#at = this.#frameStart;
    // A write of nothing would never be done; an empty list is a message like others.
    return this.#at === 0 ? EMPTY_FRAME : this.#out.subarray(0, this.#at);
  }

  /** Tells how many bytes of the lines are in the frames that lie whole within the first `frameBytes` encoded ones. */
  plainBytesWithin(frameBytes: number): number {
    let plain = 0;
    for (let i = 0; i < this.#frameEnds.length && (this.#frameEnds[i] ?? 0) <= frameBytes; i += 1) {
      plain = this.#plainEnds[i] ?? 0;
    }
    return plain;
  }

  #makeRoom(plainBytes: number): void {
    this.#at = 0;
    this.#items = 0;
    this.#frameStart = -1;
    const kept = this.#out.length;
    if (kept > BUFFER_KEPT_BYTES && plainBytes * 8 < kept) this.#replace(BUFFER_KEPT_BYTES);
  }

  #replace(size: number): void {
    const grown = Buffer.allocUnsafeSlow(size);
    this.#out.copy(grown, 0, 0, this.#at);
    this.#out = grown;
    this.#view = new DataView(grown.buffer);
  }

  #beginFrame(): void {
    this.#reserve(HEAD.length);
    this.#frameStart = this.#at;
    this.#out.set(HEAD, this.#at);
    this.#at += HEAD.length;
  }

  /** Ends the frame; `plainEnd`: the end of the last line it covers. */
  #endFrame(plainEnd: number): void {
    this.#reserve(TAIL.length);
    this.#out.set(TAIL, this.#at);
    this.#at += TAIL.length;
    this.#view.setUint32(this.#frameStart, this.#at - this.#frameStart - LENGTH_BYTES);
    this.#plainEnds.push(plainEnd);
    this.#frameEnds.push(this.#at);
    this.#frameStart = -1;
    this.#items = 0;
  }

  #reserve(size: number): void {
    if (this.#at + size > this.#out.length) this.#replace(Math.max(this.#out.length * 2, this.#at + size));
  }

  /** Writes one line as an item; returns why it cannot be one, and then nothing is written. */
  #put(lines: Buffer, start: number, end: number): string | undefined {
    const pathEnd = lines.indexOf(SPACE, start);
    const valueEnd = pathEnd < 0 || pathEnd >= end ? -1 : lines.indexOf(SPACE, pathEnd + 1);
    if (valueEnd < 0 || valueEnd >= end || pathEnd === start) return 'it does not consist of 3 fields';
    const value = readValue(lines, pathEnd + 1, valueEnd);
    if (value === undefined) return 'its value is not a number';
    const timestamp = readTimestamp(lines, valueEnd + 1, end);
    if (timestamp < 0) return 'its timestamp is not within 0 and 2^32-1 seconds';
    this.#reserve(pathEnd - start + ITEM_EXTRA_BYTES);
    if (!this.#putPath(lines, start, pathEnd)) return 'its key is not UTF-8';
    this.#putTimestamp(timestamp);
    const out = this.#out;
    let at = this.#at;
    out[at++] = 0x47;
    this.#view.setFloat64(at, value);
    at += 8;
    out[at++] = 0x86;
    out[at++] = 0x86;
    this.#at = at;
    return undefined;
  }

  /** Writes the path; false when its bytes are no text. */
  #putPath(lines: Buffer, start: number, end: number): boolean {
    const length = end - start;
    const out = this.#out;
    let at = this.#at;
    if (length <= SHORT_PATH_MAX) {
      out[at++] = 0x55;
      out[at++] = length;
      let bits = 0;
      for (let i = start; i < end; i += 1) {
        const byte = lines[i] ?? 0;
        bits |= byte;
        out[at++] = byte;
      }
      if (bits < 0x80) {
        this.#at = at;
        return true;
      }
    }
    const path = lines.subarray(start, end);
    if (!isUtf8(path)) return false;
    out[this.#at] = 0x58;
    this.#view.setUint32(this.#at + 1, length, true);
    out.set(path, this.#at + 5);
    this.#at += 5 + length;
    return true;
  }

  #putTimestamp(timestamp: number): void {
    const out = this.#out;
    let at = this.#at;
    if (timestamp <= 0x7fff_ffff) {
      out[at] = 0x4a;
      this.#view.setInt32(at + 1, timestamp, true);
      at += 5;
    } else {
      // Beyond a signed integer of 4 bytes: a counted one of 5, the last of which says that it is positive.
      out[at] = 0x8a;
      out[at + 1] = 5;
      this.#view.setUint32(at + 2, timestamp, true);
      out[at + 6] = 0;
      at += 7;
    }
    this.#at = at;
  }
}

/** Reads a value: most are a few digits with a point, which give the exact float by one division. */
function readValue(bytes: Buffer, start: number, end: number): number | undefined {
  const negative = bytes[start] === MINUS;
  const from = negative ? start + 1 : start;
  if (end - from > DIGITS_EXACT + 1 || end === from) return parseNumberBytes(bytes, start, end);
  let mantissa = 0;
  let point = -1;
  let digits = 0;
  for (let i = from; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits += 1;
    } else if (byte === POINT && point < 0) point = i;
    else return parseNumberBytes(bytes, start, end);
  }
  if (digits === 0 || digits > DIGITS_EXACT) return parseNumberBytes(bytes, start, end);
  const size = point < 0 ? mantissa : mantissa / (POWERS[end - 1 - point] ?? 1);
  return negative ? -size : size;
}

/** Reads a timestamp to whole seconds, its fraction cut; -1 when it is not within 32 bits. */
function readTimestamp(bytes: Buffer, start: number, end: number): number {
  let seconds = 0;
  for (let i = start; i < end; i += 1) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9 || i - start > 10) return truncated(parseNumberBytes(bytes, start, end));
    seconds = seconds * 10 + digit;
  }
  return end > start && seconds <= TIMESTAMP_MAX ? seconds : -1;
}

function truncated(value: number | undefined): number {
  if (value === undefined || !(value >= 0)) return -1;
  const seconds = Math.floor(value);
  return seconds <= TIMESTAMP_MAX ? seconds : -1;
}
