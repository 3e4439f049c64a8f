// What became of the entries of a list: which are gone, which are new, and which stayed in their order.

/** Places in the list before (`removed`) and after (`added`), ascending; all others are kept. */
export interface ListDiff {
  readonly removed: readonly number[];
  readonly added: readonly number[];
  readonly kept: number;
}

/** Beyond this many comparisons the order of entries between the common ends is not looked at. */
const COMPARISONS_MAX = 4_000_000;

/** Compares two lists of texts; with a few exceptions among thousands, the fewest removed and added. */
export function diffLists(before: readonly string[], after: readonly string[]): ListDiff {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  const pairs = left.length * right.length > COMPARISONS_MAX ? [] : commonEntries(left, right);
  const keptLeft = new Set(pairs.map(([index]) => index));
  const keptRight = new Set(pairs.map(([, index]) => index));
  const missing = (list: readonly string[], kept: ReadonlySet<number>): number[] =>
    [...list.keys()].filter((index) => !kept.has(index)).map((index) => index + start);
  return {
    removed: missing(left, keptLeft),
    added: missing(right, keptRight),
    kept: start + end + pairs.length,
  };
}

/** The longest common subsequence, as pairs of places. */
function commonEntries(left: readonly string[], right: readonly string[]): [number, number][] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        left[i] === right[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i += 1;
    else j += 1;
  }
  return pairs;
}
