import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISTINCT_ERROR, hashBytes, HyperLogLog } from '../../../src/telemetry/top/hyper-log-log.ts';

function hashOf(text: string, seed = 1): number {
  const bytes = Buffer.from(text);
  return hashBytes(bytes, bytes.length, seed);
}

test('few and many different keys are counted within the error', () => {
  for (const count of [0, 1, 2, 10, 100, 1000, 3000, 5000, 10_000, 100_000, 1_000_000]) {
    const sketch = new HyperLogLog();
    for (let i = 0; i < count; i++) sketch.add(hashOf(`servers.host${i}.cpu.user`));
    const off = Math.abs(sketch.count() - count);
    assert.ok(off <= 3 * DISTINCT_ERROR * count, `${count}: ${sketch.count()}`);
  }
});

test('a key that comes again counts once, and an emptied sketch holds none', () => {
  const sketch = new HyperLogLog();
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 20; i++) sketch.add(hashOf(`k${i}`));
  }
  assert.equal(Math.round(sketch.count()), 20);
  sketch.clear();
  assert.equal(sketch.count(), 0);
});

test('the estimates of many sketches are right in the mean, whatever the seed', () => {
  for (const count of [700, 6000, 20_000]) {
    let sum = 0;
    for (let seed = 0; seed < 40; seed++) {
      const sketch = new HyperLogLog();
      for (let i = 0; i < count; i++) sketch.add(hashOf(`a.b${i}`, seed));
      sum += sketch.count();
    }
    // The error of the mean of 40 is a sixth of that of one.
    assert.ok(Math.abs(sum / 40 / count - 1) < DISTINCT_ERROR / 2, `${count}: ${sum / 40}`);
  }
});
