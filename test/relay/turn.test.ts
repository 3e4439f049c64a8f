// The turn: what runs after the reads, and when the loop naps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turn } from '../../src/relay/turn.ts';
import { FakeClock } from '../destination/fake-clock.ts';

function makeRig(napMsMax = 4) {
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
      settled: (fn) => fn(),
    },
  );
  /** One turn of the loop in which `bytes` arrived, `gapMs` after the last. */
  const runTurn = (bytes: number, gapMs: number) => {
    clock.nowMs += gapMs;
    if (bytes > 0) turn.noteInput(bytes);
    for (const fn of due.splice(0)) fn();
  };
  return { clock, turn, naps, due, runTurn };
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

test('input after a pause is never followed by a nap', () => {
  const { runTurn, naps } = makeRig();
  for (let i = 0; i < 10; i++) runTurn(100, 50);
  assert.deepEqual(naps, []);
});

test('a steady trickle naps for as long as it may', () => {
  const { runTurn, naps } = makeRig();
  for (let i = 0; i < 50; i++) runTurn(60, 0.3);
  assert.ok(naps.length > 40);
  assert.equal(naps.at(-1), 4);
});

test('the nap shortens as the rate grows, and ends where turns bring enough by themselves', () => {
  const at = (bytesPerMs: number) => {
    const { runTurn, naps } = makeRig();
    for (let i = 0; i < 200; i++) runTurn(bytesPerMs * ((naps.at(-1) ?? 0) + 0.3), 0.3);
    return naps.length > 100 ? (naps.at(-1) ?? 0) : 0;
  };
  const medium = at(6500);
  assert.ok(medium > 0.5 && medium < 2, `${medium} ms at 6.5 KB/ms`);
  assert.equal(at(100_000), 0);
});

test('with a nap of 0 the loop never naps', () => {
  const { runTurn, naps } = makeRig(0);
  for (let i = 0; i < 50; i++) runTurn(60, 0.3);
  assert.deepEqual(naps, []);
});

test('a turn in which a sender connected ends without a nap', () => {
  const { turn, runTurn, naps } = makeRig();
  for (let i = 0; i < 50; i++) {
    turn.noteConnection();
    runTurn(60, 0.3);
  }
  assert.deepEqual(naps, []);
});

test('a turn that others wait for at the disk ends without a nap', () => {
  const { turn, runTurn, naps } = makeRig();
  for (let i = 0; i < 50; i++) {
    turn.noteQueue();
    runTurn(60, 0.3);
  }
  assert.deepEqual(naps, []);
  for (let i = 0; i < 50; i++) runTurn(60, 0.3);
  assert.ok(naps.length > 0);
});

test('a limit shortens naps', () => {
  const { turn, runTurn, naps } = makeRig();
  turn.limitNap(1);
  for (let i = 0; i < 50; i++) runTurn(60, 0.3);
  assert.equal(Math.max(...naps), 1);
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

test('without naps the bytes of a turn are forgotten with it', () => {
  const { turn, clock, runTurn } = makeRig(0);
  runTurn(100_000, 0);
  turn.noteInput(100);
  clock.nowMs += 1000;
  assert.equal(turn.isLong(1), false);
});
