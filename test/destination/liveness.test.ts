import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRig } from './rig.ts';

/** A rig that notes what `available` was each time it may have changed. */
function makeWatchedRig(text: string) {
  const noted: boolean[] = [];
  const rig = makeRig(text, { noteLiveness: () => void noted.push(rig.destination.available) });
  return { rig, noted };
}

test('a destination that connects for the first time is available until that fails, and then when it is online', () => {
  const { rig, noted } = makeWatchedRig('10.0.0.1:2003');
  rig.destination.start();
  assert.equal(rig.destination.available, true);
  rig.network.last.fail('refused');
  assert.equal(rig.destination.available, false);
  assert.deepEqual(noted, [false]);
  rig.reconnect();
  assert.deepEqual(noted, [false, true]);
  rig.network.last.fail('reset');
  assert.deepEqual(noted, [false, true, false]);
  for (let i = 0; i < 100 && rig.network.sockets.length === 2; i += 1) rig.clock.advance(50);
  assert.equal(rig.destination.state, 'connecting');
  assert.equal(rig.destination.available, false);
  rig.finish();
  assert.equal(rig.destination.available, false);
});

test('a connection that is renewed stays available, until the new one fails', () => {
  const { rig, noted } = makeWatchedRig('10.0.0.1:2003 max_conn_age=10000');
  rig.connect();
  rig.clock.advance(8001);
  assert.equal(rig.destination.state, 'draining');
  assert.equal(rig.destination.available, true);
  rig.network.last.finish();
  assert.equal(rig.destination.state, 'connecting');
  assert.equal(rig.destination.available, true);
  rig.network.last.fail('refused');
  assert.equal(rig.destination.available, false);
  assert.deepEqual(noted, [true, false]);
  rig.finish();
});
