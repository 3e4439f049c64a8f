import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrometheus } from '../../telemetry/parse-prometheus.ts';
import { HttpBench } from './http-bench.ts';

test('GET /api/ledger has exactly the shape that other programs rely on', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.view.pass({ written: 5, queued: 1, slowConn: 2, invalid: 3 });
  const response = await bench.get('/api/ledger');
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.deepEqual(await response.json(), {
    loaded: 0,
    received: 11,
    generated: 0,
    copies: 0,
    consumed: 0,
    dropped: { invalid: 3, slow_conn: 2 },
    destinations: [
      {
        loaded: 0,
        in: 8,
        written: 5,
        queued: 1,
        spooled: 0,
        resent: 0,
        dropped: { slow_conn: 2 },
        route: 'default',
        key: 'dest_a',
        addr: '127.0.0.1:2003',
      },
    ],
    balanced: true,
  });
});

test('/healthz is ok while the books balance, and says what is wrong when they do not', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.view.pass({ written: 5 });
  const ok = await bench.get('/healthz');
  assert.deepEqual([ok.status, await ok.text()], [200, 'ok\n']);
  bench.view.rows[0]!.written = 4;
  const broken = await bench.get('/healthz');
  assert.equal(broken.status, 503);
  assert.match(await broken.text(), /^the ledger does not balance: destination dest_a of route default: /);
});

test('/readyz says no with every reason while something is in the way', async (t) => {
  const bench = await new HttpBench().start(t);
  assert.equal((await bench.get('/readyz')).status, 200);
  bench.view.readiness = { ready: false, reasons: ['destination dest_a blocks', 'draining'] };
  const response = await bench.get('/readyz');
  assert.deepEqual([response.status, await response.text()], [503, 'destination dest_a blocks\ndraining\n']);
});

test('/metrics is Prometheus text', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.view.pass({ written: 5 });
  const response = await bench.get('/metrics');
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const families = parsePrometheus(await response.text());
  assert.equal(families.get('sluice_received_total')?.samples.get('[]'), 5);
});

test('/badMetrics lists what was seen within a Go duration', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.badMetrics.record(
    'invalid',
    Buffer.from('b 1 x'),
    'timestamp field is not a unix timestamp',
    '[::1]:5',
  );
  bench.badMetrics.record(
    'invalid',
    Buffer.from('a 1 x\xff'),
    'timestamp field is not a unix timestamp',
    '[::1]:5',
  );
  for (const span of ['1h', '1m0s', '1h30m', '%31h']) {
    const response = await bench.get(`/badMetrics/${span}.json`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    const records = (await response.json()) as { Metric: string }[];
    assert.deepEqual(
      records.map((record) => record.Metric),
      ['a', 'b'],
    );
  }
  assert.deepEqual(await (await bench.get('/badMetrics/0s.json')).json(), []);
});

test('a bad timespec is answered in the words of crng', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const [span, error] of [
    ['x', 'time: invalid duration "x"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['%22', 'time: invalid duration "\\""'],
  ]) {
    const response = await bench.get(`/badMetrics/${span}.json`);
    assert.equal(response.status, 400);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    assert.deepEqual(await response.json(), { error: `Could not parse timespec: ${error}` });
  }
});

test('paths are exact, and what is not there is a JSON error', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const path of [
    '/nope',
    '/api/ledger/',
    '/metrics/',
    '/Metrics',
    '/badMetrics/',
    '/badMetrics/1h',
    '/badMetrics/.json/x',
  ]) {
    const response = await bench.get(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: 'not found' });
  }
});

test('a method that a path does not have is refused by name', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const method of ['POST', 'DELETE', 'PUT', 'OPTIONS']) {
    const response = await bench.get('/api/ledger', { method });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  }
});

test('HEAD answers as GET does, without the body', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const path of ['/healthz', '/metrics', '/api/ledger', '/badMetrics/1h.json']) {
    const response = await bench.get(path, { method: 'HEAD' });
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), '');
  }
});

test('a page that fails is an error 500 without details, and the log says why', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.view.ledger = () => {
    throw new Error('BUG: no books');
  };
  for (const path of ['/api/ledger', '/healthz', '/metrics']) {
    const response = await bench.get(path);
    assert.deepEqual([response.status, await response.json()], [500, { error: 'internal error' }], path);
  }
  assert.equal(bench.logLines.filter((line) => line.startsWith('error admin HTTP: GET "/')).length, 3);
});
