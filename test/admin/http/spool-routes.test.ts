import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeSpools } from '../fake-spools.ts';
import { HttpBench } from './http-bench.ts';

const KEY = encodeURIComponent('r_a/b');

function post(
  bench: HttpBench,
  path: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Response> {
  return bench.get(path, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
}

test('GET /api/spools lists what waits on disk; a relay without spools lists none', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  assert.deepEqual(await (await bench.get('/api/spools')).json(), [spools.row]);
  const none = await new HttpBench().start(t);
  assert.deepEqual(await (await none.get('/api/spools')).json(), []);
  assert.equal((await post(none, `/api/spools/${KEY}/purge`)).status, 404);
});

test('POST purge drops what waits in one spool and says how many lines', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  const response = await post(bench, `/api/spools/${KEY}/purge`);
  assert.deepEqual([response.status, await response.json()], [200, { lines: 12 }]);
  assert.equal((await post(bench, '/api/spools/other/purge')).status, 404);
  assert.deepEqual(spools.calls, ['purge r_a/b', 'purge other']);
});

test('POST lines puts whole lines into a spool, and 503 says that it takes none now', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  const path = `/api/spools/${KEY}/lines`;
  const response = await post(bench, path, 'a.b 1 2\nc.d 3 4\n');
  assert.deepEqual([response.status, await response.json()], [200, { lines: 2 }]);
  assert.deepEqual([spools.calls, spools.loaded], [['load r_a/b 2'], 'a.b 1 2\nc.d 3 4\n']);
  spools.refusals = 1;
  assert.equal((await post(bench, path, 'a.b 1 2\n')).status, 503);
  assert.equal((await post(bench, '/api/spools/x/lines', 'a.b 1 2\n')).status, 404);
});

test('a body that is not whole lines is refused as a whole', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  for (const body of ['a.b 1 2', 'a.b 1 2\n\n', '\n', 'a.b 1 2\nc.d 1']) {
    assert.equal((await post(bench, `/api/spools/${KEY}/lines`, body)).status, 400, JSON.stringify(body));
  }
  assert.deepEqual(spools.calls, []);
});

test('spools are not changed for a page in a browser, nor through a proxy', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  for (const header of ['origin', 'x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
    for (const action of ['purge', 'lines']) {
      const response = await post(bench, `/api/spools/${KEY}/${action}`, 'a.b 1 2\n', { [header]: 'x' });
      assert.equal(response.status, 403, header);
    }
  }
  assert.deepEqual(spools.calls, []);
  assert.equal((await bench.get('/api/spools', { headers: { origin: 'x' } })).status, 200);
});

test('spools are not changed from another machine', async () => {
  const spools = new FakeSpools();
  const bench = new HttpBench({}, { spools });
  // The server never sees such an address in a test: the application is asked as the server would ask it.
  for (const [remoteAddress, status] of [
    ['192.0.2.1', 403],
    ['::ffff:10.0.0.1', 403],
    ['127.0.0.1.example.com', 403],
    ['', 403],
    ['127.0.0.2', 200],
    ['::ffff:127.0.0.1', 200],
    ['::1', 200],
  ] as const) {
    const request = new Request(`http://localhost/api/spools/${KEY}/purge`, { method: 'POST' });
    const response = await bench.app.fetch(request, { incoming: { socket: { remoteAddress } } });
    assert.equal(response.status, status, remoteAddress);
  }
  assert.equal(spools.calls.length, 3);
});

test('only POST changes a spool', async (t) => {
  const bench = await new HttpBench({}, { spools: new FakeSpools() }).start(t);
  for (const path of [`/api/spools/${KEY}/purge`, `/api/spools/${KEY}/lines`]) {
    const response = await bench.get(path);
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST']);
  }
  assert.equal((await bench.get('/api/spools', { method: 'POST' })).status, 405);
});
