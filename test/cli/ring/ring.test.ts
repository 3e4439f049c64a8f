import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../e2e/relay-process.ts';
import { runCommand } from '../fake-world.ts';

const ring = (members: number, options = ''): string => {
  const list = Array.from({ length: members }, (_, i) => `"10.0.0.${i + 1}:2003"`).join(', ');
  return `[[route]]\nkey = "ring"\ntype = "carbon_ch"\n${options}\ndestinations = [${list}]\n`;
};
const HEAD = 'instance = "t"\n';
const OTHER = '[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = ["h:1"]\n';

const FILES = {
  'three.toml': `${HEAD}${OTHER}${ring(3)}`,
  'four.toml': `${HEAD}${ring(4)}`,
  'copies.toml': `${HEAD}${ring(3, 'replication_factor = 2')}`,
  'narrow.toml': `${HEAD}blocklist = ["prefix bad."]\n[[rewriter]]\nold = "old."\nnew = "new."\nmax = -1\n${ring(3, 'prefix = "new."')}`,
  'plain.toml': `${HEAD}${OTHER}`,
};

interface Shown {
  readonly keys: number;
  readonly rings: readonly {
    readonly route: string;
    readonly keys: number;
    readonly members: readonly { readonly ring: number; readonly keys: number; readonly share: number }[];
  }[];
}

test('show tells the members of each ring and their shares, of the ring and of keys', async () => {
  const { code, out } = await runCommand(['ring', 'show', '--config', 'three.toml', '--json'], FILES);
  assert.equal(code, 0);
  const shown = JSON.parse(out) as Shown;
  assert.equal(shown.keys, 100_000);
  assert.equal(shown.rings.length, 1);
  const { members } = shown.rings[0]!;
  const total = (field: 'ring' | 'keys' | 'share') => members.reduce((sum, member) => sum + member[field], 0);
  assert.equal(total('keys'), 100_000);
  assert(Math.abs(total('ring') - 1) < 1e-9);
  for (const member of members) assert(Math.abs(member.ring - member.share) < 0.01, out);
  const text = (await runCommand(['ring', 'show', '--config', 'copies.toml', '--sample', '1000'], FILES)).out;
  assert.match(
    text,
    /^route "ring" \(carbon_ch\), 3 destinations, 2 copies of each key; 1,000 keys made up\n/,
  );
  assert.match(text, /\n {2}10\.0\.0\.1:2003 +\d+\.\d\d % +\d+ +\d+\.\d\d %\n/);
});

test('show tells where keys live, as the relay would put them', async () => {
  const explained = await runCommand(
    ['explain', '--json', '--config', 'narrow.toml', 'old.a 1 1700000000'],
    FILES,
  );
  const { destinations } = JSON.parse(explained.out) as { destinations: { addr: string }[] };
  const args = ['ring', 'show', '--config', 'narrow.toml'];
  const shown = await runCommand([...args, '--json', 'old.a'], FILES);
  const { places } = JSON.parse(shown.out) as { places: { destinations: string[]; position: number }[] };
  assert.deepEqual(
    places[0]?.destinations,
    destinations.map(({ addr }) => addr),
  );
  const direct = await runCommand([...args, 'new.a', 'other'], FILES);
  assert.match(direct.out, new RegExp(`^new\\.a: route "ring", position ${places[0]?.position}, `));
  assert.match(direct.out, /\nother: no route that hashes takes it/);
});

test('keys from a file or standard input go the way of received keys', async (t) => {
  const text = 'old.a 1 1700000000\r\nnew.b\n\nbad.c\nother\nnew.d';
  const count = async (keys: string): Promise<[number, number | undefined]> => {
    const args = ['ring', 'show', '--config', 'narrow.toml', '--json', '--keys', keys];
    const shown = JSON.parse((await runCommand(args, FILES, text)).out) as Shown;
    return [shown.keys, shown.rings[0]?.keys];
  };
  assert.deepEqual(await count('-'), [5, 3]);
  const file = join(makeFolder(t), 'keys');
  writeFileSync(file, text);
  assert.deepEqual(await count(file), [5, 3]);
});

test('a long file of keys is read in pieces, each key once', async (t) => {
  const file = join(makeFolder(t), 'keys');
  const keys = Array.from({ length: 60_000 }, (_, i) => `servers.web${i}.cpu.${'x'.repeat(i % 60)}`);
  writeFileSync(file, keys.join('\n'));
  const args = ['ring', 'show', '--config', 'three.toml', '--json', '--keys', file];
  const shown = JSON.parse((await runCommand(args, FILES)).out) as Shown;
  assert.deepEqual([shown.keys, shown.rings[0]?.keys], [60_000, 60_000]);
});

interface Diffed {
  readonly routes: readonly {
    readonly route: string;
    readonly keys: number;
    readonly moved: number;
    readonly moves: readonly { readonly from: string; readonly to: string; readonly keys: number }[];
  }[];
}

test('diff tells which share moves: to a new member only, in all as much as it gets', async () => {
  const { out } = await runCommand(['ring', 'diff', 'three.toml', 'four.toml', '--json'], FILES);
  const [change] = (JSON.parse(out) as Diffed).routes;
  assert(change !== undefined);
  assert.equal(change.keys, 100_000);
  assert(change.moved > 15_000 && change.moved < 35_000, out);
  assert.deepEqual(new Set(change.moves.map(({ to }) => to)), new Set(['10.0.0.4:2003']));
  assert.equal(
    change.moves.reduce((sum, { keys }) => sum + keys, 0),
    change.moved,
  );
  const text = (await runCommand(['ring', 'diff', 'three.toml', 'four.toml'], FILES)).out;
  assert.match(
    text,
    /^route "ring" \(carbon_ch\): [\d,]+ of 100,000 keys move, \d+\.\d\d %\n {2}from +to +keys +of all\n/,
  );
  assert.match(
    (await runCommand(['ring', 'diff', 'four.toml', 'four.toml'], FILES)).out,
    /: 0 of 100,000 keys move, 0/,
  );
});

test('diff tells of copies more and fewer, and of keys that a route no longer takes', async () => {
  const more = await runCommand(
    ['ring', 'diff', 'three.toml', 'copies.toml', '--json', '--sample', '500'],
    FILES,
  );
  const [change] = (JSON.parse(more.out) as Diffed).routes;
  assert.equal(change?.moved, 500);
  assert(change.moves.every(({ from, to }) => from === '-' && to !== '-'));
  const args = ['ring', 'diff', 'three.toml', 'narrow.toml', '--json', '--keys', '-'];
  const fewer = await runCommand(args, FILES, 'a\nb\nnew.c\n');
  const [gone] = (JSON.parse(fewer.out) as Diffed).routes;
  assert.deepEqual([gone?.keys, gone?.moved], [3, 2]);
  assert(gone?.moves.every(({ to }) => to === '-'));
});

test('what cannot be shown is said in one line', async () => {
  const failing = async (...args: readonly string[]): Promise<string> => {
    const { code, err, out } = await runCommand(['ring', ...args], FILES);
    assert.equal(out, '');
    assert.equal(err.split('\n').length, 2, err);
    return `${code} ${err}`;
  };
  assert.match(
    await failing('show', '--config', 'plain.toml'),
    /^1 sluice: plain\.toml: no route puts keys /,
  );
  assert.match(
    await failing('show', '--config', 'three.toml', '--route', 'all'),
    /^1 .*route "all" is of type sendAllMatch/,
  );
  assert.match(
    await failing('show', '--config', 'three.toml', '--route', 'x'),
    /^1 .*no route "x"; those that hash: "ring"/,
  );
  assert.match(await failing('show', '--config', 'none.toml'), /^1 .*none\.toml": no such file/);
  assert.match(await failing('show', '--config', 'three.toml', '--sample', '0'), /^2 .*from 1 to/);
  assert.match(
    await failing('show', '--config', 'three.toml', '--sample', '1', '--keys', '-'),
    /^2 .*exclude each other/,
  );
  assert.match(await failing('show', '--config', 'three.toml', '--keys', '/no/such'), /^1 .*no such file/);
  assert.match(await failing('diff', 'three.toml'), /^2 .*missing required argument/);
});
