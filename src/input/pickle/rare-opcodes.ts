// The opcodes that come seldom in what relays send: those of protocol 0, of groups and of values that no metric holds.
// One `step` carries out one opcode and returns what is wrong with it.
//
// GLOBAL is a fault but for three exact texts, which Python 3 writes for `bytes` in protocols that have no opcode for
// them; they and the REDUCE that follows make a value of kind `other`, and nothing is looked up or called.
import * as op from './opcodes.ts';
import {
  parseDecimal,
  parseFloatText,
  parseInteger,
  unescapeString,
  unescapeUnicode,
} from './protocol-zero.ts';
import * as rows from './values.ts';

const ENDS_EARLY = 'it ends before its end mark';
const UNDERFLOW = 'it takes more values than it made';
const TOO_MANY = 'it holds more values than its length allows';
const NO_MARK = 'it ends a group that it did not begin';
const BAD_NUMBER = 'a number in it is none';
const BAD_TEXT = 'a text in it is not as protocol 0 writes one';
const PROTOCOL_MAX = 5;
/** A longer integer is beyond all floats, so that no metric can hold it. */
const INT_BYTES_MAX = 129;
/** Longest line of a float or an index in protocol 0; a longer one is no number. */
const NUMBER_LINE_MAX = 1024;
const NEWLINE = 10;
const BYTES_GLOBALS: ReadonlySet<string> = new Set([
  '_codecs\nencode\n',
  '__builtin__\nbytes\n',
  'builtins\nbytes\n',
]);
const GLOBAL_LENGTH_MAX = 20;
const NOTHING = Buffer.alloc(0);

type Step = (rare: Rare, code: number) => string | undefined;

export class Rare {
  /** Where the next byte is and how high the stack, after a `step`. */
  at = 0;
  top = 0;
  bytes: Buffer = NOTHING;
  values: rows.Values = rows.Values.for(0, undefined);

  begin(bytes: Buffer, values: rows.Values): void {
    this.bytes = bytes;
    this.values = values;
    this.at = 0;
    this.top = 0;
  }

  /** Carries out the opcode before `at`, with a stack of height `top`. There is room for one more value on the stack and in every table. */
  step(code: number, at: number, top: number): string | undefined {
    this.at = at;
    this.top = top;
    const step = STEPS[code];
    if (step === undefined)
      return `it holds the opcode 0x${code.toString(16).padStart(2, '0')}, which no metric needs`;
    return step(this, code) ?? (this.at > this.bytes.length ? ENDS_EARLY : undefined);
  }

  push(row: number): undefined {
    this.values.stack[this.top++] = row;
  }

  peek(depth: number): number {
    return this.values.stack[this.top - 1 - depth] ?? rows.OTHER_ROW;
  }

  /** Takes `count` values away and puts one in their place. */
  replace(count: number, row: number): string | undefined {
    if (this.top < count) return UNDERFLOW;
    this.top -= count;
    return this.push(row);
  }

  /** Reads `count` bytes, little end first; what is beyond the end of the payload reads as zero, and is found by `step`. */
  unsigned(count: number): number {
    let value = 0;
    for (let i = count - 1; i >= 0; i -= 1) value = value * 256 + (this.bytes[this.at + i] ?? 0);
    this.at += count;
    return value;
  }

  /** Reads up to the next newline; undefined when there is none. */
  line(): Buffer | undefined {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    if (end < 0) return undefined;
    const line = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return line;
  }

  /** Reads a line that holds a number; a long one reads as empty, which is no number. */
  numberLine(): string | undefined {
    const line = this.line();
    return line && (line.length > NUMBER_LINE_MAX ? '' : line.toString('latin1'));
  }

  /** Index of the newest mark on the stack; -1: none. */
  mark(): number {
    return this.top < 1 ? -1 : this.values.stack.lastIndexOf(rows.MARK_ROW, this.top - 1);
  }

  addInteger(value: number | string | undefined): number {
    const { values } = this;
    if (value === undefined) return rows.OTHER_ROW;
    if (typeof value === 'number') return values.add(rows.INT_VALUE, value, 0);
    return values.add(rows.BIGINT, 0, values.bigints.push(value) - 1);
  }
}

function pushOther(rare: Rare): undefined {
  rare.push(rows.OTHER_ROW);
}

function proto(rare: Rare): string | undefined {
  return rare.unsigned(1) > PROTOCOL_MAX ? `its protocol is newer than ${PROTOCOL_MAX}` : undefined;
}

function pop(rare: Rare): string | undefined {
  if (rare.top < 1) return UNDERFLOW;
  rare.top -= 1;
  return undefined;
}

function dup(rare: Rare): string | undefined {
  return rare.top < 1 ? UNDERFLOW : rare.push(rare.peek(0));
}

function smallInteger(rare: Rare, code: number): undefined {
  rare.push(rare.addInteger(rare.unsigned(code === op.BININT1 ? 1 : 2)));
}

function countedInteger(rare: Rare, code: number): undefined {
  const length = rare.unsigned(code === op.LONG1 ? 1 : 4);
  const start = rare.at;
  rare.at += length;
  const bytes = rare.bytes.subarray(start, rare.at);
  rare.push(rare.addInteger(length > INT_BYTES_MAX ? undefined : parseInteger(bytes)));
}

function integerLine(rare: Rare, code: number): string | undefined {
  const text = rare.line()?.toString('latin1');
  if (text === undefined) return ENDS_EARLY;
  if (code === op.INT && (text === '00' || text === '01')) return rare.push(rows.OTHER_ROW);
  const digits = code === op.LONG && text.endsWith('L') ? text.slice(0, -1) : text;
  const value = parseDecimal(digits);
  return value === undefined ? BAD_NUMBER : rare.push(rare.addInteger(value === 'huge' ? undefined : value));
}

function floatLine(rare: Rare): string | undefined {
  const text = rare.numberLine();
  if (text === undefined) return ENDS_EARLY;
  const value = parseFloatText(text);
  return value === undefined ? BAD_NUMBER : rare.push(rare.values.add(rows.FLOAT_VALUE, value, 0));
}

/** Texts and bytes that are counted: the bytes are those of the payload. */
function counted(sizeBytes: 1 | 4 | 8, kind: number): Step {
  return (rare) => {
    const length = rare.unsigned(sizeBytes);
    rare.push(kind === rows.OTHER ? rows.OTHER_ROW : rare.values.add(kind, rare.at, length));
    rare.at += length;
    return undefined;
  };
}

function textLine(rare: Rare, code: number): string | undefined {
  const line = rare.line();
  if (line === undefined) return ENDS_EARLY;
  const text = code === op.STRING ? unescapeString(line) : unescapeUnicode(line);
  return text === undefined ? BAD_TEXT : rare.push(rare.values.addScratch(text));
}

/** LIST, TUPLE, DICT, POP_MARK and SETITEMS: what is above the newest mark becomes one value, or nothing. */
function group(rare: Rare, code: number): string | undefined {
  const { values } = rare;
  const mark = rare.mark();
  if (mark < 0) return NO_MARK;
  const count = rare.top - mark - 1;
  if (code === op.LIST) {
    if (values.cells + count > values.rowsMax) return TOO_MANY;
    const list = values.add(rows.LIST_VALUE, 0, 0);
    for (let i = mark + 1; i < rare.top; i += 1) values.append(list, values.stack[i] ?? 0);
    return rare.replace(count + 1, list);
  }
  if (code === op.TUPLE && count === 2) {
    return rare.replace(3, values.add(rows.PAIR, rare.peek(1), rare.peek(0)));
  }
  if (code === op.TUPLE || code === op.DICT) return rare.replace(count + 1, rows.OTHER_ROW);
  rare.top = mark;
  return code === op.SETITEMS && rare.top < 1 ? UNDERFLOW : undefined;
}

function appends(rare: Rare): string | undefined {
  const { values } = rare;
  const mark = rare.mark();
  if (mark < 1) return NO_MARK;
  const list = values.stack[mark - 1] ?? 0;
  if (values.kinds[list] !== rows.LIST_VALUE) return 'it appends to what is no list';
  if (values.cells + rare.top - mark > values.rowsMax) return TOO_MANY;
  for (let i = mark + 1; i < rare.top; i += 1) values.append(list, values.stack[i] ?? 0);
  rare.top = mark;
  return undefined;
}

function append(rare: Rare): string | undefined {
  if (rare.top < 2) return UNDERFLOW;
  const list = rare.peek(1);
  if (rare.values.kinds[list] !== rows.LIST_VALUE) return 'it appends to what is no list';
  rare.values.append(list, rare.peek(0));
  return rare.replace(2, list);
}

function setItem(rare: Rare): string | undefined {
  if (rare.top < 3) return UNDERFLOW;
  rare.top -= 2;
  return undefined;
}

/** PUT in protocol 0; the others are the machine's own. */
function put(rare: Rare): string | undefined {
  const index = memoIndex(rare);
  if (rare.top < 1) return UNDERFLOW;
  return index !== undefined && rare.values.keep(index, rare.peek(0)) ? undefined : BAD_NUMBER;
}

function get(rare: Rare, code: number): string | undefined {
  const index = code === op.GET ? memoIndex(rare) : rare.unsigned(code === op.BINGET ? 1 : 4);
  const row = (rare.values.memo[index ?? -1] ?? 0) - 1;
  return row < 0 ? 'it recalls a value that it did not keep' : rare.push(row);
}

function memoIndex(rare: Rare): number | undefined {
  const text = rare.numberLine() ?? '';
  return /^[0-9]{1,10}$/.test(text) && Number(text) < rare.values.rowsMax ? Number(text) : undefined;
}

function globalName(rare: Rare): string | undefined {
  const start = rare.at;
  if (rare.line() === undefined || rare.line() === undefined) return ENDS_EARLY;
  const text = rare.at - start > GLOBAL_LENGTH_MAX ? '' : rare.bytes.toString('latin1', start, rare.at);
  if (!BYTES_GLOBALS.has(text)) return 'it names a thing of Python, which no metric needs';
  return rare.push(rare.values.add(rows.BYTES_MAKER, 0, 0));
}

function reduce(rare: Rare): string | undefined {
  if (rare.top < 2) return UNDERFLOW;
  if (rare.values.kinds[rare.peek(1)] !== rows.BYTES_MAKER) return 'it calls a thing, which no metric needs';
  return rare.replace(2, rows.OTHER_ROW);
}

function makeSteps(): readonly (Step | undefined)[] {
  const steps: (Step | undefined)[] = Array.from({ length: 256 });
  const set = (step: Step, ...codes: readonly number[]) => {
    for (const code of codes) steps[code] = step;
  };
  set(proto, op.PROTO);
  set((rare) => void (rare.at += 8), op.FRAME);
  set(pushOther, op.NONE, op.NEWTRUE, op.NEWFALSE, op.EMPTY_TUPLE, op.EMPTY_DICT);
  set((rare) => rare.push(rare.values.add(rows.LIST_VALUE, 0, 0)), op.EMPTY_LIST);
  set((rare) => rare.push(rows.MARK_ROW), op.MARK);
  set(pop, op.POP);
  set(dup, op.DUP);
  set(smallInteger, op.BININT1, op.BININT2);
  set(countedInteger, op.LONG1, op.LONG4);
  set(integerLine, op.INT, op.LONG);
  set(floatLine, op.FLOAT);
  set(textLine, op.STRING, op.UNICODE);
  set(counted(4, rows.TEXT), op.BINSTRING);
  set(counted(8, rows.TEXT), op.BINUNICODE8);
  set(counted(1, rows.OTHER), op.SHORT_BINBYTES);
  set(counted(4, rows.OTHER), op.BINBYTES);
  set(counted(8, rows.OTHER), op.BINBYTES8, op.BYTEARRAY8);
  set(group, op.LIST, op.TUPLE, op.DICT, op.POP_MARK, op.SETITEMS);
  set(append, op.APPEND);
  set(appends, op.APPENDS);
  set((rare) => rare.replace(1, rows.OTHER_ROW), op.TUPLE1);
  set((rare) => rare.replace(3, rows.OTHER_ROW), op.TUPLE3);
  set(setItem, op.SETITEM);
  set(put, op.PUT);
  set(get, op.GET, op.BINGET, op.LONG_BINGET);
  set(globalName, op.GLOBAL);
  set(reduce, op.REDUCE);
  return steps;
}

const STEPS = makeSteps();
