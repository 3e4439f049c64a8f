// The axes of charts: where a value lies, and round numbers to mark.

/** How an axis counts. */
export type ScaleKind = 'linear' | 'log';

/** An axis. */
export interface ChartScale {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** Where a value lies, in pixels. */
  readonly place: (value: number) => number;
}

const LINEAR_TICKS = 6;
const LOG_STEPS_MAX_DECADES = 2;
const LOG_LABELS_MAX = 9;

/** Fits an axis to values (on a logarithmic one all positive); with `zero` a linear one begins at 0 where no value is negative. */
export function chartScale(
  kind: ScaleKind,
  values: readonly number[],
  [from, to]: readonly [number, number],
  start: 'zero' | 'data',
): ChartScale {
  // Not Math.min(...values): a chart may have more points than a call takes arguments.
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  const bounds: readonly [number, number] = values.length === 0 ? [1, 10] : [least, most];
  const { low, high, marks } = kind === 'log' ? logMarks(...bounds) : linearMarks(...bounds, start);
  const measure = kind === 'log' ? Math.log10 : (value: number): number => value;
  const place = (value: number): number =>
    from + ((measure(value) - measure(low)) / (measure(high) - measure(low))) * (to - from);
  return { place, ticks: marks.map((mark) => ({ at: place(mark), label: renderTick(mark) })) };
}

interface Marks {
  readonly low: number;
  readonly high: number;
  readonly marks: readonly number[];
}

function linearMarks(least: number, most: number, start: 'zero' | 'data'): Marks {
  const bottom = start === 'zero' && least >= 0 ? 0 : least;
  const span = most - bottom || Math.abs(most) || 1;
  const step = roundStep(span / LINEAR_TICKS);
  // Values of y get a whole step above them; those of x end where they end.
  const high =
    start === 'zero' ? Math.ceil((bottom + span) / step - 1e-9) * step : Math.max(most, bottom + step);
  const low = start === 'zero' ? Math.floor(bottom / step + 1e-9) * step : bottom;
  const marks: number[] = [];
  const first = Math.ceil(low / step - 1e-9);
  for (let nth = first; nth * step <= high + step * 1e-9; nth++) marks.push(nth * step);
  return { low, high, marks };
}

/** The next of 1, 2, 5, 10 times a power of ten. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((one) => one * power >= wanted * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function logMarks(least: number, most: number): Marks {
  const steps = most / least <= 10 ** LOG_STEPS_MAX_DECADES ? [1, 2, 5] : [1];
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.ceil(Math.log10(most) - 1e-9);
  const all: number[] = [];
  for (let power = first; power <= Math.max(last, first + 1); power++) {
    for (const step of steps) all.push(step * 10 ** power);
  }
  const low = all.findLast((mark) => mark <= least * (1 + 1e-9)) ?? least;
  const high = all.find((mark) => mark >= most * (1 - 1e-9) && mark > low) ?? most;
  const inside = all.filter((mark) => mark >= low && mark <= high);
  const every = Math.ceil(inside.length / LOG_LABELS_MAX);
  return { low, high, marks: inside.filter((_, index) => index % every === 0) };
}

const PREFIXES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Words a mark: `250k`, `1.5M`, `0.02`. */
function renderTick(value: number): string {
  const size = Math.abs(value);
  for (const [unit, letter] of PREFIXES) {
    if (size >= unit * (1 - 1e-9)) return `${trim(value / unit)}${letter}`;
  }
  return trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(6)));
}
