// Medians over the rounds of one scenario, and ratios of ours to the others, each from the same round.
import type { Measurement } from './e2e-run.ts';
import type { Metric } from './scenario.ts';

/** One relay in one scenario, over all rounds. */
export interface Row {
  readonly relay: string;
  readonly rounds: number;
  readonly linesIn: number;
  /** Over all rounds, as are `expected` and `duplicates`. */
  readonly lost: number;
  readonly expected: number;
  readonly duplicates: number;
  /** CPU seconds per 1 M lines that went in; medians from here on. */
  readonly cpu: number;
  /** CPU seconds per 1 M lines that came out as well. */
  readonly cpuDelivered: number;
  readonly linesPerSecond: number;
  /** 0 where nothing was stamped. */
  readonly delaySamples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly rssPeakMib: number;
  readonly growthMib: number;
}

/** Takes the middle; the mean of the two middle ones of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Makes a row of the rounds of one relay; all of one scenario. */
export function summarise(relay: string, measurements: readonly Measurement[]): Row {
  const own = measurements.filter((one) => one.relay === relay);
  const total = (of: (m: Measurement) => number): number => own.reduce((sum, m) => sum + of(m), 0);
  const middle = (of: (m: Measurement) => number): number => median(own.map(of));
  return {
    relay,
    rounds: own.length,
    linesIn: middle((m) => m.linesIn),
    lost: total(lostOf),
    expected: total((m) => m.expected),
    duplicates: total(duplicatesOf),
    cpu: middle((m) => m.cpuSecondsPerMillion),
    cpuDelivered: middle((m) => m.cpuSecondsPerMillionDelivered),
    linesPerSecond: middle((m) => m.linesPerSecond),
    delaySamples: total((m) => m.delay.samples),
    p50Ms: middle((m) => m.delay.p50Ms),
    p99Ms: middle((m) => m.delay.p99Ms),
    maxMs: middle((m) => m.delay.maxMs),
    rssPeakMib: middle((m) => m.rssPeakMib),
    growthMib: middle((m) => m.rssGrowthMib),
  };
}

/** Lines that did not come; where only the number is known, more than were sent is none lost. */
export function lostOf({ lost }: Measurement): number {
  return Math.max(0, lost);
}

/** Lines that came once more than they should. */
export function duplicatesOf({ lost, duplicates }: Measurement): number {
  return duplicates ?? Math.max(0, -lost);
}

/** Reads the figure that a row is judged by. */
export function figureOf(row: Row, metric: Metric): number {
  switch (metric) {
    case 'lost':
      return row.lost / row.expected;
    case 'twice':
      return row.duplicates / row.expected;
    // What the work cost that was done.
    case 'cpu':
      return row.cpuDelivered;
    case 'rate':
      return row.linesPerSecond;
    case 'p99':
      return row.delaySamples > 0 ? row.p99Ms : Number.NaN;
    case 'rss':
      return row.rssPeakMib;
    case 'growth':
      return row.growthMib;
  }
}

/** The median over the rounds of ours by theirs, in CPU; NaN when there is no common round. */
export function cpuRatio(measurements: readonly Measurement[], ours: string, theirs: string): number {
  const of = (relay: string): Measurement[] => measurements.filter((one) => one.relay === relay);
  return median(
    of(ours).flatMap((mine) => {
      const other = of(theirs).find(({ round }) => round === mine.round);
      if (other === undefined) return [];
      return [mine.cpuSecondsPerMillionDelivered / other.cpuSecondsPerMillionDelivered];
    }),
  );
}

/** Where ours is not ahead of a peer. */
export interface Behind {
  readonly peer: string;
  readonly metric: Metric;
  readonly ours: number;
  readonly theirs: number;
}

/** Nearer than this is level. */
const LEVEL = 0.05;
/** What the page compares; memory growth is judged by targets alone. */
const COMPARED: readonly Metric[] = ['lost', 'twice', 'cpu', 'rate', 'p99', 'rss'];

/** Lists in what ours is behind a peer; a rate only counts where the relay sets it, not the load. */
export function findBehind(ours: Row, peer: Row, isPaced: boolean): Behind[] {
  return COMPARED.flatMap((metric) => {
    if (metric === 'rate' && isPaced) return [];
    const mine = figureOf(ours, metric);
    const theirs = figureOf(peer, metric);
    const isBehind = metric === 'rate' ? mine < theirs * (1 - LEVEL) : mine > theirs * (1 + LEVEL);
    return isBehind ? [{ peer: peer.relay, metric, ours: mine, theirs }] : [];
  });
}
