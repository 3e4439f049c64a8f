import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TableControl, UNDO_STEPS_MAX } from '../../../src/relay/change/table-control.ts';
import type { TableOptions } from '../../../src/table/options.ts';
import { TableError } from '../../../src/table/table-error.ts';
import { RecordingLog } from '../../input/recording-log.ts';
import { route } from '../../table/table-options.ts';

const EMPTY: TableOptions = { blocklist: [], rewriters: [], aggregators: [], routes: [] };

/** In force is what was applied last; a route "bad" does not compile. */
function rig(isEnding: () => boolean = () => false) {
  const inForce: TableOptions[] = [];
  const control = new TableControl(EMPTY, {
    apply: (table) => {
      if (table.routes.some(({ key }) => key === 'bad')) throw new TableError('route "bad"', 'is bad');
      inForce.push(table);
    },
    check: () => {},
    isEnding,
    clock: { wallMs: () => 0 },
    log: new RecordingLog(),
  });
  control.start();
  return { control, inForce };
}

test('a change is in force, and can be undone', () => {
  const { control, inForce } = rig();
  assert.deepEqual(control.apply({ kind: 'addRoute', route: route({ key: 'a' }) }, 'test'), { ok: true });
  assert.deepEqual(control.apply({ kind: 'delRoute', key: 'a' }, 'test'), { ok: true });
  assert.equal(inForce.at(-1), control.table);
  assert.deepEqual(control.table.routes, []);
  assert.deepEqual(control.undo('test'), { ok: true });
  assert.deepEqual(
    control.table.routes.map(({ key }) => key),
    ['a'],
  );
  assert.deepEqual(control.undo('test'), { ok: true });
  assert.equal(control.table, EMPTY);
  assert.equal(inForce.at(-1), EMPTY);
  assert.deepEqual(control.undo('test'), { ok: false, error: 'nothing to undo', missing: true });
});

test('a table that does not compile is refused whole, with its error', () => {
  const { control, inForce } = rig();
  const answer = control.apply({ kind: 'addRoute', route: route({ key: 'bad' }) }, 'test');
  assert.deepEqual(answer, { ok: false, error: 'route "bad": is bad', missing: false });
  assert.equal(control.table, EMPTY);
  assert.equal(control.undoSteps, 0);
  assert.equal(inForce.length, 1);
});

test('an operation that changes nothing is no step', () => {
  const { control, inForce } = rig();
  assert.deepEqual(control.apply({ kind: 'delRoute', key: 'none' }, 'test'), { ok: true });
  assert.equal(control.undoSteps, 0);
  assert.equal(inForce.length, 1);
});

test('the steps that can be undone are bounded', () => {
  const { control } = rig();
  for (let i = 0; i < UNDO_STEPS_MAX + 5; i++)
    control.apply({ kind: 'addBlock', matcher: { sub: `${i}` } }, 't');
  assert.equal(control.undoSteps, UNDO_STEPS_MAX);
  while (control.undo('test').ok);
  assert.equal(control.table.blocklist.length, 5);
});

test('while the relay shuts down nothing is changed', () => {
  let isEnding = false;
  const { control, inForce } = rig(() => isEnding);
  control.apply({ kind: 'addBlock', matcher: { sub: 'a' } }, 'test');
  const { table } = control;
  isEnding = true;
  const refused = { ok: false, error: 'the relay is shutting down: nothing was changed', missing: false };
  assert.deepEqual(control.apply({ kind: 'addRoute', route: route({ key: 'a' }) }, 'test'), refused);
  assert.deepEqual(control.undo('test'), refused);
  assert.equal(control.table, table);
  assert.equal(inForce.length, 2);
});
