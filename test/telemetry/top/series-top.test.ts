import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesTop } from '../../../src/telemetry/top/series-top.ts';
import type { TopQuery } from '../../../src/telemetry/top/top-report.ts';

const ASKED: TopQuery = { by: 'prefix', depth: 1, limit: 20, sort: 'linesPerSec' };

/** A sequence that looks random and is the same each time. */
function makeRandom(): () => number {
  let state = 54_321;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) / 0x8000_0000;
}

function makeRig() {
  const clock = { nowMs: 1000, monotonicMs: () => clock.nowMs };
  const books = new Map<string, number>();
  const top = new SeriesTop({
    clock,
    random: makeRandom(),
    routeOf: (output) => ['all', 'all', 'web'][output],
    routeLines: () => new Map(books),
  });
  const known = new Set<string>();
  return {
    clock,
    books,
    top,
    /** A run of lines; keys seen first are resolved to `outputs`. */
    run: (source: string, keys: readonly string[], outputs: readonly number[] = [0]): void => {
      top.setSource(source);
      for (const key of keys) {
        if (known.has(key)) continue;
        known.add(key);
        top.resolved(Buffer.from(key), true, outputs);
      }
      top.ran(keys.length, (nth) => Buffer.from(keys[nth] ?? ''));
    },
    ask: (query: Partial<TopQuery> = {}) => top.report({ ...ASKED, ...query }),
  };
}

test('slow traffic is told exactly, by prefix of any depth and by source', () => {
  const { clock, run, ask } = makeRig();
  for (let sec = 0; sec < 10; sec++) {
    run('10.0.0.1', ['a.b.c', 'a.b.d', 'a.x', 'q']);
    run('10.0.0.2', ['z.tag;dc=a.b']);
    clock.nowMs += 1000;
  }
  const rows = (query: Partial<TopQuery>) =>
    ask(query).rows.map((row) => [row.name, row.linesPerSec, row.linesPerSecError, row.series]);
  assert.deepEqual(rows({}), [
    ['a', 3, 0, 3],
    ['q', 1, 0, 1],
    ['z', 1, 0, 1],
  ]);
  assert.deepEqual(rows({ depth: 2 }), [
    ['a.b', 2, 0, 2],
    ['a.x', 1, 0, 1],
    ['q', 1, 0, 1],
    ['z.tag', 1, 0, 1],
  ]);
  assert.deepEqual(rows({ depth: 3, limit: 2 }), [
    ['a.b.c', 1, 0, 1],
    ['a.b.d', 1, 0, 1],
  ]);
  assert.deepEqual(rows({ by: 'source' }), [
    ['10.0.0.1', 4, 0, 4],
    ['10.0.0.2', 1, 0, 1],
  ]);
  const { windowSec, linesPerSec, series, newSeriesPerMinute, sampledEvery } = ask();
  assert.deepEqual(
    { windowSec, linesPerSec, series, newSeriesPerMinute, sampledEvery },
    {
      windowSec: 10,
      linesPerSec: 5,
      series: 5,
      newSeriesPerMinute: 5,
      sampledEvery: 1,
    },
  );
});

test('fast traffic is told within the error that the answer names', () => {
  const { clock, run, ask } = makeRig();
  const shares = { hot: 0.6, warm: 0.3, mild: 0.08, cold: 0.02 };
  const keys = Object.entries(shares).flatMap(([name, share]) =>
    Array.from({ length: share * 1000 }, (_, i) => `servers.${name}.n${i}`),
  );
  for (let run100 = 0; run100 < 30_000; run100++) {
    run('10.0.0.1', keys);
    clock.nowMs += 1;
  }
  const { rows, sampledEvery = 0 } = ask({ depth: 2 });
  assert.ok(sampledEvery > 900, `${sampledEvery}`);
  assert.deepEqual(
    rows.map(({ name }) => name.slice(8)),
    ['hot', 'warm', 'mild', 'cold'],
  );
  for (const { name, linesPerSec, linesPerSecError, series } of rows) {
    const share = shares[name.slice(8) as keyof typeof shares];
    const off = Math.abs(linesPerSec - share * 1_000_000);
    assert.ok(off <= linesPerSecError * 1.5, `${name}: off by ${off}, said ${linesPerSecError}`);
    assert.ok(linesPerSecError < 0.4 * linesPerSec, name);
    assert.ok(Math.abs(series / (share * 1000) - 1) < 0.07, `${name}: ${series} series`);
  }
});

test('rates are those of the last minutes, series those since the start', () => {
  const { clock, run, ask } = makeRig();
  run('10.0.0.1', ['old.a', 'old.b']);
  clock.nowMs += 61_000;
  run('10.0.0.1', ['young.a']);
  assert.deepEqual(
    ask().rows.map(({ name, linesPerSec }) => [name, linesPerSec > 0]),
    [
      ['old', true],
      ['young', true],
    ],
  );
  clock.nowMs += 61_000;
  const [old, young] = ask({ sort: 'series' }).rows;
  assert.deepEqual([old?.name, old?.linesPerSec, old?.series, old?.newSeriesPerMinute], ['old', 0, 2, 0]);
  assert.ok((young?.linesPerSec ?? 0) > 0);
  clock.nowMs += 3_600_000;
  const later = ask({ sort: 'series' });
  assert.ok(later.windowSec <= 120, `${later.windowSec}`);
  assert.deepEqual(
    later.rows.map(({ name, linesPerSec }) => [name, linesPerSec]),
    [
      ['old', 0],
      ['young', 0],
    ],
  );
  assert.deepEqual([later.newSeriesPerMinute, later.series], [0, 3]);
});

test('routes have the lines of their books and the series that lead to them', () => {
  const { clock, books, top, run, ask } = makeRig();
  run('10.0.0.1', ['a', 'b', 'c'], [0, 1]);
  run('10.0.0.1', ['w'], [0, 1, 2]);
  books.set('all', 500).set('web', 20);
  clock.nowMs += 10_000;
  const rows = () => ask({ by: 'route' }).rows.map((row) => [row.name, row.linesPerSec, row.series]);
  assert.deepEqual(rows(), [
    ['all', 50, 4],
    ['web', 2, 1],
  ]);
  // The table changes: every key is resolved anew, and is no new series.
  for (const key of ['a', 'b', 'c', 'w']) top.resolved(Buffer.from(key), false, [2]);
  assert.deepEqual(rows(), [
    ['all', 50, 4],
    ['web', 2, 4],
  ]);
  assert.equal(ask().newSeriesPerMinute, 4);
});

test('a million prefixes, sources and long keys cost no more memory than the first thousands', () => {
  const { clock, top, run, ask } = makeRig();
  const long = 'x'.repeat(60_000);
  for (let i = 0; i < 3000; i++) {
    run(`10.0.${i >> 8}.${i & 255}`, [`p${i}.${long}`, `p${i}.q.r${i}.s.t`]);
    clock.nowMs += 10;
  }
  for (let i = 0; i < 100; i++) run('10.9.9.9', [`flood.n${i}`, 'steady.a', 'steady.a', 'steady.a']);
  for (let depth = 1; depth <= 5; depth++) {
    const { rows } = ask({ depth, limit: 100_000 });
    assert.ok(rows.length <= 1250, `depth ${depth}: ${rows.length}`);
    for (const { name } of rows) assert.ok(name.length <= 256);
  }
  assert.ok(ask({ by: 'source', limit: 100_000 }).rows.length <= 1250);
  const [first] = ask({ depth: 1 }).rows;
  assert.equal(first?.name, 'steady');
  assert.equal(ask({ by: 'source' }).rows[0]?.name, '10.9.9.9');
  assert.ok(Math.abs(top.report(ASKED).series / 6101 - 1) < 0.07);
});

test('a key longer than what is looked at of it is one series, however it is seen', () => {
  const { clock, run, ask } = makeRig();
  const long = `a.${'b'.repeat(400)}`;
  for (let sec = 0; sec < 5; sec++) {
    run('10.0.0.1', [`${long}1`, `${long}2`]);
    clock.nowMs += 1000;
  }
  const [row] = ask({ by: 'source' }).rows;
  assert.deepEqual([row?.series, row?.linesPerSec], [2, 2]);
});

test('lines of many sources within a moment are counted by source, all of them', () => {
  const { clock, run, ask } = makeRig();
  for (let read = 0; read < 6000; read++) run(`10.0.0.${read % 3}`, ['a.b.c']);
  clock.nowMs += 1000;
  assert.deepEqual(
    ask({ by: 'source' }).rows.map(({ name, linesPerSec }) => [name, linesPerSec]),
    [
      ['10.0.0.0', 2000],
      ['10.0.0.1', 2000],
      ['10.0.0.2', 2000],
    ],
  );
});

test('lines count in the minute in which they came, whenever they are looked at', () => {
  const { clock, run, ask } = makeRig();
  clock.nowMs += 59_990;
  run('10.0.0.1', ['a.b']);
  clock.nowMs += 20;
  run('10.0.0.1', ['a.b', 'a.c']);
  clock.nowMs += 59_990;
  const { rows } = ask();
  assert.deepEqual(
    rows.map(({ name, linesPerSec }) => [name, Math.round(linesPerSec * 60)]),
    [['a', 2]],
  );
});
