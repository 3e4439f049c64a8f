// `sluice check` beyond the file itself: what differs from crng, and what only trying tells.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeFolder } from '../e2e/relay-process.ts';
import { freePorts } from '../system/server-process.ts';
import { runCommand } from './fake-world.ts';

const HEAD = 'instance = "i"\nlog_level = "info"\nbad_metrics_max_age = "24h"\n';

/** The differences that a config shows, without the place of the file. */
async function differences(text: string): Promise<string[]> {
  const { code, out } = await runCommand(['check', '--from', 'crng', 'c.toml'], { 'c.toml': HEAD + text });
  assert.equal(code, 0, out);
  assert.match(out, /whatever the config says/);
  return out
    .split('\n')
    .filter((line) => line.includes('differs from crng: '))
    .map((line) => line.replace(/^c\.toml:(\d+):\d+: (?:warning: )?differs from crng: /, '$1 '));
}

const route = (destination: string, more = ''): string =>
  `[[route]]\nkey = "r"\ntype = "sendAllMatch"\n${more}destinations = ["${destination}"]\n`;

test('what differs in the rules of an included file is told with that file', async () => {
  const { code, out } = await runCommand(['check', '--from', 'crng', 'etc/c.toml'], {
    'etc/c.toml': `${HEAD}include = ["conf.d/*.toml"]\n${route('h:1 spool=false pickle=true')}`,
    'etc/conf.d/a.toml': route('h:2').replace('"r"', '"s"'),
  });
  assert.equal(code, 0, out);
  const places = [...out.matchAll(/^(\S+:\d+):\d+: (?:warning: )?differs from crng: (h:\d)/gm)];
  assert.deepEqual(
    places.map(([, place, what]) => `${place} ${what}`),
    ['etc/c.toml:8 h:1', 'etc/conf.d/a.toml:4 h:2'],
  );
});

test('each rule that a config shows is told with its line', async () => {
  const cases: [string, RegExp][] = [
    ['pickle_addr = "127.0.0.1:2013"\n', /^4 floats of pickle are written in full/],
    ['pid_file = "/run/x.pid"\n', /^4 a pid_file that cannot be written is a warning/],
    ['validate_order = true\n', /^4 a point further in the future/],
    ['http_addr = "0.0.0.0:8081"\n', /^4 http_addr: changes from other machines need admin_token/],
    ['admin_addr = ":2004"\n', /^4 admin_addr: changes/],
    ['[[rewriter]]\nold = "a"\nnew = "b"\nmax = -1\n', /^4 a result that is empty or holds white space/],
    [
      '[[aggregation]]\nfunction = "sum"\nregex = "x"\nformat = "y"\ninterval = 1\nwait = 2\n',
      /^4 results are written in full/,
    ],
    [route('h:1'), /^7 h:1: what it cannot take goes to disk/],
    [route('h:1 spool=true'), /^7 h:1: it spools when the peer is slow too/],
    [route('h:1 spool=false pickle=true'), /^7 h:1: pickle goes in batches/],
    [route('h:1 spool=false sub=777'), /^7 h:1: crng refuses the word "777"/],
    [
      '[init]\ncmds = ["addRoute consistentHashing-v2 k  h:1:a  h:1:b"]\n',
      /^5 this makes a route of that type/,
    ],
    [
      'listen_addr = ":2003"\n[instrumentation]\ngraphite_addr = "localhost:2003"\ngraphite_interval = 500\n' +
        route('h:1 spool=false'),
      /^6 graphite_addr is this relay itself.*route "r" takes them all/,
    ],
  ];
  for (const [text, wanted] of cases) {
    const found = await differences(text);
    assert.ok(
      found.some((line) => wanted.test(line)),
      `${text}\n${found.join('\n')}`,
    );
  }
});

test('what is the same is not told', async () => {
  const quiet = `listen_addr = "127.0.0.1:2003"\nhttp_addr = "127.0.0.1:8081"\nvalidate_order = false\n`;
  assert.deepEqual(await differences(quiet + route('h:1 spool=false', 'prefix = "a"\n')), []);
});

test('a config that is refused is not compared', async () => {
  const { code, out } = await runCommand(['check', '--from', 'crng', 'c.toml'], { 'c.toml': 'nonsense' });
  assert.equal(code, 1);
  assert.doesNotMatch(out, /whatever the config says/);
});

async function listen(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

test('ports that are taken and destinations that do not answer are told, each by its name', async (t) => {
  const taken = await listen(t);
  const [free = 0, nobody = 0] = await freePorts(2);
  const folder = makeFolder(t);
  const text = (port: number, peer: number, path: string): string =>
    `${HEAD}listen_addr = "127.0.0.1:${port}"\nspool_dir = "${folder}"\n` +
    route(`127.0.0.1:${peer}`) +
    route(`file:${path}`).replace('"r"', '"f"');
  const good = await runCommand(['check', '--bind', '--connect', 'c.toml'], {
    'c.toml': text(free, taken, join(folder, 'out')),
  });
  assert.equal(good.code, 0, good.out);
  for (const what of [`listen_addr 127.0.0.1:${free}/tcp`, `listen_addr 127.0.0.1:${free}/udp`]) {
    assert.ok(good.out.includes(`${what}: ok\n`), good.out);
  }
  assert.ok(good.out.includes(`destination 127.0.0.1:${taken}: ok\n`));
  assert.ok(good.out.includes(`spool_dir ${folder}: ok\n`));
  const bad = await runCommand(['check', '--bind', '--connect', 'c.toml'], {
    // Below a file there can be none.
    'c.toml': text(taken, nobody, `${import.meta.filename}/out`),
  });
  assert.equal(bad.code, 1);
  assert.match(bad.out, new RegExp(`listen_addr 127\\.0\\.0\\.1:${taken}/tcp: .*EADDRINUSE`));
  assert.match(bad.out, new RegExp(`destination 127\\.0\\.0\\.1:${nobody}: .*ECONNREFUSED`));
  assert.match(
    bad.out,
    /destination file:.*check-more\.test\.ts\/out: .*check-more\.test\.ts is not a folder/,
  );
  assert.match(bad.out, /3 of \d+ trials failed/);
});

test('without --bind and --connect nothing is tried', async () => {
  const { out } = await runCommand(['check', 'c.toml'], { 'c.toml': HEAD + route('192.0.2.1:1') });
  assert.doesNotMatch(out, /destination 192/);
});

test('flags that do not go together are a mistake of the command line', async () => {
  for (const args of [
    ['--from', 'graphite', 'c.toml'],
    ['--bind'],
    ['--bind', '--diff', 'd.toml', 'c.toml'],
  ]) {
    assert.equal((await runCommand(['check', ...args], { 'c.toml': HEAD, 'd.toml': HEAD })).code, 2);
  }
});
