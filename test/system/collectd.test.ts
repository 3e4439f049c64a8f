// The main job on real input: Debian's collectd into the command into Debian's carbon-cache, and every datapoint that
// collectd also wrote to csv is in the whisper files.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, type RelayProcess, routeTo, startRelay } from '../e2e/relay-process.ts';
import { type Points, startCarbonCache, untilWhisperHolds } from './carbon-process.ts';
import { CARBON, COLLECTD, ensurePackages } from './debian-packages.ts';
import { freePorts, type ServerProcess, startServer, untilListening } from './server-process.ts';

const RUN_MS = 32_000;
const HOST = 'testhost';
const PLUGINS = ['cpu', 'memory', 'load', 'interface', 'df', 'processes', 'uptime'];
/** Points of the run that must at least be there: seconds times a few plugins. */
const POINTS_MIN = 500;

before(() => ensurePackages(COLLECTD, CARBON));

test('every datapoint of collectd reaches the whisper files of carbon-cache', async (t) => {
  const folder = makeFolder(t);
  const [linePort = 0, picklePort = 0, queryPort = 0] = await freePorts(3);
  const carbon = startCarbonCache(t, folder, { linePort, picklePort, queryPort });
  await untilListening(linePort, carbon);
  const relay = await startRelay(t, routeTo(`127.0.0.1:${linePort}`));
  const collectd = startCollectd(t, folder, relay);
  await sleep(RUN_MS);
  assert.ok(!collectd.hasEnded(), collectd.output());
  await collectd.stop();

  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  const expected = readCsv(join(folder, 'csv', HOST));
  const points = [...expected.values()].reduce((sum, seconds) => sum + seconds.size, 0);
  assert.ok(points >= POINTS_MIN, `only ${points} points in the csv files`);
  assert.ok(ledger.received >= points, `${ledger.received} lines for ${points} points`);
  assert.equal(ledger.destinations[0]?.written, ledger.received);
  t.diagnostic(`${points} points of ${expected.size} series, ${ledger.received} lines`);
  await untilWhisperHolds(join(folder, 'whisper'), expected);
  await carbon.stop();
});

function startCollectd(t: TestContext, folder: string, relay: RelayProcess): ServerProcess {
  const conf = join(folder, 'collectd.conf');
  writeFileSync(
    conf,
    `Hostname "${HOST}"
FQDNLookup false
Interval 1
BaseDir "${folder}"
PIDFile "${folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
${PLUGINS.map((plugin) => `LoadPlugin ${plugin}`).join('\n')}
LoadPlugin csv
LoadPlugin write_graphite
<Plugin csv>
  DataDir "${folder}/csv"
  StoreRates true
</Plugin>
<Plugin write_graphite>
  <Node "sluice">
    Host "127.0.0.1"
    Port "${relay.port}"
    Protocol "tcp"
    LogSendErrors true
    StoreRates true
    AlwaysAppendDS true
    EscapeCharacter "_"
  </Node>
</Plugin>
`,
  );
  return startServer(t, '/usr/sbin/collectd', ['-f', '-C', conf], folder);
}

/** Reads what collectd wrote: two values for a second into which two readings fell. */
function readCsv(root: string): Points {
  const points: Points = new Map();
  for (const plugin of readdirSync(root)) {
    for (const file of readdirSync(join(root, plugin))) {
      const type = file.replace(/-\d{4}-\d{2}-\d{2}$/, '');
      const [header = '', ...rows] = readFileSync(join(root, plugin, file), 'utf8')
        .trim()
        .split('\n');
      const columns = header.split(',').slice(1);
      for (const [index, column] of columns.entries()) {
        const metric = [HOST, plugin, type, column].map((part) => part.replaceAll(/[.\s]/g, '_')).join('.');
        addRows(points, metric, rows, index + 1);
      }
    }
  }
  return points;
}

function addRows(points: Points, metric: string, rows: readonly string[], column: number): void {
  const seconds = points.get(metric) ?? new Map<number, readonly number[]>();
  for (const row of rows) {
    const fields = row.split(',');
    const value = Number(fields[column]);
    // carbon leaves NaN out: the first reading of a rate.
    if (fields[column]?.endsWith('nan') === true || Number.isNaN(value)) continue;
    // write_graphite sends the nearest whole second.
    const second = Math.round(Number(fields[0]));
    seconds.set(second, [...(seconds.get(second) ?? []), value]);
  }
  if (seconds.size > 0) points.set(metric, seconds);
}
