// From the bytes of one pickle to the bytes of plain lines: `[(path, (timestamp, value)), …]` becomes
// `path value timestamp\n` for each, in its order. A list may stand for a tuple. Nothing is judged here but the shape:
// the lines are validated like any others.
//
// All or nothing: a pickle that cannot be read gives no line. An item of another shape is listed and the others go on.
// Texts go into a line as they are, but a newline in one becomes a space, so that it cannot begin a line of its own.
import { type Loaded, PickleMachine } from './machine.ts';
import { NUMBER_BYTES_MAX, putFloat, putInteger, putText, putTimestamp } from './number-text.ts';
import * as rows from './values.ts';

/** An item that is no metric; `text` shows it as far as it can be shown. */
export interface BadItem {
  readonly text: string;
  readonly error: string;
}

/** What a pickle held. */
export type Decoded =
  | {
      readonly ok: true;
      readonly lines: Buffer;
      /** Items that are no metric; only the first ones are listed. */
      readonly badCount: number;
      readonly bad: readonly BadItem[];
    }
  | { readonly ok: false; readonly fault: string };

export interface PickleDecoderOptions {
  /** Longest line the relay takes, bytes: of a longer text no more is copied than makes the line too long. */
  readonly lineBytesMax: number;
  /** Lines up to so many bytes are valid until the next call; those of more are never overwritten. */
  readonly sharedBytes: number;
}

/** Items that are listed for one pickle. */
const BAD_ITEMS_MAX = 32;
/** A pickle can say one text many times; its lines may be so much longer than it is. */
const LINES_PER_PAYLOAD_BYTE = 4;
const LINES_BYTES_FREE = 16 * 1024 * 1024;
/** Texts up to this length are copied byte by byte, which is quicker than a call (bench/micro/short-copy.ts). */
const SHORT_TEXT_BYTES = 96;
const SHOWN_BYTES_MAX = 200;
const SPACE = 0x20;
const NEWLINE = 0x0a;

export class PickleDecoder {
  readonly #lineBytesMax: number;
  readonly #sharedBytes: number;
  readonly #machine = new PickleMachine();
  #out: Buffer;
  #bad: BadItem[] = [];
  #badCount = 0;
  #values: rows.Values = rows.Values.for(0, undefined);
  #bytes: Buffer;

  constructor(options: PickleDecoderOptions) {
    this.#lineBytesMax = options.lineBytesMax;
    this.#sharedBytes = options.sharedBytes;
    this.#out = Buffer.allocUnsafeSlow(options.sharedBytes);
    this.#bytes = this.#out;
  }

  /** Reads one pickle. */
  decode(bytes: Buffer): Decoded {
    const loaded: Loaded = this.#machine.load(bytes);
    if (!loaded.ok) return loaded;
    this.#values = loaded.values;
    this.#bytes = bytes;
    this.#bad = [];
    this.#badCount = 0;
    if (this.#out.length > this.#sharedBytes) this.#out = Buffer.allocUnsafeSlow(this.#sharedBytes);
    const outBytesMax = bytes.length * LINES_PER_PAYLOAD_BYTE + LINES_BYTES_FREE;
    const { cellRows, cellNexts, numbers } = loaded.values;
    let at = 0;
    for (let cell = numbers[loaded.list] ?? 0; cell !== 0; cell = cellNexts[cell] ?? 0) {
      at = this.#item(cellRows[cell] ?? 0, at);
      if (at > outBytesMax) return { ok: false, fault: 'its lines would be far longer than it is' };
    }
    return { ok: true, lines: this.#out.subarray(0, at), badCount: this.#badCount, bad: this.#bad };
  }

  /** Writes the line of an item at `at`; returns where it ends, `at` itself when the item is no metric. */
  #item(item: number, at: number): number {
    const path = this.#first(item);
    const data = this.#second(item);
    if (data < 0) return this.#refuse(item, at, 'the item is not a pair of a path and its point');
    const time = this.#first(data);
    const value = this.#second(data);
    if (value < 0) return this.#refuse(item, at, 'the point is not a pair of a timestamp and a value');
    const { kinds } = this.#values;
    const pathKind = kinds[path];
    if (pathKind !== rows.TEXT && pathKind !== rows.SCRATCH)
      return this.#refuse(item, at, 'the path is not text');
    let end = this.#putText(path, at);
    this.#out[end++] = SPACE;
    const valueStart = end;
    end = this.#putValue(value, end);
    if (end === valueStart) return this.#refuse(item, at, 'the value is neither a number nor text');
    this.#out[end++] = SPACE;
    const timeStart = end;
    end = this.#putTime(time, end);
    if (end === timeStart) return this.#refuse(item, at, 'the timestamp is neither a number nor text');
    this.#out[end++] = NEWLINE;
    return end;
  }

  #first(row: number): number {
    const { kinds, numbers, cellRows } = this.#values;
    const number = numbers[row] ?? 0;
    return kinds[row] === rows.PAIR ? number : (cellRows[number] ?? 0);
  }

  /** The second of two; -1 when the value is neither a tuple nor a list of two. */
  #second(row: number): number {
    const { kinds, numbers, links, cellRows, cellNexts } = this.#values;
    const link = links[row] ?? 0;
    if (kinds[row] === rows.PAIR) return link;
    if (kinds[row] !== rows.LIST_VALUE) return -1;
    const first = numbers[row] ?? 0;
    return first !== 0 && first !== link && cellNexts[first] === link ? (cellRows[link] ?? 0) : -1;
  }

  #putValue(row: number, at: number): number {
    const { kinds, numbers, links, bigints } = this.#values;
    const number = numbers[row] ?? 0;
    switch (kinds[row]) {
      case rows.FLOAT_VALUE:
        return putFloat(this.#out, at, number);
      case rows.INT_VALUE:
        return putInteger(this.#out, at, number);
      case rows.BIGINT:
        return this.#putString(bigints[links[row] ?? 0] ?? '', at);
      case rows.TEXT:
      case rows.SCRATCH:
        return this.#putText(row, at);
      default:
        return at;
    }
  }

  #putTime(row: number, at: number): number {
    const isFloat = this.#values.kinds[row] === rows.FLOAT_VALUE;
    if (!isFloat) return this.#putValue(row, at);
    this.#reserve(at, SHOWN_BYTES_MAX * 2);
    return putTimestamp(this.#out, at, this.#values.numbers[row] ?? 0);
  }

  /** Copies a text; an empty one is written as two spaces, which no line survives, so that it is not taken for a refusal. */
  #putText(row: number, at: number): number {
    const { kinds, numbers, links, scratch } = this.#values;
    const from = kinds[row] === rows.TEXT ? this.#bytes : scratch;
    const start = numbers[row] ?? 0;
    const length = Math.min(links[row] ?? 0, this.#lineBytesMax + 1);
    // Room also for what may follow in the same line: two numbers, their spaces and the newline.
    this.#reserve(at, length + 2 * NUMBER_BYTES_MAX);
    const out = this.#out;
    if (length === 0) {
      out[at] = SPACE;
      return at + 1;
    }
    if (length <= SHORT_TEXT_BYTES) {
      for (let i = 0; i < length; i += 1) {
        const byte = from[start + i] ?? 0;
        out[at + i] = byte === NEWLINE ? SPACE : byte;
      }
      return at + length;
    }
    from.copy(out, at, start, start + length);
    const end = at + length;
    for (let i = out.indexOf(NEWLINE, at); i >= 0 && i < end; i = out.indexOf(NEWLINE, i)) out[i] = SPACE;
    return end;
  }

  #putString(text: string, at: number): number {
    this.#reserve(at, text.length + 2 * NUMBER_BYTES_MAX);
    return putText(this.#out, at, text);
  }

  #reserve(at: number, size: number): void {
    if (at + size <= this.#out.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#out.length * 2, at + size));
    this.#out.copy(grown, 0, 0, at);
    this.#out = grown;
  }

  #refuse(item: number, at: number, error: string): number {
    this.#badCount += 1;
    if (this.#bad.length < BAD_ITEMS_MAX)
      this.#bad.push({ text: this.#show(item), error: `pickle: ${error}` });
    return at;
  }

  /** Shows an item in the order of a line, as far as it has its parts. */
  #show(item: number): string {
    const data = this.#second(item);
    if (data < 0) return this.#showValue(item);
    const path = this.#showValue(this.#first(item));
    const value = this.#second(data);
    if (value < 0) return `${path} ${this.#showValue(data)}`;
    return `${path} ${this.#showValue(value)} ${this.#showValue(this.#first(data))}`;
  }

  #showValue(row: number): string {
    const { kinds, numbers, links, bigints, scratch } = this.#values;
    const number = numbers[row] ?? 0;
    switch (kinds[row]) {
      case rows.TEXT:
      case rows.SCRATCH: {
        const from = kinds[row] === rows.TEXT ? this.#bytes : scratch;
        return from.toString('utf8', number, number + Math.min(links[row] ?? 0, SHOWN_BYTES_MAX));
      }
      case rows.INT_VALUE:
      case rows.FLOAT_VALUE:
        return String(number);
      case rows.BIGINT:
        return (bigints[links[row] ?? 0] ?? '').slice(0, SHOWN_BYTES_MAX);
      case rows.PAIR:
      case rows.LIST_VALUE:
        return '(...)';
      default:
        return '?';
    }
  }
}
