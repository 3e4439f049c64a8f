// Fields of a line, split as Go's bytes.Fields splits them: runs of Unicode white space separate, none makes a field.
// Bytes that are not valid UTF-8 are never white space.

const BYTE_NEL = 0x85;
const BYTE_NBSP = 0xa0;

/**
 * Splits a line into fields and returns their offsets in pairs: start and end of the first, start and end of the
 * second, ... At most `fieldsMax` are looked for, so a hostile line of many fields costs no memory. White space is tab,
 * newline, VT, FF, CR, space, U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000.
 * The CR that crng takes off the end of a line is white space too, so it needs no step of its own.
 */
export function splitFields(line: Uint8Array, fieldsMax: number): number[] {
  const offsets: number[] = [];
  let start = -1;
  let i = 0;
  while (i < line.length) {
    const byte = line[i] as number;
    const width = byte > 0x20 && byte < 0x80 ? 0 : spaceWidth(line, i);
    if (width === 0) {
      if (start < 0) start = i;
      i++;
      continue;
    }
    if (start >= 0) {
      offsets.push(start, i);
      start = -1;
      if (offsets.length >= 2 * fieldsMax) return offsets;
    }
    i += width;
  }
  if (start >= 0) offsets.push(start, line.length);
  return offsets;
}

/**
 * Measures the white space character at `at`: its bytes, or 0. Looking at every byte is right without decoding what
 * stands before, because the first byte of each of these characters never stands inside another valid one.
 */
function spaceWidth(line: Uint8Array, at: number): number {
  const byte = line[at] as number;
  if (byte < 0x80) return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0;
  const second = line[at + 1];
  if (byte === 0xc2) return second === BYTE_NEL || second === BYTE_NBSP ? 2 : 0;
  const third = line[at + 2];
  if (third === undefined) return 0;
  switch (byte) {
    case 0xe1:
      return second === 0x9a && third === 0x80 ? 3 : 0;
    case 0xe2:
      if (second === 0x81) return third === 0x9f ? 3 : 0;
      if (second !== 0x80) return 0;
      return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
    case 0xe3:
      return second === 0x80 && third === 0x80 ? 3 : 0;
    default:
      return 0;
  }
}
