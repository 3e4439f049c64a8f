import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const MODULE = join(import.meta.dirname, '../../src/util/young-generation.ts');
/**
 * Makes objects of which many live through a collection, and tells how large the young generation stays, MiB: the least
 * of many looks, since between collections it also holds pages on their way to the old one.
 */
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { holdYoungGeneration } from ${JSON.stringify(MODULE)};
  if (process.argv[1] === 'hold') holdYoungGeneration();
  const youngBytes = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  let kept = [];
  let least = Infinity;
  for (let i = 0; i < 2_000_000; i++) {
    kept.push({ i, more: [i] });
    if (kept.length > 200_000) kept = kept.slice(100_000);
    if (i > 1_000_000 && i % 10_000 === 0) least = Math.min(least, youngBytes());
  }
  console.log(least / 2 ** 20);
`;

function youngMib(hold: string): number {
  const args = ['--input-type=module', '--eval', SCRIPT, hold];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('the young generation stays as large as it is, whatever lives through a collection', () => {
  const [free, held] = [youngMib('no'), youngMib('hold')];
  assert.ok(held <= 8, `${held} MiB`);
  // How far it grows by itself is a matter of the machine's memory.
  assert.ok(free >= 2 * held, `it would not have grown: ${free} MiB, held ${held} MiB`);
});
