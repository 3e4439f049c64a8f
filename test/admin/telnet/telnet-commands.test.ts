import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { TableAdmin } from '../../../src/admin/table-admin.ts';
import { HELP, runTelnetLine, type TelnetCaller } from '../../../src/admin/telnet/telnet-commands.ts';
import { fakeTable } from '../fake-table.ts';

const HERE: TelnetCaller = { name: 'test', isLoopback: true, isTrusted: false };
const CLOSED = { token: '', allowRemote: false };

/** Runs commands one after the other; the answers. */
function run(table: TableAdmin, ...lines: readonly string[]): string[] {
  return lines.map((line) => runTelnetLine(line, HERE, { table, policy: CLOSED }));
}

test('COMPAT 4: every command changes the table as it says', () => {
  const table = fakeTable();
  const commands = [
    'addBlack prefix old.',
    'addBlock regex ^a\\.b',
    'delBlock 0',
    'addRewriter /^x(.*)/ ${1}y -1',
    'addRewriter a "" 1 not=b',
    'delRewriter 0',
    'addRoute sendAllMatch all prefix=p sub=s  127.0.0.1:2003 spool=true flush=5  127.0.0.1:2004:i',
    'addRoute sendFirstMatch first stop=true tag=dc=eu  h:1',
    'addRoute consistentHashing ch  a:1:x  b:1:y',
    'addRoute consistentHashing-v2 ch2  a:1:x  b:1:y',
    'addRoute carbon_ch cc replication_factor=2  a:1:x  b:1:y',
    'modRoute all prefix= notSub=n regex=^q',
    'addDest first h:2 sub=z',
    'modDest first 1 sub= addr=h:3 flush=7',
    'delDest first 0',
    'delRoute ch',
    'delRoute none',
    'addRewriter b c -1 tag=dc',
  ];
  assert.deepEqual(
    run(table, ...commands),
    commands.map(() => 'ok\n'),
  );
  const { blocklist, rewriters, routes } = table.table;
  assert.deepEqual(blocklist, [{ regex: '^a\\.b' }]);
  assert.deepEqual(rewriters, [
    { old: 'a', new: '', not: 'b', max: 1 },
    { old: 'b', new: 'c', not: '', max: -1, tag: 'dc' },
  ]);
  assert.deepEqual(
    routes.map(({ key, type }) => `${key} ${type}`),
    ['all sendAllMatch', 'first sendFirstMatch', 'ch2 consistentHashing-v2', 'cc carbon_ch'],
  );
  const [all, first, , hashed] = routes;
  assert.deepEqual(all?.matcher, { sub: 's', notSub: 'n', regex: '^q' });
  assert.deepEqual(
    all?.destinations.map(({ addr, spool, flush }) => ({ addr, spool, flush })),
    [
      { addr: '127.0.0.1:2003', spool: true, flush: 5 },
      { addr: '127.0.0.1:2004:i', spool: undefined, flush: 1000 },
    ],
  );
  assert.deepEqual([first?.stop, first?.matcher, hashed?.replicationFactor], [true, { tags: ['dc=eu'] }, 2]);
  assert.deepEqual(
    first?.destinations.map(({ addr, address, sub, flush }) => ({ addr, address, sub, flush })),
    [{ addr: 'h:3', address: { protocol: 'tcp', host: 'h', port: 3, instance: '' }, sub: '', flush: 7 }],
  );
});

test('COMPAT 4: addAgg takes every function, conditions or a bare regex, and options', () => {
  const table = fakeTable();
  const commands = [
    'addAgg sum ^stats\\.(.*) sums.$1 10 20 cache=false dropRaw=true',
    'addAgg percentiles prefix=a sub= b regex=^a(.*) service=x.$1 60 60 late=amend timestamp=end',
    'addAgg p95 regex=c d 1 1',
    'delAgg 2',
  ];
  assert.deepEqual(
    run(table, ...commands),
    commands.map(() => 'ok\n'),
  );
  const { aggregators } = table.table;
  assert.deepEqual(aggregators, [
    {
      matcher: { regex: '^stats\\.(.*)' },
      outputs: [{ function: 'sum', format: 'sums.$1' }],
      intervalSec: 10,
      waitSec: 20,
      cache: false,
      dropRaw: true,
      late: 'count',
      timestamp: 'start',
    },
    {
      matcher: { prefix: 'a', sub: 'b', regex: '^a(.*)' },
      outputs: [{ function: 'percentiles', format: 'service=x.$1' }],
      intervalSec: 60,
      waitSec: 60,
      cache: true,
      dropRaw: false,
      late: 'amend',
      timestamp: 'end',
    },
  ]);
});

test('undo goes back, command by command', () => {
  const table = fakeTable();
  run(table, 'addBlock sub a', 'addRoute sendAllMatch r  h:1', 'delRoute r');
  assert.deepEqual(run(table, 'undo'), ['ok\n']);
  assert.deepEqual(
    table.table.routes.map(({ key }) => key),
    ['r'],
  );
  assert.deepEqual(run(table, 'undo', 'undo', 'undo'), ['ok\n', 'ok\n', 'nothing to undo\n']);
  assert.deepEqual(table.table.blocklist, []);
});

test('COMPAT 4: errors have the words of carbon-relay-ng, and nothing has happened', () => {
  const table = fakeTable();
  run(table, 'addRoute sendAllMatch k  h:1  h:2');
  const before = table.table;
  const answers: Record<string, string> = {
    'delBlock 9': 'Invalid index 9',
    'delDest k 9': 'Invalid index 9',
    'modDest k 9 prefix=a': 'Invalid index 9',
    'modRoute none prefix=a': 'Invalid route for none',
    'modDest none 0 prefix=a': 'Invalid route for none',
    'modRoute k': 'modRoute needs at least 1 option',
    'modDest k 0': 'modDest needs at least 1 option',
    'modDest k x prefix=a': 'modDest <routeKey> <dest> <addr/prefix/sub/regex=>',
    'modDest k 0 nothing=a': "unrecognized option 'nothing=a'",
    delRoute: 'need route key',
    address: 'unrecognized command "address"',
    'addRoute sendAllMatch k h:1': "unrecognized option 'h:1'",
    'addRoute sendAllMatch k': "must get at least 1 destination for route 'k'",
    'addRoute consistentHashing k  h:1': 'route "k": must get at least 2 destination for route \'k\'',
    'addRoute grafanaNet k  a b c': 'route type "grafanaNet" is not built yet: nothing was changed',
    'addRoute kafkaMdm k  a b c': 'route type "kafkaMdm" is not built yet: nothing was changed',
    'addRoute pubsub k  a b c': 'route type "pubsub" is not built yet: nothing was changed',
    'addRoute cloudWatch k  a b c': 'route type "cloudWatch" is not built yet: nothing was changed',
    'addRewriter /a/ b 1': 'Regular expression rewriters require max to be -1',
    'addAgg nothing a b 1 1': "no such aggregation function 'nothing'",
    'addAgg sum prefix=a b 1 1': 'need a regex string',
    'addAgg sum': 'need a regex string',
    'addAgg sum a': 'need a format string',
    'addAgg sum a b': 'need an interval number',
    'addAgg sum a b 1': 'need a wait number',
    'addAgg sum a b 0 1': 'interval must be at least 1',
    'addAgg sum a b 1 1 cache=1': "unrecognized option 'cache=1'",
    'addAgg sum regex= a': 'need a format string',
    'view all': 'extraneous arguments',
    auth: 'auth <admin_token>',
  };
  for (const [command, answer] of Object.entries(answers)) {
    assert.deepEqual(run(table, command), [`${answer}\n`], command);
  }
  assert.match(run(table, 'addBlock regex (')[0] ?? '', /^blocklist entry 1: .*\n$/);
  assert.equal(table.table, before);
});

test('COMPAT 11: dispatch is by how a line begins; what is unknown gets the help', () => {
  const table = fakeTable();
  const [view, views, help, unknown, empty] = run(table, 'view', ' views ', 'helpme', 'hello', '');
  assert.match(view ?? '', /^\n## Rewriters:[^]*\n\n--\n$/);
  assert.equal(views, view);
  assert.equal(help, HELP);
  assert.equal(unknown, `unknown command\n${HELP}`);
  assert.equal(empty, unknown);
});

test('from another machine only reads are open, until the token is given', () => {
  const table = fakeTable();
  const caller = { name: '10.0.0.9:1', isLoopback: false, isTrusted: false };
  const ask = (line: string, policy = { token: 'secret', allowRemote: false }) =>
    runTelnetLine(line, caller, { table, policy });
  assert.match(ask('view'), /## Routes:/);
  for (const line of ['addBlock sub a', 'delRoute a', 'modRoute a prefix=b', 'undo']) {
    assert.match(ask(line), /^changes from another machine need "auth <admin_token>"/, line);
  }
  assert.equal(ask('auth wrong'), 'wrong token\n');
  assert.equal(ask('auth ', { token: '', allowRemote: false }), 'auth <admin_token>\n');
  assert.equal(ask('auth x', { token: '', allowRemote: false }), 'wrong token\n');
  assert.match(ask('addBlock sub a'), /^changes from another machine/);
  assert.equal(ask('addBlock sub a', { token: '', allowRemote: true }), 'ok\n');
  assert.equal(ask('auth secret'), 'ok\n');
  assert.equal(ask('addBlock sub a'), 'ok\n');
  assert.equal(ask('auth wrong'), 'wrong token\n');
  assert.match(ask('addBlock sub a'), /^changes from another machine/);
  assert.equal(table.table.blocklist.length, 2);
});

test('no line makes a command throw, and each is answered by whole lines', () => {
  const names = 'addRoute addBlock modDest modRoute delDest delRoute addDest undo view';
  const others = 'sendAllMatch carbon_ch k prefix= regex=( addr= h:1 ## 0 99999999999 = ';
  const word = fc.constantFrom(...`${names} ${others}`.split(' '));
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 8 }).map((words) => words.join(' ')),
    fc.array(word, { maxLength: 8 }).map((words) => words.join('  ')),
  );
  const table = fakeTable();
  fc.assert(
    fc.property(line, (text) => {
      assert.match(run(table, text)[0] ?? '', /\n$/);
    }),
    { numRuns: 200 },
  );
});
