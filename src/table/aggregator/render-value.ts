// The text of a computed value: the shortest that reads back as the same double, in a form that Go's and Python's parsers
// take. crng writes six decimals, which loses small values and the ends of large ones.

/** Renders a value. */
export function renderValue(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
