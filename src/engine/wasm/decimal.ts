// Exact doubles of decimal numbers with up to 19 digits: the method of Eisel and Lemire ("Number parsing at a gigabyte per
// second", and Mushtak and Lemire's proof that it needs no second way). The mantissa is multiplied by the 128 leading bits
// of a power of five, whose table JavaScript computes; the upper bits of the product are the double's, rounded to even.

import { reserve } from './memory';

/** Powers of ten that the table holds. */
export const POWER_MIN: i32 = -342;
export const POWER_MAX: i32 = 308;
const POWERS: u32 = 651;
/** Bits of a double's fraction as stored. */
const FRACTION_BITS: u64 = 52;
const EXPONENT_BIAS: i32 = 1023;
/** Bits of the product beyond those that are kept which a carry from below could still change. */
const UNSURE_MASK: u64 = u64.MAX_VALUE >> 55;

/** Upper and lower half of each power of five, 64 bits each. */
export let powersOfFive: u32 = 0;

/** Reserves the table. */
export function startDecimal(): void {
  powersOfFive = reserve(POWERS * 16);
}

let productHigh: u64 = 0;
let productLow: u64 = 0;

/** Multiplies to 128 bits, from four products of halves. */
// @ts-ignore: decorator
@inline
function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff;
  const aHigh = a >>> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >>> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  productHigh = aHigh * bHigh + (middle >>> 32) + (other >>> 32);
  productLow = (other << 32) | (low & 0xffffffff);
}

/** The double nearest to mantissa * 10^exponent; NaN where JavaScript must decide: out of range, or below normal. */
export function decimalToDouble(mantissa: u64, exponent: i32): f64 {
  if (mantissa === 0) return 0;
  if (exponent < POWER_MIN || exponent > POWER_MAX) return NaN;
  const shift = clz(mantissa);
  const power = powersOfFive + <u32>(exponent - POWER_MIN) * 16;
  const digits = mantissa << shift;
  multiply(digits, load<u64>(power));
  let high = productHigh;
  let low = productLow;
  if ((high & UNSURE_MASK) === UNSURE_MASK) {
    multiply(digits, load<u64>(power, 8));
    low += productHigh;
    if (productHigh > low) high += 1;
  }
  const upper = high >>> 63;
  const cut = upper + 64 - FRACTION_BITS - 3;
  let fraction = high >>> cut;
  // floor(log2(10^exponent)), by a multiplication that is exact in this range.
  let binary = ((217706 * exponent) >> 16) + 63 + <i32>upper - <i32>shift + EXPONENT_BIAS;
  if (binary <= 0) return NaN;
  // Exactly between two doubles: only then may the even one be below.
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) === 1 && fraction << cut === high) {
    fraction &= ~(<u64>1);
  }
  fraction = (fraction + (fraction & 1)) >>> 1;
  if (fraction >= <u64>2 << FRACTION_BITS) {
    fraction = <u64>1 << FRACTION_BITS;
    binary += 1;
  }
  if (binary >= 0x7ff) return NaN;
  return reinterpret<f64>((fraction & ~(<u64>1 << FRACTION_BITS)) | (<u64>binary << FRACTION_BITS));
}
