// Aggregators at work under a clock of the test's own: ticks, late points, tables that change, bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aggregation, WINDOW_BOUNDS } from '../../src/relay/aggregation.ts';
import type { WindowsOptions } from '../../src/table/aggregator/windows.ts';
import type { AggregatorOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { aggregator, route } from '../table/table-options.ts';
import { RecordingLog } from '../input/recording-log.ts';

/** The clock begins at 20 s after a full minute. */
const START_SEC = 1_700_000_000;

/** Its wall can be set without its timers taking notice. */
class SettableClock extends FakeClock {
  setMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.setMs;
  }
}

function makeRig(options: Partial<WindowsOptions> = {}) {
  const clock = new SettableClock();
  clock.nowMs = 0;
  const lines: string[] = [];
  const turn: (() => void)[] = [];
  const state = { refreshes: 0, portions: [] as number[] };
  const aggregation = new Aggregation(
    { ...WINDOW_BOUNDS, ...options },
    {
      clock,
      log: new RecordingLog(),
      generate: (outputs, bytes, count) => {
        const text = Buffer.from(bytes).toString('latin1');
        state.portions.push(count);
        for (const line of text.trimEnd().split('\n')) lines.push(`${outputs.join()}: ${line}`);
      },
      afterTurn: (fn) => void turn.push(fn),
      refreshPlans: () => void (state.refreshes += 1),
    },
  );
  const apply = (aggregators: readonly AggregatorOptions[], prefix = ''): Snapshot => {
    const table = { blocklist: [], rewriters: [], aggregators, routes: [route({ matcher: { prefix } })] };
    const snapshot = Snapshot.compile(table, {
      outputOf: () => 7,
      slotOf: (a, f, t) => aggregation.slotOf(a, f, t),
      validateKey: () => undefined,
    });
    aggregation.apply(snapshot);
    return snapshot;
  };
  let snapshot: Snapshot | undefined;
  return {
    aggregation,
    clock,
    state,
    apply: (aggregators: readonly AggregatorOptions[], prefix?: string) => {
      snapshot = apply(aggregators, prefix);
    },
    /** Sends a point; the timestamp counts from START_SEC. */
    send: (key: string, value: number, at: number) => {
      const slots = snapshot?.resolve(Buffer.from(key)).values ?? [];
      aggregation.take({
        count: slots.length,
        slots: Uint32Array.from(slots),
        times: new Uint32Array(slots.length).fill(START_SEC + at),
        numbers: new Float64Array(slots.length).fill(value),
      });
    },
    /** Moves the clock to a second after START_SEC and tells what left. */
    until: (sec: number): string[] => {
      clock.advance(sec * 1000 - clock.nowMs);
      while (turn.length > 0) turn.shift()?.();
      return lines.splice(0).map((line) => line.replace(/17\d{8}$/, (t) => `@${Number(t) - START_SEC}`));
    },
    counts: () => countsOf(aggregation),
  };
}

/** What the first rule counted. */
function countsOf(aggregation: Aggregation) {
  const [rule] = aggregation.stats.rules;
  const { in: points, out, tooOld, amended, noRoom, tooNew, badKey, open } = rule!;
  return { in: points, out, tooOld, amended, noRoom, tooNew, badKey, open };
}

const SUM = aggregator({ intervalSec: 10, waitSec: 25, outputs: [{ function: 'sum', format: 'sum.$0' }] });
const ZERO = { in: 0, out: 0, tooOld: 0, amended: 0, noRoom: 0, tooNew: 0, badKey: 0, open: 0 };

test('COMPAT 0.11, 7.2: a bucket that starts at S leaves when the clock says S + wait', () => {
  const { apply, send, until } = makeRig();
  apply([SUM]);
  send('a', 1, 0);
  send('a', 2, 9);
  send('a', 4, 10);
  assert.deepEqual(until(24), []);
  assert.deepEqual(until(25), ['7: sum.a 3 @0']);
  assert.deepEqual(until(34), []);
  assert.deepEqual(until(35), ['7: sum.a 4 @10']);
  assert.deepEqual(until(1000), []);
});

test('7.2: a point opens no window that is due, an open one takes it until it leaves', () => {
  const { apply, send, until, counts } = makeRig();
  apply([SUM]);
  until(21);
  // Wall 21: what starts at -4 and before is due.
  send('a', 1, -5);
  send('b', 1, -4);
  assert.deepEqual(counts(), { ...ZERO, in: 2, tooOld: 2 });
  send('a', 2, 0);
  assert.deepEqual(until(24), []);
  send('a', 3, 1);
  assert.deepEqual(until(25), ['7: sum.a 5 @0']);
  send('a', 4, 1);
  assert.deepEqual(counts(), { ...ZERO, in: 5, out: 1, tooOld: 3 });
});

test('7.2: ticks are those of the rule: a late start or a long turn lets buckets leave oldest first', () => {
  const { apply, send, until, clock } = makeRig();
  apply([SUM]);
  for (const at of [20, 0, 10]) send('a', at, at);
  clock.nowMs = 46_000;
  assert.deepEqual(until(46.1), ['7: sum.a 0 @0', '7: sum.a 10 @10', '7: sum.a 20 @20']);
});

test('7.2: a future bucket waits for its time, one too far ahead is counted', () => {
  const { apply, send, until, counts } = makeRig({ futureMaxSec: 100 });
  apply([SUM]);
  send('a', 1, 100);
  send('a', 1, 110);
  assert.deepEqual(counts(), { ...ZERO, in: 2, tooNew: 1, open: 1 });
  assert.deepEqual(until(124), []);
  assert.deepEqual(until(125), ['7: sum.a 1 @100']);
});

test('the timestamp of a result is that of the start, the middle or the end of its window', () => {
  const { apply, send, until } = makeRig();
  apply([
    { ...SUM, timestamp: 'end' },
    { ...SUM, timestamp: 'middle' },
  ]);
  send('a', 1, 3);
  assert.deepEqual(until(25), ['7: sum.a 1 @10', '7: sum.a 1 @5']);
});

test('late = amend: a window leaves again with what came late, at most each interval, for five intervals', () => {
  const { apply, send, until, counts } = makeRig();
  apply([{ ...SUM, late: 'amend' }]);
  send('a', 1, 0);
  send('b', 1, 0);
  assert.deepEqual(until(25), ['7: sum.a 1 @0', '7: sum.b 1 @0']);
  send('a', 2, 5);
  send('a', 3, 5);
  send('new', 4, 5);
  assert.deepEqual(until(34), []);
  assert.deepEqual(until(35), ['7: sum.a 6 @0', '7: sum.new 4 @0']);
  assert.deepEqual(until(74), []);
  send('b', 5, 5);
  assert.deepEqual(until(75), ['7: sum.b 6 @0']);
  send('a', 9, 5);
  assert.deepEqual(until(200), []);
  assert.deepEqual(counts(), { ...ZERO, in: 7, out: 5, tooOld: 1, amended: 4 });
});

test('derive of one point leaves nothing, and its window is closed all the same', () => {
  const { apply, send, until, counts } = makeRig();
  apply([{ ...SUM, outputs: [{ function: 'derive', format: 'd' }] }]);
  send('a', 1, 0);
  assert.deepEqual(until(30), []);
  assert.deepEqual(counts(), { ...ZERO, in: 1 });
});

test('a rule that a new table has unchanged keeps its windows; those of one that is gone leave at once', () => {
  const { apply, send, until, aggregation } = makeRig();
  const max = { ...SUM, outputs: [{ function: 'max', format: 'max.$0' }] } as const;
  apply([SUM, max, max]);
  send('a', 1, 0);
  // dropRaw and cache make no difference to windows; another wait does.
  apply([max, { ...SUM, dropRaw: true, cache: true }], 'sum.');
  assert.deepEqual(until(1), [': max.a 1 @0']);
  send('a', 2, 0);
  apply([max, { ...SUM, waitSec: 30 }]);
  assert.deepEqual(until(2), ['7: sum.a 3 @0']);
  assert.deepEqual(until(25), ['7: max.a 2 @0']);
  assert.equal(aggregation.windows.stats.windows, 0);
  apply([]);
  assert.equal(aggregation.windows.stats.slots, 0);
});

test('a clock that was set back a little does not let a bucket leave twice, one far back does not stop a rule', () => {
  const { apply, send, until, clock, counts } = makeRig();
  apply([SUM]);
  send('a', 1, 0);
  assert.deepEqual(until(26), ['7: sum.a 1 @0']);
  clock.setMs = -6000;
  send('a', 2, 0);
  assert.equal(counts().tooOld, 1);
  clock.setMs = 3_600_000;
  assert.deepEqual(until(30), []);
  clock.setMs = 0;
  until(41);
  send('a', 3, 30);
  assert.deepEqual(until(54), []);
  assert.deepEqual(until(55), ['7: sum.a 3 @30']);
});

test('thousands of windows leave in portions, one a turn', () => {
  const { apply, send, until, state } = makeRig();
  apply([SUM]);
  for (let i = 0; i < 2500; i++) send(`k${i}`, i, 0);
  assert.equal(until(25).length, 2500);
  assert.deepEqual(state.portions, [1024, 1024, 452]);
});

test('without room for a key its points are counted, until idle keys are forgotten and plans made anew', () => {
  const { apply, send, until, state, counts, aggregation } = makeRig({ slotsMax: 2 });
  apply([SUM]);
  for (const key of ['a', 'b', 'c', 'c']) send(key, 1, 0);
  assert.deepEqual(counts(), { ...ZERO, in: 4, noRoom: 2, open: 2 });
  assert.deepEqual(until(25), ['7: sum.a 1 @0', '7: sum.b 1 @0']);
  until(100);
  send('b', 1, 100);
  send('c', 1, 100);
  // Two looks must have seen nothing of a key.
  until(300);
  assert.ok(state.refreshes > 0);
  send('c', 5, 300);
  assert.deepEqual(until(330), ['7: sum.c 5 @300']);
  assert.ok(aggregation.windows.stats.slots <= 2);
});

test('without room for a window or a value the points are counted', () => {
  const windows = makeRig({ windowsMax: 1 });
  windows.apply([SUM]);
  windows.send('a', 1, 0);
  windows.send('a', 1, 10);
  assert.deepEqual(windows.counts(), { ...ZERO, in: 2, noRoom: 1, open: 1 });
  const values = makeRig({ valuesMax: 64 });
  values.apply([
    {
      ...SUM,
      outputs: [
        { function: 'max', format: 'max' },
        { function: 'median', format: 'med' },
      ],
    },
  ]);
  for (let i = 1; i <= 100; i++) values.send('a', i, 0);
  assert.equal(values.aggregation.windows.stats.valuesRefused, 36);
  // The first 64 are kept; what needs no values is whole.
  assert.deepEqual(values.until(25), ['7: max 100 @0', '7: med 32.5 @0']);
  for (let i = 1; i <= 64; i++) values.send('a', 7, 30);
  assert.equal(values.aggregation.windows.stats.valuesRefused, 36);
});

test('points of keys that make no key to send are counted', () => {
  const { apply, send, counts } = makeRig();
  apply([{ ...SUM, outputs: [{ function: 'sum', format: 'a b' }] }]);
  send('a', 1, 0);
  assert.deepEqual(counts(), { ...ZERO, in: 1, badKey: 1 });
});
