import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import type { DestinationOptions } from '../../src/destination/options.ts';
import type { RouteOptions, TableOptions } from '../../src/table/options.ts';
import { isChange, renderTableDiff } from '../../src/table/table-diff.ts';
import { rewriter, route } from './table-options.ts';

const EMPTY: TableOptions = { blocklist: [], rewriters: [], aggregators: [], routes: [] };

function to(...texts: readonly string[]): DestinationOptions[] {
  return texts.map((text) => {
    const parsed = parseDestination(text);
    assert.ok(parsed.ok);
    return parsed.options;
  });
}

function withRoutes(...routes: readonly RouteOptions[]): TableOptions {
  return { ...EMPTY, routes };
}

test('a table that is the same has no change', () => {
  const table = {
    ...withRoutes(route({ key: 'a' }), route({ key: 'b' })),
    rewriters: [rewriter({ old: 'x' })],
  };
  const lines = renderTableDiff(table, structuredClone(table));
  assert.deepEqual(lines, ['= 1 rewriter, 2 routes, 2 destinations kept']);
  assert.equal(lines.some(isChange), false);
  assert.deepEqual(renderTableDiff(EMPTY, EMPTY), []);
});

test('routes come and go', () => {
  const before = withRoutes(route({ key: 'old' }));
  const after = withRoutes(route({ key: 'all', destinations: to('10.0.0.1:1', '10.0.0.2:1') }));
  assert.deepEqual(renderTableDiff(before, after), [
    '- route old (sendAllMatch, 1 destination)',
    '+ route all (sendAllMatch, 2 destinations)',
  ]);
});

test('a destination tells which of its options changed, and from what to what', () => {
  const before = withRoutes(route({ key: 'all', destinations: to('h:1', 'h:2 spool=true', 'h:3') }));
  const after = withRoutes(
    route({
      key: 'all',
      matcher: { prefix: 'a.' },
      stop: true,
      destinations: to('h:1 flush=500 regex=^b', 'h:2', 'h:4'),
    }),
  );
  assert.deepEqual(renderTableDiff(before, after), [
    '~ route all: prefix not set -> "a.", stop false -> true',
    '- destination h:3 of route all',
    '~ destination h:1 of route all: regex not set -> "^b", flush 1000 -> 500',
    '~ destination h:2 of route all: spool true -> not set',
    '+ destination h:4 of route all',
  ]);
});

test('rules without a name are told by their place', () => {
  const before = {
    ...EMPTY,
    blocklist: [{ prefix: 'a' }],
    rewriters: [rewriter({ old: 'a' }), rewriter({ old: 'b' }), rewriter({ old: 'c', new: 'd' })],
  };
  const after = {
    ...EMPTY,
    blocklist: [{ regex: '^x' }, { prefix: 'a' }],
    rewriters: before.rewriters.slice(0, 2),
  };
  assert.deepEqual(renderTableDiff(before, after), [
    '+ blocklist entry 1 regex="^x"',
    '- rewriter 3 "c" -> "d" max -1',
    '= 1 blocklist entry, 2 rewriters kept',
  ]);
});

test('a change of the order is a change', () => {
  const [a, b] = [route({ key: 'a' }), route({ key: 'b', destinations: to('h:1', 'h:2') })];
  assert.deepEqual(renderTableDiff(withRoutes(a, b), withRoutes(b, a)), [
    '~ routes in another order: b, a',
    '= 2 routes, 3 destinations kept',
  ]);
  const turned = { ...b, destinations: b.destinations.toReversed() };
  assert.deepEqual(renderTableDiff(withRoutes(b), withRoutes(turned)), [
    '~ destinations in another order of route b: h:2, h:1',
    '= 1 route, 2 destinations kept',
  ]);
});

test('routes that share a key, and destinations that share an address, are told apart by their order', () => {
  const twice = withRoutes(route({ key: 'a' }), route({ key: 'a', destinations: to('h:1', 'h:1 flush=1') }));
  const once = withRoutes(route({ key: 'a' }), route({ key: 'a', destinations: to('h:1') }));
  assert.deepEqual(renderTableDiff(twice, once), [
    '- destination h:1 of route a',
    '= 2 routes, 2 destinations kept',
  ]);
});
