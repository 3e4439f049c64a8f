import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyOperation, type Operation } from '../../../src/table/operation.ts';
import type { DestinationOptions } from '../../../src/destination/options.ts';
import { parseDestination } from '../../../src/destination/parse-destination.ts';
import { HASH_DEFAULTS, type TableOptions } from '../../../src/table/options.ts';
import { ConfigFolder } from './config-folder.ts';

const HEAD = `# The relay of web1.
instance = "i" # who we are
`;

function to(text: string): DestinationOptions {
  const parsed = parseDestination(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return parsed.options;
}

function apply(table: TableOptions, ...operations: readonly Operation[]): TableOptions {
  return operations.reduce((before, operation) => {
    const applied = applyOperation(before, operation);
    assert.ok(applied.ok, applied.ok ? '' : applied.error);
    return applied.table;
  }, table);
}

/** Rewrites `c.toml` for operations; it must go in place. */
function rewritten(text: string, ...operations: readonly Operation[]): string {
  const folder = new ConfigFolder({ 'c.toml': text });
  const wanted = apply(folder.load().table, ...operations);
  const rewrite = folder.rewrite(wanted);
  assert.equal(rewrite.kind, 'inPlace', rewrite.kind === 'inPlace' ? '' : rewrite.why);
  assert.deepEqual(folder.load().table, wanted);
  return folder.files.get('c.toml') ?? '';
}

const ROUTE = {
  ...HASH_DEFAULTS,
  key: 'new',
  type: 'sendAllMatch',
  matcher: { prefix: 'a.' },
  stop: true,
  destinations: [to('10.0.0.1:2003 flush=5'), to('10.0.0.2:2003')],
} as const;

test('a rule that comes goes behind those of its kind, or to the end; all else stays as it was', () => {
  const text = `${HEAD}
# for the web
[[route]]
key = "web" # its name
type = "sendAllMatch"
destinations = ["127.0.0.1:1"] # one

[instrumentation]
graphite_interval = 5
`;
  assert.equal(
    rewritten(
      text,
      { kind: 'addRoute', route: ROUTE },
      { kind: 'addRewriter', rewriter: { old: '/a(.)/', new: 'b${1}', not: '', max: -1 } },
      { kind: 'addBlock', matcher: { regex: "^it's" } },
    ),
    `# The relay of web1.
instance = "i" # who we are
blocklist = [
  "regex ^it's",
]

# for the web
[[route]]
key = "web" # its name
type = "sendAllMatch"
destinations = ["127.0.0.1:1"] # one

[[route]]
key = 'new'
type = 'sendAllMatch'
prefix = 'a.'
stop = true
destinations = [
  '10.0.0.1:2003 flush=5',
  '10.0.0.2:2003',
]

[instrumentation]
graphite_interval = 5

[[rewriter]]
old = '/a(.)/'
new = 'b\${1}'
max = -1
`,
  );
});

const LONG = `${HEAD}blocklist = [
  'prefix a.', # old hosts
  'prefix b.', # older hosts
  'prefix c.'
]

# first
[[route]]
key = 'one'
type = 'sendAllMatch'
substr = 'x'
destinations = [
  # main
  'h:1', # with a comment
  'h:2 flush=7',
]

# second
[[route]]
key = 'two'
type = 'sendFirstMatch'
destinations = ['h:1', 'h:2']

# third
[[route]]
key = 'three'
type = 'sendAllMatch'
destinations = ['h:3']
`;

test('a rule that goes takes the comments right above it along, an entry those of its line', () => {
  const text = rewritten(LONG, { kind: 'delRoute', key: 'two' }, { kind: 'delBlock', index: 1 });
  assert.equal(
    text,
    LONG.replace("  'prefix b.', # older hosts\n", '').replace(
      "# second\n[[route]]\nkey = 'two'\ntype = 'sendFirstMatch'\ndestinations = ['h:1', 'h:2']\n\n",
      '',
    ),
  );
});

test('a rule that changes keeps its section, and only what changed is another text', () => {
  const text = rewritten(
    LONG,
    { kind: 'modRoute', key: 'one', matcher: { sub: 'y', prefix: 'p' } },
    { kind: 'modDest', key: 'one', index: 0, change: { flush: 5 } },
    { kind: 'addDest', key: 'one', destination: to('h:9') },
    { kind: 'delDest', key: 'two', index: 0 },
    { kind: 'addBlock', matcher: { sub: 'z' } },
  );
  assert.equal(
    text,
    LONG.replace("type = 'sendAllMatch'\nsubstr = 'x'", "type = 'sendAllMatch'\nprefix = 'p'\nsubstr = 'y'")
      .replace("'h:1', # with", "'h:1 flush=5', # with")
      .replace("  'h:2 flush=7',\n", "  'h:2 flush=7',\n  'h:9',\n")
      .replace("['h:1', 'h:2']", "['h:2']")
      .replace("  'prefix c.'\n", "  'prefix c.',\n  'sub z',\n"),
  );
});

test('comments among the entries of a list stay where they are', () => {
  const text = `${HEAD}blocklist = ['prefix a', # one\n 'prefix b', 'prefix c' # two\n]\n`;
  assert.equal(
    rewritten(text, { kind: 'delBlock', index: 1 }, { kind: 'addBlock', matcher: { prefix: 'd' } }),
    `${HEAD}blocklist = ['prefix a', # one\n 'prefix c', 'prefix d' # two\n]\n`,
  );
});

test('a destination that changes keeps the words that the user wrote', () => {
  const head = `${HEAD}[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\n`;
  const text = `${head}destinations = ["web1:1  flush=1000 spool=false iobuf=9 regex=^\\\\.a", "$HOST:2  flush=1000 reconn=5 prefix=$HOST"]\n`;
  assert.equal(
    rewritten(
      text,
      { kind: 'modDest', key: 'r', index: 1, change: { reconn: 7, prefix: '', iobuf: 5 } },
      { kind: 'modDest', key: 'r', index: 0, change: { iobuf: 2_000_000, sub: 'x' } },
    ),
    `${head}destinations = ['web1:1 sub=x regex=^\\.a spool=false', "$HOST:2 flush=1000 reconn=7 iobuf=5"]\n`,
  );
});

test('a condition that is taken away takes its line away', () => {
  assert.equal(
    rewritten(LONG, { kind: 'modRoute', key: 'one', matcher: { sub: '' } }),
    LONG.replace("substr = 'x'\n", ''),
  );
});

test('commands of [init] stay, and go when their rule goes', () => {
  const text = `${HEAD}[init]
cmds = [
  'addBlock prefix a.',
  'addRoute sendAllMatch r prefix=q  127.0.0.1:1',
]
`;
  assert.equal(
    rewritten(text, { kind: 'delBlock', index: 0 }, { kind: 'addBlock', matcher: { sub: 'q' } }),
    `${HEAD}blocklist = [\n  'sub q',\n]\n${text.slice(HEAD.length).replace("  'addBlock prefix a.',\n", '')}`,
  );
});

test('the file of a rule is the one that changes', () => {
  const folder = new ConfigFolder({
    'c.toml': `${HEAD}include = ["d/*.toml"]\n`,
    'd/a.toml': "[[route]]\nkey = 'a'\ntype = 'sendAllMatch'\ndestinations = ['h:1']\n",
    'd/b.toml':
      "blocklist = ['prefix b']\n[[route]]\nkey = 'b'\ntype = 'sendAllMatch'\ndestinations = ['h:1']",
  });
  const wanted = apply(
    folder.load().table,
    { kind: 'modDest', key: 'a', index: 0, change: { flush: 1 } },
    { kind: 'addRoute', route: ROUTE },
    { kind: 'addBlock', matcher: { prefix: 'n' } },
  );
  const rewrite = folder.rewrite(wanted);
  assert.deepEqual(rewrite.kind === 'inPlace' && [...rewrite.texts.keys()], ['d/a.toml', 'd/b.toml']);
  assert.deepEqual(folder.load().table, wanted);
  assert.ok(
    folder.files.get('d/b.toml')?.startsWith("blocklist = ['prefix b', 'prefix n']\n[[route]]\nkey = 'b'"),
  );
});

test('texts with variables, escapes, marks and other line ends come back as they were meant', () => {
  for (const old of [
    '$HOST',
    '${HOST}x',
    '${env:HOME}',
    '${',
    '${}',
    "it's",
    'a\\b',
    '"',
    'é\u{1f600}',
    '#',
    '$$',
  ]) {
    const text = `\ufeff${HEAD}${LONG.slice(HEAD.length)}`.replaceAll('\n', '\r\n');
    const result = rewritten(text, { kind: 'addRewriter', rewriter: { old, new: old, not: old, max: 1 } });
    assert.ok(result.startsWith('\ufeff#'));
    assert.doesNotMatch(result, /[^\r]\n/);
  }
});

test('a config that cannot be changed so gets a whole one beside it, of the same table', () => {
  const odd: Readonly<Record<string, string>> = {
    'inline tables': `${HEAD}route = [{ key = 'a', type = 'sendAllMatch', destinations = ['h:1'] }]\n[amqp]\namqp_port = 5\n`,
  };
  for (const [what, text] of Object.entries(odd)) {
    const folder = new ConfigFolder({ 'c.toml': text });
    const wanted = apply(
      folder.load().table,
      { kind: 'addRoute', route: ROUTE },
      { kind: 'addBlock', matcher: { prefix: 'd' } },
    );
    const rewrite = folder.rewrite(wanted);
    assert.ok(rewrite.kind === 'beside', `${what}: ${rewrite.kind === 'none' ? rewrite.why : ''}`);
    assert.equal(folder.files.get('c.toml'), text);
    const beside = new ConfigFolder({ 'c.toml': rewrite.text });
    assert.deepEqual(beside.load().table, wanted, what);
    assert.match(rewrite.text, /instance = "i" # who we are/);
  }
});

test('a file that was edited since it was read is left alone', () => {
  const folder = new ConfigFolder({ 'c.toml': LONG });
  const { table, digest } = folder.load();
  folder.files.set('c.toml', `${LONG}# mine\n`);
  const rewrite = folder.rewrite(apply(table, { kind: 'addRoute', route: ROUTE }), digest);
  assert.ok(rewrite.kind === 'beside');
  assert.equal(rewrite.why, 'the config has been edited since it was read');
  folder.files.set('c.toml', `${LONG}[[route]`);
  assert.equal(folder.rewrite(apply(table, { kind: 'delRoute', key: 'two' }), digest).kind, 'none');
  assert.equal(folder.files.get('c.toml'), `${LONG}[[route]`);
});
