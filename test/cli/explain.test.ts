import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExplainedLine } from '../../src/cli/explain.ts';
import { runCommand } from './fake-world.ts';

const CONFIG = `instance = "i"
blocklist = ["prefix blocked."]
[[rewriter]]
old = '/^old\\.(.*)/'
new = 'new.$1'
not = ''
max = -1
[[route]]
key = 'all'
type = 'sendAllMatch'
prefix = 'new.'
stop = true
destinations = ['127.0.0.1:1:a', '[::1]:2', '127.0.0.1:3 sub=nothing']
[[route]]
key = 'first'
type = 'sendFirstMatch'
sub = 'x'
destinations = ['127.0.0.1:4 prefix=z', 'h.example:5', 'file:data/x.log']
`;

async function explain(...lines: string[]): Promise<ExplainedLine[]> {
  const { code, out, err } = await runCommand(['explain', '--config', 'c', '--json', ...lines], {
    c: CONFIG,
  });
  assert.deepEqual([code, err], [0, '']);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExplainedLine);
}

async function explainOne(line: string): Promise<ExplainedLine> {
  const [explained] = await explain(line);
  assert.ok(explained);
  return explained;
}

test('the JSON form has exactly the fields that other programs rely on', async () => {
  const explained = await explainOne('old.x 1 1600000000');
  assert.deepEqual(Object.keys(explained), ['line', 'valid', 'reason', 'key', 'steps', 'destinations']);
  assert.deepEqual(explained.destinations, [
    { route: 'all', key: 'all_127_0_0_1_1_a', addr: '127.0.0.1:1', instance: 'a' },
    { route: 'all', key: 'all_[__1]_2', addr: '[::1]:2', instance: '' },
  ]);
  assert.deepEqual(
    [explained.line, explained.valid, explained.reason, explained.key],
    ['old.x 1 1600000000', true, '', 'new.x'],
  );
});

test('destinations holds exactly those that get the line', async () => {
  const addrs = async (line: string) => (await explainOne(line)).destinations.map(({ addr }) => addr);
  assert.deepEqual(await addrs('a.x 1 2'), ['h.example:5']);
  assert.deepEqual(await addrs('z.x 1 2'), ['127.0.0.1:4']);
  assert.deepEqual(await addrs('a.b 1 2'), []);
});

test('a line that goes nowhere has its reason', async () => {
  const outcome = async (line: string) => {
    const { valid, reason, key, destinations } = await explainOne(line);
    assert.deepEqual(destinations, []);
    return [valid, reason, key];
  };
  assert.deepEqual(await outcome('blocked.a 1 2'), [true, 'blocklisted', 'blocked.a']);
  assert.deepEqual(await outcome('a.b 1 2'), [true, 'unroutable', 'a.b']);
  assert.deepEqual(await outcome('a.b 1'), [false, 'packet must consist of 3 fields', '']);
  assert.deepEqual(await outcome('a.b x 2'), [false, 'value field is not a float or int', 'a.b']);
});

test('steps come in the order of the table', async () => {
  const { steps } = await explainOne('old.x 1 2');
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['validate', 'blocklist', 'rewriter', 'route', 'route'],
  );
});

test('"-" reads lines from standard input, the last one without newline too', async () => {
  const files = { c: CONFIG };
  const { out } = await runCommand(
    ['explain', '--config', 'c', '--json', '-'],
    files,
    'a.x 1 2\n\nb.x 1 2\r\nz',
  );
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExplainedLine);
  assert.deepEqual(
    lines.map(({ valid, key }) => [valid, key]),
    [
      [true, 'a.x'],
      [false, ''],
      [true, 'b.x'],
      [false, ''],
    ],
  );
});

test('as text each step is a line', async () => {
  const { out } = await runCommand(['explain', '--config', 'c', 'old.x 1 2', 'blocked.a 1 2'], { c: CONFIG });
  assert.equal(
    out,
    `old.x 1 2
  valid
  blocklist 1 (prefix blocked.): no
  rewriter 1 (/^old\\.(.*)/ -> new.$1): old.x -> new.x
  route "all" (sendAllMatch): yes, later routes do not see it
    127.0.0.1:1:a: yes
    [::1]:2: yes
    127.0.0.1:3: no, sub nothing does not hold
  route "first" (sendFirstMatch): not seen, an earlier route stopped it
  => leaves as new.x to 127.0.0.1:1:a, [::1]:2
blocked.a 1 2
  valid
  blocklist 1 (prefix blocked.): blocked
  => dropped: blocklisted
`,
  );
});

test('without a config the embedded default is explained', async () => {
  const { out } = await runCommand(['explain', '--json', 'a.b 1 2']);
  assert.equal((JSON.parse(out) as ExplainedLine).destinations[0]?.addr, 'file:./data/metrics.log');
});

test('a config with errors is told in place of an explanation', async () => {
  const { code, out, err } = await runCommand(['explain', '--config', 'c', 'a 1 2'], { c: 'instance = ""' });
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /c:1:12: instance identifier/);
});

test('a hash, a failover and destinations that take turns are told apart', async () => {
  const list = 'destinations = ["10.0.0.1:1", "10.0.0.2:2"]';
  const config = ['carbon_ch', 'failover', 'round_robin']
    .map((type) => `[[route]]\nkey = "${type}"\ntype = "${type}"\n${list}\n`)
    .join('');
  const files = { c: `instance = "i"\n${config}` };
  const { out } = await runCommand(['explain', '--config', 'c', 'a.b.c.d 1 1700000000'], files);
  assert.match(out, /route "carbon_ch" \(carbon_ch\): yes, position 54437 by the hash of a\.b\.c\.d\n/);
  assert.match(out, /: no, the hash gives the key to others\n/);
  assert.match(out, /10\.0\.0\.1:1: yes\n {4}10\.0\.0\.2:2: only while others are offline\n/);
  assert.match(
    out,
    /=> leaves as a\.b\.c\.d to 10\.0\.0\.[12]:[12], 10\.0\.0\.1:1, 10\.0\.0\.1:1 or 10\.0\.0\.2:2\n/,
  );
});
