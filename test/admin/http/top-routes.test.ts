import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopReport } from '../../../src/telemetry/top/top-report.ts';
import { HttpBench } from './http-bench.ts';

test('the heaviest are listed by prefix, source and route', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.top.setSource('10.0.0.1');
  for (const key of ['a.b.c', 'a.b.d']) bench.top.resolved(Buffer.from(key), true, [1]);
  bench.top.ran(2, () => Buffer.from('a.b.c'));
  bench.view.counts.received = 2;
  const ask = async (query: string) =>
    (await (await bench.get(`/api/series/top${query}`)).json()) as TopReport;
  const plain = await ask('');
  assert.deepEqual([plain.by, plain.depth, plain.series], ['prefix', 2, 2]);
  assert.deepEqual(plain.rows, [
    {
      name: 'a.b',
      linesPerSec: 2,
      linesPerSecError: 0,
      share: 1,
      series: 2,
      seriesMissed: 0,
      newSeriesPerMinute: 2,
    },
  ]);
  assert.deepEqual(
    (await ask('?by=prefix&depth=1&limit=1&sort=series')).rows.map(({ name }) => name),
    ['a'],
  );
  assert.deepEqual(
    (await ask('?by=source')).rows.map(({ name, series }) => [name, series]),
    [['10.0.0.1', 2]],
  );
  assert.deepEqual(
    (await ask('?by=route&sort=newSeriesPerMinute')).rows.map(({ name, linesPerSec }) => [name, linesPerSec]),
    [['route-1', 2]],
  );
});

test('a query that cannot be answered is refused with one line', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const [query, error] of [
    ['by=sender', 'by is one of prefix, source, route'],
    ['by=', 'by is one of prefix, source, route'],
    ['depth=0', 'depth is a whole number from 1 to 5'],
    ['depth=6', 'depth is a whole number from 1 to 5'],
    ['depth=x', 'depth is a whole number from 1 to 5'],
    ['limit=501', 'limit is a whole number from 1 to 500'],
    ['limit=-1', 'limit is a whole number from 1 to 500'],
    ['sort=name', 'sort is one of linesPerSec, series, newSeriesPerMinute'],
  ]) {
    const answer = await bench.get(`/api/series/top?${query}`);
    assert.equal(answer.status, 400, query);
    assert.deepEqual(JSON.parse(await answer.text()), { error }, query);
  }
  assert.equal((await bench.get('/api/series/top', { method: 'POST' })).status, 405);
});
