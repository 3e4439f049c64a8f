// The decoder against pickles that CPython made (make-golden.py), and against what nobody should send.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PickleDecoder } from '../../../src/input/pickle/decoder.ts';
import { randomPickle } from './random-pickle.ts';
import { seededRandom } from '../../destination/spool/spool-rig.ts';

interface Golden {
  readonly name: string;
  readonly protocol: number;
  readonly frame: string;
  readonly lines: readonly string[];
  readonly bad: number;
}

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as Golden[];
const ROUNDS = Number(process.env['PICKLE_FUZZ_ROUNDS'] ?? 20_000);

function makeDecoder(lineBytesMax = 65_535): PickleDecoder {
  return new PickleDecoder({ lineBytesMax, sharedBytes: 256 * 1024 });
}

/** Numbers by their value: Python and JavaScript write the shortest form of a float in different ways. */
function normalise(line: string): string {
  const [path, value = '', time] = line.split(' ');
  const shortest = Number.isNaN(Number(value)) || !/[.e]/.test(value) ? value : String(Number(value));
  const known = { inf: '+Inf', '-inf': '-Inf', nan: 'NaN', '0': value.startsWith('-') ? '-0' : '0' };
  return `${path} ${known[shortest as keyof typeof known] ?? shortest} ${time}`;
}

function linesOf(decoded: ReturnType<PickleDecoder['decode']>): string[] {
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.lines.toString().split('\n').slice(0, -1);
}

/** A pickle of what Python would write by `text`, byte by byte; `\xNN` and such are JavaScript's. */
function decode(text: string, decoder = makeDecoder()): ReturnType<PickleDecoder['decode']> {
  return decoder.decode(Buffer.from(text, 'latin1'));
}

function faultOf(text: string): string {
  const decoded = decode(text);
  return decoded.ok ? 'none' : decoded.fault;
}

test('what CPython pickles in protocols 0 to 5 becomes the lines that Python says', () => {
  const decoder = makeDecoder();
  assert.ok(golden.length > 90);
  for (const { name, protocol, frame, lines, bad } of golden) {
    const decoded = decoder.decode(Buffer.from(frame, 'base64').subarray(4));
    const place = `${name} in protocol ${protocol}`;
    assert.deepEqual(linesOf(decoded).map(normalise), lines.map(normalise), place);
    assert.equal(decoded.ok && decoded.badCount, bad, place);
  }
});

test('floats are written by their shortest exact form, integers in full', () => {
  const values: [number, string][] = [
    [1e-9, '1e-9'],
    [0.1, '0.1'],
    [-0, '-0'],
    [-2.5, '-2.5'],
    [1 / 3, '0.3333333333333333'],
    [123_456_789_012_345, '123456789012345'],
    [4_294_967_296.25, '4294967296.25'],
    [1e21, '1e+21'],
    [99.999999, '99.999999'],
    [0.000001, '0.000001'],
  ];
  for (const [value, text] of values) {
    const number = Buffer.alloc(8);
    number.writeDoubleBE(value);
    const [line] = linesOf(decode(`](U\x01aK\x05G${number.toString('latin1')}\x86\x86e.`));
    assert.equal(line, `a ${text} 5`);
    assert.ok(Object.is(Number(text), value));
  }
});

test('random floats read back as the same float, and no shorter text does', () => {
  const random = seededRandom(7);
  const decoder = makeDecoder();
  for (let i = 0; i < 20_000; i += 1) {
    const value = (random() - 0.5) * 10 ** Math.floor(random() * 20 - 8);
    const short = Number(value.toPrecision(1 + Math.floor(random() * 15)));
    for (const each of [value, short]) {
      const number = Buffer.alloc(8);
      number.writeDoubleBE(each);
      const [line = ''] = linesOf(decode(`](U\x01aK\x05G${number.toString('latin1')}\x86\x86e.`, decoder));
      const text = line.split(' ')[1] ?? '';
      assert.equal(Number(text), each);
      assert.ok(text.length <= String(each).length, text);
    }
  }
});

test('a newline in a text cannot begin a line of its own', () => {
  assert.deepEqual(linesOf(decode('](U\x09a 1 1\nb.cK\x01K\x02\x86\x86e.')), ['a 1 1 b.c 2 1']);
  const long = `${'x'.repeat(200)}\n`;
  assert.deepEqual(linesOf(decode(`](T\xc9\0\0\0${long}K\x01K\x02\x86\x86e.`)), [`${'x'.repeat(200)}  2 1`]);
});

test('of a text longer than a line no more is copied than makes the line too long', () => {
  const decoded = decode(`](T\x40\x42\x0f\0${'y'.repeat(1_000_000)}K\x01K\x02\x86\x86e.`, makeDecoder(1000));
  assert.equal(linesOf(decoded)[0]?.length, 1001 + 4);
});

test('opcodes that name, import, build or call are refused, whatever they name', () => {
  for (const text of [
    "cos\nsystem\n(S'true'\ntR.",
    "(lp0\ncos\nsystem\n(S'true'\ntRa.",
    '](\x8c\x02os\x8c\x06system\x93e.',
    '](ios\nsystem\ne.',
    '](cos\nsystem\no e.',
    ']}b.',
    '](Pabc\ne.',
    '](U\x01aQe.',
    '](\x82\x01e.',
    '](c_codecs\nencode2\ne.',
    '](c_codecs\ndecode\n)Re.',
    '](\x8f(K\x01\x90e.',
    '](\x97e.',
  ]) {
    assert.match(faultOf(text), /which no metric needs|holds the opcode|names a thing|not a list/, text);
  }
  // What Python 3 writes for bytes in old protocols calls nothing here either: it is an item that is no metric.
  const decoded = decode('](c_codecs\nencode\nX\x01\0\0\0aX\x06\0\0\0latin1\x86RK\x01K\x02\x86\x86e.');
  assert.ok(decoded.ok && decoded.badCount === 1 && decoded.lines.length === 0);
});

test('what is cut off, unbalanced or not a list is refused in one sentence', () => {
  for (const [text, fault] of [
    ['', /ends before/],
    [']', /ends before/],
    ['](U\x05abc', /ends before/],
    ['](X\xff\xff\xff\xffabc', /ends before/],
    ['](\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc', /ends before/],
    ['](\x8b\xff\xff\xff\x7fabc', /ends before/],
    ['](I12', /ends before/],
    ['](Ixyz\ne.', /number/],
    ['](Fxyz\ne.', /number/],
    ['](Sabc\ne.', /text/],
    ["](S'a\\qb'\ne.", /text/],
    ['e.', /did not begin/],
    ['.', /takes more/],
    [']\x86.', /takes more/],
    ['](h\x07e.', /recall/],
    ['](g999999999\ne.', /recall/],
    ['](j\xff\xff\xff\xffe.', /recall/],
    ['](U\x01ar\xff\xff\xff\xffe.', /more values/],
    [']].', /more than one/],
    [')(K\x01e.', /no list/],
    ['K\x01.', /not a list/],
    ['\x80\x06].', /newer than 5/],
    ['](U\x01aK\x01\x86)Re.', /calls a thing/],
    [`](${'K\x01'.repeat(30_000)}e.`, /more values/],
    [`](${'N'.repeat(60_000)}e.`, /more values/],
    [`]${'Na'.repeat(60_000)}.`, /more values/],
  ] as const) {
    assert.match(faultOf(text), fault, JSON.stringify(text));
  }
});

test('what one pickle kept in its memo, the next cannot recall', () => {
  const decoder = makeDecoder();
  assert.ok(decode('](U\x01aq\x05K\x01K\x02\x86\x86e.', decoder).ok);
  const next = decode('](h\x05K\x01K\x02\x86\x86e.', decoder);
  assert.match(next.ok ? '' : next.fault, /recalls a value that it did not keep/);
});

test('a text that is said many times does not blow up what a pickle becomes', () => {
  const repeats = 40_000;
  const text = `(lp0\n(U\xff${'z'.repeat(255)}K\x01K\x02\x86\x86q\x01e(${'h\x01'.repeat(repeats)}e.`;
  const before = process.memoryUsage().arrayBuffers;
  const decoded = decode(text);
  assert.ok(decoded.ok ? decoded.lines.length < 17e6 : /far longer|more values/.test(decoded.fault));
  const large = `(lp0\n(T\x00\xf0\0\0${'z'.repeat(0xf000)}K\x01K\x02\x86\x86q\x01e(${'h\x01'.repeat(20_000)}e.`;
  assert.match(faultOf(large), /far longer/);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 200e6, `${grown} bytes`);
});

test('random and damaged pickles: no throw, nothing left behind, and a good one after each reads as ever', () => {
  const random = seededRandom(11);
  const decoder = makeDecoder(1000);
  const good = Buffer.from('](U\x03a.bK\x05K\x07\x86\x86e.', 'latin1');
  let read = 0;
  for (let i = 0; i < ROUNDS; i += 1) {
    const decoded = decoder.decode(
      randomPickle(
        random,
        golden.map(({ frame }) => frame),
      ),
    );
    if (decoded.ok) read += 1;
    assert.deepEqual(linesOf(decoder.decode(good)), ['a.b 7 5']);
  }
  assert.ok(read > ROUNDS / 100, `only ${read} of ${ROUNDS} were read`);
});
