import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReloadAnswer } from '../../../src/admin/http/reload-routes.ts';
import { HttpBench } from './http-bench.ts';

function bench(answer: ReloadAnswer): { readonly http: HttpBench; readonly asked: string[] } {
  const asked: string[] = [];
  const reload = async (by: string, dryRun: boolean): Promise<ReloadAnswer> => {
    asked.push(`${by} ${dryRun}`);
    return answer;
  };
  return { http: new HttpBench({}, { reload }), asked };
}

test('POST /api/reload answers with the difference', async (t) => {
  const { http, asked } = bench({ ok: true, diff: ['+ route a', '= 1 route kept'], warnings: ['w'] });
  await http.start(t);
  const response = await http.get('/api/reload', { method: 'POST' });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    changed: true,
    dry_run: false,
    diff: ['+ route a', '= 1 route kept'],
    warnings: ['w'],
  });
  await http.get('/api/reload?dry_run=true', { method: 'POST' });
  assert.deepEqual(asked, ['http false', 'http true']);
  assert.equal((await http.get('/api/reload?dry_run=yes', { method: 'POST' })).status, 400);
  assert.equal((await http.get('/api/reload')).status, 405);
});

test('a config that is refused answers 400 with every problem', async (t) => {
  const { http } = bench({ ok: false, problems: ['c.toml:1:1: one', 'c.toml:2:1: two'] });
  await http.start(t);
  const response = await http.get('/api/reload', { method: 'POST' });
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), {
    error: 'the config was refused; nothing was changed',
    problems: ['c.toml:1:1: one', 'c.toml:2:1: two'],
  });
});

test('a page in a browser cannot make the relay reload', async (t) => {
  const { http, asked } = bench({ ok: true, diff: [], warnings: [] });
  await http.start(t);
  const headers = { origin: 'http://example.com' };
  assert.equal((await http.get('/api/reload', { method: 'POST', headers })).status, 403);
  assert.deepEqual(asked, []);
});
