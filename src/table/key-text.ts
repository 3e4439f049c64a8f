// A key in the forms that the table needs: bytes, a byte string and decoded text. Each form is made once, when first
// asked for.
//
// A byte string is a JavaScript string that holds one byte (0-255) per character (latin1). Everything that works on
// bytes (prefix, sub, plain rewriters, results of templates) is done on byte strings; only regexes see UTF-8 text.
import { NAME_TAG } from '../metric/tag-options.ts';
import { decodeUtf8 } from './utf8.ts';
import type { DecodedText } from './utf8.ts';

/** Renders text as the byte string of its UTF-8 form. */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Holds one key. `bytes` may be a view that is valid only while the key is being resolved. */
export class KeyText {
  readonly bytes: Uint8Array;
  /** No byte is 128 or above. */
  readonly ascii: boolean;
  #byteString: string | undefined;
  #decoded: DecodedText | undefined;
  #tags: ReadonlyMap<string, KeyText> | undefined;

  private constructor(bytes: Uint8Array, byteString: string | undefined) {
    this.bytes = bytes;
    this.#byteString = byteString;
    this.ascii = isAscii(bytes);
  }

  /** Takes a key as bytes; the bytes are not copied. */
  static fromBytes(bytes: Uint8Array): KeyText {
    return new KeyText(bytes, undefined);
  }

  /** Takes a key as a byte string. */
  static fromByteString(byteString: string): KeyText {
    return new KeyText(Buffer.from(byteString, 'latin1'), byteString);
  }

  /** The key as a byte string. */
  get byteString(): string {
    this.#byteString ??= toLatin1(this.bytes);
    return this.#byteString;
  }

  /** The key as regexes see it. */
  get decoded(): DecodedText {
    this.#decoded ??= this.ascii ? { text: this.byteString, offsets: undefined } : decodeUtf8(this.bytes);
    return this.#decoded;
  }

  /** The value of a tag, `name` for the part before the tags; empty when the key has no such tag. */
  tagValue(tag: string): KeyText {
    this.#tags ??= parseTags(this.byteString);
    return this.#tags.get(tag) ?? EMPTY;
  }

  /** The byte at which the character `index` of `decoded.text` begins. */
  byteOffset(index: number): number {
    const offsets = this.decoded.offsets;
    return offsets === undefined ? index : (offsets[index] as number);
  }
}

const EMPTY = KeyText.fromByteString('');

/** As carbon reads tags: of one that comes twice the last counts, and the name is without `~` at its start. */
function parseTags(key: string): Map<string, KeyText> {
  const [name = '', ...segments] = key.split(';');
  const tags = new Map<string, KeyText>();
  for (const segment of segments) {
    const equals = segment.indexOf('=');
    if (equals > 0) tags.set(segment.slice(0, equals), KeyText.fromByteString(segment.slice(equals + 1)));
  }
  return tags.set(NAME_TAG, KeyText.fromByteString(name.replace(/^~+/, '')));
}

function toLatin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1');
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) >= 128) return false;
  return true;
}
