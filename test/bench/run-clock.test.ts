import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunClock } from '../../bench/run-clock.ts';
import { readScenarios } from '../../bench/scenario.ts';

test('the clock says which run of how many it is, and guesses the rest by how long each took before', () => {
  const [scenario] = readScenarios();
  assert.ok(scenario !== undefined);
  let nowMs = 0;
  const lines: string[] = [];
  const clock = new RunClock(
    () => nowMs,
    (text) => lines.push(text),
  );
  clock.expect(scenario, 'a', 3);
  clock.expect(scenario, 'b', 3);
  for (const relay of ['a', 'b']) {
    clock.start(scenario, relay, 1, 3);
    nowMs += relay === 'a' ? 2000 : 100_000;
    clock.end(scenario, relay);
  }
  assert.equal(clock.leftSec(), 2 * 2 + 2 * 100);
  clock.start(scenario, 'a', 2, 3);
  assert.equal(lines.at(-1), `[3 of 6] ${scenario.name}, round 2 of 3, a; 4 min left\n`);
});
