// Configs of other relays to ours, file by file: the config that is made, what is said of it, and that `check` takes it.
//
//   UPDATE_GOLDEN=1 npm test -- test/cli/import     writes what is made now; look at the difference
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../destination/spool/spool-rig.ts';
import { runCommand } from './fake-world.ts';

const ROOT = join(import.meta.dirname, '../..');
const GOLDEN = join(ROOT, 'test/golden/import');
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

/** The files of the golden folder by their paths from the root, as one would type them there. */
const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('test/golden/import/**/*.{conf,inc}', { cwd: ROOT }).map((path) => [
    path,
    readFileSync(join(ROOT, path), 'utf8'),
  ]),
);

async function compare(base: string, args: readonly string[]): Promise<void> {
  const { code, out, err } = await runCommand(['import', ...args], FILES);
  const wanted = { [`${base}.toml`]: out, [`${base}.report`]: `exit ${code}\n${err}` };
  for (const [path, text] of Object.entries(wanted)) {
    if (UPDATE) writeFileSync(path, text);
    assert.ok(existsSync(path), `${path} is missing`);
    assert.equal(text, readFileSync(path, 'utf8'), relative(ROOT, path));
  }
  assert.equal(code, err.includes('not translated') ? 1 : 0);
  const checked = await runCommand(['check', 'made.toml'], { 'made.toml': out });
  assert.equal(checked.code, 0, checked.out + checked.err);
  // A config that does nothing is only right where nothing could be done.
  if (checked.out.includes('goes nowhere')) assert.equal(code, 1, 'nothing was made and nobody was told');
}

/** The command line for a folder with a carbon.conf and the files beside it. */
function carbonArgs(folder: string): string[] {
  const args = ['carbon', `${folder}/carbon.conf`];
  for (const name of ['relay-rules', 'aggregation-rules', 'rewrite-rules', 'blacklist', 'whitelist']) {
    if (FILES[`${folder}/${name}.conf`] !== undefined) args.push(`--${name}`, `${folder}/${name}.conf`);
  }
  return args;
}

test('configs of carbon-c-relay', async (t) => {
  const files = readdirSync(join(GOLDEN, 'c-relay')).filter((name) => name.endsWith('.conf'));
  assert.ok(files.length >= 20);
  for (const file of files) {
    const base = join(GOLDEN, 'c-relay', file.replace(/\.conf$/, ''));
    await t.test(file, () => compare(base, ['carbon-c-relay', relative(ROOT, `${base}.conf`)]));
  }
});

test('configs of carbon', async (t) => {
  const folders = readdirSync(join(GOLDEN, 'carbon'));
  assert.ok(folders.length >= 10);
  for (const folder of folders) {
    const place = join(GOLDEN, 'carbon', folder);
    const args = carbonArgs(relative(ROOT, place));
    await t.test(folder, () => compare(join(place, 'made'), args));
  }
});

test('a file that is not there is one clear line', async () => {
  const { code, err } = await runCommand(['import', 'carbon-c-relay', 'no/such.conf']);
  assert.equal(code, 1);
  assert.equal(err, 'sluice: cannot read "no/such.conf": no such file\n');
});

const PIECES = [
  'cluster|match|;|*|send to|stop|blackhole|rewrite|into|aggregate|every|"|\\|\n|[|]|(|=|${x}|$HOST'.split(
    '|',
  ),
  "'|timestamp at nowhere|replication x|proto udp|\0|é|{{|compute percentile200 write to|<a>|<<b|:|99999999".split(
    '|',
  ),
].flat();

/** A golden file with some damage. */
function damage(text: string, random: () => number): string {
  const below = (count: number): number => Math.floor(random() * count);
  let damaged = text;
  for (let i = 1 + below(4); i > 0; i -= 1) {
    const at = below(damaged.length + 1);
    const [before, after] = [damaged.slice(0, at), damaged.slice(at)];
    const kind = below(3);
    if (kind === 0) damaged = `${before} ${PIECES[below(PIECES.length)]} ${after}`;
    else if (kind === 1) damaged = before + after.slice(1 + below(20));
    else damaged = before + String.fromCharCode(32 + below(95)) + after.slice(1);
  }
  return damaged;
}

test('whatever a config holds, the import ends in order, and check takes what it makes', async () => {
  const random = seededRandom(4);
  const names = Object.keys(FILES).filter((name) => name.endsWith('.conf'));
  for (let round = 0; round < 800; round += 1) {
    const name = names[Math.floor(random() * names.length)] ?? '';
    const files = { ...FILES, [name]: damage(FILES[name] ?? '', random) };
    const args = name.includes('/c-relay/') ? ['carbon-c-relay', name] : carbonArgs(dirname(name));
    const { code, out, err } = await runCommand(['import', ...args], files);
    assert.ok(code === 0 || code === 1);
    const checked = await runCommand(['check', 'made.toml'], { 'made.toml': out });
    assert.equal(checked.code, 0, `${name}:\n${files[name]}\n${err}\n${checked.out}`);
  }
});
