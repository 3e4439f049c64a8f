// The main job on real input: Debian's collectd into the command into Debian's carbon-cache, and every datapoint that
// collectd also wrote to csv is in the whisper files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, type RelayProcess, routeTo, startRelay } from '../e2e/relay-process.ts';
import { CARBON, COLLECTD, ensurePackages } from './debian-packages.ts';
import { freePorts, type ServerProcess, startServer, untilListening } from './server-process.ts';

const RUN_MS = 32_000;
const FLUSH_DEADLINE_MS = 60_000;
const HOST = 'testhost';
const PLUGINS = ['cpu', 'memory', 'load', 'interface', 'df', 'processes', 'uptime'];
/** Points of the run that must at least be there: seconds times a few plugins. */
const POINTS_MIN = 500;

before(() => ensurePackages(COLLECTD, CARBON));

test('every datapoint of collectd reaches the whisper files of carbon-cache', async (t) => {
  const folder = makeFolder(t);
  const [linePort = 0, picklePort = 0, queryPort = 0] = await freePorts(3);
  const carbon = startCarbon(t, folder, { linePort, picklePort, queryPort });
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

function startCarbon(
  t: TestContext,
  folder: string,
  ports: { linePort: number; picklePort: number; queryPort: number },
): ServerProcess {
  const conf = join(folder, 'carbon.conf');
  writeFileSync(join(folder, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
  writeFileSync(
    conf,
    `[cache]
STORAGE_DIR = ${folder}
CONF_DIR = ${folder}
LOG_DIR = ${folder}
PID_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${ports.linePort}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${ports.picklePort}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${ports.queryPort}
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
CARBON_METRIC_INTERVAL = 0
ENABLE_TAGS = False
ENABLE_LOGROTATION = False
`,
  );
  mkdirSync(join(folder, 'whisper'));
  const args = [`--config=${conf}`, `--pidfile=${folder}/carbon.pid`, '--nodaemon', 'start'];
  return startServer(t, 'carbon-cache', args, folder);
}

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

/** By metric, by second: the values that collectd wrote for it (two, where two readings fell into one second). */
type Points = Map<string, Map<number, number[]>>;

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
  const seconds = points.get(metric) ?? new Map<number, number[]>();
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

/** carbon writes when it pleases: reads the files until all is there. */
async function untilWhisperHolds(root: string, expected: Points): Promise<void> {
  const deadline = performance.now() + FLUSH_DEADLINE_MS;
  for (;;) {
    const missing = missingPoints(root, expected);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      assert.fail(
        `${missing.length} points are not in the whisper files, such as\n${missing.slice(0, 20).join('\n')}`,
      );
    }
    await sleep(1000);
  }
}

function missingPoints(root: string, expected: Points): string[] {
  const script = join(import.meta.dirname, 'read-whisper.py');
  const text = execFileSync('/usr/bin/python3', [script, root], { encoding: 'utf8', maxBuffer: 256 << 20 });
  const stored = JSON.parse(text) as Record<string, Record<string, number>>;
  const missing: string[] = [];
  for (const [metric, seconds] of expected) {
    for (const [second, values] of seconds) {
      const found = stored[metric]?.[second];
      if (found === undefined || !values.some((value) => isClose(value, found))) {
        missing.push(`${metric} at ${second}: ${values.join(' or ')}, found ${found}`);
      }
    }
  }
  return missing;
}

/** Both writers print a limited number of digits. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));
}
