// When a reader is told that it may read on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { range, SpoolRig } from './spool-rig.ts';

test('a rewind tells of nothing: whoever asks for it reads on by itself', async () => {
  for (const durable of [false, true]) {
    const rig = new SpoolRig({ durable });
    await rig.open();
    rig.offer(3);
    await rig.settle(20);
    assert.deepEqual(await rig.readAll(false), range(1, 3));
    const before = rig.readableCalls;
    rig.spool.rewind();
    assert.equal(rig.readableCalls, before);
    assert.deepEqual(await rig.readAll(), range(1, 3));
    rig.offer(1);
    await rig.settle(20);
    assert.equal(rig.readableCalls, before + 1);
  }
});
