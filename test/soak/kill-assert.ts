// What must hold after kills, whatever their moments were.
import assert from 'node:assert/strict';
import { AGAIN_LINES_MAX, type KillOptions, type KillSummary } from './kill-rounds.ts';

/** Longest time to a start on any of the folders that the kills left. */
const START_MS_MAX = 8000;

/** Asserts that nothing was lost but what a kill may take. */
export function assertKillSummary(summary: KillSummary, { rounds, rate }: KillOptions): void {
  assert.deepEqual(summary.damaged, []);
  assert.deepEqual(summary.verdicts, []);
  assert.equal(summary.relayKills, rounds);
  // Without these the run would not have tried anything.
  assert.ok(summary.sinkKills > 0 && summary.listed > 0 && summary.again > 0, 'nothing of note happened');
  assert.ok(summary.sent > (rounds * rate) / 4, `only ${summary.sent} lines were sent`);
  assert.equal(summary.listedMissing, 0, 'lines that were on disk');
  assert.equal(summary.unexcused, 0, 'lines that were sent long before a kill');
  assert.ok(summary.againMax <= AGAIN_LINES_MAX, `${summary.againMax} lines came twice on one connection`);
  assert.ok(summary.slowestStartMs < START_MS_MAX, `a start took ${summary.slowestStartMs} ms`);
}
