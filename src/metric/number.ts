// Numbers of a line: exactly the texts that Go's strconv.ParseFloat(text, 64) takes, and their exact values.
//
// Go's grammar is wider than JavaScript's: underscores between digits, hex floats with a binary exponent, inf, infinity
// and nan in any case. A finite text that rounds to infinity is refused (range), one that rounds to zero is accepted.
// Text in a line is never changed: these functions judge it and read it, the line keeps its bytes.

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const UNDERSCORE = 0x5f;
const LOWER_A = 0x61;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_P = 0x70;
const LOWER_X = 0x78;

/** Longest special text: a sign and `infinity`. */
const SPECIAL_LENGTH_MAX = 9;
/** Exponents stop growing here, as in Go: only the direction matters by then. */
const EXPONENT_GROWS_BELOW = 10_000;
/** Hex digits that are kept exactly; a non-zero digit beyond them only breaks ties. */
const HEX_DIGITS_KEPT = 16;

/** What the grammar found in a finite number. The value is 0.DIGITS * base^point * (10 or 2)^exponent. */
interface Scan {
  readonly base: 10 | 16;
  readonly negative: boolean;
  /** Mantissa from its first digit that is not zero; may hold the point and underscores. */
  readonly from: number;
  readonly to: number;
  /** Digits from the first that is not zero; 0 when the number is zero. */
  readonly digits: number;
  /** Digits before the point, counted from the first that is not zero; negative for 0.00x. */
  readonly point: number;
  readonly exponent: number;
}

/** Says whether bytes `start` to `end` are a number that Go's ParseFloat accepts. */
export function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const scan = scanNumber(bytes, start, end);
  if (scan === undefined) return specialNumber(bytes, start, end) !== undefined;
  if (scan.digits === 0) return true;
  if (scan.base === 10) {
    // 10^308 fits and 10^309 does not; only between them the digits decide.
    const magnitude = scan.point + scan.exponent;
    if (magnitude <= 308) return true;
    if (magnitude > 309) return false;
  }
  return finiteValue(bytes, scan) !== undefined;
}

/** Parses a number as Go's ParseFloat does, correctly rounded; undefined when it is refused. */
export function parseNumber(text: string): number | undefined {
  const bytes = Buffer.from(text, 'utf8');
  return parseNumberBytes(bytes, 0, bytes.length);
}

/** Parses bytes `start` to `end` as `parseNumber` does. */
export function parseNumberBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
  const scan = scanNumber(bytes, start, end);
  return scan === undefined ? specialNumber(bytes, start, end) : finiteValue(bytes, scan);
}

/**
 * Parses a timestamp text to whole seconds, fraction cut (crng's uint32(float64)). Undefined when the text is no
 * number, is NaN, or its whole seconds are not within 0 to 2^32-1, where crng's own answer depends on the machine.
 */
export function timestampSec(text: string): number | undefined {
  return wholeSeconds(parseNumber(text));
}

/** Cuts a parsed timestamp to whole seconds as `timestampSec` does. */
export function wholeSeconds(value: number | undefined): number | undefined {
  if (value === undefined || !(value > -1 && value < 0x1_0000_0000)) return undefined;
  return value >>> 0;
}

function scanNumber(bytes: Uint8Array, start: number, end: number): Scan | undefined {
  let i = start;
  const sign = i < end ? bytes[i] : undefined;
  if (sign === PLUS || sign === MINUS) i++;
  // At least one byte must follow the x, as in Go.
  const hex = i + 2 < end && bytes[i] === ZERO && lower(bytes[i + 1]) === LOWER_X;
  if (hex) i += 2;
  const base = hex ? 16 : 10;
  let from = -1;
  let digits = 0;
  let point: number | undefined;
  let zerosAfterPoint = 0;
  let sawDigit = false;
  // The prefix 0x counts as a digit that an underscore may follow.
  let afterDigit = hex;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (isDigit(byte, base)) {
      sawDigit = true;
      afterDigit = true;
      if (byte === ZERO && digits === 0) {
        if (point !== undefined) zerosAfterPoint++;
        continue;
      }
      if (digits === 0) from = i;
      digits++;
    } else if (byte === POINT && point === undefined) {
      point = digits;
      afterDigit = false;
    } else if (byte === UNDERSCORE && afterDigit && i + 1 < end && isDigit(bytes[i + 1], base)) {
      afterDigit = false;
    } else {
      break;
    }
  }
  if (!sawDigit) return undefined;
  const to = i;
  // A hex float must have its exponent; a decimal one may.
  const bare = i === end && !hex;
  const exponent = bare ? 0 : scanExponent(bytes, i, end, hex ? LOWER_P : LOWER_E);
  if (exponent === undefined) return undefined;
  const before = (point ?? digits) - zerosAfterPoint;
  return { base, negative: sign === MINUS, from, to, digits, point: before, exponent };
}

/** Reads `e`, an optional sign and digits up to `end`; the magnitude stops growing once it is beyond any float. */
function scanExponent(bytes: Uint8Array, at: number, end: number, letter: number): number | undefined {
  let i = at;
  if (i >= end || lower(bytes[i]) !== letter) return undefined;
  i++;
  const sign = i < end ? bytes[i] : undefined;
  if (sign === PLUS || sign === MINUS) i++;
  if (i >= end || !isDigit(bytes[i], 10)) return undefined;
  let exponent = 0;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (isDigit(byte, 10)) {
      if (exponent < EXPONENT_GROWS_BELOW) exponent = exponent * 10 + byte - ZERO;
    } else if (
      byte !== UNDERSCORE ||
      !isDigit(bytes[i - 1], 10) ||
      i + 1 >= end ||
      !isDigit(bytes[i + 1], 10)
    ) {
      return undefined;
    }
  }
  return sign === MINUS ? -exponent : exponent;
}

function finiteValue(bytes: Uint8Array, scan: Scan): number | undefined {
  const magnitude =
    scan.digits === 0 ? 0 : scan.base === 10 ? decimalValue(bytes, scan) : hexValue(bytes, scan);
  if (magnitude === Number.POSITIVE_INFINITY) return undefined;
  return scan.negative ? -magnitude : magnitude;
}

function decimalValue(bytes: Uint8Array, scan: Scan): number {
  return Number(`${mantissaDigits(bytes, scan)}e${scan.point + scan.exponent - scan.digits}`);
}

/** Rounds to nearest, ties to even, once: a second rounding on the way to a subnormal would be wrong by one. */
function hexValue(bytes: Uint8Array, scan: Scan): number {
  const digits = mantissaDigits(bytes, scan);
  const kept = digits.slice(0, HEX_DIGITS_KEPT);
  const sticky = /[^0]/.test(digits.slice(HEX_DIGITS_KEPT));
  const mantissa = BigInt(`0x${kept}`);
  const width = mantissa.toString(2).length;
  const unitExponent = scan.point * 4 + scan.exponent - kept.length * 4;
  const topExponent = unitExponent + width - 1;
  if (topExponent > 1023) return Number.POSITIVE_INFINITY;
  if (topExponent < -1075) return 0;
  const precision = topExponent >= -1022 ? 53 : 53 - (-1022 - topExponent);
  const dropped = width - precision;
  if (dropped <= 0) return scaled(Number(mantissa), unitExponent);
  const shift = BigInt(dropped);
  const quotient = mantissa >> shift;
  const rest = mantissa - (quotient << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (sticky || (quotient & 1n) === 1n));
  return scaled(Number(up ? quotient + 1n : quotient), unitExponent + dropped);
}

/** Multiplies by 2^exponent in two steps, since 2^exponent alone may be out of range where the product is not. */
function scaled(value: number, exponent: number): number {
  const first = Math.trunc(exponent / 2);
  return value * 2 ** first * 2 ** (exponent - first);
}

function mantissaDigits(bytes: Uint8Array, scan: Scan): string {
  return latin1(bytes, scan.from, scan.to).replaceAll(/[._]/g, '');
}

function specialNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > SPECIAL_LENGTH_MAX) return undefined;
  switch (latin1(bytes, start, end).toLowerCase()) {
    case 'nan':
      return Number.NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function isDigit(byte: number | undefined, base: 10 | 16): boolean {
  if (byte === undefined) return false;
  if (byte >= ZERO && byte <= ZERO + 9) return true;
  return base === 16 && lower(byte) >= LOWER_A && lower(byte) <= LOWER_F;
}

function lower(byte: number | undefined): number {
  return byte === undefined ? 0 : byte | 0x20;
}
