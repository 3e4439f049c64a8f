// Configs of other relays to ours, file by file: the config that is made, what is said of it, and that `check` takes it.
//
//   UPDATE_GOLDEN=1 npm test -- test/cli/import     writes what is made now; look at the difference
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
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
    const args = ['carbon', relative(ROOT, join(place, 'carbon.conf'))];
    for (const name of ['relay-rules', 'aggregation-rules', 'rewrite-rules', 'blacklist', 'whitelist']) {
      const file = join(place, `${name}.conf`);
      if (existsSync(file)) args.push(`--${name}`, relative(ROOT, file));
    }
    await t.test(folder, () => compare(join(place, 'made'), args));
  }
});

test('a file that is not there is one clear line', async () => {
  const { code, err } = await runCommand(['import', 'carbon-c-relay', 'no/such.conf']);
  assert.equal(code, 1);
  assert.equal(err, 'sluice: cannot read "no/such.conf": no such file\n');
});
