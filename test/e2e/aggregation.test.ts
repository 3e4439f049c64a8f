// Aggregation with the real command: the way of a result, restarts in the middle of a window, peers that are away.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { plainResults } from '../table/aggregator/plain-functions.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from './relay-process.ts';
import { sendLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

const FUNCTIONS = 'sum avg count delta derive last max median min p95 p999 stdev variance percentiles'.split(
  ' ',
);

function rule(intervalSec: number, waitSec: number, functions: readonly string[] = FUNCTIONS): string {
  const outputs = functions.map((name) => `{ function = "${name}", format = "$1.${name}" }`);
  return `[[aggregation]]
regex = '^raw\\.([^.]+)\\.'
outputs = [${outputs.join(', ')}]
interval = ${intervalSec}
wait = ${waitSec}
dropRaw = true
`;
}

/** Starts relays in one folder, each with a config of its own. */
function makeStarter(t: TestContext, head = 'spool_dir = "spool"\n') {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  const start = async (config: string): Promise<RelayProcess> => {
    writeFileSync(file, `${CONFIG_HEAD}${head}${config}`);
    const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
    await relay.untilLogged('is running as instance');
    return relay;
  };
  return { folder, start };
}

const MEASURED_SEC_MAX = 60;

/**
 * Tells how long windows of a rule may wait so that relays can end and start while they are open: many times as long as
 * both take now, but `leastSec` at least.
 */
async function measureWait(start: (config: string) => Promise<RelayProcess>, leastSec: number) {
  const startMs = performance.now();
  await (await start(rule(10, 3600))).terminate();
  const tookSec = (performance.now() - startMs) / 1000;
  return Math.min(MEASURED_SEC_MAX, Math.max(leastSec, Math.ceil(8 * tookSec)));
}

interface Sent {
  readonly group: string;
  readonly value: number;
  readonly timeSec: number;
}

/** Points of ten groups in the bucket of `startSec`, values with many digits. */
function makePoints(count: number, startSec: number, intervalSec: number): Sent[] {
  return Array.from({ length: count }, (_, i) => ({
    group: `g${i % 10}`,
    value: Math.sin(i + 1) * 10 ** ((i % 9) - 3),
    timeSec: startSec + (i % intervalSec),
  }));
}

function linesOf(points: readonly Sent[]): string[] {
  return points.map(({ group, value, timeSec }, i) => `raw.${group}.s${i % 100} ${value} ${timeSec}`);
}

/** The lines that must come of points of one bucket, by an independent computation. */
function expectedLines(points: readonly Sent[], startSec: number, functions: readonly string[] = FUNCTIONS) {
  const groups = Map.groupBy(points, ({ group }) => group);
  return [...groups]
    .flatMap(([group, members]) =>
      functions.flatMap((name) =>
        [...plainResults(name, members)].map(
          ([suffix, value]) => `${group}.${name}${suffix} ${value} ${startSec}`,
        ),
      ),
    )
    .toSorted();
}

async function assertArrive(sink: TcpSink, lines: readonly string[]): Promise<void> {
  await sink.until('every result', () => sink.lines >= lines.length);
  assert.deepEqual(sink.kept.toSorted(), lines);
}

/** The start of the bucket that the clock is in. */
function bucketNow(intervalSec: number): number {
  const nowSec = Math.floor(Date.now() / 1000);
  return nowSec - (nowSec % intervalSec);
}

// They wait for windows most of the time: side by side.
describe('aggregation with the real command', { concurrency: 4 }, () => {
  test('a window goes on over SIGTERM and the next start: every function, as without', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start, folder } = makeStarter(t);
    const config = rule(2, await measureWait(start, 8)) + routeTo(sink.addr);
    const first = await start(config);
    const startSec = bucketNow(2);
    const points = makePoints(5000, startSec, 2);
    await sendLines(t, first.port, linesOf(points.slice(0, 2500)));
    const before = await first.terminate();
    assert.equal(before.exit.code, 0);
    assertConserved(before.ledger);
    assert.deepEqual([before.ledger.consumed, before.ledger.generated], [2500, 0]);
    assert.equal(sink.lines, 0, 'nothing left early');
    assert.ok(existsSync(join(folder, 'spool/aggregation.windows')));
    const second = await start(config);
    await second.untilLogged('aggregation: 10 open windows of the last run go on');
    assert.equal(existsSync(join(folder, 'spool/aggregation.windows')), false);
    await sendLines(t, second.port, linesOf(points.slice(2500)));
    await assertArrive(sink, expectedLines(points, startSec));
    const after = await second.terminate();
    assertConserved(after.ledger);
    assert.equal(after.ledger.generated, expectedLines(points, startSec).length);
  });

  test('windows that were due while the relay was down leave after its start', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start } = makeStarter(t);
    const waitSec = await measureWait(start, 4);
    const config = rule(1, waitSec, ['count']) + routeTo(sink.addr);
    const first = await start(config);
    const startSec = bucketNow(1);
    const points = makePoints(100, startSec, 1);
    await sendLines(t, first.port, linesOf(points));
    const { ledger } = await first.terminate();
    assert.equal(ledger.generated, 0, 'nothing left before the end');
    await sink.until('their time', () => Date.now() / 1000 > startSec + waitSec + 1);
    await start(config);
    await assertArrive(sink, expectedLines(points, startSec, ['count']));
  });

  test('windows of a rule that the next config has changed leave by the old one', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start } = makeStarter(t);
    const startSec = bucketNow(10);
    const points = makePoints(500, startSec, 10);
    const first = await start(rule(10, 3600) + routeTo(sink.addr));
    await sendLines(t, first.port, linesOf(points));
    await first.terminate();
    assert.equal(sink.lines, 0);
    const second = await start(rule(10, 7200) + routeTo(sink.addr));
    await second.untilLogged('10 of aggregations that are gone leave now');
    await assertArrive(sink, expectedLines(points, startSec));
  });

  test('a reload keeps the windows of rules that stay; those of one that is gone leave by the new routes', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start, folder } = makeStarter(t);
    const group = (type: string, addr: string): string =>
      `[[route]]\nkey = "all"\ntype = "${type}"\ndestinations = ["127.0.0.1:1", "${addr}"]\n`;
    const kept = rule(10, 3600, ['max']);
    const relay = await start(
      rule(10, 3600, ['sum']).replace('dropRaw = true', '') + kept + group('failover', '127.0.0.1:2'),
    );
    const startSec = bucketNow(10);
    const points = makePoints(500, startSec, 10);
    await sendLines(t, relay.port, linesOf(points));
    await relay.untilLedger('all is read', ({ consumed }) => consumed === points.length);
    writeFileSync(
      join(folder, 'relay.toml'),
      `${CONFIG_HEAD}spool_dir = "spool"\n${kept}${group('any_of', sink.addr)}`,
    );
    relay.kill('SIGHUP');
    await assertArrive(sink, expectedLines(points, startSec, ['sum']));
    const metrics = await (await relay.get('/metrics')).text();
    assert.match(metrics, /sluice_aggregator_windows\{aggregator="\w{7}",function="max"\} 10\n/);
    assert.match(metrics, /sluice_aggregator_in_total\{aggregator="\w{7}",function="max"\} 500\n/);
    const { ledger } = await relay.terminate();
    assertConserved(ledger);
    assert.equal(ledger.generated, 10);
  });

  test('without a place to keep them windows leave before their time', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start } = makeStarter(t, 'spool_dir = "relay.toml/none"\n');
    const startSec = bucketNow(10);
    const points = makePoints(500, startSec, 10);
    const relay = await start(rule(10, 3600, ['sum', 'p95']) + routeTo(sink.addr));
    await sendLines(t, relay.port, linesOf(points));
    const { exit, ledger } = await relay.terminate();
    assert.equal(exit.code, 0);
    assertConserved(ledger);
    await assertArrive(sink, expectedLines(points, startSec, ['sum', 'p95']));
  });

  test('a second signal does not let windows leave that are kept already', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start } = makeStarter(t);
    const config = rule(10, 3600, ['sum']) + routeTo(sink.addr);
    const relay = await start(config);
    await relay.untilLogged('new conn online');
    sink.reading = 'frozen';
    const raw = Array.from({ length: 300_000 }, (_, i) => `other.metric.of.some.length ${i} 1700000000`);
    const points = makePoints(500, bucketNow(10), 10);
    await sendLines(t, relay.port, [...linesOf(points), ...raw]);
    relay.kill('SIGTERM');
    await relay.untilLogged('10 open windows are kept in');
    relay.kill('SIGTERM');
    assert.equal((await relay.exited()).code, 3);
    assertConserved(relay.finalLedger());
    assert.equal(relay.finalLedger().generated, 0);
    const next = await start(config);
    assert.match(next.stderr, /aggregation: 10 open windows of the last run go on/);
    next.kill('SIGKILL');
  });

  test('a damaged file of windows is one warning and no failed start', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start, folder } = makeStarter(t);
    const config = rule(10, 3600) + routeTo(sink.addr);
    mkdirSync(join(folder, 'spool'), { recursive: true });
    writeFileSync(join(folder, 'spool/aggregation.windows'), 'SLUICEWN\x01\0\0\0 and no more');
    const relay = await start(config);
    assert.equal(relay.stderr.split('aggregation.windows is damaged').length, 2, relay.stderr);
    assert.equal(existsSync(join(folder, 'spool/aggregation.windows')), false);
    assertConserved((await relay.terminate()).ledger);
  });

  test('a destination that is away or slow gets every result later', async (t) => {
    const sink = await startSink(t, { keep: true });
    const { start } = makeStarter(t);
    const waitSec = await measureWait(start, 6);
    const relay = await start(
      rule(1, waitSec, ['count', 'sum', 'percentiles']) + routeTo(`${sink.addr} reconn=200`),
    );
    await relay.untilLogged('new conn online');
    await sink.close();
    const startSec = bucketNow(1) + 1;
    const points = Array.from({ length: 60_000 }, (_, i) => ({
      group: `g${i % 6000}`,
      value: i,
      timeSec: startSec,
    }));
    await sendLines(t, relay.port, linesOf(points));
    const expected = expectedLines(points, startSec, ['count', 'sum', 'percentiles']);
    const during = await relay.untilLedger('all left the windows', (l) => l.generated === expected.length);
    assertConserved(during);
    sink.reading = { slow: 20_000 };
    await sink.listen();
    await assertArrive(sink, expected);
    const { ledger } = await relay.terminate();
    assertConserved(ledger);
    // Others may knock at a port that was theirs; what counts is what became of the results.
    assert.deepEqual([ledger.destinations[0]?.dropped, ledger.consumed], [{}, points.length]);
  });
});
