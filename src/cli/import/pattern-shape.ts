// What the text of an expression tells without trying it on keys: where it is held, and what every key that it matches
// begins with. Whoever needs a proof that two rules never meet the same key asks here; "no" only means "not proven".

/** Stands for the end of a key among literal characters. */
const KEY_END = '\n';

/** True when each match of a pattern begins at the start of the key; likewise at its end. */
export interface Anchors {
  readonly start: boolean;
  readonly end: boolean;
}

/** Says where a pattern is held. */
export function anchorsOf(pattern: string): Anchors {
  if (hasAlternatives(pattern)) return { start: false, end: false };
  return { start: pattern.startsWith('^'), end: /(^|[^\\])(\\\\)*\$$/.test(pattern) };
}

/** True when no key is matched by both patterns, as far as their first characters tell. */
export function neverBoth(a: string, b: string): boolean {
  return differ(literalStart(a), literalStart(b));
}

/** True when a pattern matches no key that begins so. */
export function neverAfter(start: string, pattern: string): boolean {
  return differ(start, literalStart(pattern));
}

function differ(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length) !== b.slice(0, length);
}

/** The characters with which each key begins that a pattern matches; empty when nothing is known. */
function literalStart(pattern: string): string {
  if (!anchorsOf(pattern).start) return '';
  let literal = '';
  for (let i = 1; i < pattern.length; i += 1) {
    const char = pattern.charAt(i);
    if (char === '$' && i === pattern.length - 1) return literal + KEY_END;
    const isEscape = char === '\\' && /[^\w\s]/.test(pattern.charAt(i + 1));
    // What may come not at all is not known to come.
    if ('*?{'.includes(char)) return literal.slice(0, -1);
    if (!isEscape && !/[\w:\-/;=,%@~]/.test(char)) return literal;
    if (isEscape) i += 1;
    literal += pattern.charAt(i);
  }
  return literal;
}

/** True when a pattern is alternatives side by side, outside of any group. */
function hasAlternatives(pattern: string): boolean {
  let bare = pattern.replaceAll(/\\.|\[\]?[^\]]*\]/g, '_');
  // Alternatives within groups change nothing; groups go from the inside out.
  for (let before = ''; before !== bare; ) {
    before = bare;
    bare = bare.replaceAll(/\([^()]*\)/g, '_');
  }
  return bare.includes('|');
}
