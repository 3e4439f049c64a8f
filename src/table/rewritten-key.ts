// What a rewritten key must be to leave the relay: crng let anything through, and a key with white space or without
// bytes makes a line that no peer reads as meant.
import type { KeyText } from './key-text.ts';
import { REWRITTEN_KEY_BYTES_MAX } from './rewriter.ts';

/** Unicode white space (what splits a line into fields); it has U+0085 and lacks U+FEFF, unlike `\s`. */
const WHITE_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** The text of the drop when a rewriter would build a key over REWRITTEN_KEY_BYTES_MAX. */
export const REWRITTEN_TOO_LONG = `rewritten key is longer than ${REWRITTEN_KEY_BYTES_MAX} bytes`;

/** Judges a key that rewriters made; the text of the error, undefined when it is good. */
export function rewrittenKeyError(text: KeyText): string | undefined {
  if (text.byteString === '') return 'rewritten key is empty';
  if (text.byteString.startsWith(';')) return 'rewritten key has tags and no name';
  if (WHITE_SPACE.test(text.decoded.text)) return 'rewritten key has white space';
  return undefined;
}
