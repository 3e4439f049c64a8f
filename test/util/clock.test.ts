// The machine's clock: what the system's timers do not say of themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/util/clock.ts';

const DAY_MS = 86_400_000;

test('a wait longer than the longest timer of the system does not end at once', async (t) => {
  let ended = false;
  const cancel = systemClock.after(60 * DAY_MS, () => {
    ended = true;
  });
  t.after(cancel);
  // The system would cut it to 1 ms.
  await new Promise<void>((resolve) => void systemClock.after(20, resolve));
  assert.equal(ended, false);
});

test('a long wait ends in time, and not after it was cancelled', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ended: string[] = [];
  systemClock.after(60 * DAY_MS, () => ended.push('kept'));
  const cancel = systemClock.after(60 * DAY_MS, () => ended.push('cancelled'));
  // In steps that the timers inside fall on: mocked time jumps from call to call.
  t.mock.timers.tick(2 ** 31 - 1);
  cancel();
  t.mock.timers.tick(2 ** 31 - 1);
  t.mock.timers.tick(60 * DAY_MS - 2 * (2 ** 31 - 1) - 1);
  assert.deepEqual(ended, []);
  t.mock.timers.tick(1);
  assert.deepEqual(ended, ['kept']);
});
