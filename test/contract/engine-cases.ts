// The table of cases that every engine must pass: input of one source, and what must come out.
import type { Plan, Resolve } from '../../src/metric/plan.ts';
import { validateKey } from '../../src/metric/validate-key.ts';
import type { ValidationLevels } from '../../src/metric/validation-levels.ts';
import { latin1 } from './engine-run.ts';

/** One case; bytes as Latin-1 strings. What is left out is zero, or nothing. */
export interface EngineCase {
  readonly name: string;
  /** Default: medium. */
  readonly levels?: ValidationLevels;
  /** Check the order, and count a point later than NOW_SEC + FUTURE_MAX_SEC as future. */
  readonly order?: boolean;
  readonly input: string;
  readonly out?: Readonly<Record<number, string>>;
  /** Invalid lines: text and line. */
  readonly invalid?: readonly (readonly [text: string, line: string])[];
  readonly outOfOrder?: readonly string[];
  readonly blocklisted?: number;
  readonly unroutable?: number;
  readonly copies?: number;
  readonly orderFuture?: number;
  /** The line begun and not ended. */
  readonly carry?: string;
}

export const NOW_SEC = 1000;
export const FUTURE_MAX_SEC = 100;
export const MEDIUM: ValidationLevels = { legacy: 'medium', m20: 'medium' };
export const NONE: ValidationLevels = { legacy: 'none', m20: 'none' };
const STRICT: ValidationLevels = { legacy: 'strict', m20: 'medium' };

export const LONG_KEY = 'rewritten.to.a.key.that.is.much.longer.than.any.key.of.the.cases';
const FIELDS = 'packet must consist of 3 fields';
const VALUE = 'value field is not a float or int';
const TIMESTAMP = 'timestamp field is not a unix timestamp';
const RANGE = 'timestamp out of range';

const PLANS: Readonly<Record<string, Plan>> = {
  blocked: { kind: 'drop', reason: 'blocklisted', text: 'prefix blocked' },
  nowhere: { kind: 'drop', reason: 'unroutable' },
  three: { kind: 'route', outputs: [2, 0, 5] },
  second: { kind: 'route', outputs: [1] },
  far: { kind: 'route', outputs: [1234] },
  short: { kind: 'route', outputs: [0], key: Buffer.from('s') },
  long: { kind: 'route', outputs: [0, 1], key: Buffer.from(LONG_KEY) },
  refused: { kind: 'drop', reason: 'invalid', text: 'the table refuses it' },
};

/** The table of the cases: judges the key, then the plan is that of the first node; output 0 for any other. */
export function caseResolve(levels: ValidationLevels): Resolve {
  return (key) => {
    const text = validateKey(key, levels);
    if (text !== undefined) return { kind: 'drop', reason: 'invalid', text };
    const node = latin1(key).split('.')[0] as string;
    return Object.hasOwn(PLANS, node) ? (PLANS[node] as Plan) : { kind: 'route', outputs: [0] };
  };
}

/** Cases about fields and white space. */
const FORM_CASES: readonly EngineCase[] = [
  { name: 'a canonical line leaves as it came', input: 'a.b 1 2\n', out: { 0: 'a.b 1 2\n' } },
  { name: 'nothing at all', input: '' },
  { name: 'a line not ended waits', input: 'a 1 2\nb 1', out: { 0: 'a 1 2\n' }, carry: 'b 1' },
  { name: 'CRLF is normalised', input: 'a 1 2\r\nb 1 2\r\n', out: { 0: 'a 1 2\nb 1 2\n' } },
  { name: 'CR alone is white space', input: 'a\r1\r2\n', out: { 0: 'a 1 2\n' } },
  { name: 'tabs, VT and FF separate', input: 'a\t1\v2\nb\f1\t\t2\n', out: { 0: 'a 1 2\nb 1 2\n' } },
  { name: 'runs of spaces become one', input: 'a   1  2\n', out: { 0: 'a 1 2\n' } },
  { name: 'leading white space goes', input: ' a 1 2\n\t b 1 2\n', out: { 0: 'a 1 2\nb 1 2\n' } },
  { name: 'trailing white space goes', input: 'a 1 2 \nb 1 2\t\r\n', out: { 0: 'a 1 2\nb 1 2\n' } },
  {
    name: 'blank lines count and are invalid',
    input: '\n \n\r\n\t\t\na 1 2\n\n',
    out: { 0: 'a 1 2\n' },
    invalid: [
      [FIELDS, ''],
      [FIELDS, ' '],
      [FIELDS, '\r'],
      [FIELDS, '\t\t'],
      [FIELDS, ''],
    ],
  },
  {
    name: 'lines of one byte and of too few or too many fields',
    input: 'a\n1\na 1\na 1 2 3\na 1 2 3 4 5\n\xff\n\x00\n',
    invalid: ['a', '1', 'a 1', 'a 1 2 3', 'a 1 2 3 4 5', '\xff', '\0'].map((line) => [FIELDS, line] as const),
  },
  {
    name: 'a trailing space after two fields makes no third',
    input: 'a 1 \n a 1\na  1\n',
    invalid: ['a 1 ', ' a 1', 'a  1'].map((line) => [FIELDS, line] as const),
  },
  {
    name: 'a bad line costs its neighbours nothing',
    input: 'a 1 2\nb x 2\nc 1 2\nd 1\ne 1 2\n',
    out: { 0: 'a 1 2\nc 1 2\ne 1 2\n' },
    invalid: [
      [VALUE, 'b x 2'],
      [FIELDS, 'd 1'],
    ],
  },
  {
    name: 'white space beyond ASCII separates',
    input: 'a\xc2\xa01\xc2\x852\nb\xe2\x80\x831\xe3\x80\x802\n\xe1\x9a\x80c 1 2\xe2\x80\xa8\n',
    out: { 0: 'a 1 2\nb 1 2\nc 1 2\n' },
  },
  {
    name: 'half a white space character is part of its field',
    levels: NONE,
    input: 'a\xc2 1 2\nb\xa0 1 2\nc\xe2\x80 1 2\nd\xe2\x80\x8b 1 2\n',
    out: { 0: 'a\xc2 1 2\nb\xa0 1 2\nc\xe2\x80 1 2\nd\xe2\x80\x8b 1 2\n' },
  },
  {
    name: 'control bytes below 33 that are not white space do not separate',
    levels: NONE,
    input: 'a\0b 1 2\nc\x1fd 1 2\n\x1ce 1 2\na 1\0 2\n',
    out: { 0: 'a\0b 1 2\nc\x1fd 1 2\n\x1ce 1 2\n' },
    invalid: [[VALUE, 'a 1\0 2']],
  },
];

/** Cases about keys and numbers. */
const KEY_CASES: readonly EngineCase[] = [
  {
    name: 'NUL and bytes beyond ASCII in a key are named at level medium',
    input: 'a\0b 1 2\na.\xc3\xa4 1 2\na  1 2\xc3\n\xc2\xa0\xff 1 2\nz 1 2\n',
    out: { 0: 'z 1 2\n' },
    invalid: [
      ['null byte at position 1', 'a\0b 1 2'],
      ["non-ASCII char 'Ã'", 'a.\xc3\xa4 1 2'],
      [TIMESTAMP, 'a  1 2\xc3'],
      ["non-ASCII char 'ÿ'", '\xc2\xa0\xff 1 2'],
    ],
  },
  {
    name: 'any key passes at level none',
    levels: NONE,
    input: 'a\xc3\xa4 1 2\n; 1 2\nx=y 1 2\n\xff\xfe 1 2\n',
    out: { 0: 'a\xc3\xa4 1 2\n; 1 2\nx=y 1 2\n\xff\xfe 1 2\n' },
  },
  {
    name: 'level strict names the character',
    levels: STRICT,
    input: 'a#b 1 2\na..b 1 2\na.b 1 2\n',
    out: { 0: 'a.b 1 2\n' },
    invalid: [
      ["illegal char '#'", 'a#b 1 2'],
      ['empty node', 'a..b 1 2'],
    ],
  },
  {
    name: 'a bad key is named before a bad number, and a bad value before a bad timestamp',
    input: 'a; x y\na x y\na 1 y\na; 1 2\n',
    invalid: [
      ['invalid tag appendix', 'a; x y'],
      [VALUE, 'a x y'],
      [TIMESTAMP, 'a 1 y'],
      ['invalid tag appendix', 'a; 1 2'],
    ],
  },
  {
    name: 'metrics 2.0 keys by the first node, tags, and keys with a leading dot',
    input: 'a.b=c 1 2\na=b 1 2\n.a=b 1 2\ndisk;host=a 1 2\n.a.b 1 2\n. 1 2\n',
    out: { 0: 'a.b=c 1 2\n.a=b 1 2\ndisk;host=a 1 2\n.a.b 1 2\n. 1 2\n' },
    invalid: [['no unit tag', 'a=b 1 2']],
  },
  {
    name: 'numbers keep their text',
    input: 'a 0x1p4 1_0\na +5. 1.5e9\na -Inf .5\na nan 99999999999\na 1e-400 -1\na 00012 0x_1P-2\n',
    out: { 0: 'a 0x1p4 1_0\na +5. 1.5e9\na -Inf .5\na nan 99999999999\na 1e-400 -1\na 00012 0x_1P-2\n' },
  },
];

/** Cases about plans. */
const PLAN_CASES: readonly EngineCase[] = [
  {
    name: 'several outputs get equal bytes',
    input: 'three.a 1 2\nb 1 2\nthree.a  3 4\n',
    out: {
      0: 'three.a 1 2\nb 1 2\nthree.a 3 4\n',
      2: 'three.a 1 2\nthree.a 3 4\n',
      5: 'three.a 1 2\nthree.a 3 4\n',
    },
    copies: 4,
  },
  {
    name: 'lines of different outputs do not mix',
    input: 'a 1 2\nsecond 1 2\na 3 4\nsecond 3 4\nfar 1 2\n',
    out: { 0: 'a 1 2\na 3 4\n', 1: 'second 1 2\nsecond 3 4\n', 1234: 'far 1 2\n' },
  },
  {
    name: 'rewritten keys, shorter and longer, replace the key alone',
    input: 'short.a.b.c.d 1 2\nlong 1.50 2\nb 1 2\nlong\t 3\t4\r\n',
    out: {
      0: `s 1 2\n${LONG_KEY} 1.50 2\nb 1 2\n${LONG_KEY} 3 4\n`,
      1: `${LONG_KEY} 1.50 2\n${LONG_KEY} 3 4\n`,
    },
    copies: 2,
  },
  {
    name: 'blocklisted and unroutable lines are counted, and are no rejects',
    input: 'blocked.a 1 2\nnowhere 1 2\nb 1 2\nblocked.a 3 4\n',
    out: { 0: 'b 1 2\n' },
    blocklisted: 2,
    unroutable: 1,
  },
  {
    name: 'what the table calls invalid is invalid, with its text',
    input: 'refused.a 1 2\nrefused.a x 2\nb 1 2\n',
    out: { 0: 'b 1 2\n' },
    invalid: [
      ['the table refuses it', 'refused.a 1 2'],
      [VALUE, 'refused.a x 2'],
    ],
  },
  {
    name: 'rejects come in the order of the lines, whatever is wrong with them',
    input: 'a;  1 2\nb 1\nrefused 1 2\n\xff\xff 1 2\nc x 1\na; 1 2\n\n\xc2\xa0\nd 1 1e400\n',
    invalid: [
      ['invalid tag appendix', 'a;  1 2'],
      [FIELDS, 'b 1'],
      ['the table refuses it', 'refused 1 2'],
      ["non-ASCII char 'ÿ'", '\xff\xff 1 2'],
      [VALUE, 'c x 1'],
      ['invalid tag appendix', 'a; 1 2'],
      [FIELDS, ''],
      [FIELDS, '\xc2\xa0'],
      [TIMESTAMP, 'd 1 1e400'],
    ],
  },
];

/** Cases about `validate_order`. */
const ORDER_CASES: readonly EngineCase[] = [
  {
    name: 'a point must be newer than the last of its series',
    order: true,
    input: 'a 1 10\na 2 10\na 3 9\nb 4 9\na 5 11\n',
    out: { 0: 'a 1 10\nb 4 9\na 5 11\n' },
    outOfOrder: ['a 2 10', 'a 3 9'],
  },
  {
    name: 'without the check any order passes, and any timestamp',
    input: 'a 1 10\na 2 10\na 3 9\na 4 0\na 5 -1\na 6 nan\n',
    out: { 0: 'a 1 10\na 2 10\na 3 9\na 4 0\na 5 -1\na 6 nan\n' },
  },
  {
    name: 'timestamp 0 is never newer',
    order: true,
    input: 'a 1 0\na 1 0.9\na 1 -0\n',
    outOfOrder: ['a 1 0', 'a 1 0.9', 'a 1 -0'],
  },
  {
    name: 'fractions are cut and every form is read',
    order: true,
    input: 'a 1 10.9\na 2 10.99\na 3 1.1e1\na 4 0xbp0\na 5 1_2\na 6 12.\na 7 +13\n',
    out: { 0: 'a 1 10.9\na 3 1.1e1\na 5 1_2\na 7 +13\n' },
    outOfOrder: ['a 2 10.99', 'a 4 0xbp0', 'a 6 12.'],
  },
  {
    name: 'a key with a leading dot shares the state of the key without',
    order: true,
    input: '.a 1 10\na 2 10\na 3 11\n.a 4 11\n..a 5 5\n.a 6 12\n.blocked 1 5\nblocked 1 5\n',
    out: { 0: '.a 1 10\na 3 11\n..a 5 5\n.a 6 12\n.blocked 1 5\n' },
    outOfOrder: ['a 2 10', '.a 4 11', 'blocked 1 5'],
  },
  {
    name: 'a timestamp outside 32 bits is invalid and moves nothing',
    order: true,
    input: 'a 1 -1\na 2 4294967296\na 3 nan\na 4 1e300\na 5 5\na 6 -inf\n',
    out: { 0: 'a 5 5\n' },
    invalid: ['a 1 -1', 'a 2 4294967296', 'a 3 nan', 'a 4 1e300', 'a 6 -inf'].map(
      (line) => [RANGE, line] as const,
    ),
  },
  {
    name: 'a far-future point passes, does not move the state, and must still be newer',
    order: true,
    input: 'a 1 1101\na 2 1101\na 3 1100\na 4 1101\na 5 1100\na 6 4294967295\n',
    out: { 0: 'a 1 1101\na 2 1101\na 3 1100\na 4 1101\na 6 4294967295\n' },
    outOfOrder: ['a 5 1100'],
    orderFuture: 4,
  },
  {
    name: 'blocklisted and unroutable lines move the state and are refused by it',
    order: true,
    input: 'blocked 1 10\nblocked 2 9\nnowhere 1 10\nnowhere 2 10\nblocked 3 11\n',
    outOfOrder: ['blocked 2 9', 'nowhere 2 10'],
    blocklisted: 2,
    unroutable: 1,
  },
  {
    name: 'an invalid line moves no state',
    order: true,
    input: 'a x 50\na 1 10 3\na;b 1 50\na 1 10\na x 11\na 1 11\n',
    out: { 0: 'a 1 10\na 1 11\n' },
    invalid: [
      [VALUE, 'a x 50'],
      [FIELDS, 'a 1 10 3'],
      ['invalid tag appendix', 'a;b 1 50'],
      [VALUE, 'a x 11'],
    ],
  },
  {
    name: 'an invalid key is named before its order and moves no state',
    order: true,
    input: 'refused 1 10\nrefused 1 9\nrefused 1 -1\n.refused 1 1\n',
    out: { 0: '.refused 1 1\n' },
    invalid: ['refused 1 10', 'refused 1 9', 'refused 1 -1'].map(
      (line) => ['the table refuses it', line] as const,
    ),
  },
  {
    name: 'the order is that of the key as received, not as rewritten',
    order: true,
    input: 'short.a 1 10\nshort.b 2 10\ns 3 9\nshort.a 4 10\n',
    out: { 0: 's 1 10\ns 2 10\ns 3 9\n' },
    outOfOrder: ['short.a 4 10'],
  },
  {
    name: 'a refused line is shown as received',
    order: true,
    input: 'a 1 10\n\ta  2  9 \r\n\xc2\xa0a 3 8\n',
    out: { 0: 'a 1 10\n' },
    outOfOrder: ['\ta  2  9 \r', '\xc2\xa0a 3 8'],
  },
];

/** Every case. */
export const ENGINE_CASES: readonly EngineCase[] = [
  ...FORM_CASES,
  ...KEY_CASES,
  ...PLAN_CASES,
  ...ORDER_CASES,
];
