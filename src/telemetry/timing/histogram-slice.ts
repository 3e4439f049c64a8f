// What a histogram saw within some time, packed: only the buckets that hold something. Immutable.
//
// Buckets are log-linear: below 64 one for each whole number, above that 32 for each doubling, so that a bucket is at most
// a thirty-second part wide and its middle at most 1.6 % off.

const STEP_BITS = 5;
const STEPS = 1 << STEP_BITS;
/** Largest value that is told apart; what is larger counts as this. As µs more than an hour. */
export const VALUE_MAX = 2 ** 32 - 1;
/** Buckets of a histogram. */
export const BUCKETS = (32 - STEP_BITS + 1) * STEPS;

/** Finds the bucket of a whole number from 0 to VALUE_MAX. */
export function bucketOf(value: number): number {
  const shift = 31 - STEP_BITS - Math.clz32(value);
  return shift <= 0 ? value : (shift << STEP_BITS) + (value >>> shift);
}

/** The value that stands for a bucket: its middle. */
export function middleOf(bucket: number): number {
  const shift = (bucket >>> STEP_BITS) - 1;
  if (shift <= 0) return bucket;
  const low = (STEPS + (bucket & (STEPS - 1))) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}

/** Sums over some values; `min` is Infinity and `max` -Infinity where there are none. */
export interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly min: number;
  readonly max: number;
}

/** Buckets in order, with what each of them holds. */
export interface Slice extends Sums {
  readonly buckets: Uint16Array;
  readonly counts: Float64Array;
}

/** What holds nothing. */
export const EMPTY_SLICE: Slice = {
  count: 0,
  sum: 0,
  sumOfSquares: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  buckets: new Uint16Array(0),
  counts: new Float64Array(0),
};

/** Packs counts by bucket. */
export function packSlice(dense: Uint32Array, sums: Sums): Slice {
  if (sums.count === 0) return EMPTY_SLICE;
  const buckets: number[] = [];
  const counts: number[] = [];
  for (let bucket = 0; bucket < dense.length; bucket += 1) {
    const count = dense[bucket]!;
    if (count === 0) continue;
    buckets.push(bucket);
    counts.push(count);
  }
  const { count, sum, sumOfSquares, min, max } = sums;
  return { count, sum, sumOfSquares, min, max, ...pack(buckets, counts) };
}

/** Adds two slices up. */
export function mergeSlices(a: Slice, b: Slice): Slice {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    sumOfSquares: a.sumOfSquares + b.sumOfSquares,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ...combine(a, b, 1),
  };
}

/** Takes an earlier state away from a later one; what lies between has these extremes. */
export function subtractSlice(late: Slice, early: Slice, extremes: Pick<Sums, 'min' | 'max'>): Slice {
  return {
    count: late.count - early.count,
    sum: late.sum - early.sum,
    sumOfSquares: late.sumOfSquares - early.sumOfSquares,
    min: extremes.min,
    max: extremes.max,
    ...combine(late, early, -1),
  };
}

/** Finds the value below which a part of all lies, 0 to 1; 0 where there are none. */
export function quantileOf(slice: Slice, part: number): number {
  if (slice.count === 0) return 0;
  const wanted = Math.max(1, Math.ceil(slice.count * part));
  if (wanted >= slice.count) return slice.max;
  let seen = 0;
  for (const [index, bucket] of slice.buckets.entries()) {
    seen += slice.counts[index]!;
    if (seen >= wanted) return Math.min(slice.max, Math.max(slice.min, middleOf(bucket)));
  }
  return slice.max;
}

/** Adds `sign` times the counts of b to those of a. */
function combine(a: Slice, b: Slice, sign: 1 | -1): Pick<Slice, 'buckets' | 'counts'> {
  const buckets: number[] = [];
  const counts: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.buckets.length || j < b.buckets.length) {
    const left = i < a.buckets.length ? a.buckets[i]! : BUCKETS;
    const right = j < b.buckets.length ? b.buckets[j]! : BUCKETS;
    const count = (left <= right ? a.counts[i++]! : 0) + (right <= left ? sign * b.counts[j++]! : 0);
    if (count === 0) continue;
    buckets.push(Math.min(left, right));
    counts.push(count);
  }
  return pack(buckets, counts);
}

function pack(buckets: readonly number[], counts: readonly number[]): Pick<Slice, 'buckets' | 'counts'> {
  return { buckets: Uint16Array.from(buckets), counts: Float64Array.from(counts) };
}
