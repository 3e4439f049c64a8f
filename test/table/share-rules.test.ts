import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableOptions } from '../../src/table/options.ts';
import { shareRules } from '../../src/table/share-rules.ts';
import { destination, rewriter, route } from './table-options.ts';

const TABLE: TableOptions = {
  blocklist: [{ prefix: 'a' }],
  rewriters: [rewriter({ old: 'x' })],
  aggregators: [],
  routes: [
    route({ key: 'a', destinations: [destination(), destination({ flush: 5 })] }),
    route({ key: 'b' }),
  ],
};

test('a table that is equal is the one that is there', () => {
  assert.equal(shareRules(TABLE, structuredClone(TABLE)), TABLE);
});

test('of a table that is another, what is equal is the same object', () => {
  const after = structuredClone(TABLE);
  const [a, b] = after.routes;
  const wanted: TableOptions = {
    ...after,
    rewriters: [],
    routes: [b!, { ...a!, stop: true }, route({ key: 'c' })],
  };
  const shared = shareRules(TABLE, wanted);
  assert.deepEqual(shared, wanted);
  assert.equal(shared.routes[0], TABLE.routes[1]);
  assert.equal(shared.blocklist[0], TABLE.blocklist[0]);
  assert.equal(shared.routes[1]?.destinations[1], TABLE.routes[0]?.destinations[1]);
  assert.notEqual(shareRules(TABLE, { ...TABLE, routes: TABLE.routes.toReversed() }), TABLE);
  assert.notEqual(shareRules(TABLE, { ...TABLE, blocklist: [] }), TABLE);
});
