import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashBytes } from '../../../src/telemetry/top/hyper-log-log.ts';
import { KeyPrefixes } from '../../../src/telemetry/top/key-prefixes.ts';
import { PrefixSeries } from '../../../src/telemetry/top/prefix-series.ts';

const SEED = 7;

function hashOf(text: string): number {
  return hashBytes(Buffer.from(text), Buffer.byteLength(text), SEED);
}

function add(sketch: PrefixSeries, name: string, series: string): void {
  sketch.add(Buffer.from(`${name}.${series}`), Buffer.byteLength(name), hashOf(name), hashOf(series));
}

test('the prefixes of a key are those of its nodes, whatever the key looks like', () => {
  const prefixes = new KeyPrefixes(3, SEED);
  const cases: [key: string, prefixes: string[]][] = [
    ['a.b.c.d', ['a', 'a.b', 'a.b.c']],
    ['a.b', ['a', 'a.b', 'a.b']],
    ['a', ['a', 'a', 'a']],
    ['.a.b.c', ['.a', '.a.b', '.a.b.c']],
    ['a..b', ['a', 'a.', 'a..b']],
    ['a.b;dc=x.y.z', ['a', 'a.b', 'a.b']],
    [`${'x'.repeat(300)}.y`, ['x'.repeat(256), 'x'.repeat(256), 'x'.repeat(256)]],
  ];
  for (const [key, expected] of cases) {
    assert.equal(prefixes.read(Buffer.from(key)), hashOf(key), key);
    const found = [...prefixes.sizes].map((size) => key.slice(0, size));
    assert.deepEqual(found, expected);
    assert.deepEqual([...prefixes.hashes], expected.map(hashOf));
  }
});

test('names that have a place are counted exactly, the heaviest keep theirs in a storm of names', () => {
  const sketch = new PrefixSeries(20);
  for (let i = 0; i < 10_000; i++) {
    add(sketch, 'steady', `s${i}`);
    add(sketch, `storm${i}`, 's');
    if (i % 4 === 0) add(sketch, 'calm', `c${i}`);
  }
  const all = sketch.all();
  assert.equal(all.size, 20);
  const steady = all.get('steady');
  assert.deepEqual([steady?.missed, steady?.fresh], [0, 10_000]);
  assert.ok(Math.abs((steady?.series ?? 0) / 10_000 - 1) < 0.1);
  const calm = all.get('calm');
  assert.ok((calm?.fresh ?? 0) + (calm?.missed ?? 0) >= 2500);
  for (const [name, { series, missed }] of all) {
    if (name.startsWith('storm')) assert.ok(series === 1 && missed <= 30_000 / 20, `${name}: ${missed}`);
  }
});

test('a name that was driven out and comes again is found again', () => {
  const sketch = new PrefixSeries(8);
  for (let round = 0; round < 2000; round++) {
    for (let i = 0; i < 8; i++) add(sketch, `r${(round * 5 + i) % 31}`, `s${round}`);
    const last = `r${(round * 5 + 7) % 31}`;
    assert.ok(sketch.all().has(last), last);
    assert.equal(sketch.all().size, 8);
  }
});

test('new series are those of this minute and the last', () => {
  const sketch = new PrefixSeries(4);
  add(sketch, 'a', '1');
  sketch.rotate();
  add(sketch, 'a', '2');
  assert.equal(sketch.all().get('a')?.fresh, 2);
  sketch.rotate();
  assert.equal(sketch.all().get('a')?.fresh, 1);
  sketch.rotate();
  assert.equal(sketch.all().get('a')?.fresh, 0);
});

test('whatever comes, the place of one of the lightest goes, and its weight is the error', () => {
  const places = 12;
  const seed = Math.floor(Math.random() * 1e9);
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const sketch = new PrefixSeries(places);
  const weights = new Map<string, number>();
  for (let step = 0; step < 3000; step++) {
    // Few names often, many names seldom.
    const name = `n${Math.floor(40 * random() ** 3)}`;
    add(sketch, name, `s${step}`);
    if (!weights.has(name) && weights.size === places) {
      const all = sketch.all();
      const [gone, ...more] = [...weights.keys()].filter((known) => !all.has(known));
      const lightest = Math.min(...weights.values());
      const said = `step ${step} of seed ${seed}`;
      assert.deepEqual(
        [more, weights.get(gone ?? ''), all.get(name)?.missed],
        [[], lightest, lightest],
        said,
      );
      weights.set(name, lightest);
      weights.delete(gone ?? '');
    }
    weights.set(name, (weights.get(name) ?? 0) + 1);
  }
});
