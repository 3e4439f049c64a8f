// Judges value and timestamp texts as Go's strconv.ParseFloat does (COMPAT: crng parses both that way).
// The common forms are decided here; the rare ones (hex floats, underscores, exponents near the range) by JavaScript.

export const REFUSED: u32 = 0;
export const ACCEPTED: u32 = 1;
/** Not decided here. */
export const UNDECIDED: u32 = 2;

/** Judges the text [start, end), at least one byte; reads up to 16 bytes past the start. */
// @ts-ignore: decorator
@inline
export function judgeNumber(start: u32, end: u32): u32 {
  const size = end - start;
  if (size > 16) return judgeSlowly(start, end);
  const text = v128.load(start);
  const all: i32 = (1 << size) - 1;
  const digits = i8x16.bitmask(i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x30)), i8x16.splat(10))) & all;
  const others = all ^ digits;
  if (others === 0) return ACCEPTED;
  // One dot among digits, wherever it stands.
  if (digits !== 0 && (others & (others - 1)) === 0 && load<u8>(start + ctz(others)) === 0x2e) return ACCEPTED;
  return judgeSlowly(start, end);
}

/** Judges any text by Go's grammar. */
export function judgeSlowly(start: u32, end: u32): u32 {
  let at = start;
  let c = load<u8>(at);
  const signed = c === 0x2b || c === 0x2d;
  if (signed) {
    at += 1;
    if (at === end) return REFUSED;
    c = load<u8>(at);
  }
  if ((c | 0x20) === 0x69 || (c | 0x20) === 0x6e) return judgeWord(at, end, signed);
  let digits: u32 = 0;
  let dot = false;
  for (; at < end; at++) {
    c = load<u8>(at);
    if (<u32>c - 0x30 < 10) digits += 1;
    else if (c === 0x2e && !dot) dot = true;
    else break;
  }
  if (at < end) {
    if (c === 0x5f || (c | 0x20) === 0x78) return UNDECIDED;
    if (digits === 0 || (c | 0x20) !== 0x65) return REFUSED;
    return judgeExponent(at + 1, end, digits);
  }
  if (digits === 0) return REFUSED;
  return digits > 300 ? UNDECIDED : ACCEPTED;
}

/** inf, infinity (with a sign or not) and nan (without), in any case. */
function judgeWord(at: u32, end: u32, signed: bool): u32 {
  const size = end - at;
  if (size !== 3 && size !== 8) return REFUSED;
  const head = (<u32>load<u8>(at) | (<u32>load<u8>(at + 1) << 8) | (<u32>load<u8>(at + 2) << 16)) | 0x202020;
  if (head === 0x6e616e) return size === 3 && !signed ? ACCEPTED : REFUSED;
  if (head !== 0x666e69) return REFUSED;
  if (size === 3) return ACCEPTED;
  const rest = load<u32>(at + 3) | 0x20202020;
  return rest === 0x74696e69 && (load<u8>(at + 7) | 0x20) === 0x79 ? ACCEPTED : REFUSED;
}

/** The digits after an e, and whether the number is safely within the range of a double. */
function judgeExponent(at: u32, end: u32, digits: u32): u32 {
  if (at === end) return REFUSED;
  let c = load<u8>(at);
  if (c === 0x2b || c === 0x2d) {
    at += 1;
    if (at === end) return REFUSED;
  }
  let exponent: u32 = 0;
  for (; at < end; at++) {
    c = load<u8>(at);
    if (c === 0x5f) return UNDECIDED;
    if (<u32>c - 0x30 >= 10) return REFUSED;
    if (exponent < 10000) exponent = exponent * 10 + (c - 0x30);
  }
  return exponent + digits > 300 ? UNDECIDED : ACCEPTED;
}
