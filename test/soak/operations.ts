// A thousand random changes of the table under 100,000 lines a second.
//
//   bin/node test/soak/operations.ts [operations] [lines a second] [seed]     (a minute)
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOperations } from './operation-assert.ts';
import { runOperations } from './operation-rounds.ts';

const [operations = 1000, linesPerSecond = 100_000, seed = 1] = process.argv.slice(2).map(Number);

test(`${operations} changes under ${linesPerSecond} lines a second, seed ${seed}`, async (t) => {
  const report = await runOperations(t, { operations, operationsPerSecond: 20, linesPerSecond, seed });
  const { kept, ledger, ...rest } = report;
  t.diagnostic(JSON.stringify({ ...rest, kept: { ...kept, damaged: kept.damaged.length } }));
  t.diagnostic(JSON.stringify(ledger));
  assert.equal(ledger.loaded, 0, 'what a destination left and another found is not from before the start');
  assertOperations(report, (operations / 20) * linesPerSecond * 0.9);
});
