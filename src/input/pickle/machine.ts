// Reads one pickle into rows of values: a stack machine that knows lists, tuples, texts and numbers and can make nothing
// else. It never throws, never recurses, and its memory is a fixed multiple of the payload (Values). Opcodes that name,
// import, build or call are a fault, with one exception that makes nothing either: see `rare-opcodes.ts`.
//
// What Python writes for a metric is a dozen opcodes; those are read here, in one loop over local variables. The others
// are in `rare-opcodes.ts`.
import * as op from './opcodes.ts';
import { Rare } from './rare-opcodes.ts';
import { FLOAT_VALUE, INT_VALUE, LIST_VALUE, PAIR, TEXT, Values } from './values.ts';

/** A payload that was read: its outermost value is a list, row `list` of `values`; or why it could not be. */
export type Loaded =
  | { readonly ok: true; readonly values: Values; readonly list: number }
  | { readonly ok: false; readonly fault: string };

const ENDS_EARLY = 'it ends before its end mark';
const TOO_MANY = 'it holds more values than its length allows';
const UNDERFLOW = 'it takes more values than it made';

export class PickleMachine {
  #values: Values | undefined;
  readonly #rare = new Rare();

  /** Reads a payload; what is returned is valid until the next call, and texts are views of `bytes`. */
  load(bytes: Buffer): Loaded {
    const values = Values.for(bytes.length, this.#values);
    this.#values = values;
    const rare = this.#rare;
    rare.begin(bytes, values);
    const fault = run(bytes, values, rare);
    if (fault !== undefined) return { ok: false, fault };
    const list = values.stack[0] ?? 0;
    if (rare.top !== 1) return { ok: false, fault: 'it leaves more than one value' };
    if (values.kinds[list] !== LIST_VALUE) return { ok: false, fault: 'it is not a list' };
    return { ok: true, values, list };
  }
}

/** Runs all opcodes up to the end mark; returns what is wrong. `rare.top` is the height of the stack in the end. */
function run(bytes: Buffer, values: Values, rare: Rare): string | undefined {
  const { stack, rowsMax } = values;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length;
  let at = 0;
  let top = 0;
  for (;;) {
    if (at >= end) return ENDS_EARLY;
    if (values.rows >= rowsMax || values.cells >= rowsMax || top >= rowsMax) return TOO_MANY;
    const code = bytes[at++] ?? 0;
    switch (code) {
      case op.BINUNICODE:
      case op.SHORT_BINSTRING:
      case op.SHORT_BINUNICODE: {
        const start = at + (code === op.BINUNICODE ? 4 : 1);
        if (start > end) return ENDS_EARLY;
        const length = code === op.BINUNICODE ? view.getUint32(at, true) : (bytes[at] ?? 0);
        stack[top++] = values.add(TEXT, start, length);
        at = start + length;
        break;
      }
      case op.BINPUT:
      case op.LONG_BINPUT:
      case op.MEMOIZE: {
        const size = code === op.BINPUT ? 1 : code === op.LONG_BINPUT ? 4 : 0;
        if (top < 1) return UNDERFLOW;
        if (at + size > end) return ENDS_EARLY;
        const index = size === 1 ? (bytes[at] ?? 0) : size === 4 ? view.getUint32(at, true) : values.memoEnd;
        if (!values.keep(index, stack[top - 1] ?? 0)) return TOO_MANY;
        at += size;
        break;
      }
      case op.BININT:
        if (at + 4 > end) return ENDS_EARLY;
        stack[top++] = values.add(INT_VALUE, view.getInt32(at, true), 0);
        at += 4;
        break;
      case op.BINFLOAT:
        if (at + 8 > end) return ENDS_EARLY;
        stack[top++] = values.add(FLOAT_VALUE, view.getFloat64(at, false), 0);
        at += 8;
        break;
      case op.TUPLE2:
        if (top < 2) return UNDERFLOW;
        top -= 1;
        stack[top - 1] = values.add(PAIR, stack[top - 1] ?? 0, stack[top] ?? 0);
        break;
      case op.STOP:
        rare.top = top;
        return top === 0 ? UNDERFLOW : undefined;
      default: {
        const fault = rare.step(code, at, top);
        if (fault !== undefined) return fault;
        at = rare.at;
        top = rare.top;
      }
    }
  }
}
