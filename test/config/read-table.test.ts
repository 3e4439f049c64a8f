import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGood, problemsOf, ROUTE } from './load-text.ts';

function route(lines: string): string {
  return `[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\n${lines}\n`;
}

test('COMPAT 1: blocklist entries are split at the first space, and blacklist comes after blocklist', () => {
  const config = loadGood(`blacklist = ["regex ^a b$"]\nblocklist = ["prefix c", "notSub  d"]\n${ROUTE}`);
  assert.deepEqual(config.table.blocklist, [{ prefix: 'c' }, { notSub: ' d' }, { regex: '^a b$' }]);
});

test('COMPAT 1: a blocklist entry without method or pattern is an error at its place', () => {
  assert.deepEqual(problemsOf(`blocklist = [\n  "prefix",\n  "prefx a",\n  "regex a(",\n]\n${ROUTE}`), [
    'error c.toml:3:3: invalid blocklist entry "prefix": a space and a pattern must follow the method',
    'error c.toml:4:3: invalid blocklist method "prefx"; did you mean "prefix"?',
    'error c.toml:5:10: error parsing regexp: missing closing ): `a(`',
  ]);
});

test('COMPAT 1: the order of application is init commands, blocklist, rewriters, routes', () => {
  const config = loadGood(`blocklist = ["sub b"]
[[route]]
key = 'two'
type = 'sendFirstMatch'
destinations = ['h:2']
[[rewriter]]
old = 'x'
new = 'y'
max = 1
[init]
cmds = ['addBlack prefix a', 'addRewriter o n -1', 'addRoute sendAllMatch one  h:1']
`);
  assert.deepEqual(config.table.blocklist, [{ prefix: 'a' }, { sub: 'b' }]);
  assert.deepEqual(config.table.rewriters, [
    { old: 'o', new: 'n', not: '', max: -1 },
    { old: 'x', new: 'y', not: '', max: 1 },
  ]);
  assert.deepEqual(
    config.table.routes.map(({ key }) => key),
    ['one', 'two'],
  );
});

test('COMPAT 1: the old init = [...] is taken like [init] cmds', () => {
  const config = loadGood(`init = ["addBlock prefix a", "addRoute sendAllMatch k  h:1"]`);
  assert.deepEqual(config.table.blocklist, [{ prefix: 'a' }]);
  assert.equal(config.table.routes[0]?.key, 'k');
});

test('COMPAT 0.9: max of a rewriter is 0 when missing, which a warning says', () => {
  const text = `[[rewriter]]\nold = 'a'\nnew = 'b'\n${ROUTE}`;
  assert.deepEqual(loadGood(text).table.rewriters, [{ old: 'a', new: 'b', not: '', max: 0 }]);
  assert.match(problemsOf(text).join('\n'), /^warning c\.toml:2:1: max missing/);
});

test('COMPAT 1: rewriters keep the rules of carbon-relay-ng', () => {
  const errorOf = (lines: string) => problemsOf(`[[rewriter]]\n${lines}\n${ROUTE}`)[0] ?? '';
  assert.match(errorOf("old = ''\nmax = -1"), /^error c\.toml:3:7: Rewriter must have non-empty 'old'/);
  assert.match(errorOf("new = 'a'\nmax = -1"), /^error c\.toml:2:1: "old" is missing in \[\[rewriter\]\]/);
  assert.match(errorOf("old = 'a'\nmax = -2"), /^error c\.toml:4:7: max must be >= -1/);
  assert.match(
    errorOf("old = '/a/'\nmax = 1"),
    /^error c\.toml:4:7: Regular expression rewriters require max/,
  );
  assert.match(errorOf("old = '/a/'"), /^error c\.toml:2:1: Regular expression rewriters require max/);
  assert.match(errorOf("old = '/a(/'\nmax = -1"), /^error c\.toml:3:7: error parsing regexp/);
  assert.match(errorOf("old = 'a'\nnot = '/b(/'\nmax = -1"), /^error c\.toml:4:7: error parsing regexp/);
  assert.equal(errorOf("old = '//'\nmax = -1"), '');
  assert.equal(errorOf("old = '/'\nmax = 1"), '');
});

test('COMPAT 1: substr is the old name of sub, and sub wins when it is not empty', () => {
  const matcherOf = (lines: string) =>
    loadGood(route(`destinations = ['h:1']\n${lines}`)).table.routes[0]?.matcher;
  assert.deepEqual(matcherOf("substr = 'a'"), { sub: 'a' });
  assert.deepEqual(matcherOf("substr = 'a'\nsub = 'b'"), { sub: 'b' });
  assert.deepEqual(matcherOf("substr = 'a'\nsub = ''"), { sub: 'a' });
});

test('COMPAT 2: a route reads its six conditions, stop and destinations', () => {
  const config = loadGood(
    route(`prefix = 'a'\nnotPrefix = 'b'\nsub = 'c'\nnotSub = 'd'\nregex = 'e'\nnotRegex = 'f'\nstop = true
destinations = ['h:1  spool=false   flush=10', 'h:2:x prefix=777']`),
  );
  const [only] = config.table.routes;
  assert.deepEqual(only?.matcher, {
    prefix: 'a',
    notPrefix: 'b',
    sub: 'c',
    notSub: 'd',
    regex: 'e',
    notRegex: 'f',
  });
  assert.equal(only.stop, true);
  assert.deepEqual(
    only.destinations.map(({ addr, flush, prefix }) => [addr, flush, prefix]),
    [
      ['h:1', 10, ''],
      ['h:2:x', 1000, '777'],
    ],
  );
});

test('a destination cannot be durable without a spool', () => {
  const text = (top: string, options: string) => `${top}\n${route(`destinations = ['h:1 ${options}']`)}`;
  const error =
    'spool=false and durability = "disk" exclude each other: leave spool=false out, or add durability=memory';
  assert.deepEqual(problemsOf(text('durability = "disk"', 'spool=false')), [`error c.toml:6:22: ${error}`]);
  assert.deepEqual(problemsOf(text('', 'spool=false durability=disk')), [`error c.toml:6:22: ${error}`]);
  assert.deepEqual(problemsOf(text('durability = "disk"', 'spool=false durability=memory')), []);
  const [only] = loadGood(text('durability = "disk"', 'flush=10')).table.routes;
  assert.equal(only?.destinations[0]?.durability, undefined);
});

test('COMPAT 2: a route needs a type that exists and a destination', () => {
  assert.deepEqual(problemsOf(route('destinations = []')), [
    "error c.toml:5:16: must get at least 1 destination for route 'r'",
  ]);
  assert.match(problemsOf(`[[route]]\nkey = 'r'\ndestinations = ['h:1']`)[0] ?? '', /"type" is missing/);
  const misspelt = problemsOf("[[route]]\ntype = 'sendallMatch'\ndestinations = ['h:1']")[0];
  assert.match(misspelt ?? '', /^error c\.toml:3:8: .*did you mean "sendAllMatch"\?$/);
});

const HASHED = (options: string): string => `[[route]]\nkey = 'k'\ntype = 'consistentHashing'\n${options}\n`;

test('COMPAT 2: a route that hashes needs two destinations without matchers, each told apart', () => {
  assert.deepEqual(problemsOf(HASHED("destinations = ['h:1']")), [
    "error c.toml:5:16: must get at least 2 destination for route 'k'",
  ]);
  assert.deepEqual(problemsOf(HASHED("destinations = ['h:1', 'g:1 sub=x']")), [
    "error c.toml:5:24: matching options (e.g. 'prefix', 'sub', and 'regex') not allowed for this route type",
  ]);
  assert.match(
    problemsOf(HASHED("destinations = ['h:1', 'h:2']"))[0] ?? '',
    /^warning c\.toml:5:24: h:1 and h:2 have one place on the ring/,
  );
  assert.match(
    problemsOf(HASHED("destinations = ['[::1]:1', 'h:2']"))[0] ?? '',
    /^error c\.toml:5:17: .* IPv6 /,
  );
  assert.match(
    problemsOf(HASHED("destinations = ['g:1', 'file:x']"))[0] ?? '',
    /^error c\.toml:5:24: .* host:port only/,
  );
  assert.match(
    problemsOf(HASHED("replication_factor = 3\ndestinations = ['g:1', 'h:1']"))[0] ?? '',
    /^error c\.toml:5:22: 3 copies need as many destinations/,
  );
  assert.deepEqual(problemsOf(HASHED("replication_factor = 2\ndestinations = ['h:1:a', 'h:1:b']")), []);
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `'h${i}:1'`).join(', ');
  assert.deepEqual(problemsOf(HASHED(`destinations = [${many(650)}]`)), []);
  assert.match(
    problemsOf(HASHED(`destinations = [${many(651)}]`))[0] ?? '',
    /takes at most 650 destinations/,
  );
});

test('a route made by commands keeps the rules of its type when all commands are done', () => {
  const init = (...cmds: readonly string[]): string[] =>
    problemsOf(`[init]\ncmds = [\n${cmds.map((text) => `  '${text}',\n`).join('')}]\n`);
  assert.deepEqual(init('addRoute consistentHashing-v2 k  h:1  g:1'), []);
  assert.match(
    init('addRoute consistentHashing k  h:1  h:2')[0] ?? '',
    /^warning c\.toml:4:3: h:1 and h:2 have/,
  );
  assert.match(
    init('addRoute consistentHashing k  h:1  g:1 sub=x')[0] ?? '',
    /^error c\.toml:4:3: matching options/,
  );
});

test('a group takes one destination or more, without matchers, and makes no copies', () => {
  const group = (type: string, lines: string): string[] =>
    problemsOf(`[[route]]\nkey = 'k'\ntype = '${type}'\n${lines}\n`);
  for (const type of ['failover', 'any_of', 'round_robin']) {
    assert.deepEqual(group(type, "destinations = ['h:1', 'file:x', '[::1]:2']"), []);
    assert.match(
      group(type, "destinations = ['h:1 sub=x']")[0] ?? '',
      /^error c\.toml:5:17: matching options /,
    );
    assert.match(
      group(type, "replication_factor = 2\ndestinations = ['h:1', 'h:2']")[0] ?? '',
      /^error c\.toml:5:22: a route of type "\w+" sends each line to one destination/,
    );
  }
});

test('carbon_ch refuses two destinations with one host and instance, as carbon does', () => {
  const text = "[[route]]\nkey = 'k'\ntype = 'carbon_ch'\ndestinations = ['h:1', 'h:2']\n";
  assert.match(problemsOf(text)[0] ?? '', /^error c\.toml:5:24: carbon does not take two destinations/);
});

test('hash options on a route that does not hash are said to have no effect', () => {
  assert.deepEqual(problemsOf(route("diverse_replicas = true\ndestinations = ['h:1']")), [
    'warning c.toml:5:20: "diverse_replicas" has no effect on a route of this type',
  ]);
});

test('COMPAT 0.8: a route of a type that is not built refuses to start, and says nothing about its options', () => {
  const types = ['grafanaNet', 'kafkaMdm', 'pubsub', 'cloudWatch'];
  for (const type of types) {
    const problems = problemsOf(
      `[[route]]\ntype = '${type}'\nAPIKEY = 'x'\ndimensions = [['a', 'b']]\ncodek = 'x'\n`,
    );
    assert.match(problems[0] ?? '', new RegExp(`^error c\\.toml:3:8: route type "${type}" is not built yet`));
    assert.deepEqual(problems.slice(1), [
      'unknown c.toml:6:1: unknown key "codek" in [[route]]; did you mean "codec"?',
    ]);
  }
});

test('COMPAT 2: pickle=true is read, and refused where it cannot be', () => {
  assert.deepEqual(problemsOf(route("destinations = ['h:1 pickle=true']")), []);
  assert.match(
    problemsOf(route("destinations = ['file:x pickle=true']"))[0] ?? '',
    /^error c\.toml:5:25: .*pickle=true/,
  );
  assert.deepEqual(problemsOf(route("destinations = ['h:1 pickle=false']")), []);
});

test('COMPAT 2: an option of a destination that is misspelt is an error with the nearest, at its exact place', () => {
  assert.deepEqual(problemsOf(route(`destinations = [\n  'h:1',\n  "h:2 flush=10 recon=5",\n]`)), [
    "error c.toml:7:17: unrecognized option 'recon=5' (did you mean 'reconn'?)",
  ]);
  assert.match(
    problemsOf(route("destinations = ['h:1 substr=a']"))[0] ?? '',
    /unrecognized option 'substr=a'/,
  );
});

test('an address that is none is an error at its place', () => {
  assert.match(problemsOf(route("destinations = ['h']"))[0] ?? '', /^error c\.toml:5:18: address 'h'/);
});

test('COMPAT 0.2: a destination pattern that means the whole line is warned of', () => {
  const warned = (option: string) => problemsOf(route(`destinations = ['h:1 ${option}']`));
  for (const option of ['regex=a$', 'notRegex=a$', 'sub=160000', 'prefix=1.5', 'regex=a\\s1']) {
    assert.match(warned(option).join('\n'), /^warning c\.toml:5:22: .*whole line/, option);
  }
  for (const option of ['regex=^a', 'sub=a1', 'prefix=a$']) assert.deepEqual(warned(option), [], option);
});

test('COMPAT 0.12: an anchored regex of which carbon-relay-ng takes too long a prefix is warned of', () => {
  const warned = (regex: string) => problemsOf(route(`regex = '${regex}'\ndestinations = ['h:1']`));
  for (const regex of ['^ab?c', '^a|b', '^ab*', '^ab{0,1}c', '^a\\.b?', '^ab.*|c']) {
    assert.match(warned(regex).join('\n'), /^warning c\.toml:5:9: .*carbon-relay-ng/, regex);
  }
  for (const regex of ['^ab', '^ab+', '^a.?', '^(a|b)', 'ab?', '^ab[|]', '^', '^a\\|b', '^abc$']) {
    assert.deepEqual(warned(regex), [], regex);
  }
  assert.match(problemsOf(`blocklist = ["regex ^ab?"]\n${ROUTE}`).join('\n'), /^warning c\.toml:2:21/);
  assert.match(problemsOf(route("destinations = ['h:1 regex=^ab?']")).join('\n'), /^warning c\.toml:5:22/);
});

test('COMPAT 2: route keys that repeat, are empty or split metric names are warned of', () => {
  const text = ["'a'", "'a'", "''", "'a.b'"]
    .map((key) => `[[route]]\nkey = ${key}\ntype = 'sendAllMatch'\ndestinations = ['h:1']\n`)
    .join('');
  assert.deepEqual(
    problemsOf(text).map((problem) => /^warning c\.toml:(\d+):1: /.exec(problem)?.[1]),
    ['6', '10', '14'],
  );
});

test('COMPAT 2: an option that has no effect is told once, however many destinations have it', () => {
  const problems = problemsOf(route("destinations = ['h:1 spoolbuf=1', 'h:2 spoolbuf=1']"));
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^warning c\.toml:5:22: .*spoolbuf/);
});

test('[route] instead of [[route]] is an error that says so', () => {
  assert.deepEqual(problemsOf(`[route]\nkey = 'a'`), [
    'error c.toml:2:1: "route" must be written as [[route]]',
  ]);
});

test('COMPAT 4: an init command that is wrong is an error at its place', () => {
  const errorOf = (command: string) => problemsOf(`[init]\ncmds = [\n  '${command}',\n]\n${ROUTE}`)[0] ?? '';
  assert.match(errorOf('addRoute sendAllMatch k h:1'), /^error c\.toml:4:3: .*unrecognized option 'h:1'$/);
  assert.match(errorOf('addRoute sendAllMatch k'), /must get at least 1 destination for route 'k'$/);
  assert.match(errorOf('addRoute sendAllMatch k  h:1 recon=5'), /^error c\.toml:4:33: unrecognized option/);
  assert.match(errorOf('addRewriter /a/ b 1'), /require max to be -1/);
  assert.match(errorOf('addBlock regex a('), /error parsing regexp/);
  assert.match(errorOf('addAgg nothing a b 1 2'), /no such aggregation function 'nothing'/);
  assert.match(errorOf('addBlok prefix a'), /unrecognized command "addBlok"/);
});

test('conditions on tags are read for routes, blocklist entries and destinations, and checked at their place', () => {
  const config = loadGood(`blocklist = ["tag env=test"]
normalize_tags = true
[[rewriter]]
old = "eu"
new = "us"
max = -1
tag = "dc"
[[route]]
key = "t"
type = "sendAllMatch"
tags = ["dc=eu", "host!=a"]
destinations = ["h:1 tags=role=~^web;az!="]
`);
  const { blocklist, rewriters, routes, normalizeTags } = config.table;
  assert.equal(normalizeTags, true);
  assert.deepEqual(blocklist, [{ tags: ['env=test'] }]);
  assert.deepEqual(rewriters, [{ old: 'eu', new: 'us', not: '', max: -1, tag: 'dc' }]);
  assert.deepEqual(routes[0]?.matcher, { tags: ['dc=eu', 'host!=a'] });
  assert.deepEqual(routes[0]?.destinations[0]?.tags, ['role=~^web', 'az!=']);
  assert.deepEqual(
    problemsOf(`blocklist = ["tag dc", "tag dc=~("]\n${route("tags = ['x']\ndestinations = ['h:1']")}`),
    [
      'error c.toml:2:19: "dc" is no condition on a tag: it must be tag=value, tag!=value, tag=~regex or tag!=~regex',
      'error c.toml:2:29: error parsing regexp: missing closing ): `(`',
      'error c.toml:6:9: "x" is no condition on a tag: it must be tag=value, tag!=value, tag=~regex or tag!=~regex',
    ],
  );
  assert.match(
    problemsOf(route("destinations = ['h:1 tags=dc']"))[0] ?? '',
    /^error c\.toml:5:22: option 'tags=dc': 'dc' must be /,
  );
  assert.match(
    problemsOf(`[[rewriter]]\nold = 'a'\nmax = -1\ntag = 'a b'\n${ROUTE}`)[0] ?? '',
    /^error c\.toml:5:7: the name of a tag /,
  );
});
