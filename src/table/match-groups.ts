// The groups of a match of a regex, as templates take them.
import type { Matcher as Re2Matcher } from 're2js';
import type { KeyText } from './key-text.ts';

/** Reads a group of the match that `matcher` found in `key`, a byte string; undefined as templates want it. */
export function groupBytes(key: KeyText, matcher: Re2Matcher, group: number | string): string | undefined {
  const known =
    typeof group === 'number' ? group <= matcher.groupCount() : Object.hasOwn(matcher.namedGroups, group);
  if (!known) return undefined;
  const start = matcher.start(group);
  return start < 0
    ? undefined
    : key.byteString.slice(key.byteOffset(start), key.byteOffset(matcher.end(group)));
}
