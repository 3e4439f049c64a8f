// The functions of aggregators over a list of points, written down once more and as plainly as can be: what the windows
// compute is held against this.

/** A point of a window, in order of arrival. */
export interface Point {
  readonly value: number;
  readonly timeSec: number;
}

/** Computes a function; results by what is appended to the key. */
export function plainResults(name: string, points: readonly Point[]): Map<string, number> {
  if (name === 'percentiles') {
    const percents = [25, 50, 75, 90, 95, 99];
    return new Map(percents.map((percent) => [`.p${percent}`, plainPercentile(points, percent)]));
  }
  const value = plainResult(name, points);
  return value === undefined ? new Map() : new Map([['', value]]);
}

function plainResult(name: string, points: readonly Point[]): number | undefined {
  const values = points.map(({ value }) => value);
  const sum = values.slice(1).reduce((total, value) => total + value, values[0] ?? 0);
  const mean = sum / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  const lowest = values.reduce((low, value) => (value < low ? value : low));
  const highest = values.reduce((high, value) => (value > high ? value : high));
  switch (name) {
    case 'avg':
      return mean;
    case 'count':
      return values.length;
    case 'delta':
      return highest - lowest;
    case 'derive': {
      const oldest = points.reduce((a, b) => (b.timeSec < a.timeSec ? b : a));
      const newest = points.reduce((a, b) => (b.timeSec > a.timeSec ? b : a));
      if (oldest.timeSec === newest.timeSec) return undefined;
      return (newest.value - oldest.value) / (newest.timeSec - oldest.timeSec);
    }
    case 'last':
      return values.at(-1);
    case 'max':
      return highest;
    case 'min':
      return lowest;
    case 'stdev':
      return Math.sqrt(variance);
    case 'sum':
      return sum;
    case 'variance':
      return variance;
    case 'median':
      return plainPercentile(points, 50);
    default: {
      const digits = name.slice(1);
      return plainPercentile(points, Number(`${digits.slice(0, 2)}.${digits.slice(2)}`));
    }
  }
}

/** NIST, section 7.2.6.2: rank p(N+1) of values counted from 1, with the part in between. */
function plainPercentile(points: readonly Point[], percent: number): number {
  const sorted = points.map(({ value }) => value).toSorted((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length + 1);
  if (rank < 1) return sorted[0] as number;
  if (Math.floor(rank) >= sorted.length) return sorted.at(-1) as number;
  const [below, above] = sorted.slice(Math.floor(rank) - 1) as [number, number];
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** How many steps between neighbouring doubles two numbers are apart. */
export function ulpsApart(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const [x, y] = [a, b].map(orderOf) as [bigint, bigint];
  return Number(x > y ? x - y : y - x);
}

function orderOf(value: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(value).buffer)[0] as bigint;
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits;
}
