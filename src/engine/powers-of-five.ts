// The table by which the module reads decimal numbers: for each power of ten from 10^-342 to 10^308 the 128 leading bits of
// that power of five. Positive powers are cut, negative ones (reciprocals) rounded up, as the method of Eisel and Lemire asks.

const POWER_MIN = -342;
const POWER_MAX = 308;
const BITS = 128;
/** From here on a reciprocal of 128 bits is exact enough by itself. */
const SHORT_RECIPROCAL_MIN = -27;

function makePowersOfFive(): Uint32Array {
  const words: number[] = [];
  for (let power = POWER_MIN; power <= POWER_MAX; power++) {
    const bits = power < 0 ? reciprocal(-power) : leading(5n ** BigInt(power));
    for (const shift of [64n, 96n, 0n, 32n]) words.push(Number((bits >> shift) & 0xffff_ffffn));
  }
  return Uint32Array.from(words);
}

function reciprocal(power: number): bigint {
  const five = 5n ** BigInt(power);
  let width = bitLength(five);
  // A power of five is never one of two: this is the least width with five < 2^width.
  if (-power >= SHORT_RECIPROCAL_MIN) width += BITS - 1;
  else width = 2 * width + 2 * 64;
  return leading((1n << BigInt(width)) / five + 1n);
}

/** The 128 leading bits, filled up with zeros from below. */
function leading(value: bigint): bigint {
  const excess = bitLength(value) - BITS;
  return excess > 0 ? value >> BigInt(excess) : value << BigInt(-excess);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** The table as 32-bit words, little-endian: lower and upper word of the upper 64 bits, then of the lower 64. */
export const POWERS_OF_FIVE: Uint32Array = makePowersOfFive();
