// Waiting for moments below a millisecond.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../../src/cli/bench/pacer.ts';

const nowMicros = (): number => performance.now() * 1000;

test('a pacer is never early, and soon after', async () => {
  const pacer = new Pacer(nowMicros);
  const lateness: number[] = [];
  const start = nowMicros();
  for (let moment = 1; moment <= 200; moment++) {
    await pacer.until(start + moment * 500);
    lateness.push(nowMicros() - start - moment * 500);
  }
  assert.ok(Math.min(...lateness) >= 0);
  // The median: a busy machine wakes a thread late now and then.
  const median = lateness.toSorted((a, b) => a - b)[100] ?? 0;
  assert.ok(median < 5000, `${median} µs late`);
});
