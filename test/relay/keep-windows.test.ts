// Open windows between two runs, with a real folder: what is kept once comes once, and trouble is one warning.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Aggregation, WINDOW_BOUNDS } from '../../src/relay/aggregation.ts';
import { loadWindows, saveWindows } from '../../src/relay/keep-windows.ts';
import { WindowFile } from '../../src/relay/window-file.ts';
import { encodeWindows } from '../../src/table/aggregator/window-snapshot.ts';
import type { AggregatorOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { collectLog } from '../destination/rig.ts';
import { aggregator, route } from '../table/table-options.ts';

const NOW_SEC = 1_700_000_000;
const RULE = aggregator({ outputs: [{ function: 'sum', format: 'sum.$0' }], intervalSec: 10, waitSec: 60 });

function makeFile(t: TestContext): WindowFile {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-windows-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return new WindowFile(folder);
}

/** One run of a relay, as far as windows go. */
function makeRun(aggregators: readonly AggregatorOptions[], windowsMax = 100) {
  const clock = new FakeClock();
  clock.nowMs = 0;
  const lines: string[] = [];
  const logged: string[] = [];
  const aggregation = new Aggregation(
    { ...WINDOW_BOUNDS, windowsMax },
    {
      clock,
      log: collectLog(logged),
      generate: (_outputs, bytes) => void lines.push(...Buffer.from(bytes).toString().trimEnd().split('\n')),
      afterTurn: (fn) => fn(),
      refreshPlans: () => undefined,
    },
  );
  const snapshot = Snapshot.compile(
    { blocklist: [], rewriters: [], aggregators, routes: [route()] },
    { outputOf: () => 0, slotOf: (a, f, x) => aggregation.slotOf(a, f, x), validateKey: () => undefined },
  );
  aggregation.apply(snapshot);
  const send = (key: string, value: number): void => {
    const slots = Uint32Array.from(snapshot.resolve(Buffer.from(key)).values ?? []);
    const times = new Uint32Array(slots.length).fill(NOW_SEC);
    aggregation.take({
      count: slots.length,
      slots,
      times,
      numbers: new Float64Array(slots.length).fill(value),
    });
  };
  return { aggregation, clock, lines, logged, log: collectLog(logged), send };
}

test('what one run keeps, the next goes on with, and no later one finds again', async (t) => {
  const file = makeFile(t);
  const first = makeRun([RULE]);
  first.send('a', 1);
  first.send('b', 2);
  await saveWindows(first.aggregation, file, first.log);
  assert.match(first.logged.join(), /2 open windows are kept in .*aggregation\.windows/);
  assert.deepEqual(first.lines, []);
  const second = makeRun([RULE]);
  await loadWindows(second.aggregation, file, second.log);
  second.send('a', 4);
  second.clock.advance(60_000);
  assert.deepEqual(second.lines, [`sum.a 5 ${NOW_SEC}`, `sum.b 2 ${NOW_SEC}`]);
  const third = makeRun([RULE]);
  await loadWindows(third.aggregation, file, third.log);
  assert.deepEqual(third.logged, []);
  await saveWindows(third.aggregation, file, third.log);
  assert.deepEqual(third.logged, [], 'nothing to keep is nothing to say');
});

test('where nothing can be written windows leave with what they hold', async (t) => {
  const file = makeFile(t);
  mkdirSync(file.path);
  writeFileSync(join(file.path, 'x'), '');
  const run = makeRun([RULE]);
  run.send('a', 1);
  await saveWindows(run.aggregation, file, run.log);
  assert.match(run.logged[0] ?? '', /aggregation\.windows cannot be written: /);
  assert.deepEqual(run.lines, [`sum.a 1 ${NOW_SEC}`]);
});

test('a file that cannot be read is one warning', async (t) => {
  const file = makeFile(t);
  mkdirSync(file.path);
  const run = makeRun([RULE]);
  await loadWindows(run.aggregation, file, run.log);
  assert.equal(run.logged.length, 1);
  assert.match(run.logged[0] ?? '', /cannot be used: .*windows of the last run are lost/);
});

test('of a damaged file the good part is used', async (t) => {
  const file = makeFile(t);
  const first = makeRun([RULE], 4000);
  for (let i = 0; i < 4000; i++) first.send(`k${i}`, i);
  await saveWindows(first.aggregation, file, first.log);
  writeFileSync(file.path, readFileSync(file.path).subarray(0, -1));
  const second = makeRun([RULE], 4000);
  await loadWindows(second.aggregation, file, second.log);
  const [warning = '', told = ''] = second.logged;
  const lost = Number(/^warn .* is damaged: it is cut off; (\d+) of 4000 windows/.exec(warning)?.[1]);
  assert.ok(lost > 0 && lost < 2000, warning);
  assert.equal(told, `info aggregation: ${4000 - lost} open windows of the last run go on`);
  second.clock.advance(60_000);
  assert.equal(second.lines.length, 4000 - lost);
  assert.equal(second.lines[17], `sum.k17 17 ${NOW_SEC}`);
});

test('windows for which there is no room any more are counted in one warning', async (t) => {
  const file = makeFile(t);
  const first = makeRun([RULE]);
  for (let i = 0; i < 5; i++) first.send(`k${i}`, i);
  await saveWindows(first.aggregation, file, first.log);
  const second = makeRun([RULE], 2);
  await loadWindows(second.aggregation, file, second.log);
  assert.match(second.logged[0] ?? '', /3 of 5 windows of the last run found no room and are lost/);
});

test('a rule that is gone and does not compile any more is one warning', async (t) => {
  const file = makeFile(t);
  const rule = { identity: 'x', options: aggregator({ matcher: { regex: '(' } }), closedSec: 0, windows: [] };
  await file.write(encodeWindows([rule], 0, 0));
  const run = makeRun([RULE]);
  await loadWindows(run.aggregation, file, run.log);
  assert.equal(run.logged.length, 1);
  assert.match(run.logged[0] ?? '', /saved aggregation: regex "\(": /);
  run.send('a', 1);
  run.clock.advance(60_000);
  assert.deepEqual(run.lines, [`sum.a 1 ${NOW_SEC}`]);
});
