// Ways to do the same, in turn, for the small questions of bench/micro/.
import assert from 'node:assert/strict';
import { cpuMicros } from './cpu-micros.ts';
import { median } from './guard/judge.ts';

/** One way; it does `units` units and returns what it made of them, which must be equal for all ways. */
export type Way = () => unknown;

const ROUNDS = 9;

/** Prints CPU ns a unit of each way, medians of interleaved rounds, and the ratio to the first. */
export function sideBySide(question: string, units: number, ways: Readonly<Record<string, Way>>): void {
  const names = Object.keys(ways);
  const costs = new Map(names.map((name): [string, number[]] => [name, []]));
  let expected: unknown;
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = cpuMicros();
      const made = ways[name]?.();
      const micros = cpuMicros() - before;
      expected ??= made;
      assert.deepEqual(made, expected, `"${name}" gives something else`);
      // The first round warms up.
      if (round >= 0) costs.get(name)?.push((micros * 1000) / units);
    }
  }
  console.log(question);
  const base = median(costs.get(names[0] ?? '') ?? []);
  for (const [name, each] of costs) {
    const spread = `${Math.min(...each).toFixed(1)} to ${Math.max(...each).toFixed(1)}`;
    console.log(
      `  ${name}: ${median(each).toFixed(1)} ns (${spread}), ${(median(each) / base).toFixed(2)} times the first`,
    );
  }
}
