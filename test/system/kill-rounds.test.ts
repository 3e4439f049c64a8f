// kill -9 at random moments with the real command, disk and peers; `test/soak/kills.ts` does it for longer.
import { test } from 'node:test';
import { assertKillSummary } from '../soak/kill-assert.ts';
import { renderKillSummary, runKillRounds } from '../soak/kill-rounds.ts';

test('20 kills of the relay, and some of its sink, lose nothing that was on disk', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const options = { rounds: 20, seed, rate: 50_000 };
  const summary = await runKillRounds(t, options);
  t.diagnostic(`seed ${seed}: ${renderKillSummary(summary)}`);
  assertKillSummary(summary, options);
});
