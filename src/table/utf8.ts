// UTF-8 as Go's regexp package reads it: a byte that begins no valid character is one U+FFFD of width 1. (The platform's
// TextDecoder makes one U+FFFD of several bytes, and keeps no offsets.)

/** Text, and for each of its UTF-16 units the byte offset where it came from, one more for the end. */
export interface DecodedText {
  readonly text: string;
  /** undefined: unit and byte offsets are the same. */
  readonly offsets: Int32Array | undefined;
}

const REPLACEMENT = 0xfffd;

/** Decodes bytes; never fails. */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  const offsets = new Int32Array(bytes.length + 1);
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const width = characterWidth(bytes, at);
    const code = width === 0 ? REPLACEMENT : codePoint(bytes, at, width);
    offsets[text.length] = at;
    if (code > 0xffff) offsets[text.length + 1] = at;
    text += String.fromCodePoint(code);
    at += Math.max(1, width);
  }
  offsets[text.length] = bytes.length;
  return { text, offsets: offsets.subarray(0, text.length + 1) };
}

/** The width of the valid character at `at`, 0 when there is none. */
function characterWidth(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const width =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (width === 0 || at + width > bytes.length) return 0;
  for (let i = 1; i < width; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  // The second byte rules out overlong forms, surrogates and code points above U+10FFFF.
  const second = bytes[at + 1] as number;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second >= 0xa0) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second >= 0x90) return 0;
  return width;
}

function codePoint(bytes: Uint8Array, at: number, width: number): number {
  const lead = bytes[at] as number;
  if (width === 1) return lead;
  let code = lead & (0x7f >> width);
  for (let i = 1; i < width; i++) code = (code << 6) | ((bytes[at + i] as number) & 0x3f);
  return code;
}
