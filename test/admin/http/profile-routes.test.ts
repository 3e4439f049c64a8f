// /debug/pprof/: what is taken, one at a time, and who may ask.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WritePolicy } from '../../../src/config/config.ts';
import { HttpBench } from './http-bench.ts';
import { waitUntil } from '../../input/wait-until.ts';

const PATHS = ['/debug/pprof/', '/debug/pprof/profile?seconds=1', '/debug/pprof/heap'];
const TOKEN = { authorization: 'Bearer secret' };

function policyOf(token: string, allowRemote = false): { writePolicy: WritePolicy } {
  return { writePolicy: { token, allowRemote } };
}

test('a CPU profile names the functions that ran', async (t) => {
  const bench = await new HttpBench().start(t);
  const answer = await bench.get('/debug/pprof/profile?seconds=1');
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-disposition') ?? '', /\.cpuprofile"/);
  const profile = (await answer.json()) as {
    nodes: { callFrame: { functionName: string } }[];
    samples: number[];
    startTime: number;
    endTime: number;
  };
  assert.ok(profile.nodes.some(({ callFrame }) => callFrame.functionName === '(root)'));
  assert.ok(profile.samples.length > 0);
  const profiledMicros = profile.endTime - profile.startTime;
  assert.ok(profiledMicros >= 900_000, `${profiledMicros} µs`);
});

test('a heap snapshot is one JSON document, and the next can be taken after it', async (t) => {
  const bench = await new HttpBench().start(t);
  for (let round = 0; round < 2; round++) {
    const answer = await bench.get('/debug/pprof/heap');
    assert.equal(answer.status, 200);
    const snapshot = (await answer.json()) as { snapshot: { node_count: number }; nodes: number[] };
    assert.ok(snapshot.snapshot.node_count > 1000);
    await waitUntil('the snapshot has ended', () => bench.profiler.busy === undefined);
  }
});

test('the index tells what there is and how the event loop does', async (t) => {
  const bench = await new HttpBench().start(t);
  const index = (await (await bench.get('/debug/pprof/')).json()) as {
    busy: null;
    eventLoop: { utilization: number; delayMs: { max: number } };
    profiles: { path: string }[];
  };
  assert.equal(index.busy, null);
  assert.ok(index.eventLoop.utilization >= 0 && index.eventLoop.utilization <= 1);
  assert.ok(index.eventLoop.delayMs.max >= 0);
  for (const { path } of index.profiles) {
    assert.equal((await bench.get(path, { method: 'HEAD' })).status, 200, path);
  }
});

test('one profile is taken at a time, and a client that goes away ends its own', async (t) => {
  const bench = await new HttpBench().start(t);
  const away = new AbortController();
  const first = fetch(`${bench.url}/debug/pprof/profile?seconds=60`, { signal: away.signal });
  await waitUntil('it has begun', () => bench.profiler.busy === 'profile');
  for (const path of PATHS.slice(1)) {
    const refused = await bench.get(path);
    assert.equal(refused.status, 503, path);
    assert.match(await refused.text(), /one at a time/);
  }
  away.abort();
  await assert.rejects(first);
  await waitUntil('it has ended', () => bench.profiler.busy === undefined);
  assert.equal((await bench.get('/debug/pprof/profile?seconds=1')).status, 200);
});

test('a client that goes away inside a heap snapshot ends it', async (t) => {
  const bench = await new HttpBench().start(t);
  const away = new AbortController();
  const answer = await fetch(`${bench.url}/debug/pprof/heap`, { signal: away.signal });
  assert.equal(answer.status, 200);
  assert.equal(bench.profiler.busy, 'heap');
  away.abort();
  await waitUntil('it has ended', () => bench.profiler.busy === undefined);
});

test('a time that cannot be is refused with one line', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const seconds of ['0', '61', '-1', '1.5', 'x', '', '999999999999']) {
    const answer = await bench.get(`/debug/pprof/profile?seconds=${seconds}`);
    assert.equal(answer.status, 400, seconds);
    assert.match(await answer.text(), /from 1 to 60/);
  }
});

test('only the holder of the token, or without one this machine, may ask', async () => {
  const ask = async (token: string, from: string, headers: Record<string, string>, path: string) => {
    const bench = new HttpBench({}, policyOf(token, true));
    const socket = { remoteAddress: from, remotePort: 1, remoteFamily: 'IPv4', setTimeout: () => undefined };
    const answer = await bench.app.request(
      `http://relay${path}`,
      { headers: { host: 'localhost', ...headers } },
      { incoming: { socket } },
    );
    await answer.body?.cancel();
    return answer.status;
  };
  for (const path of PATHS) {
    assert.equal(await ask('secret', '127.0.0.1', {}, path), 401, path);
    assert.equal(await ask('secret', '127.0.0.1', { authorization: 'Bearer wrong' }, path), 401, path);
    assert.equal(await ask('', '10.0.0.9', {}, path), 403, path);
    assert.equal(await ask('', '127.0.0.1', { origin: 'http://a' }, path), 403, path);
    assert.equal(await ask('', '127.0.0.1', { via: 'proxy' }, path), 403, path);
    assert.equal(await ask('', '127.0.0.1', { host: 'rebound.example' }, path), 403, path);
  }
  assert.equal(await ask('secret', '10.0.0.9', TOKEN, '/debug/pprof/heap'), 200);
  assert.equal(await ask('', '127.0.0.1', {}, '/debug/pprof/heap'), 200);
});
