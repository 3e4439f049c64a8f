// GET /api/tail: the form of the stream, and what is refused.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Tail } from '../../../src/relay/tail/tail.ts';
import { watchTail } from '../../../src/relay/tail/watch-tail.ts';
import { TAIL_CLIENTS_MAX } from '../../../src/telemetry/tail/tail-report.ts';
import { ReferenceEngine } from '../../../src/engine/reference.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { waitUntil } from '../../input/wait-until.ts';
import { HttpBench } from './http-bench.ts';

/** Far more than a drain without clients takes, however slow the machine is. */
const DRAIN_MS = 60_000;

const OPTIONS = {
  lineBytesMax: 1000,
  chunkBytesMax: 1_000_000,
  maxSeries: 1000,
  levels: { legacy: 'medium', m20: 'medium' },
  validateOrder: false,
  orderFutureMaxSec: 0,
} as const;

function makeBench() {
  const engine = new ReferenceEngine(OPTIONS);
  engine.setResolve(() => ({ kind: 'route', outputs: [0] }));
  const tail = new Tail({
    clock: systemClock,
    random: () => 0,
    lines: engine.lines,
    routeOf: () => 'all',
    placeOf: () => ({ route: 'all', destinations: ['10.0.0.1:2003'] }),
    hasRoute: () => true,
    dropped: () => 0,
  });
  const route = { key: 'all', destinations: [] };
  const table = { routes: [route] } as unknown as Parameters<typeof watchTail>[2];
  const bench = new HttpBench({}, { tail: { watch: (query) => watchTail(tail, query, table) } });
  const run = (text: string): void => {
    const { received } = engine.run(new Uint8Array(0), Buffer.from(text), 1);
    tail.ran(received, 'a:1', 'plain');
  };
  return { bench, tail, run };
}

test('lines come as server-sent events, after what is watched and before the end', async (t) => {
  const { bench, tail, run } = makeBench();
  await bench.start(t);
  const answer = await bench.get('/api/tail?match=a&rate=7');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  run('a 1 2\nb 1 2\n');
  tail.end('over');
  const [watching, line, status, end, rest] = (await answer.text()).split('\n\n');
  assert.equal(watching, 'event: watching\ndata: {"match":"a","ratePerSec":7}');
  assert.match(
    line ?? '',
    /^event: line\ndata: \{"atMs":\d+,"line":"a 1 2","end":"routed","to":\[\{"route":"all","destinations":\["10\.0\.0\.1:2003"\]\}\],"input":"plain","sender":"a:1"\}$/,
  );
  assert.match(status ?? '', /^event: status\ndata: \{"seconds":[\d.]+,"lines":2,"looked":2,"matched":1,/);
  assert.equal(end, 'event: end\ndata: {"text":"over"}');
  assert.equal(rest, '');
});

test('a client that goes away leaves its place', async (t) => {
  const { bench, tail } = makeBench();
  await bench.start(t);
  const away = new AbortController();
  for (let nth = 0; nth < TAIL_CLIENTS_MAX; nth++) {
    assert.equal((await fetch(`${bench.url}/api/tail`, { signal: away.signal })).status, 200);
  }
  const refused = await bench.get('/api/tail');
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /8 clients look at lines already/);
  away.abort();
  await waitUntil('all have gone', () => !tail.isWatched);
  assert.equal((await bench.get('/api/tail', { method: 'HEAD' })).status, 200);
  assert.equal(tail.isWatched, false);
});

test('what a client does not read is left out, and it is let go when the relay ends', async (t) => {
  const { bench, tail, run } = makeBench();
  await bench.start(t);
  const socket = connect(bench.server.port ?? 0, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.pause();
  socket.write('GET /api/tail?rate=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await waitUntil('it looks', () => tail.isWatched);
  for (let nth = 0; nth < 50; nth++) run(`${'x'.repeat(900)} 1 2\n`.repeat(100));
  tail.end('over');
  const startMs = performance.now();
  await bench.server.drain(DRAIN_MS);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < DRAIN_MS / 2, `the client was waited for: ${tookMs} ms`);
});

test('so many looks may be begun at once, and few a second', async (t) => {
  const { bench } = makeBench();
  await bench.start(t);
  const ask = async (): Promise<number> => (await bench.get('/api/tail?match=(')).status;
  const statuses = await Promise.all(Array.from({ length: 100 }, ask));
  const refused = statuses.filter((status) => status === 429).length;
  assert.ok(refused > 0 && refused <= 80, `${refused} refused`);
  assert.equal((await bench.get('/api/tail', { method: 'HEAD' })).status, 200);
});

test('parameters that make no sense are refused with one line', async (t) => {
  const { bench, tail } = makeBench();
  await bench.start(t);
  for (const [query, error] of [
    ['rate=0', /^rate is a whole number from 1 to 1000$/],
    ['rate=1001', /^rate is/],
    ['rate=x', /^rate is/],
    ['rate=', /^rate is/],
    ['match=(', /^match: regex "\(": missing closing \)$/],
    ['route=al', /^no route "al"; did you mean "all"\?$/],
    ['route=elsewhere', /^no route "elsewhere"; there are: all$/],
    ['reason=', /^reason is one of invalid, .*, any$/],
    ['reason=purged', /^lines dropped as purged are counted only/],
    ['input=udp', /^input is one of plain, pickle, generated$/],
  ] as const) {
    const answer = await bench.get(`/api/tail?${query}`);
    assert.equal(answer.status, 400, query);
    assert.match((JSON.parse(await answer.text()) as { error: string }).error, error, query);
  }
  assert.equal((await bench.get('/api/tail', { method: 'POST' })).status, 405);
  const foreign = await bench.get('/api/tail', { headers: { 'sec-fetch-site': 'cross-site' } });
  assert.equal(foreign.status, 403);
  assert.equal(tail.isWatched, false);
});
