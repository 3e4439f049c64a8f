import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { aggregatorKey } from '../../../src/table/aggregator/aggregator-key.ts';
import { destination, rewriter, route } from '../../table/table-options.ts';
import { fakeTable } from '../fake-table.ts';
import { HttpBench } from './http-bench.ts';

/** Asks with a JSON body; status, type and body of the answer. */
async function ask(bench: HttpBench, method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const init = body === undefined ? { method } : { method, body: new Uint8Array(Buffer.from(text)) };
  const response = await bench.get(path, init);
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: await response.json() };
}

/** Status and body alone. */
async function brief(bench: HttpBench, method: string, path: string, body?: unknown): Promise<unknown[]> {
  const answer = await ask(bench, method, path, body);
  return [answer.status, answer.body];
}

const ALL_ROUTE = {
  matcher: { regex: '^a' },
  destination: [
    {
      matcher: { sub: 's' },
      address: 'h:1:i',
      instance: 'i',
      SpoolDir: '/spool',
      Key: 'all_h_1_i',
      spool: true,
      pickle: false,
      online: true,
      slowNow: false,
      slowLastLoop: false,
      SpoolBufSize: 10000,
      SpoolMaxBytesPerFile: 209715200,
      SpoolSyncEvery: 10000,
      SpoolSyncPeriod: 1000000000,
      SpoolSleep: 500000,
      UnspoolSleep: 10000,
      RouteName: 'all',
    },
  ],
  type: 'sendAllMatch',
  key: 'all',
  stop: false,
};

test('COMPAT 10: GET /table and /routes have the names and forms of carbon-relay-ng', async (t) => {
  const table = fakeTable(
    {
      rewriters: [rewriter({ old: 'a', new: 'b' })],
      blocklist: [{ prefix: 'x' }],
      routes: [
        route({
          key: 'all',
          matcher: { regex: '^a' },
          destinations: [
            destination({
              addr: 'h:1:i',
              address: { protocol: 'tcp', host: 'h', port: 1, instance: 'i' },
              sub: 's',
            }),
          ],
        }),
      ],
    },
    { key: 'all_h_1_i' },
  );
  const bench = await new HttpBench({}, { table }).start(t);
  const all = await ask(bench, 'GET', '/table');
  assert.equal(all.type, 'application/json');
  assert.deepEqual(all.body, {
    rewriters: [{ old: 'a', new: 'b', not: '', max: -1 }],
    aggregators: [],
    blocklist: [{ prefix: 'x' }],
    routes: [ALL_ROUTE],
    SpoolDir: '/spool',
  });
  assert.deepEqual(await brief(bench, 'GET', '/routes'), [200, [ALL_ROUTE]]);
  assert.deepEqual(await brief(bench, 'GET', '/routes/all'), [200, ALL_ROUTE]);
  const none = await ask(bench, 'GET', '/routes/none');
  assert.deepEqual(none, {
    status: 404,
    type: 'text/plain; charset=utf-8',
    body: { error: 'Could not find route none' },
  });
  assert.equal((await bench.get('/table/')).status, 404);
});

test('COMPAT 10: POST /routes takes the names in any case, and 0 for the default', async (t) => {
  const table = fakeTable();
  const bench = await new HttpBench({}, { table }).start(t);
  const first = {
    key: 'r',
    TYPE: 'sendFirstMatch',
    prefix: 'p',
    NotSub: 'n',
    address: '127.0.0.1:2003:i',
    spool: true,
    pickle: false,
    periodFlush: 5,
    PERIODRECONN: 0,
    ConnBufSize: 7,
    spoolSyncPeriod: 50,
    somethingElse: 1,
  };
  assert.deepEqual(await brief(bench, 'POST', '/routes', first), [200, { Message: 'route added' }]);
  const [added] = table.table.routes;
  assert.deepEqual(
    [added?.key, added?.type, added?.matcher],
    ['r', 'sendFirstMatch', { prefix: 'p', notSub: 'n' }],
  );
  const [{ addr, spool, flush, reconn, connbuf, iobuf, spoolsyncperiod } = destination()] =
    added?.destinations ?? [];
  assert.deepEqual(
    { addr, spool, flush, reconn, connbuf, iobuf, spoolsyncperiod },
    {
      addr: '127.0.0.1:2003:i',
      spool: true,
      flush: 5,
      reconn: 10000,
      connbuf: 7,
      iobuf: 2000000,
      spoolsyncperiod: 50,
    },
  );
  const hashed = {
    Key: 'h',
    Type: 'carbon_ch',
    Destinations: ['a:1:x', 'b:1:y flush=3'],
    ReplicationFactor: 2,
    Stop: true,
  };
  assert.deepEqual(await brief(bench, 'POST', '/routes', hashed), [200, { Message: 'route added' }]);
  assert.deepEqual(
    table.table.routes[1]?.destinations.map((one) => [one.addr, one.flush]),
    [
      ['a:1:x', 1000],
      ['b:1:y', 3],
    ],
  );
  assert.deepEqual([table.table.routes[1]?.replicationFactor, table.table.routes[1]?.stop], [2, true]);
});

test('COMPAT 10: rewriters and blocklist entries are added and deleted', async (t) => {
  const table = fakeTable();
  const bench = await new HttpBench({}, { table }).start(t);
  const body = { Old: '/a(.)/', New: '$1', Max: -1, not: 'x' };
  assert.deepEqual(await brief(bench, 'POST', '/rewriters', body), [200, { Message: 'rewriter added' }]);
  assert.deepEqual(table.table.rewriters, [{ old: '/a(.)/', new: '$1', not: 'x', max: -1 }]);
  const entry = { Prefix: 'a', sub: 'b' };
  assert.deepEqual(await brief(bench, 'POST', '/blocklists', entry), [
    200,
    { Message: 'blocklist entry added' },
  ]);
  assert.deepEqual(table.table.blocklist, [{ prefix: 'a', sub: 'b' }]);
  for (const path of ['/rewriters', '/blocklists', '/aggregators']) {
    for (const index of ['x', '-1', '1.5', '0x0', '99999999999']) {
      assert.equal((await ask(bench, 'DELETE', `${path}/${index}`)).status, 400, `${path}/${index}`);
    }
    assert.deepEqual(await brief(bench, 'DELETE', `${path}/7`), [404, { error: 'Invalid index 7' }]);
  }
  assert.deepEqual(await brief(bench, 'DELETE', '/rewriters/0'), [200, {}]);
  assert.deepEqual(await brief(bench, 'DELETE', '/blocklists/0'), [200, {}]);
  assert.deepEqual([table.table.rewriters, table.table.blocklist], [[], []]);
});

test('COMPAT 10: aggregators are added and deleted', async (t) => {
  const table = fakeTable();
  const bench = await new HttpBench({}, { table }).start(t);
  const body = {
    Fun: 'avg',
    OutFmt: 'b.$1',
    Interval: 10,
    wait: 30,
    DropRaw: true,
    regex: '^a(.*)',
    sub: 's',
  };
  assert.deepEqual(await brief(bench, 'POST', '/aggregators', body), [200, { Message: 'aggregate added' }]);
  const [, { aggregators }] = (await brief(bench, 'GET', '/table')) as [number, { aggregators: unknown[] }];
  assert.deepEqual(aggregators, [
    {
      fun: 'avg',
      Matcher: { sub: 's', regex: '^a(.*)' },
      OutFmt: 'b.$1',
      Cache: false,
      Interval: 10,
      Wait: 30,
      DropRaw: true,
      Key: aggregatorKey(table.table.aggregators[0]!),
      Outputs: [{ fun: 'avg', OutFmt: 'b.$1' }],
    },
  ]);
  for (const change of [
    { Interval: 0 },
    { Fun: 'x' },
    { regex: '' },
    { regex: '(' },
    { Wait: -1 },
    { Late: 'x' },
  ]) {
    assert.equal((await ask(bench, 'POST', '/aggregators', { ...body, ...change })).status, 400);
  }
  assert.deepEqual(await brief(bench, 'DELETE', '/aggregators/0'), [200, {}]);
  assert.deepEqual(table.table.aggregators, []);
});

test('COMPAT 10: routes and destinations are deleted; a route that is not there is no error', async (t) => {
  const two = [destination({ addr: 'a:1' }), destination({ addr: 'b:1' })];
  const table = fakeTable({ routes: [route({ key: 'a/b c', destinations: two }), route({ key: 's' })] });
  const bench = await new HttpBench({}, { table }).start(t);
  const path = `/routes/${encodeURIComponent('a/b c')}`;
  assert.deepEqual(await brief(bench, 'DELETE', `${path}/destinations/0`), [200, {}]);
  assert.deepEqual(table.table.routes[0]?.destinations, [two[1]]);
  assert.deepEqual(await brief(bench, 'DELETE', `${path}/destinations/x`), [
    400,
    { error: 'Invalid index x: not a number' },
  ]);
  assert.deepEqual(await brief(bench, 'DELETE', `${path}/destinations/5`), [
    404,
    { error: 'Invalid index 5' },
  ]);
  assert.deepEqual(await brief(bench, 'DELETE', '/routes/none/destinations/0'), [
    404,
    { error: 'Invalid route for none' },
  ]);
  assert.deepEqual(await brief(bench, 'DELETE', path), [200, {}]);
  assert.deepEqual(await brief(bench, 'DELETE', path), [200, {}]);
  assert.deepEqual(
    table.table.routes.map(({ key }) => key),
    ['s'],
  );
});

test('what has no path of its own is a command, and can be undone', async (t) => {
  const table = fakeTable({ routes: [route({ key: 'r', matcher: { prefix: 'p' } })] });
  const before = table.table;
  const bench = await new HttpBench({}, { table }).start(t);
  const command = { Command: 'modRoute r prefix= sub=s' };
  assert.deepEqual(await brief(bench, 'POST', '/api/table/commands', command), [200, { Message: 'ok' }]);
  assert.deepEqual(table.table.routes[0]?.matcher, { sub: 's' });
  assert.deepEqual(await brief(bench, 'POST', '/api/table/commands', { Command: 'view' }), [
    400,
    { error: 'unrecognized command "view"' },
  ]);
  assert.equal(table.undo('test').ok, true);
  assert.equal(table.table, before);
});

test('a body that cannot be done is refused with one line, and nothing has happened', async (t) => {
  const table = fakeTable();
  const before = table.table;
  const bench = await new HttpBench({}, { table }).start(t);
  const cases: readonly (readonly [path: string, body: unknown, error: RegExp])[] = [
    ['/routes', '{', /^Couldn't parse json: /],
    ['/routes', '[]', /^Couldn't parse json: the body must be an object$/],
    ['/routes', 'null', /^Couldn't parse json: the body must be an object$/],
    ['/routes', '', /^Couldn't parse json: /],
    ['/routes', { Key: 1 }, /^Couldn't parse json: "Key" must be a string$/],
    [
      '/routes',
      { Key: 'k', Type: 'nothing', Address: 'h:1' },
      /^unknown route type: nothing, one of sendAllMatch, /,
    ],
    [
      '/routes',
      { Key: 'k', Type: 'sendAllMatch' },
      /^unable to create destination: a destination needs an address$/,
    ],
    [
      '/routes',
      { Key: 'k', Type: 'sendAllMatch', Address: 'h' },
      /^unable to create destination: address 'h' is not/,
    ],
    ['/routes', { Key: 'k', Type: 'sendAllMatch', Address: 'h:1', Regex: '(' }, /^route "k": /],
    [
      '/routes',
      { Key: 'k', Type: 'carbon_ch', Destinations: [] },
      /^unable to create destination: the list is empty$/,
    ],
    [
      '/routes',
      { Key: 'k', Type: 'carbon_ch', Destinations: [1] },
      /"Destinations" must be a list of strings$/,
    ],
    ['/routes', { Key: 'k', Type: 'consistentHashing', Address: 'h:1' }, /must get at least 2 destination/],
    ['/rewriters', { Old: '/a/', Max: 2 }, /^Regular expression rewriters require max to be -1$/],
    ['/rewriters', { New: 'a' }, /^Rewriter must have non-empty 'old' specification$/],
    ['/rewriters', { Old: 'a', Max: 1.5 }, /^Couldn't parse json: "Max" must be a whole number$/],
    ['/blocklists', {}, /^need one of prefix, notPrefix/],
    ['/blocklists', { regex: '(' }, /^blocklist entry 1: /],
    ['/api/table/commands', {}, /^unrecognized command ""$/],
  ];
  for (const [path, body, error] of cases) {
    const answer = await ask(bench, 'POST', path, body);
    assert.equal(answer.status, 400, path + JSON.stringify(body));
    assert.match((answer.body as { error: string }).error, error);
  }
  assert.equal(table.table, before);
});

test('no request makes the server fall over, and each is answered', async (t) => {
  const table = fakeTable();
  const bench = await new HttpBench({}, { table }).start(t);
  const path = fc.oneof(
    fc.constantFrom(
      '/routes',
      '/rewriters',
      '/blocklists',
      '/table',
      '/routes/a/destinations/0',
      '/api/table/commands',
    ),
    fc.string({ maxLength: 30 }).map((text) => `/${encodeURIComponent(text)}`),
  );
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc
      .dictionary(fc.constantFrom('Key', 'Type', 'Address', 'Old', 'Max', 'Command', 'regex'), fc.jsonValue())
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'HEAD'),
      path,
      body,
      async (method, to, text) => {
        const init =
          method === 'GET' || method === 'HEAD'
            ? { method }
            : { method, body: new Uint8Array(Buffer.from(text)) };
        const response = await bench.get(to, init);
        await response.arrayBuffer();
        assert.ok(response.status < 500, `${method} ${to} ${text}: ${response.status}`);
      },
    ),
    { numRuns: 150 },
  );
  assert.equal(bench.logLines.filter((line) => line.startsWith('error')).length, 0);
});
