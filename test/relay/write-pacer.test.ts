// The pacer of small writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WritePacer } from '../../src/relay/write-pacer.ts';
import { FakeClock } from '../destination/fake-clock.ts';

function makeRig() {
  const clock = new FakeClock();
  const pacer = new WritePacer({ clock });
  const write = (perMs: number, forMs: number, bytes = 64) => {
    for (let i = 0; i < perMs * forMs; i++) {
      clock.nowMs += 1 / perMs;
      pacer.noteWrite(bytes);
    }
  };
  return { pacer, write };
}

test('few small writes are not paced', () => {
  const { pacer, write } = makeRig();
  write(10, 1000);
  assert.equal(pacer.paceMs, 0);
});

test('the pace grows while small writes are too many, to a bound, and goes back to nothing', () => {
  const { pacer, write } = makeRig();
  write(100, 100);
  assert.ok(pacer.paceMs >= 4, `${pacer.paceMs}`);
  write(100, 2000);
  assert.equal(pacer.paceMs, 32);
  write(18, 500);
  assert.equal(pacer.paceMs, 32);
  write(5, 1000);
  assert.equal(pacer.paceMs, 0);
});

test('large writes do not count', () => {
  const { pacer, write } = makeRig();
  write(100, 1000, 64 * 1024);
  assert.equal(pacer.paceMs, 0);
});
