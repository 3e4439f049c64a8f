import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLAB_BYTES, SlabPool } from '../../../src/destination/queue/slab-pool.ts';

/** Takes slabs and gives them back, as a queue that fills and empties. */
function swing(pool: SlabPool, slabs: number, nowMs: number): Set<Buffer> {
  const taken = Array.from({ length: slabs }, () => pool.take(SLAB_BYTES, nowMs));
  const memory = new Set(taken.map(({ bytes }) => bytes));
  for (const slab of taken) pool.give(slab);
  return memory;
}

test('a queue that fills and empties makes no memory anew', () => {
  const pool = new SlabPool();
  const first = swing(pool, 200, 0);
  for (let nowMs = 1000; nowMs < 60_000; nowMs += 1000) {
    for (const bytes of swing(pool, 200, nowMs)) assert.ok(first.has(bytes));
  }
});

test('what was not needed for a while is let go, but for a part', () => {
  const pool = new SlabPool();
  swing(pool, 200, 0);
  assert.equal(pool.keptBytes, 200 * SLAB_BYTES);
  for (let nowMs = 0; nowMs <= 30_000; nowMs += 1000) swing(pool, 10, nowMs);
  assert.equal(pool.keptBytes, 64 * SLAB_BYTES);
});

test('what is given back beyond the bound is not kept', () => {
  const pool = new SlabPool({ keptBytesMax: 3 * SLAB_BYTES });
  swing(pool, 10, 0);
  assert.equal(pool.keptBytes, 3 * SLAB_BYTES);
});
