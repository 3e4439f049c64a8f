// What the guard makes of its figures: each is a cost as a multiple of a reference that ran beside it, compared with the
// same multiple of the baseline.

/** A cost as a multiple of its reference's, and what was lost on the way. */
export interface Figure {
  readonly name: string;
  readonly ratio: number;
  /** Largest ratio of a round over the smallest. */
  readonly spread: number;
  readonly lost: number;
}

/** What figures are compared with; by name. */
export interface Baseline {
  readonly origin: object;
  readonly ratios: Readonly<Record<string, number>>;
}

/**
 * Baselines by kind of processor: what a relay computes and what the system does for it differ by up to a half from one kind
 * to another as multiples of haproxy, which leaves nearly all to the system.
 */
export interface BaselineFile {
  readonly about: string;
  readonly processors: Readonly<Record<string, Baseline>>;
}

/** Chooses the baseline of a processor; for one of no known kind, the highest ratio of each figure. */
export function baselineFor(processor: string, { processors }: BaselineFile): Baseline | undefined {
  if (Object.hasOwn(processors, processor)) return processors[processor];
  const all = Object.values(processors);
  if (all.length === 0) return undefined;
  const ratios: Record<string, number> = {};
  for (const [name, ratio] of all.flatMap((one) => Object.entries(one.ratios)))
    ratios[name] = Math.max(ratio, ratios[name] ?? 0);
  return { origin: {}, ratios };
}

/** How a figure stands; only `ok` and `better` pass. */
export type Verdict = 'ok' | 'better' | 'worse' | 'lost' | 'no baseline' | 'not measured';

export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  readonly ratio: number | undefined;
  readonly baseline: number | undefined;
}

/** A ratio may be so many times that of the baseline. */
export const WORSE_MAX = 1.25;
/** Below this part of the baseline the baseline should be renewed, or it guards little. */
const BETTER = 0.75;

/** Returns the middle of the values, the mean of the two in the middle where their number is even; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Makes a figure of the costs of several rounds and those of the reference in the same rounds. */
export function makeFigure(
  name: string,
  costs: readonly number[],
  references: readonly number[],
  lost: number,
): Figure {
  const ratios = costs.map((cost, round) => cost / (references[round] ?? Number.NaN));
  return { name, ratio: median(ratios), spread: Math.max(...ratios) / Math.min(...ratios), lost };
}

/** Judges each figure, and each name of the baseline that was not measured. */
export function judge(figures: readonly Figure[], baseline: Baseline | undefined): Judgement[] {
  const ratios = baseline?.ratios ?? {};
  const judged = figures.map(({ name, ratio, lost }): Judgement => {
    const before = ratios[name];
    return { name, ratio, baseline: before, verdict: verdictOf(ratio, lost, before) };
  });
  const measured = new Set(figures.map(({ name }) => name));
  const gone = Object.keys(ratios).filter((name) => !measured.has(name));
  return [
    ...judged,
    ...gone.map(
      (name): Judgement => ({ name, ratio: undefined, baseline: ratios[name], verdict: 'not measured' }),
    ),
  ];
}

function verdictOf(ratio: number, lost: number, before: number | undefined): Verdict {
  if (lost !== 0) return 'lost';
  if (before === undefined) return 'no baseline';
  // Written so that a ratio that is no number does not pass.
  if (!(ratio <= before * WORSE_MAX)) return 'worse';
  return ratio < before * BETTER ? 'better' : 'ok';
}

/** True when the guard may let this pass. */
export function passes({ verdict }: Judgement): boolean {
  return verdict === 'ok' || verdict === 'better';
}

/** Keeps of two measurements of a figure the one that is better: what is slow on purpose is slow each time. */
export function betterOf(one: Figure, other: Figure): Figure {
  if ((one.lost === 0) !== (other.lost === 0)) return one.lost === 0 ? other : one;
  return other.ratio < one.ratio ? other : one;
}
