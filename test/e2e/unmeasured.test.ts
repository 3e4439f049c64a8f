// `measure = false`: the lines and the books are the same, and what is not measured is not shown.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { MEASURED_METRICS } from '../../src/telemetry/all-metrics.ts';
import { assertConserved } from '../assert-conserved.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo } from './relay-process.ts';
import { makeLines, sendLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

const LINES = 1000;

test('measure = false by an environment variable: all lines and books, no figure beyond them', async (t) => {
  const sink = await startSink(t);
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(file, CONFIG_HEAD + routeTo(`${sink.addr} spool=true`));
  const relay = new RelayProcess(t, {
    args: ['run', '--config', file],
    folder,
    env: { SLUICE_MEASURE: 'false' },
  });
  await relay.untilLogged('is running as instance');
  await sendLines(t, relay.port, [...makeLines('a.b.c', LINES), 'bad']);
  const ledger = await relay.untilLedger('all are written', ({ destinations }) => {
    return destinations[0]?.written === LINES;
  });
  assert.equal(ledger.dropped.invalid, 1);
  const metrics = await (await relay.get('/metrics')).text();
  assert.match(metrics, /^sluice_received_total 1001$/m);
  assert.match(metrics, /^sluice_destination_writes_total\{[^}]*\} [1-9]/m);
  for (const { name } of MEASURED_METRICS) assert.ok(!metrics.includes(name), name);
  const vars = await (await relay.get('/debug/vars2')).text();
  assert.match(vars, /direction_is_out|direction=out/);
  assert.doesNotMatch(vars, /durationWrite|FlushSize|operation/);
  const top = await relay.get('/api/series/top');
  assert.equal(top.status, 404);
  assert.match(await top.text(), /measure is false; set it to true/);
  const { exit, ledger: last } = await relay.terminate();
  assert.deepEqual(exit, { code: 0, signal: null });
  assertConserved(last);
});
