import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { API, openapiDocument } from '../../../src/admin/http/openapi.ts';
import { HttpBench } from './http-bench.ts';

test('every path that is served is described, and the reverse', () => {
  const served = new HttpBench().app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(
      ({ method, path }) =>
        `${method.toLowerCase()} ${path.replace(':file{[^/]+\\.json}', '{timespec}.json').replaceAll(/:(\w+)/g, '{$1}')}`,
    );
  const described = API.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...new Set(served)].toSorted(), described.toSorted());
});

test('the description is served, and names every parameter of its paths', async (t) => {
  const bench = await new HttpBench().start(t);
  const document = (await (await bench.get('/api/openapi.json')).json()) as ReturnType<typeof JSON.parse>;
  assert.deepEqual(document, JSON.parse(JSON.stringify(openapiDocument(bench.view.version))));
  assert.equal(document.openapi, '3.1.0');
  const { parameters } = document.paths['/routes/{key}/destinations/{index}'].delete;
  assert.deepEqual(
    parameters.map(({ name }: { name: string }) => name),
    ['key', 'index'],
  );
});

test('docs/admin.md lists every path', () => {
  const text = readFileSync(new URL('../../../docs/admin.md', import.meta.url), 'utf8');
  for (const { method, path } of API)
    assert.ok(text.includes(`${method.toUpperCase()} ${path}`), `${method} ${path}`);
});
