import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WritePolicy } from '../../../src/config/config.ts';
import { fakeTable } from '../fake-table.ts';
import { HttpBench } from './http-bench.ts';

const CLOSED: WritePolicy = { token: '', allowRemote: false };
const WITH_TOKEN: WritePolicy = { token: 'secret', allowRemote: false };
const OPEN: WritePolicy = { token: '', allowRemote: true };

/** Asks as a client with this address; the status. */
async function ask(
  policy: WritePolicy,
  from: string,
  headers: Record<string, string> = {},
  [method, path]: readonly [string, string] = ['DELETE', '/routes/none'],
): Promise<number> {
  const bench = new HttpBench({}, { table: fakeTable(), writePolicy: policy });
  const socket = { remoteAddress: from, remotePort: 1, remoteFamily: 'IPv4' };
  const response = await bench.app.request(
    `http://relay${path}`,
    { method, headers: { host: 'localhost:8081', ...headers } },
    { incoming: { socket } },
  );
  return response.status;
}

const TOKEN = { authorization: 'Bearer secret' };

test('this machine changes without a token, whether there is one or not', async () => {
  for (const policy of [CLOSED, WITH_TOKEN, OPEN]) {
    for (const from of ['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1']) {
      assert.equal(await ask(policy, from), 200, from);
    }
  }
});

test('other machines read, and change only with the token or where that is allowed', async () => {
  for (const from of ['10.0.0.9', '::ffff:10.0.0.9', '127.0.0.1.example', '::', '']) {
    assert.equal(await ask(CLOSED, from), 403, from);
    assert.equal(await ask(CLOSED, from, TOKEN), 401, from);
    assert.equal(await ask(WITH_TOKEN, from), 403, from);
    assert.equal(await ask(WITH_TOKEN, from, TOKEN), 200, from);
    assert.equal(await ask(WITH_TOKEN, from, { authorization: 'bearer  secret ' }), 200, from);
    assert.equal(await ask(OPEN, from), 200, from);
    assert.equal(await ask(CLOSED, from, {}, ['GET', '/table']), 200, from);
  }
});

test('a wrong token is refused, also from this machine', async () => {
  for (const authorization of ['Bearer wrong', 'Bearer ', 'Basic secret', 'Bearer secret secret']) {
    assert.equal(await ask(WITH_TOKEN, '127.0.0.1', { authorization }), 401, authorization);
  }
});

test('a page in a browser changes nothing, whatever the config says, unless it knows the token', async () => {
  for (const header of ['origin', 'sec-fetch-site']) {
    for (const policy of [CLOSED, WITH_TOKEN, OPEN]) {
      assert.equal(await ask(policy, '127.0.0.1', { [header]: 'http://localhost:8081' }), 403, header);
    }
    assert.equal(await ask(WITH_TOKEN, '127.0.0.1', { [header]: 'x', ...TOKEN }), 200, header);
  }
});

test('a proxy on this machine does not make its clients this machine', async () => {
  for (const header of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
    assert.equal(await ask(CLOSED, '127.0.0.1', { [header]: '10.0.0.9' }), 403, header);
    assert.equal(await ask(OPEN, '127.0.0.1', { [header]: '10.0.0.9' }), 200, header);
  }
});

test('a name that points to this machine for a moment is no name of it', async () => {
  for (const host of [
    'evil.example',
    'evil.example:8081',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ]) {
    assert.equal(await ask(CLOSED, '127.0.0.1', { host }), 403, host);
    assert.equal(await ask(WITH_TOKEN, '127.0.0.1', { host, ...TOKEN }), 200, host);
  }
  for (const host of ['localhost', 'LOCALHOST:8081', '127.0.0.1:8081', '[::1]:8081', '10.1.2.3']) {
    assert.equal(await ask(CLOSED, '127.0.0.1', { host }), 200, host);
  }
});

test('every path that changes something is guarded', async () => {
  const bench = new HttpBench();
  const paths = bench.app.routes.filter(({ method }) => method === 'POST' || method === 'DELETE');
  const unique = new Map(paths.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
  assert.ok(unique.size > 10);
  for (const { method, path } of unique.values()) {
    assert.equal(await ask(CLOSED, '10.0.0.9', {}, [method, path.replaceAll(/:\w+/g, '0')]), 403, path);
  }
});

test('the config files are for the token only, wherever one asks from', async () => {
  const files = ['GET', '/api/config/files'] as const;
  assert.equal(await ask(CLOSED, '127.0.0.1', {}, files), 403);
  assert.equal(await ask(WITH_TOKEN, '127.0.0.1', {}, files), 401);
  assert.equal(await ask(WITH_TOKEN, '127.0.0.1', { authorization: 'Bearer wrong' }, files), 401);
  assert.equal(await ask(WITH_TOKEN, '10.0.0.9', TOKEN, files), 500, 'the file of the fake is not there');
});

test('a client that asks too fast is refused, another is not', async () => {
  const bench = new HttpBench();
  const get = async (from: string) => {
    const socket = { remoteAddress: from, remotePort: 1, remoteFamily: 'IPv4' };
    return (await bench.app.request('http://relay/healthz', {}, { incoming: { socket } })).status;
  };
  const statuses = new Set<number>();
  for (let i = 0; i < 5000; i++) statuses.add(await get('10.0.0.9'));
  assert.deepEqual([...statuses], [200, 429]);
  assert.equal(await get('10.0.0.8'), 200);
});
