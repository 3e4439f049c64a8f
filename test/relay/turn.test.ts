// The turn: what runs after the reads, and when the loop naps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turn } from '../../src/relay/turn.ts';
import { FakeClock } from '../destination/fake-clock.ts';

/** Between two turns of a flow, beside the nap, ms. */
const GAP_MS = 0.3;

function makeRig(napMsMax = 2) {
  const clock = new FakeClock();
  const due: (() => void)[] = [];
  const naps: number[] = [];
  const turn = new Turn(
    { napMsMax },
    {
      clock,
      nap(ms) {
        naps.push(ms);
        clock.nowMs += ms;
      },
      soon: (fn) => void due.push(fn),
      settled(fn) {
        rig.beforeNap();
        fn();
      },
    },
  );
  /** One turn of the loop in which `bytes` arrived, `gapMs` after the last. */
  const runTurn = (bytes: number, gapMs: number) => {
    clock.nowMs += gapMs;
    if (bytes > 0) turn.noteInput(bytes);
    for (const fn of due.splice(0)) fn();
  };
  const rig = { clock, turn, naps, due, runTurn, lastNapMs: 0, beforeNap: () => {} };
  return rig;
}

test('functions run once, in order, after the turn, and what they ask for runs after the next', () => {
  const { turn, due, runTurn } = makeRig();
  const ran: string[] = [];
  turn.after(() => {
    ran.push('a');
    turn.after(() => void ran.push('c'));
  });
  turn.after(() => void ran.push('b'));
  assert.equal(due.length, 1);
  runTurn(0, 0);
  assert.deepEqual(ran, ['a', 'b']);
  runTurn(0, 0);
  assert.deepEqual(ran, ['a', 'b', 'c']);
});

/** Runs turns under a steady flow: what arrives during a nap comes with the next turn. Returns the naps of the second half. */
function flow(rig: ReturnType<typeof makeRig>, bytesPerMs: number, turns = 200): number[] {
  let settled = 0;
  for (let turn = 0; turn < turns; turn++) {
    if (turn === turns / 2) settled = rig.naps.length;
    const before = rig.naps.length;
    const napMs = rig.lastNapMs;
    rig.runTurn(bytesPerMs * (napMs + GAP_MS), GAP_MS);
    rig.lastNapMs = rig.naps.length > before ? (rig.naps.at(-1) ?? 0) : 0;
  }
  return rig.naps.slice(settled);
}

test('input after a pause is never followed by a nap', () => {
  const { runTurn, naps } = makeRig();
  for (let i = 0; i < 10; i++) runTurn(1000, 50);
  assert.deepEqual(naps, []);
});

test('a trickle is never delayed: a nap would gather nothing', () => {
  const rig = makeRig();
  // 3,000 lines a second, in groups of three.
  for (let i = 0; i < 2000; i++) rig.runTurn(195, 1);
  assert.deepEqual(rig.naps, []);
});

test('a nap is as long as a kilobyte takes to arrive', () => {
  const rig = makeRig();
  const naps = flow(rig, 1000);
  assert.ok(naps.length > 50);
  const ms = naps.at(-1) ?? 0;
  assert.ok(ms > 0.8 && ms <= 1.03, `${ms} ms at 1 KB/ms`);
});

test('a flow that needs naps beyond the longest gets none, and a faster one none below the shortest', () => {
  assert.deepEqual(flow(makeRig(), 300), []);
  const naps = flow(makeRig(), 6500);
  assert.ok(naps.length > 50);
  assert.deepEqual(new Set(naps), new Set([0.6]));
});

test('where turns bring enough by themselves there is no nap', () => {
  assert.deepEqual(flow(makeRig(), 100_000), []);
});

test('a burst after quiet is not followed by naps once it is over', () => {
  const rig = makeRig();
  flow(rig, 4500, 20);
  assert.ok(rig.naps.length > 0);
  const before = rig.naps.length;
  for (let i = 0; i < 1000; i++) rig.runTurn(195, 1);
  assert.ok(rig.naps.length - before < 40, `${rig.naps.length - before} naps`);
});

test('with a nap of 0 the loop never naps', () => {
  const { runTurn, naps } = makeRig(0);
  for (let i = 0; i < 50; i++) runTurn(1000, 0.3);
  assert.deepEqual(naps, []);
});

test('a turn in which a sender connected ends without a nap', () => {
  const { turn, runTurn, naps } = makeRig();
  for (let i = 0; i < 50; i++) {
    turn.noteConnection();
    runTurn(1000, 0.3);
  }
  assert.deepEqual(naps, []);
});

test('a turn that others wait for at the disk ends without a nap', () => {
  const { turn, runTurn, naps } = makeRig();
  for (let i = 0; i < 50; i++) {
    turn.noteQueue();
    runTurn(1000, 0.3);
  }
  assert.deepEqual(naps, []);
  for (let i = 0; i < 50; i++) runTurn(1000, 0.3);
  assert.ok(naps.length > 0);
});

test('one who begins to wait between the turn and its nap is not kept waiting', () => {
  const rig = makeRig();
  flow(rig, 1000);
  const before = rig.naps.length;
  for (let i = 0; i < 50; i++) {
    rig.beforeNap = () => rig.turn.noteQueue();
    rig.runTurn(1000, 0.3);
  }
  assert.equal(rig.naps.length, before);
});

test('under a limit no nap is longer', () => {
  const rig = makeRig();
  rig.turn.limitNap(1);
  assert.deepEqual(flow(rig, 700), []);
  assert.ok(flow(rig, 1500).length > 50);
  assert.ok(Math.max(...rig.naps) <= 1);
});

test('a turn is long when it has read for more than 20 ms, and a little more for each connection', () => {
  const { turn, clock, runTurn } = makeRig();
  turn.noteInput(100_000);
  assert.equal(turn.isLong(4), false);
  clock.nowMs += 21;
  turn.noteInput(100_000);
  assert.equal(turn.isLong(1000), false);
  turn.noteInput(100_000);
  assert.equal(turn.isLong(4), true);
  runTurn(0, 0);
  turn.noteInput(100_000);
  assert.equal(turn.isLong(4), false, 'the next turn begins anew');
});

test('a sender that goes on at the end of a turn is read in the next, which may be long too', () => {
  const { turn, clock, runTurn } = makeRig();
  turn.noteConnection();
  turn.after(() => {
    turn.noteInput(1);
    turn.isLong(1);
  });
  runTurn(0, 0);
  turn.noteInput(64 * 1024);
  clock.nowMs += 100;
  assert.equal(turn.isLong(1), true);
});

test('without naps the bytes of a turn are forgotten with it', () => {
  const { turn, clock, runTurn } = makeRig(0);
  runTurn(100_000, 0);
  turn.noteInput(100);
  clock.nowMs += 1000;
  assert.equal(turn.isLong(1), false);
});
