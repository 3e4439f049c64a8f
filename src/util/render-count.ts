// Counts for people.

/** Renders a count with thousands apart: `1,234,567`. */
export function renderCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
