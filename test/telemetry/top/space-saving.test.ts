import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SpaceSaving } from '../../../src/telemetry/top/space-saving.ts';

test('a stream of few keys is counted exactly', () => {
  const sketch = new SpaceSaving(4);
  for (const [key, weight] of [
    ['a', 5],
    ['b', 1],
    ['a', 2],
    ['c', 9],
  ] as const)
    sketch.add(key, weight);
  const told = sketch.entries.map(({ key, weight, error }) => [key, weight, error]);
  assert.deepEqual(
    told.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ['a', 7, 0],
      ['b', 1, 0],
      ['c', 9, 0],
    ],
  );
  assert.equal(sketch.weight, 17);
  assert.equal(sketch.missedMax, 0);
});

test('whatever comes, weights are bounds, and who is heavy has a place', () => {
  const stream = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 20 })), { maxLength: 400 });
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 12 }), (items, places) => {
      const sketch = new SpaceSaving(places);
      const truth = new Map<string, number>();
      let all = 0;
      for (const [number, weight] of items) {
        const key = `k${number}`;
        all += weight;
        truth.set(key, (truth.get(key) ?? 0) + weight);
        assert.equal(sketch.add(key, weight).key, key);
      }
      assert.equal(sketch.weight, all);
      assert.ok(sketch.entries.length <= places);
      for (const entry of sketch.entries) {
        const was = truth.get(entry.key) ?? 0;
        assert.ok(entry.weight >= was && entry.weight - entry.error <= was, entry.key);
        assert.ok(entry.error <= all / places);
        assert.equal(sketch.find(entry.key), entry);
      }
      for (const [key, was] of truth) {
        if (sketch.find(key) === undefined) assert.ok(was <= sketch.missedMax && was <= all / places, key);
      }
    }),
  );
});

test('an entry whose place another key takes is emptied', () => {
  const emptied: string[] = [];
  const sketch = new SpaceSaving(1, undefined, ({ key }) => void emptied.push(key));
  sketch.add('a', 1);
  sketch.add('b', 1);
  sketch.add('b', 1);
  assert.deepEqual(emptied, ['a']);
  assert.deepEqual(sketch.entries, [{ key: 'b', weight: 3, error: 1, at: 0 }]);
  sketch.clear();
  assert.equal(sketch.find('b'), undefined);
  assert.equal(sketch.weight, 0);
});
