import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyOperation, type Operation } from '../../src/table/operation.ts';
import type { TableOptions } from '../../src/table/options.ts';
import { destination, rewriter, route } from './table-options.ts';

const A = destination({ addr: 'a:1' });
const B = destination({ addr: 'b:1' });
const TABLE: TableOptions = {
  blocklist: [{ prefix: 'x' }, { sub: 'y' }],
  rewriters: [rewriter({ old: 'o' })],
  aggregators: [],
  routes: [
    route({ key: 'r', matcher: { prefix: 'p', regex: '^p' }, destinations: [A, B] }),
    route({ key: 's', destinations: [A] }),
    route({ key: 'r', destinations: [B] }),
  ],
};

function apply(operation: Operation): TableOptions {
  const before = structuredClone(TABLE);
  const applied = applyOperation(TABLE, operation);
  assert.deepEqual(TABLE, before, 'the table given is left as it is');
  assert.ok(applied.ok, applied.ok ? '' : applied.error);
  return applied.table;
}

function refusal(operation: Operation): string {
  const applied = applyOperation(TABLE, operation);
  assert.ok(!applied.ok);
  return `${applied.missing ? 'missing: ' : ''}${applied.error}`;
}

test('what is added goes to the end', () => {
  assert.deepEqual(apply({ kind: 'addBlock', matcher: { regex: 'z' } }).blocklist.at(-1), { regex: 'z' });
  const other = rewriter({ old: 'n' });
  assert.deepEqual(apply({ kind: 'addRewriter', rewriter: other }).rewriters, [...TABLE.rewriters, other]);
  const added = route({ key: 't' });
  assert.deepEqual(apply({ kind: 'addRoute', route: added }).routes, [...TABLE.routes, added]);
  const destinations = apply({ kind: 'addDest', key: 's', destination: B }).routes[1]?.destinations;
  assert.deepEqual(destinations, [A, B]);
});

test('what is taken out is the one at the index, and nothing else', () => {
  assert.deepEqual(apply({ kind: 'delBlock', index: 0 }).blocklist, [{ sub: 'y' }]);
  assert.deepEqual(apply({ kind: 'delRewriter', index: 0 }).rewriters, []);
  assert.deepEqual(apply({ kind: 'delDest', key: 'r', index: 1 }).routes[0]?.destinations, [A]);
  assert.deepEqual(apply({ kind: 'delRoute', key: 'r' }).routes, TABLE.routes.slice(1));
});

test('COMPAT 4: taking out a route that is not there changes nothing and is no error', () => {
  assert.equal(apply({ kind: 'delRoute', key: 'none' }), TABLE);
});

test('modRoute and modDest change what they name; an empty condition is none', () => {
  const changed = apply({ kind: 'modRoute', key: 'r', matcher: { prefix: '', sub: 's' } });
  assert.deepEqual(changed.routes[0]?.matcher, { regex: '^p', sub: 's' });
  assert.deepEqual(changed.routes[2], TABLE.routes[2]);
  const moved = apply({ kind: 'modDest', key: 'r', index: 1, change: { sub: 's', flush: 5 } });
  assert.deepEqual(moved.routes[0]?.destinations, [A, { ...B, sub: 's', flush: 5 }]);
});

test('COMPAT 4: errors have the words of carbon-relay-ng', () => {
  assert.equal(refusal({ kind: 'delBlock', index: 2 }), 'missing: Invalid index 2');
  assert.equal(refusal({ kind: 'delRewriter', index: -1 }), 'missing: Invalid index -1');
  assert.equal(refusal({ kind: 'delAgg', index: 0 }), 'missing: Invalid index 0');
  assert.equal(refusal({ kind: 'modRoute', key: 'none', matcher: {} }), 'missing: Invalid route for none');
  assert.equal(refusal({ kind: 'delDest', key: 'r', index: 9 }), 'missing: Invalid index 9');
  assert.equal(refusal({ kind: 'modDest', key: 'r', index: 2, change: {} }), 'missing: Invalid index 2');
});

test('the last destination of a route stays: metrics would vanish', () => {
  assert.equal(
    refusal({ kind: 'delDest', key: 's', index: 0 }),
    "must get at least 1 destination for route 's'",
  );
});
