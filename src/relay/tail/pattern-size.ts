// How large a regex becomes when its counted repetitions are written out: what its compilation costs goes by that.
// An estimate from the text alone, before anything else looks at it; what is no regex is refused by whoever compiles it.

const COUNTS = /\{(\d+)(?:,(\d*))?\}/y;
const CLASS = /\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]/sy;
const QUOTED = /\\Q.*?(?:\\E|$)/sy;
const ESCAPE = /\\(?:[pPx]\{[^}]*\}|[pP].|.)/sy;

/** Counts the parts that stand for a character. */
export function patternSize(source: string): number {
  /** Sizes of the groups around, and of the last part of each. */
  const outer: { size: number; last: number }[] = [];
  let size = 0;
  let last = 0;
  const take = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (let at = 0; at < source.length; ) {
    const counts = take(COUNTS, at);
    const part = counts ?? take(CLASS, at) ?? take(QUOTED, at) ?? take(ESCAPE, at);
    const char = source.charAt(at);
    at += part === null ? 1 : part[0].length;
    if (counts !== null) {
      const [, least = '1', most = least] = counts;
      const times = Math.max(1, Number(least), Number(most));
      size += last * (times - 1);
      last *= times;
    } else if (part === null && char === '(') {
      outer.push({ size, last });
      size = last = 0;
    } else if (part === null && char === ')') {
      last = Math.max(1, size);
      size = (outer.pop()?.size ?? 0) + last;
    } else {
      last = part === null ? 1 : part[0].startsWith('\\Q') ? part[0].length : 1;
      size += last;
    }
  }
  return outer.reduce((sum, group) => sum + group.size, size);
}
