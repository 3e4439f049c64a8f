// Lines that can be told apart: each names its connection and its number on it, all have the same length. So a recording
// shows which are missing, which came twice, which are damaged, and whether each connection's came in order.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const CONNECTION_OFFSET = 6;
const CONNECTION_DIGITS = 5;
const KEY_END = 'node.rack.cpu.total.idle.percent';
/** Numbers begin here, so that all have as many digits. */
const NUMBER_BASE = 100_000_000;
const NUMBER_DIGITS = 9;
const TIMESTAMP = '1700000000';
const SERIES = 100;
const NUMBER_OFFSET = CONNECTION_OFFSET + CONNECTION_DIGITS + 1 + 3 + 1 + KEY_END.length + 1;
/** Length of every line, with its newline. */
export const LINE_BYTES: number = NUMBER_OFFSET + NUMBER_DIGITS + 1 + TIMESTAMP.length + 1;
const NEWLINE = 0x0a;
const READ_BYTES = 4 << 20;

/** Renders `count` lines of a connection, from number `from` on. */
export function renderLines(connection: number, from: number, count: number): string {
  const start = `soak.c${String(connection).padStart(CONNECTION_DIGITS, '0')}.s`;
  let text = '';
  for (let number = from; number < from + count; number++) {
    const series = String(number % SERIES).padStart(2, '0');
    text += `${start}${series}.${KEY_END} ${NUMBER_BASE + number} ${TIMESTAMP}\n`;
  }
  return text;
}

const TEMPLATE = Buffer.from(renderLines(0, 0, 1), 'latin1');
const SERIES_OFFSET = CONNECTION_OFFSET + CONNECTION_DIGITS + 2;
/** Which bytes differ from line to line. */
const IS_DIGIT = Uint8Array.from(TEMPLATE, (_, at) => {
  const isConnection = at >= CONNECTION_OFFSET && at < CONNECTION_OFFSET + CONNECTION_DIGITS;
  const isNumber = at >= NUMBER_OFFSET && at < NUMBER_OFFSET + NUMBER_DIGITS;
  return isConnection || isNumber || at === SERIES_OFFSET || at === SERIES_OFFSET + 1 ? 1 : 0;
});

/** Parses the line at `start`, LINE_BYTES of them; undefined when it differs in a single byte from what was rendered. */
export function parseLine(
  bytes: Buffer,
  start: number,
): { readonly connection: number; readonly number: number } | undefined {
  for (let at = 0; at < LINE_BYTES; at++) {
    const byte = bytes[start + at] ?? 0;
    if (IS_DIGIT[at] === 1 ? byte < 0x30 || byte > 0x39 : byte !== TEMPLATE[at]) return undefined;
  }
  const digits = (from: number, count: number): number => {
    let value = 0;
    for (let at = start + from; at < start + from + count; at++) value = value * 10 + (bytes[at] ?? 0) - 0x30;
    return value;
  };
  const number = digits(NUMBER_OFFSET, NUMBER_DIGITS) - NUMBER_BASE;
  if (number < 0 || digits(SERIES_OFFSET, 2) !== number % SERIES) return undefined;
  return { connection: digits(CONNECTION_OFFSET, CONNECTION_DIGITS), number };
}

/** What a recording holds, compared with what was sent. */
export interface Comparison {
  readonly sent: number;
  readonly recorded: number;
  readonly missing: number;
  /** Lines that came more than once, counted without the first time. */
  readonly doubles: number;
  /** Lines of another form, last lines without newline among them. */
  readonly damaged: readonly string[];
  /** Lines that came behind a later one of their connection, on the same connection to the sink. */
  readonly outOfOrder: number;
}

/** Compares the files of a folder, one for each connection to the sink, with the count of lines sent by connection. */
export function compareRecording(folder: string, sent: ReadonlyMap<number, number>): Comparison {
  const seen = new Map([...sent].map(([connection, count]) => [connection, new Uint8Array(count)]));
  const recording = new Recording(seen);
  for (const name of readdirSync(folder).toSorted()) recording.read(join(folder, name));
  let missing = 0;
  for (const times of seen.values()) for (const count of times) if (count === 0) missing++;
  const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
  const { recorded, damaged, outOfOrder } = recording;
  return { sent: total, recorded, missing, doubles: recorded - (total - missing), damaged, outOfOrder };
}

class Recording {
  recorded = 0;
  outOfOrder = 0;
  readonly damaged: string[] = [];
  readonly #seen: ReadonlyMap<number, Uint8Array>;
  #latest = new Map<number, number>();

  constructor(seen: ReadonlyMap<number, Uint8Array>) {
    this.#seen = seen;
  }

  read(file: string): void {
    this.#latest = new Map();
    const descriptor = openSync(file, 'r');
    const buffer = Buffer.alloc(READ_BYTES);
    let kept = 0;
    for (;;) {
      const size = kept + readSync(descriptor, buffer, kept, READ_BYTES - kept, null);
      if (size === kept) break;
      const end = buffer.lastIndexOf(NEWLINE, size - 1) + 1;
      this.#readLines(buffer.subarray(0, end));
      buffer.copy(buffer, 0, end, size);
      kept = size - end;
    }
    closeSync(descriptor);
    if (kept > 0) this.damaged.push(buffer.toString('latin1', 0, kept));
  }

  #readLines(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start) + 1;
      if (end - start !== LINE_BYTES || !this.#readLine(bytes.toString('latin1', start, end))) {
        this.damaged.push(bytes.toString('latin1', start, end));
      }
      start = end;
    }
  }

  #readLine(line: string): boolean {
    const connection = Number(line.slice(CONNECTION_OFFSET, CONNECTION_OFFSET + CONNECTION_DIGITS));
    const number = Number(line.slice(NUMBER_OFFSET, NUMBER_OFFSET + NUMBER_DIGITS)) - NUMBER_BASE;
    const times = this.#seen.get(connection);
    if (times === undefined || !(number >= 0 && number < times.length)) return false;
    if (renderLines(connection, number, 1) !== line) return false;
    this.recorded++;
    times[number] = Math.min(255, (times[number] ?? 0) + 1);
    if (number <= (this.#latest.get(connection) ?? -1)) this.outOfOrder++;
    else this.#latest.set(connection, number);
    return true;
  }
}
