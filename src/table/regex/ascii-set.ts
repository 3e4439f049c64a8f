// A set of ASCII characters as four 32-bit words, and whether it also holds characters from 128 on.

/** Immutable; `beyond`: some character >= 128 is in it too (the folded forms of `k` and `s` do not count). */
export interface AsciiSet {
  readonly words: readonly [number, number, number, number];
  readonly beyond: boolean;
}

/** The set without members. */
export const NONE: AsciiSet = { words: [0, 0, 0, 0], beyond: false };
/** Every character. */
export const ANY: AsciiSet = { words: [-1, -1, -1, -1], beyond: true };
/** Every character but the newline. */
export const ANY_BUT_NEWLINE: AsciiSet = { words: [-1 & ~(1 << 10), -1, -1, -1], beyond: true };

/** Makes the set of the characters lo to hi; both may lie beyond ASCII. */
export function rangeSet(lo: number, hi: number): AsciiSet {
  const word = (index: number): number => {
    const from = Math.max(0, lo - index * 32);
    const to = Math.min(31, hi - index * 32);
    return from > to ? 0 : (-1 >>> (31 - to)) & (-1 << from);
  };
  return { words: [word(0), word(1), word(2), word(3)], beyond: hi > 127 };
}

/** Joins two sets. */
export function unionSets(a: AsciiSet, b: AsciiSet): AsciiSet {
  const [p, q] = [a.words, b.words];
  return { words: [p[0] | q[0], p[1] | q[1], p[2] | q[2], p[3] | q[3]], beyond: a.beyond || b.beyond };
}

/** Makes the set of everything that is not in `set`. */
export function negateSet(set: AsciiSet): AsciiSet {
  const [a, b, c, d] = set.words;
  return { words: [~a, ~b, ~c, ~d], beyond: true };
}

/** Adds the other case of each letter. */
export function foldSet(set: AsciiSet): AsciiSet {
  // Letters A-Z are the bits 1-26 of word 2, a-z those of word 3.
  const [a, b, upper, lower] = set.words;
  const letters = (upper | lower) & 0x07fffffe;
  return { words: [a, b, upper | letters, lower | letters], beyond: set.beyond };
}

/** Says whether a character below 128 is in the set. */
export function setHas(set: AsciiSet, code: number): boolean {
  return (((set.words[code >> 5] as number) >>> (code & 31)) & 1) === 1;
}

/** Lists the ASCII members in order. */
export function setMembers(set: AsciiSet): number[] {
  const members: number[] = [];
  for (let code = 0; code < 128; code++) if (setHas(set, code)) members.push(code);
  return members;
}
