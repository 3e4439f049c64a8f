// The most events within a window, exactly, from the times of all of them.

/** Counts the most of `times` (ascending) that lie within any stretch shorter than `width`, in the same unit. */
export function mostWithin(times: ArrayLike<number>, width: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= width) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
