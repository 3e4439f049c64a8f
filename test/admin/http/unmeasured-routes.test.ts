// A relay that measures nothing says so where its measurements would be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_MEASURED } from '../../../src/admin/http/unmeasured-routes.ts';
import { runCommand } from '../../cli/fake-world.ts';
import { HttpBench } from './http-bench.ts';

const PATHS = ['/api/traffic', '/api/traffic/trace', '/api/timings', '/api/tune', '/api/series/top'];

test('every path of measurements answers one line instead of zeros, and the books are there', async (t) => {
  const bench = await new HttpBench({}, { measure: false }).start(t);
  bench.view.pass({ written: 5 });
  for (const path of PATHS) {
    const response = await bench.get(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: NOT_MEASURED }, path);
  }
  const ledger = (await (await bench.get('/api/ledger')).json()) as { received: number };
  assert.equal(ledger.received, 5);
});

test('sluice tune and sluice top say the line and end with exit code 1', async (t) => {
  const bench = await new HttpBench({}, { measure: false }).start(t);
  for (const command of [['tune'], ['tune', '--record', 'never.json'], ['top']]) {
    const { code, out, err } = await runCommand([...command, '--url', bench.url]);
    assert.equal(code, 1, command.join(' '));
    assert.equal(out, '');
    assert.match(err, /not measured: measure is false; set it to true .* restart the relay\n$/);
  }
});

test('a relay that measures answers all of them', async (t) => {
  const bench = await new HttpBench().start(t);
  for (const path of PATHS) assert.equal((await bench.get(path)).status, 200, path);
});
