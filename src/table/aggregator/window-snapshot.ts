// Open windows as bytes, for the time between two runs of the relay.
//
//   file    magic 8 bytes | version u32 | block*                                     all numbers little-endian
//   block   length u32 | CRC-32 of the payload u32 | payload
//   first   JSON: { savedMs, windows, rules: [{ identity, options, closedSec }] }
//   others  windows, one after the other:
//           rule u32 | family u32 | start u32 | mark u32 | oldest u32 | newest u32 | text length u32 | values u32 |
//           7 f64: count sum min max last oldest newest | values f64[] | text
//
// A rule is known by its text (`identity`) and carries its options, so that the windows of one that is gone can leave by
// it. What is damaged ends the reading; what was read before is good, since each block is checked.
import { crc32 } from 'node:zlib';
import type { AggregatorOptions } from '../options.ts';
import type { SavedWindow } from './windows.ts';

const MAGIC = 'SLUICEWN';
const VERSION = 1;
const HEAD_BYTES = 12;
const BLOCK_HEAD_BYTES = 8;
const WINDOW_HEAD_BYTES = 32;
const FIGURES = 7;
/** A block is closed when it holds as much, bytes. */
const BLOCK_BYTES = 256 * 1024;

/** A rule whose windows are saved. */
export interface SavedRule {
  readonly identity: string;
  readonly options: AggregatorOptions;
  readonly closedSec: number;
}

/** Windows of one rule. */
export interface SavedWindows extends SavedRule {
  readonly windows: Iterable<SavedWindow>;
}

/** What was found in a file. `damage`: why reading ended early; `expected`: windows that were saved. */
export interface LoadedWindows {
  readonly savedMs: number;
  readonly expected: number;
  readonly rules: readonly SavedRule[];
  /** A window, and the index of its rule. */
  readonly windows: readonly (readonly [number, SavedWindow])[];
  readonly damage: string | undefined;
}

/** Renders windows; `count` is how many there are in all. */
export function* encodeWindows(
  rules: readonly SavedWindows[],
  count: number,
  savedMs: number,
): Generator<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head.writeUInt32LE(VERSION, MAGIC.length);
  yield head;
  const described = rules.map(({ identity, options, closedSec }) => ({ identity, options, closedSec }));
  yield* encodeBlock([Buffer.from(JSON.stringify({ savedMs, windows: count, rules: described }))]);
  let parts: Buffer[] = [];
  let size = 0;
  for (const [index, { windows }] of rules.entries()) {
    for (const window of windows) {
      const bytes = encodeWindow(index, window);
      parts.push(bytes);
      size += bytes.length;
      if (size < BLOCK_BYTES) continue;
      yield* encodeBlock(parts);
      parts = [];
      size = 0;
    }
  }
  if (size > 0) yield* encodeBlock(parts);
}

/** Reads what `encodeWindows` wrote; never throws. */
export function decodeWindows(bytes: Buffer): LoadedWindows {
  const nothing = { savedMs: 0, expected: 0, rules: [], windows: [] };
  if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return { ...nothing, damage: 'it is no file of windows' };
  }
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version !== VERSION) return { ...nothing, damage: `its version is ${version}, not ${VERSION}` };
  const blocks = new BlockReader(bytes);
  const first = blocks.next();
  const head = first && parseHead(first);
  if (head === undefined) return { ...nothing, damage: blocks.damage ?? 'its head cannot be read' };
  const windows: [number, SavedWindow][] = [];
  let damage: string | undefined;
  for (let block = blocks.next(); block !== undefined && damage === undefined; block = blocks.next()) {
    damage = decodeBlock(block, head.rules.length, windows);
  }
  damage ??= blocks.damage;
  if (damage === undefined && windows.length !== head.windows) damage = 'its end is missing';
  return { savedMs: head.savedMs, expected: head.windows, rules: head.rules, windows, damage };
}

function* encodeBlock(parts: readonly Buffer[]): Generator<Buffer> {
  const head = Buffer.alloc(BLOCK_HEAD_BYTES);
  head.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0));
  head.writeUInt32LE(
    parts.reduce((sum, part) => crc32(part, sum), 0),
    4,
  );
  yield head;
  yield* parts;
}

function encodeWindow(rule: number, { family, text, startSec, mark, figures }: SavedWindow): Buffer {
  const { values } = figures;
  const textAt = WINDOW_HEAD_BYTES + (FIGURES + values.length) * 8;
  const bytes = Buffer.alloc(textAt + text.length);
  const { oldestSec, newestSec } = figures;
  const words = [rule, family, startSec, mark, oldestSec, newestSec, text.length, values.length];
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
  const { count, sum, min, max, last, oldest, newest } = figures;
  let at = WINDOW_HEAD_BYTES;
  for (const number of [count, sum, min, max, last, oldest, newest]) at = bytes.writeDoubleLE(number, at);
  for (const value of values) at = bytes.writeDoubleLE(value, at);
  bytes.write(text, textAt, 'latin1');
  return bytes;
}

interface Head {
  readonly savedMs: number;
  readonly windows: number;
  readonly rules: readonly SavedRule[];
}

function parseHead(block: Buffer): Head | undefined {
  try {
    return JSON.parse(block.toString()) as Head;
  } catch {
    return undefined;
  }
}

class BlockReader {
  readonly #bytes: Buffer;
  #at = HEAD_BYTES;
  damage: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The payload of the next block; undefined at the end and, with `damage`, where it cannot go on. */
  next(): Buffer | undefined {
    const left = this.#bytes.length - this.#at;
    if (left === 0) return undefined;
    const length = left < BLOCK_HEAD_BYTES ? Infinity : this.#bytes.readUInt32LE(this.#at);
    if (length > left - BLOCK_HEAD_BYTES) return this.#fail('it is cut off');
    const start = this.#at + BLOCK_HEAD_BYTES;
    const payload = this.#bytes.subarray(start, start + length);
    if (crc32(payload) !== this.#bytes.readUInt32LE(this.#at + 4)) return this.#fail('a checksum is wrong');
    this.#at = start + length;
    return payload;
  }

  #fail(damage: string): undefined {
    this.damage = damage;
    this.#at = this.#bytes.length;
    return undefined;
  }
}

/** Appends the windows of a block; says what is wrong with it. */
function decodeBlock(
  block: Buffer,
  rules: number,
  windows: (readonly [number, SavedWindow])[],
): string | undefined {
  for (let at = 0; at < block.length; ) {
    if (block.length - at < WINDOW_HEAD_BYTES) return 'a window is cut off';
    const word = (index: number): number => block.readUInt32LE(at + index * 4);
    const [rule, textLength, count] = [word(0), word(6), word(7)];
    const numbersAt = at + WINDOW_HEAD_BYTES;
    const textAt = numbersAt + (FIGURES + count) * 8;
    if (rule >= rules || textAt + textLength > block.length) return 'a window does not fit its block';
    const number = (index: number): number => block.readDoubleLE(numbersAt + index * 8);
    const figures = {
      count: number(0),
      sum: number(1),
      min: number(2),
      max: number(3),
      last: number(4),
      oldest: number(5),
      newest: number(6),
      oldestSec: word(4),
      newestSec: word(5),
      values: Float64Array.from({ length: count }, (_, index) => number(FIGURES + index)),
      ordered: undefined,
    };
    const text = block.toString('latin1', textAt, textAt + textLength);
    windows.push([rule, { family: word(1), text, startSec: word(2), mark: word(3), figures }]);
    at = textAt + textLength;
  }
  return undefined;
}
