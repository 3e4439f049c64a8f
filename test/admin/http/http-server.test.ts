import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { waitUntil } from '../../input/wait-until.ts';
import { HttpBench } from './http-bench.ts';

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

test('the start-up line is the one that scripts of crng wait for', async (t) => {
  const bench = await new HttpBench().start(t);
  assert.deepEqual(bench.logLines, [`admin HTTP listener starting on 127.0.0.1:${bench.server.port}`]);
});

test('an address in use, or not one at all, is one clear line', async (t) => {
  const first = await new HttpBench().start(t);
  const addr = `127.0.0.1:${first.server.port}`;
  const message = `Error listening: listen tcp ${addr}: bind: address already in use (http_addr)`;
  await assert.rejects(new HttpBench({ addr }).server.start(), { message });
  await assert.rejects(new HttpBench({ addr: '8081' }).server.start(), {
    message: 'Error listening: listen tcp: address 8081: missing port in address (http_addr)',
  });
  await assert.rejects(new HttpBench({ addr: '192.0.2.1:0' }).server.start(), {
    message: 'Error listening: listen tcp 192.0.2.1:0: bind: cannot assign requested address (http_addr)',
  });
});

test('a host name listens on IPv4, as in Go', async (t) => {
  const bench = await new HttpBench({ addr: 'localhost:' }).start(t);
  assert.equal((await bench.get('/healthz')).status, 200);
});

test('each answered request is one line of the access log', async (t) => {
  const bench = await new HttpBench().start(t);
  await (await bench.get('/healthz', { headers: { 'user-agent': 'probe' } })).text();
  await (await bench.get('/nope?a="b"')).text();
  await bench.raw('GET /healthz HTTP/1.1\r\n\r\n');
  await waitUntil('two lines', () => bench.accessLines.length >= 2);
  assert.match(
    bench.accessLines[0] ?? '',
    /^127\.0\.0\.1 - - \[.*\] "GET \/healthz HTTP\/1\.1" 200 3 "" "probe"\n$/,
  );
  assert.match(bench.accessLines[1] ?? '', /"GET \/nope\?a=%22b%22 HTTP\/1\.1" 404 22 "" /);
});

test('a request of HTTP/1.0 without a host is served', async (t) => {
  const bench = await new HttpBench().start(t);
  assert.match(await bench.raw('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[^]*ok\n$/);
});

test('hostile requests get an error or a closed connection, and the next one is served', async (t) => {
  const bench = await new HttpBench({ requestTimeoutMs: 300 }).start(t);
  const hostile = [
    '\0\0\0\0\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET http://[::1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /%zz%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /badMetrics/%zz%ff.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET \\\\healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: a b<>"\r\nConnection: close\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(20_000)}\r\n`,
    'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\nabc',
    'POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n',
    'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc',
    'key 1 1234567890\nkey 2 1234567890\n',
  ];
  for (const request of hostile) {
    const answer = await bench.raw(request);
    assert.match(answer, /^(HTTP\/1\.1 (200|40\d|413|431) |$)/, JSON.stringify(request.slice(0, 80)));
  }
  assert.match(await bench.raw(HEALTH), /^HTTP\/1\.1 200 OK/);
});

test('random bytes and broken requests do not harm it', async (t) => {
  const bench = await new HttpBench({ requestTimeoutMs: 200, idleTimeoutMs: 300 }).start(t);
  const mutated = fc
    .tuple(fc.nat({ max: HEALTH.length - 1 }), fc.uint8Array({ maxLength: 20 }))
    .map(([at, bytes]) =>
      Buffer.concat([Buffer.from(HEALTH.slice(0, at)), bytes, Buffer.from(HEALTH.slice(at + 1))]),
    );
  const requests = fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), mutated), {
    minLength: 40,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(requests, async (all) => {
      await Promise.all(all.map((bytes) => bench.raw(bytes)));
      assert.match(await bench.raw(HEALTH), /^HTTP\/1\.1 200 OK/);
    }),
    { numRuns: 2, endOnFailure: true },
  );
});

test('a client that says nothing, or half a request, is cut off', async (t) => {
  const silent = await new HttpBench({ idleTimeoutMs: 100 }).start(t);
  assert.equal(await silent.raw(''), '');
  const slow = await new HttpBench({ requestTimeoutMs: 100 }).start(t);
  assert.match(await slow.raw('GET /heal'), /^HTTP\/1\.1 408/);
});

test('beyond the connection limit a client is turned away, and served again once there is room', async (t) => {
  const bench = await new HttpBench({ connectionsMax: 2 }).start(t);
  const idle = [0, 1].map(() => net.connect(bench.server.port ?? 0, '127.0.0.1'));
  t.after(() => idle.forEach((socket) => socket.destroy()));
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on('connect', resolve))));
  for (let i = 0; i < 3; i += 1) assert.equal(await bench.raw(HEALTH), '');
  assert.deepEqual(
    bench.logLines.filter((line) => line.startsWith('warn')),
    ['warn admin HTTP: a client was turned away, 2 connections are open'],
  );
  for (const socket of idle) socket.destroy();
  let answer = '';
  const deadlineMs = performance.now() + 60_000;
  while (answer === '' && performance.now() < deadlineMs) answer = await bench.raw(HEALTH);
  assert.match(answer, /^HTTP\/1\.1 200 OK/);
});

test('a body over the limit is refused without being kept', async (t) => {
  const bench = await new HttpBench().start(t);
  const response = await bench.get('/api/ledger', { method: 'POST', body: Buffer.alloc(2 * 1024 * 1024) });
  assert.equal(response.status, 413);
  const chunked =
    'POST /api/ledger HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
  assert.match(await bench.raw(`${chunked}1\r\na\r\n0\r\n\r\n`), /^HTTP\/1\.1 411 /);
});

test('drain gives a request under way its time, and cuts it at the deadline', async (t) => {
  const bench = await new HttpBench().start(t);
  const half = bench.raw('GET /healthz HTTP/1.1\r\n');
  await (await bench.get('/healthz')).text();
  const startMs = performance.now();
  await bench.server.drain(50);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 45, `${tookMs} ms`);
  await half;
  assert.equal(bench.server.port, undefined);
  await bench.server.stop();
});

test('a client that goes away inside its body costs no line of the log', async (t) => {
  const bench = await new HttpBench().start(t);
  const socket = net.connect(bench.server.port ?? 0, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.end('POST /routes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"Key"');
  await waitUntil('it is over', () => bench.accessLines.length > 0);
  assert.equal((await bench.get('/healthz')).status, 200);
  assert.deepEqual(
    bench.logLines.filter((line) => line.startsWith('error')),
    [],
  );
});
