import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/sluice', import.meta.url));
const GOLDEN = fileURLToPath(new URL('../golden/config/', import.meta.url));
const DEADLINE_MS = 180_000;

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the command, waits for a log line, ends it with SIGTERM; resolves to its exit code and log. */
async function startAndEnd(
  t: TestContext,
  args: readonly string[],
  cwd: string,
): Promise<[number | null, string]> {
  const child = spawn(COMMAND, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: DEADLINE_MS });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const wasRunning = log.includes(' is running as instance ');
    log += chunk.toString();
    if (!wasRunning && log.includes(' is running as instance ')) child.kill('SIGTERM');
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  return [await promise, log];
}

test('a config with every key starts, and ends in order on SIGTERM', async (t) => {
  const folder = makeFolder(t);
  // Nothing is queued for the destinations that nobody serves, so the end is at once.
  const [code, log] = await startAndEnd(t, [join(GOLDEN, 'every-key.toml'), '--log-level', 'info'], folder);
  assert.equal(code, 0, log);
  assert.match(log, /listening on 127\.0\.0\.1:\d+\/tcp/);
});

test('the packaged config starts, its addresses moved to free ports of this machine', async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'carbon-relay-ng.conf');
  const packaged = readFileSync(join(GOLDEN, 'packaged.ini'), 'utf8');
  writeFileSync(
    file,
    packaged.replaceAll(/"0\.0\.0\.0:\d+"/g, '"127.0.0.1:0"').replace('/var/run/', `${folder}/`),
  );
  const [code, log] = await startAndEnd(t, [file], folder);
  assert.equal(code, 0, log);
});

test('an unknown key is warned of once and the relay starts', async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'c.toml');
  writeFileSync(file, 'instance = "i"\nlisen_addr = ":1"\n');
  const [code, log] = await startAndEnd(t, ['--config', file], folder);
  assert.equal(code, 0, log);
  assert.equal(log.match(/unknown key "lisen_addr"/g)?.length, 1);
});

test('included files are found beside the config, in the order of their names, hidden ones and folders aside', (t) => {
  const folder = makeFolder(t);
  const route = (key: string, word = 'key') =>
    `[[route]]\n${word} = "${key}"\ntype = "sendAllMatch"\ndestinations = ["127.0.0.1:1"]\n`;
  mkdirSync(join(folder, 'etc/conf.d/folder.toml'), { recursive: true });
  writeFileSync(join(folder, 'etc/c.toml'), 'instance = "i"\ninclude = ["conf.d/*.toml"]\n');
  writeFileSync(join(folder, 'etc/conf.d/b.toml'), route('b', 'kye'));
  writeFileSync(join(folder, 'etc/conf.d/a.toml'), route('a', 'kez'));
  writeFileSync(join(folder, 'etc/conf.d/.hidden.toml'), 'not TOML');
  const { status, stdout } = spawnSync(COMMAND, ['check', 'etc/c.toml'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  assert.equal(status, 1);
  assert.deepEqual(stdout.match(/^etc\/conf\.d\/\S+: unknown key "\w+"/gm), [
    'etc/conf.d/a.toml:2:1: unknown key "kez"',
    'etc/conf.d/b.toml:2:1: unknown key "kye"',
  ]);
});

test('the reader of the output may go away', () => {
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', `yes 'a.b 1 2' | head -n 20000 | ${COMMAND} explain - | head -n 1`],
    {
      encoding: 'utf8',
      timeout: DEADLINE_MS,
    },
  );
  assert.equal(status, 0);
  assert.equal(stdout, 'a.b 1 2\n');
});

test('no error of the user shows a stack', () => {
  for (const args of [
    ['check', '/'],
    ['nothing-here'],
    ['--no-such-flag'],
    ['check', join(GOLDEN, 'none')],
  ]) {
    const { status, stderr } = spawnSync(COMMAND, args, { encoding: 'utf8', timeout: DEADLINE_MS });
    assert.notEqual(status, 0);
    assert.match(stderr, /^sluice: [^\n]+\n$/);
  }
});
