// What `match` of a live look means: a regex, or a condition as of a blocklist in front of its text.
import { KeyText } from '../../table/key-text.ts';
import { Matcher } from '../../table/matcher.ts';
import type { MatcherOptions } from '../../table/options.ts';
import { PatternCache } from '../../table/pattern-cache.ts';
import { TableError } from '../../table/table-error.ts';
import { patternSize } from './pattern-size.ts';

/** Longest text, characters; and largest, repetitions written out: it compiles in some 20 ms, for which all else waits. */
export const MATCH_CHARS_MAX = 1000;
export const MATCH_SIZE_MAX = 2000;
/** Of a key this much is looked at, bytes. */
const KEY_BYTES_MAX = 1024;

const CONDITION = /^(prefix|notPrefix|sub|notSub|regex|notRegex) (.*)$/s;

/** Says of a key, bytes valid during the call, whether it matches. */
export type MatchKey = (key: Uint8Array) => boolean;

/** Compiles a text, or says what is wrong with it. */
export function compileMatch(text: string): MatchKey | { readonly error: string } {
  if (text.length > MATCH_CHARS_MAX) return { error: `match is longer than ${MATCH_CHARS_MAX} characters` };
  const [, condition = 'regex', value = text] = CONDITION.exec(text) ?? [];
  if (condition.toLowerCase().endsWith('regex') && patternSize(value) > MATCH_SIZE_MAX) {
    return { error: `match: a regex of more than ${MATCH_SIZE_MAX} parts, repetitions counted` };
  }
  const options: MatcherOptions = { [condition]: value };
  try {
    const matcher = new Matcher(options, 'match', new PatternCache());
    return (key) =>
      matcher.matches(KeyText.fromBytes(key.length > KEY_BYTES_MAX ? key.subarray(0, KEY_BYTES_MAX) : key));
  } catch (error) {
    if (error instanceof TableError) return { error: `${error.message}${placeIn(value, error.message)}` };
    throw error;
  }
}

/** Where a regex is wrong, when the message quotes the part at fault. */
function placeIn(regex: string, message: string): string {
  const part = /: `([^`]+)`$/.exec(message)?.[1];
  const at = part === undefined ? -1 : regex.indexOf(part);
  return at < 0 ? '' : `, at character ${at + 1}`;
}
