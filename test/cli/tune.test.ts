// `sluice tune --record` and `--replay`: a trace of sizes and times.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TraceReport } from '../../src/telemetry/tune/traffic-trace.ts';
import { HttpBench } from '../admin/http/http-bench.ts';
import { runCommand } from './fake-world.ts';

test('a trace is replayed: its peaks, and what a stall would have to buffer', async () => {
  const burst = Array.from({ length: 10 }, () => [1000, 70, 4000]);
  const quiet = Array.from({ length: 200 }, () => [10_000, 30, 1800]);
  const trace = { kind: 'sluice-traffic', seconds: 4, missed: 0, reads: [...quiet, ...burst, ...quiet] };
  const files = { 'trace.json': JSON.stringify(trace) };
  const { out } = await runCommand(['tune', '--replay', 'trace.json', '--json'], files);
  const { traffic, stalls } = JSON.parse(out) as TraceReport;
  assert.equal(traffic.metrics, 400 * 30 + 700);
  assert.equal(traffic.windows.find(({ windowMs }) => windowMs === 10)?.day.metrics, 700);
  assert.deepEqual(
    stalls.map(({ stallMs }) => stallMs),
    [10, 100, 1000],
  );
  assert.deepEqual(stalls[0], { stallMs: 10, metrics: 700, bytes: 40_000 });
  const text = (await runCommand(['tune', '--replay', 'trace.json'], files)).out;
  assert.match(text, /metrics in 10 ms +peak 700 \(4\.2M\/min\) +peak 700 \(4\.2M\/min\)/);
  assert.match(text, /10 ms +700 +39\.1 KiB/);
});

test('a recording is a new file that can be replayed; what is no trace is refused in one line', async (t) => {
  const bench = await new HttpBench().start(t);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-trace-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'trace.json');
  const first = await runCommand(['tune', '--url', bench.url, '--record', file, '--seconds', '1']);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^0 reads in 0\.0 s/);
  for (const [path, why] of [
    [file, /^sluice: .*trace\.json cannot be written: it exists; remove it, or name another for --record\n$/],
    [join(folder, 'none', 'trace.json'), /cannot be written: its folder: no such file\n$/],
  ] as const) {
    // No relay is asked: none answers there.
    const again = await runCommand(['tune', '--url', 'http://127.0.0.1:1', '--record', path]);
    assert.equal(again.code, 1);
    assert.match(again.err, why);
  }
  const replayed = await runCommand(['tune', '--replay', 't'], { t: readFileSync(file, 'utf8') });
  assert.equal(replayed.code, 0, replayed.err);
  for (const text of ['{}', 'null', '[1', '{"kind":"sluice-traffic","seconds":1,"reads":[[1,2]]}']) {
    const { code, err } = await runCommand(['tune', '--replay', 't'], { t: text });
    assert.equal(code, 1);
    assert.match(err, /^sluice: t: .*\n$/);
  }
  const long = await runCommand(['tune', '--url', bench.url, '--record', `${file}2`, '--seconds', '99']);
  assert.match(long.err, /at most 50/);
});

test('--seconds without a recording is refused, and what is no JSON is no trace', async () => {
  const seconds = await runCommand(['tune', '--seconds', '5']);
  assert.equal(seconds.code, 2);
  assert.match(seconds.err, /^sluice: --seconds needs --record: [^\n]+\n$/);
  const garbage = await runCommand(['tune', '--replay', 't'], { t: '\u001b[1m\u0007' });
  assert.deepEqual(garbage, { code: 1, out: '', err: 'sluice: t: not a file of sluice tune --record\n' });
});

test('recordings are one at a time', async (t) => {
  const { view } = await new HttpBench().start(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  const note = view.trafficMeters.add({ input: 'plain', protocol: 'tcp', addr: ':2003' });
  note(9, 90);
  const recording = view.trafficMeters.record(() => promise);
  assert.equal(await view.recordTraffic(), undefined);
  view.nowMs += 2;
  note(3, 30);
  resolve();
  assert.deepEqual((await recording)?.reads, [[2000, 3, 30]]);
  note(1, 10);
  assert.deepEqual((await view.recordTraffic())?.reads, []);
});
