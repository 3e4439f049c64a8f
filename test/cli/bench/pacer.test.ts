// Waiting for moments below a millisecond.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../../src/cli/bench/pacer.ts';

const nowMicros = (): number => performance.now() * 1000;

const WAIT_MICROS = 500;

test('a pacer is never early, and soon after', async () => {
  const pacer = new Pacer(nowMicros);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const lateness: number[] = [];
  const plain: number[] = [];
  for (let moment = 0; moment < 200; moment++) {
    const due = nowMicros() + WAIT_MICROS;
    await pacer.until(due);
    lateness.push(nowMicros() - due);
    // What the machine makes of a plain sleep at the same time.
    const start = nowMicros();
    Atomics.wait(cell, 0, 0, WAIT_MICROS / 1000);
    plain.push(nowMicros() - start - WAIT_MICROS);
  }
  assert.ok(Math.min(...lateness) >= 0, `${Math.min(...lateness)} µs late`);
  // The median: a busy machine wakes a thread late now and then.
  const [late, plainLate] = [median(lateness), median(plain)];
  assert.ok(late < 5000 + 4 * plainLate, `${late} µs late, a plain sleep ${plainLate} µs`);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
