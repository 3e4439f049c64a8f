import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemConfigFiles } from '../../src/cli/config-files.ts';
import { readConfigAside, writeConfigAside } from '../../src/cli/config-thread.ts';
import { writeConfig } from '../../src/cli/write-config.ts';
import type { WriteOutcome } from '../../src/relay/change/write-back.ts';
import type { TableOptions } from '../../src/table/options.ts';
import { route } from '../table/table-options.ts';

const WORLD = { ...systemConfigFiles, env: {}, hostName: 'h' };
const CONFIG = `instance = "i" # me\n[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\ndestinations = ['h:1']\n`;

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-write-'));
  t.after(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function load(file: string) {
  const { config } = await readConfigAside({ file, flags: new Map(), env: {}, hostName: 'h' });
  assert.ok(config);
  return config;
}

/** Takes the first route away, and writes that. */
async function write(file: string, change = (table: TableOptions) => ({ ...table, routes: [] as const })) {
  const { table, digest } = await load(file);
  return writeConfig(file, new Map(), WORLD, change(table), digest);
}

test('a file is replaced whole, with its rights, through links, and nothing else is left', async (t) => {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'real'));
  const real = join(folder, 'real', 'c.toml');
  const link = join(folder, 'c.toml');
  writeFileSync(real, CONFIG, { mode: 0o640 });
  symlinkSync('real/c.toml', link);
  const outcome = await write(link);
  assert.ok(outcome.kind === 'inPlace');
  assert.deepEqual(outcome.files, [link]);
  assert.equal(readFileSync(real, 'utf8'), 'instance = "i" # me\n');
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual(readdirSync(folder), ['c.toml', 'real']);
  assert.deepEqual(readdirSync(join(folder, 'real')), ['c.toml']);
  assert.equal((await load(link)).digest, outcome.digest);
});

test('what cannot go in place goes beside, and is taken away once the config says it all again', async (t) => {
  const file = join(makeFolder(t), 'c.toml');
  writeFileSync(file, CONFIG);
  const { table, digest } = await load(file);
  writeFileSync(file, `${CONFIG}# edited\n`);
  const outcome = writeConfig(file, new Map(), WORLD, { ...table, blocklist: [{ sub: 'x' }] }, digest);
  assert.deepEqual(outcome, {
    kind: 'beside',
    file: `${file}.sluice`,
    why: 'the config has been edited since it was read',
  });
  assert.equal(readFileSync(file, 'utf8'), `${CONFIG}# edited\n`);
  const beside = await load(`${file}.sluice`);
  assert.deepEqual(beside.table.blocklist, [{ sub: 'x' }]);
  assert.equal((await write(file)).kind, 'inPlace');
  assert.equal(existsSync(`${file}.sluice`), false);
});

test('a key that a flag overrides cannot be written, which is said', async (t) => {
  const file = join(makeFolder(t), 'c.toml');
  writeFileSync(file, CONFIG);
  const { table, digest } = await load(file);
  const flags = new Map([['--blocklist', ['prefix a']]]);
  const outcome = writeConfig(file, flags, WORLD, { ...table, blocklist: [{ sub: 'x' }] }, digest);
  assert.equal(outcome.kind, 'none');
  assert.equal(readFileSync(file, 'utf8'), CONFIG);
});

test('a folder that takes no file is one line, and the config is as it was', async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'c.toml');
  writeFileSync(file, CONFIG);
  const { table, digest } = await load(file);
  // A folder in the place of the temporary file: whoever runs the test, root too, cannot write there.
  mkdirSync(join(folder, `.c.toml.${process.pid}.tmp`));
  assert.throws(
    () => writeConfig(file, new Map(), WORLD, { ...table, routes: [] }, digest),
    /^Error: cannot write .*EISDIR$/,
  );
  assert.equal(readFileSync(file, 'utf8'), CONFIG);
});

test('the thread writes as well', async (t) => {
  const file = join(makeFolder(t), 'c.toml');
  writeFileSync(file, CONFIG);
  const { table, digest } = await load(file);
  const [first] = table.routes;
  const wanted = { ...table, routes: [...table.routes, route({ ...first, key: 's' })] };
  const origin = { file, flags: new Map(), env: {}, hostName: 'h' };
  const outcome: WriteOutcome = await writeConfigAside(origin, wanted, digest);
  assert.equal(outcome.kind, 'inPlace');
  assert.deepEqual((await load(file)).table, wanted);
  await assert.rejects(readConfigAside({ ...origin, file: `${file}.none` }), /cannot read config/);
});

test('a pipe in the place of a config is given up', async (t) => {
  const file = join(makeFolder(t), 'c.toml');
  spawnSync('mkfifo', [file]);
  const origin = { file, flags: new Map(), env: {}, hostName: 'h' };
  await assert.rejects(readConfigAside(origin, 200), /could not be read within 0\.2 s/);
  // Lets the thread go, whether it waits for somebody to open the pipe or to write.
  const descriptor = openSync(file, 'r+');
  t.after(() => closeSync(descriptor));
});
