// Random changes of the table under load; test/soak/operations.ts is the same for longer.
import { test } from 'node:test';
import { assertOperations } from '../soak/operation-assert.ts';
import { runOperations } from '../soak/operation-rounds.ts';

const SEED = Number(process.env['SLUICE_SEED'] ?? 7);

test('random changes of the table under load lose no line and reconnect nobody whom they do not touch', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const load = { operations: 60, operationsPerSecond: 30, linesPerSecond: 20_000, seed: SEED };
  assertOperations(await runOperations(t, load), 30_000);
});
