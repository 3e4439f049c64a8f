import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from '../../src/admin/render-table.ts';
import { aggregatorKey } from '../../src/table/aggregator/aggregator-key.ts';
import { destination, rewriter, route } from '../table/table-options.ts';
import { fakeTable } from './fake-table.ts';

test('COMPAT 11: an empty table has the headings of carbon-relay-ng', () => {
  assert.equal(
    renderTable(fakeTable()),
    `
## Rewriters:
old  new  not  max
==================

## Blocklist:
prefix  notPrefix  sub  notSub  regex  notRegex
===============================================

## Aggregations:
key   func  regex  notRegex  prefix  notPrefix  sub  notSub  outFmt  cache  interval  wait dropRaw
==================================================================================================

## Routes:
  type  key  prefix  notPrefix  sub  notSub  regex  notRegex
============================================================================================================
`,
  );
});

test('COMPAT 11: rows are in the columns of carbon-relay-ng, as wide as their widest cell', () => {
  const table = fakeTable({
    rewriters: [rewriter({ old: '/a(.)/', new: '$1', not: 'x', max: -1 })],
    blocklist: [{ prefix: 'collectd.localhost' }, { notRegex: '^[a-z]' }],
    routes: [
      route({
        key: 'all',
        matcher: { prefix: 'p' },
        destinations: [
          destination({ addr: '127.0.0.1:2003', regex: '^servers\\.' }),
          destination({ addr: 'carbon.example.com:2003:a' }),
        ],
      }),
      route({ key: 'b', type: 'sendFirstMatch' }),
    ],
  });
  const lines = renderTable(table).split('\n');
  assert.deepEqual(lines.slice(0, 12), [
    '',
    '## Rewriters:',
    'old     new  not  max',
    '=====================',
    '/a(.)/  $1   x    -1 ',
    '',
    '## Blocklist:',
    'prefix              notPrefix  sub  notSub  regex  notRegex',
    '===========================================================',
    'collectd.localhost                                         ',
    '                                                   ^[a-z]  ',
    '',
  ]);
  assert.deepEqual(lines.slice(15), [
    '',
    '## Routes:',
    '  type            key  prefix  notPrefix  sub  notSub  regex  notRegex',
    '='.repeat(122),
    '> sendAllMatch    all  p                                              ',
    '  prefix  notPrefix  sub  notSub  regex       notRegex  addr                       spoolDir          spool  pickle  online',
    `  ${'-'.repeat(120)}`,
    '                                  ^servers\\.            127.0.0.1:2003             /spool            true   false   true  ',
    '                                                        carbon.example.com:2003:a  /spool            true   false   true  ',
    '',
    '> sendFirstMatch  b                                                   ',
    '  prefix  notPrefix  sub  notSub  regex       notRegex  addr                       spoolDir          spool  pickle  online',
    `  ${'-'.repeat(120)}`,
    '                                                        127.0.0.1:2003             /spool            true   false   true  ',
    '',
    '',
  ]);
});

test('a rule cannot forge a line of the table', () => {
  const text = renderTable(fakeTable({ blocklist: [{ sub: 'a\n## Routes:\u001b[2J' }] }));
  assert.equal(text.match(/^## Routes:/gm)?.length, 1);
  assert.ok(text.includes('a\\x0a## Routes:\\x1b[2J'));
});

test('COMPAT 7.5 and 11: an aggregator is shown with the key of carbon-relay-ng, one row a rule', () => {
  const aggregator = {
    matcher: { regex: '^a\\.(.*)' },
    outputs: [{ function: 'sum', format: 'b.$1' }],
    intervalSec: 10,
    waitSec: 20,
    dropRaw: true,
    cache: false,
    late: 'count',
    timestamp: 'start',
  } as const;
  const lines = renderTable(fakeTable({ aggregators: [aggregator] })).split('\n');
  const at = lines.indexOf('## Aggregations:');
  assert.deepEqual(lines.slice(at + 1, at + 4), [
    'key      func  regex     notRegex  prefix  notPrefix  sub  notSub  outFmt  cache  interval  wait dropRaw',
    '='.repeat(104),
    `${aggregatorKey(aggregator)}  sum   ^a\\.(.*)                                            b.$1    false  10        20   true   `,
  ]);
});

test('what carbon-relay-ng has no column for stands behind the row', () => {
  const table = fakeTable({
    rewriters: [rewriter({ old: 'a', tag: 'dc' })],
    routes: [route({ stop: true, matcher: { tags: ['dc=eu', 'host!=a'] } })],
  });
  const text = renderTable(table);
  assert.match(text, /^a +-1 {3}tag=dc$/m);
  assert.match(text, /^> sendAllMatch .* stop=true {2}tags=dc=eu;host!=a$/m);
});
