// Bytes as a relay fears them, in pieces of several kinds, from a seed: random ones, random ones of the letters that lines are
// made of, lines with damage, endless lines, spaces, NULs, numbers in odd forms, tags, series that never come again.
// A piece may begin and end anywhere in a line.

/** Makes one piece. */
export type PieceMaker = (bytes: Buffer) => void;

const NEWLINE = 0x0a;
const ALPHABET = Buffer.from(
  '\n\n  \t\r.;=_+-eExXpPnaifNAIF0123456789abc~!"\\/\v\f\x00\x7f\x80\xc2\xa0\xff',
  'latin1',
);
const NUMBERS = (
  '1 -1 +1 .5 5. . - + 1e5 1E-400 1e400 NaN nan -nan Inf -inf infinity 0x1p-2 0x.8p1 0x 1_000 1__0 ' +
  '00000000000000000000000000001 123456789012345678901234567890 0.1234567890123456789 1e 1e+ e1 1.2.3 ٣ 1\x00 0b1 0o7'
).split(' ');
const TIMES = [
  '1700000000',
  '1700000000.5',
  '0',
  '-1',
  '4294967295',
  '4294967296',
  '99999999999',
  '1e9',
  'N',
  '',
];
const KEYS = [
  'servers.host1.cpu.idle',
  '.leading.dot',
  'a..b',
  'disk;host=a;unit=B',
  'x;=',
  'unit=B.mtype=gauge.host=a',
  'unit_is_B.mtype_is_gauge.x',
  'a=b',
  'k\xc3\xa9y.\xff\xfe',
  'with\x00nul',
  'k'.repeat(300),
];
const SEPARATORS = [' ', '  ', '\t', ' \t ', '\v', '\f', '\xc2\xa0', ' '.repeat(70)];
const ENDS = ['\n', '\r\n', ' \n', '\n\n', ' extra\n'];

/** A generator of 32-bit numbers (xorshift). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  below(count: number): number {
    return this.next() % count;
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }
}

/** The kinds of piece, by name. `connection` keeps the new series of several generators apart. */
export function pieceMakers(random: Random, connection: number): ReadonlyMap<string, PieceMaker> {
  let series = 0;
  const valid = (): string =>
    `valid.c${connection}.host${random.below(500)}.cpu ${random.below(1000)} 1700000000\n`;
  const fresh = (): string =>
    `fresh.c${connection}.s${series++}.${random.next().toString(36)} 1 1700000000\n`;
  return new Map<string, PieceMaker>([
    ['random bytes', (bytes) => fillRandom(bytes, random)],
    ['letters of lines', (bytes) => fillFrom(bytes, ALPHABET, random)],
    ['damaged lines', (bytes) => damage(bytes, valid, random)],
    ['valid lines', (bytes) => fillWith(bytes, valid)],
    ['endless lines', (bytes) => bytes.fill(random.below(2) === 0 ? 0x61 : random.below(256))],
    [
      'spaces',
      (bytes) =>
        fillWith(bytes, () => `${' '.repeat(random.below(2000))}a ${' '.repeat(random.below(200))}1 2\n`),
    ],
    ['NULs', (bytes) => damageWith(bytes, 0, random)],
    ['high bytes', (bytes) => damageWith(bytes, 0x80 | random.below(128), random)],
    ['odd forms', (bytes) => fillWith(bytes, () => oddLine(random))],
    ['new series', (bytes) => fillWith(bytes, fresh)],
    ['newlines', (bytes) => bytes.fill(NEWLINE)],
  ]);
}

/** Counts the newlines. */
export function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

function oddLine(random: Random): string {
  const separator = random.pick(SEPARATORS);
  const number = random.pick(NUMBERS);
  return `${random.pick(KEYS)}${separator}${number}${random.pick(SEPARATORS)}${random.pick(TIMES)}${random.pick(ENDS)}`;
}

function fillRandom(bytes: Buffer, random: Random): void {
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(random.next(), at);
}

function fillFrom(bytes: Buffer, alphabet: Buffer, random: Random): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = alphabet[random.below(alphabet.length)] ?? 0;
}

function fillWith(bytes: Buffer, text: () => string): void {
  for (let at = 0; at < bytes.length; ) at += bytes.write(text(), at, 'latin1');
}

function damage(bytes: Buffer, line: () => string, random: Random): void {
  fillWith(bytes, line);
  for (let hits = bytes.length / 100; hits > 0; hits--) bytes[random.below(bytes.length)] = random.next();
}

function damageWith(bytes: Buffer, value: number, random: Random): void {
  fillWith(bytes, () => `a.b.c${random.below(100)} 1 1700000000\n`);
  for (let hits = bytes.length / 50; hits > 0; hits--) bytes[random.below(bytes.length)] = value;
}
