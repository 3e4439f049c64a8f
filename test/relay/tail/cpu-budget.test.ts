import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuBudget } from '../../../src/relay/tail/cpu-budget.ts';

test('work takes its share of the time in the long run, and what was saved up at first', () => {
  const budget = new CpuBudget({ share: 0.02, burstMs: 50, pieceMs: 2 }, 0);
  let workedMs = 0;
  let nowMs = 0;
  for (; nowMs < 100_000; nowMs += 0.5) {
    if (!budget.begin(nowMs)) continue;
    nowMs += 1;
    workedMs += 1;
    budget.end(nowMs);
  }
  assert.ok(workedMs > 2000 && workedMs < 2060, `${workedMs} ms`);
});

test('a piece ends after its time, and what other processes took of it is charged up to that', () => {
  const budget = new CpuBudget({ share: 0.02, burstMs: 50, pieceMs: 2 }, 0);
  let nowMs = 0;
  for (let piece = 0; piece < 25; piece++) {
    assert.ok(budget.begin(nowMs), `piece ${piece}`);
    assert.ok(!budget.isSpent(nowMs + 1.9));
    assert.ok(budget.isSpent(nowMs + 2));
    nowMs += 40;
    budget.end(nowMs);
  }
  assert.ok(!budget.begin(nowMs));
});
