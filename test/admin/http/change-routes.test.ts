import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TableControl } from '../../../src/relay/change/table-control.ts';
import { silentLog } from '../../../src/util/log.ts';
import { route } from '../../table/table-options.ts';
import { HttpBench } from './http-bench.ts';

test('the changes of the table are listed, the latest first, and the last is undone', async (t) => {
  const table = { blocklist: [], rewriters: [], aggregators: [], routes: [] };
  let nowMs = 1_700_000_000_000;
  const clock = { wallMs: () => nowMs++ };
  const changes = new TableControl(table, { apply: () => {}, check: () => {}, clock, log: silentLog });
  const http = await new HttpBench({}, { changes }).start(t);
  const undo = () => http.get('/api/changes/undo', { method: 'POST' });
  assert.equal((await undo()).status, 400);
  changes.apply({ kind: 'addRoute', route: route({ key: 'a' }) }, 'telnet');
  changes.apply({ kind: 'addBlock', matcher: { prefix: 'x' } }, 'http');
  assert.deepEqual(await (await http.get('/api/changes')).json(), {
    undo_steps: 2,
    changes: [
      {
        at: '2023-11-14T22:13:20.001Z',
        by: 'http',
        what: 'addBlock',
        diff: ['+ blocklist entry 1 prefix="x"'],
      },
      {
        at: '2023-11-14T22:13:20.000Z',
        by: 'telnet',
        what: 'addRoute',
        diff: ['+ route a (sendAllMatch, 1 destination)'],
      },
    ],
  });
  assert.deepEqual(await (await undo()).json(), {
    undone: 'addBlock',
    diff: ['- blocklist entry 1 prefix="x"'],
  });
  assert.deepEqual(changes.table.blocklist, []);
  assert.equal(changes.undoSteps, 1);
  const [latest] = changes.changes;
  assert.equal(latest?.what, 'undo of addBlock');
  assert.equal(
    (await http.get('/api/changes/undo', { method: 'POST', headers: { origin: 'x' } })).status,
    403,
  );
  assert.equal(changes.undoSteps, 1);
});
