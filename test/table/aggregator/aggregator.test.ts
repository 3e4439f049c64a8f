// Aggregators compiled: what they make of keys, and which windows that is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregatorKey } from '../../../src/table/aggregator/aggregator-key.ts';
import type { AggregatorOutput } from '../../../src/table/options.ts';
import { TableError } from '../../../src/table/table-error.ts';
import { aggregator, destination, resolved, rewriter, route, slotNames, snapshot } from '../table-options.ts';

function names(
  format: string,
  key: string | Uint8Array,
  regex = '^(?P<host>[a-z]+)\\.(\\d+)?(.*)$',
): string[] {
  const table = snapshot({
    aggregators: [aggregator({ matcher: { regex }, outputs: [{ function: 'sum', format }] })],
  });
  return slotNames(table, table.resolve(Buffer.from(key))).map((name) => name.slice(2));
}

test('COMPAT 5.2: formats expand as in Go', () => {
  assert.deepEqual(names('sum.$1', 'web.7x'), ['sum.web']);
  assert.deepEqual(names('${host}.$2.${3}z', 'web.7x'), ['web.7.xz']);
  assert.deepEqual(names('a$1x.b', 'web.7x'), ['a.b']);
  assert.deepEqual(names('a$$1-$-', 'web.7x'), ['a$1-$-']);
  assert.deepEqual(names('<$2>', 'web.x'), ['<>']);
  // The first match only, and the template alone comes out.
  assert.deepEqual(names('$1', 'aa.bb.cc', '([b-z])'), ['b']);
  assert.deepEqual(names('all', 'q.1'), ['all']);
});

test('formats that differ only at their ends share a window, others do not', () => {
  const outputs: AggregatorOutput[] = [
    { function: 'avg', format: 'avg.$1.of.$2' },
    { function: 'max', format: 'max.$1.of.$2.max' },
    { function: 'sum', format: '$1.$2' },
    { function: 'min', format: 'min.${1}.of.${2}' },
  ];
  const table = snapshot({
    aggregators: [aggregator({ matcher: { regex: '^(.)(.)' }, outputs })],
    routes: [route()],
  });
  assert.equal(resolved(table, 'ab'), '[0] +0,1');
  assert.equal(resolved(table, 'abc'), '[0] +0,1');
  assert.equal(resolved(table, 'ba'), '[0] +2,3');
  assert.deepEqual(slotNames(table, table.resolve(Buffer.from('ab'))), [
    '0 a.b',
    '0 avg.a.of.b',
    '0 max.a.of.b.max',
    '0 min.a.of.b',
  ]);
});

test('COMPAT 7.3: aggregators in order on the rewritten key; the first dropRaw that matches ends everything', () => {
  const table = snapshot({
    blocklist: [{ prefix: 'no' }],
    rewriters: [rewriter({ old: 'old', new: 'new' })],
    aggregators: [
      aggregator({ matcher: { regex: '^new', notRegex: 'x$' } }),
      aggregator({ matcher: { regex: 'd$', prefix: 'new' }, dropRaw: true }),
      aggregator({ matcher: { regex: '.', notSub: 'q' } }),
    ],
    routes: [route({ matcher: { prefix: 'new' }, destinations: [destination()] })],
  });
  assert.equal(resolved(table, 'old.a'), '[0] new.a +0,1');
  assert.equal(resolved(table, 'old.x'), '[0] new.x +1');
  assert.equal(resolved(table, 'old.d'), 'consumed +0,2');
  assert.equal(resolved(table, 'else'), 'unroutable +1');
  assert.equal(resolved(table, 'q'), 'unroutable');
  assert.equal(resolved(table, 'no.new'), 'blocklisted');
});

test('0.12: no prefix is read out of a regex that does not require it', () => {
  for (const [regex, keys] of [
    ['^ab?c', ['ac', 'abc']],
    ['^a|b', ['b', 'a']],
    ['^ab*', ['a', 'ab']],
  ] as const) {
    const few = [aggregator({ matcher: { regex } })];
    const many = Array.from({ length: 50 }, (_, i) => aggregator({ matcher: { regex: `^q${i}` } }));
    for (const aggregators of [few, [...many, ...few]]) {
      const table = snapshot({ aggregators, routes: [route()] });
      for (const key of keys) assert.equal(resolved(table, key), '[0] +0', `${regex} ${key}`);
    }
  }
});

test('a result whose key cannot be sent goes to the slot that counts such points', () => {
  assert.deepEqual(names('$1', 'web.x', '^(z?)'), ['bad']);
  assert.deepEqual(names('a $1', 'web.x'), ['bad']);
  assert.deepEqual(names('a${1}b', 'web\u00a0', '(\u00a0)'), ['bad']);
  assert.deepEqual(names('$0'.repeat(70), 'k'.repeat(1000), '.*'), ['bad']);
});

test('bytes that are no UTF-8 pass through a group unchanged', () => {
  const table = snapshot({
    aggregators: [aggregator({ matcher: { regex: 'a(.)' }, outputs: [{ function: 'sum', format: '<$1>' }] })],
  });
  const plan = table.resolve(Buffer.from([0x61, 0xff]));
  assert.deepEqual(slotNames(table, plan), [`0 ${Buffer.from([0x3c, 0xff, 0x3e]).toString()}`]);
});

test('COMPAT 7.5: the key of an aggregator is the md5 of crng', () => {
  const options = aggregator({
    matcher: { regex: '^a', prefix: 'a' },
    outputs: [{ function: 'sum', format: 'b' }],
  });
  // printf 'sum\0^a\0\0a\0\0\0\0b' | md5sum
  assert.equal(aggregatorKey(options), '967596b');
  assert.equal(aggregatorKey({ ...options, intervalSec: 1, waitSec: 2, dropRaw: true }), '967596b');
});

test('a rule that cannot work is refused by its name', () => {
  const compile = (options: Parameters<typeof aggregator>[0]) => () =>
    snapshot({ aggregators: [aggregator(), aggregator(options)] });
  const refused = (options: Parameters<typeof aggregator>[0], message: string): void => {
    assert.throws(compile(options), (error) => error instanceof TableError && error.message === message);
  };
  refused({ matcher: {} }, 'aggregation 2: need a regex string');
  refused({ outputs: [] }, 'aggregation 2: need a function and a format');
  refused({ intervalSec: 0 }, 'aggregation 2: interval must be at least 1');
});
