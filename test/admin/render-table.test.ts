import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from '../../src/admin/render-table.ts';
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
