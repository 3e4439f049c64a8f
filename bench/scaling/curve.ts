// What a scaling bench gives: curves, each a cost against one size, with its losses, and why it bends.

/** One point of a curve. */
export interface CurvePoint {
  readonly x: number;
  /** CPU seconds per 1 M lines, or what the curve's label says. */
  readonly y: number;
  /** Lines that should have come out and did not; 0 unless the relay failed. */
  readonly lost: number;
  /** Other figures of the same run. */
  readonly more?: Readonly<Record<string, number>>;
}

/** A line of a chart. */
export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** One question, its answer as curves, and a sentence for each place where one bends. */
export interface ScalingResult {
  /** Names the chart's file. */
  readonly name: string;
  readonly title: string;
  /** How it was measured. */
  readonly note: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: 'linear' | 'log';
  readonly curves: readonly Curve[];
  /** Made of the figures above. */
  readonly reasons: readonly string[];
}

/** The curve of a name; throws when there is none. */
export function curveOf(curves: readonly Curve[], name: string): Curve {
  const found = curves.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no curve "${name}"`);
  return found;
}

/** The cost at a size; NaN when it was not measured. */
export function costAt(curve: Curve, x: number): number {
  return curve.points.find((point) => point.x === x)?.y ?? Number.NaN;
}
