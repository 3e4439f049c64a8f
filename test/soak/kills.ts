// kill -9 for relay and sink, 200 times: what was on disk arrives, what is lost was sent a moment before a kill.
//
//   bin/node test/soak/kills.ts [rounds] [seed]     (about ten minutes for 200 rounds; test:system runs 20)
import { test } from 'node:test';
import { assertKillSummary } from './kill-assert.ts';
import { renderKillSummary, runKillRounds } from './kill-rounds.ts';

const [rounds = '200', seed = '1'] = process.argv.slice(2);

test(`${rounds} kills lose nothing that was on disk (seed ${seed})`, async (t) => {
  const options = { rounds: Number(rounds), seed: Number(seed), rate: 50_000 };
  const summary = await runKillRounds(t, options, (text) => console.log(`  ${text}`));
  console.log(`  ${renderKillSummary(summary)}`);
  assertKillSummary(summary, options);
});
