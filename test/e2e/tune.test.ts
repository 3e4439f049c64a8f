// `sluice tune` on a relay whose peers are healthy, bursty, slow and frozen: each is told by its name.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { TuneReport } from '../../src/cli/tune/render-tune.ts';
import type { DestinationState } from '../../src/telemetry/tune/diagnose.ts';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, SLUICE, startRelay } from './relay-process.ts';
import { makeLines, openSender } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

const DEADLINE_MS = 120_000;
const TICK_MS = 50;

async function tune(relay: RelayProcess, ...flags: readonly string[]): Promise<string> {
  const args = ['tune', '--url', `http://127.0.0.1:${relay.httpPort}`, ...flags];
  const env = { PATH: process.env['PATH'] ?? '', HOME: relay.folder };
  const { stdout } = await promisify(execFile)(SLUICE, args, { cwd: relay.folder, env, maxBuffer: 1 << 24 });
  return stdout;
}

/** Sends as many lines at each tick as `linesAt` says, until the test ends. */
async function pump(
  t: TestContext,
  relay: RelayProcess,
  prefix: string,
  linesAt: (tick: number) => number,
): Promise<void> {
  const socket = await openSender(t, relay.port);
  let tick = 0;
  const timer = setInterval(() => {
    const lines = makeLines(`${prefix}.metric.with.a.name.of.usual.length`, linesAt(tick));
    tick += 1;
    if (lines.length > 0 && socket.writableLength === 0) socket.write(`${lines.join('\n')}\n`);
  }, TICK_MS);
  t.after(() => clearInterval(timer));
}

function route(name: string, sink: TcpSink, options = ''): string {
  return `[[route]]\nkey = "${name}"\ntype = "sendAllMatch"\nprefix = "${name}."\ndestinations = ["${sink.addr} ${options}"]\n`;
}

function stateOf(report: TuneReport, name: string): DestinationState | undefined {
  return report.destinations.find((row) => row.route === name)?.diagnosis.state;
}

test('a healthy, a bursty, a slow and a frozen peer each get their diagnosis', async (t) => {
  const sinks = {
    healthy: await startSink(t),
    bursty: await startSink(t),
    slow: await startSink(t),
    frozen: await startSink(t),
  };
  sinks.slow.reading = { slow: 5000 };
  sinks.frozen.reading = 'frozen';
  const relay = await startRelay(
    t,
    route('healthy', sinks.healthy) +
      route('bursty', sinks.bursty) +
      route('slow', sinks.slow, 'spool=false when_full=drop_newest') +
      route('frozen', sinks.frozen),
  );
  await pump(t, relay, 'healthy', () => 100);
  await pump(t, relay, 'bursty', (tick) => (tick % 80 === 40 ? 5000 : 0));
  await pump(t, relay, 'slow', () => 4000);
  await pump(t, relay, 'frozen', (tick) => (tick < 20 ? 10_000 : 10));
  const expected = { healthy: 'healthy', bursty: 'bursty', slow: 'slow', frozen: 'stalled' } as const;
  const end = performance.now() + DEADLINE_MS;
  let report: TuneReport;
  for (;;) {
    report = JSON.parse(await tune(relay, '--json')) as TuneReport;
    const found = report;
    if (Object.entries(expected).every(([name, state]) => stateOf(found, name) === state)) break;
    if (performance.now() > end) {
      assert.fail(
        JSON.stringify(
          report.destinations.map((row) => ({ ...row, timings: undefined })),
          undefined,
          1,
        ),
      );
    }
  }
  const advice = (name: string) =>
    report.destinations.find((row) => row.route === name)?.diagnosis.advice.map(({ change }) => change) ?? [];
  assert.deepEqual(advice('healthy'), []);
  assert.deepEqual(advice('bursty'), []);
  assert.match(advice('slow').join('\n'), /faster, or spread the keys/);
  assert.match(advice('frozen').join('\n'), /look at 127\.0\.0\.1:\d+: it is connected and has read nothing/);
  const healthy = report.destinations.find((row) => row.route === 'healthy');
  const shown = JSON.stringify(healthy);
  assert.ok(healthy && healthy.diagnosis.memorySec !== null && healthy.diagnosis.memorySec > 60, shown);
  assert.ok(healthy.linesPerWrite > 0 && healthy.write.count > 0, shown);

  const text = await tune(relay);
  assert.match(text, /route healthy\): healthy\n/);
  assert.match(text, /route frozen\): STALLED/);
  assert.match(text, /nothing to tune/);
  assert.match(text, /4,240 \(flush per 1,000 ms\)/);
  for (const sink of Object.values(sinks)) sink.reading = 'all';
  assertConserved(await relay.ledger());
});

test('without a relay the command says so', async () => {
  await assert.rejects(
    promisify(execFile)(SLUICE, ['tune', '--url', 'http://127.0.0.1:1']),
    /no relay answers at 127\.0\.0\.1:1/,
  );
});
