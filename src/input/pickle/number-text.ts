// Numbers to text, straight into bytes: values by their shortest exact form, timestamps as whole seconds.

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const SPLIT = 1_000_000_000;
/** Values with at most six decimals and fifteen digits are written without a detour over a string. */
const SCALE = 1_000_000;
const SCALE_DIGITS = 6;
const EXACT_MAX = 1e15;
/** Most bytes that a call writes but for `putText`. */
export const NUMBER_BYTES_MAX = 32;

/** Writes a float by its shortest form that reads back as the same float; returns where it ends. */
export function putFloat(out: Buffer, at: number, value: number): number {
  const size = Math.abs(value);
  if (size < EXACT_MAX) {
    if (Math.floor(value) === value) {
      if (value === 0 && Object.is(value, -0)) return putText(out, at, '-0');
      return putInteger(out, at, value);
    }
    // Fifteen digits name a float without doubt: when this one is the nearest to them, they are its shortest form.
    const scaled = Math.round(size * SCALE);
    if (scaled < EXACT_MAX && scaled / SCALE === size) return putDecimals(out, at, value < 0, scaled);
  }
  return putText(out, at, renderFloat(value));
}

/** Writes an integer up to 2^53; returns where it ends. */
export function putInteger(out: Buffer, at: number, value: number): number {
  let start = at;
  let rest = value;
  if (rest < 0) {
    out[start++] = MINUS;
    rest = -rest;
  }
  if (rest < SPLIT) return putDigits(out, start, rest, countDigits(rest));
  const high = Math.floor(rest / SPLIT);
  start = putDigits(out, start, high, countDigits(high));
  return putDigits(out, start, rest - high * SPLIT, 9);
}

/** Writes a timestamp, rounded to whole seconds, half to even; returns where it ends. */
export function putTimestamp(out: Buffer, at: number, value: number): number {
  const down = Math.floor(value);
  const part = value - down;
  const whole = part > 0.5 || (part === 0.5 && down % 2 !== 0) ? down + 1 : down;
  if (Math.abs(whole) < EXACT_MAX) return putInteger(out, at, whole);
  return putText(out, at, Number.isFinite(whole) ? BigInt(whole).toString() : renderFloat(whole));
}

/** Writes plain ASCII; returns where it ends. */
export function putText(out: Buffer, at: number, text: string): number {
  return at + out.write(text, at, 'latin1');
}

function putDecimals(out: Buffer, at: number, negative: boolean, scaled: number): number {
  let start = at;
  if (negative) out[start++] = MINUS;
  const whole = Math.floor(scaled / SCALE);
  start = putInteger(out, start, whole);
  out[start++] = POINT;
  let decimals = scaled - whole * SCALE;
  let digits = SCALE_DIGITS;
  while (decimals % 10 === 0) {
    decimals /= 10;
    digits -= 1;
  }
  return putDigits(out, start, decimals, digits);
}

function putDigits(out: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  const end = at + digits;
  for (let i = end - 1; i >= at; i -= 1) {
    const next = (rest / 10) | 0;
    out[i] = ZERO + rest - next * 10;
    rest = next;
  }
  return end;
}

function countDigits(value: number): number {
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) digits += 1;
  return digits;
}

function renderFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
