// What `npm pack` makes installs into an empty folder, without a Node.js of its own, and runs there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, RelayProcess } from '../e2e/relay-process.ts';
import { sendLines } from '../e2e/send-lines.ts';
import { startSink } from '../e2e/tcp-sink.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NPM_TIMEOUT_MS = 300_000;

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    timeout: NPM_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Lists the links of a page to files that are not there. */
function brokenLinks(home: string, page: string): string[] {
  const links = [...readFileSync(join(home, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
  assert.ok(links.length > 3, 'no links were found');
  return links.map(([, path = '']) => path).filter((path) => !existsSync(join(home, dirname(page), path)));
}

test('the packed package installs and runs in an empty folder', async (t) => {
  const folder = makeFolder(t);
  npm(ROOT, 'pack', '--pack-destination', folder);
  const [packed = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  npm(folder, 'install', '--omit=dev', '--no-audit', '--no-fund', join(folder, packed));

  const modules = join(folder, 'node_modules');
  const home = join(modules, 'sluice');
  assert.deepEqual(
    readdirSync(modules).filter((name) => /^(node(-|$)|@sluice$)/.test(name)),
    [],
    'a Node.js came along',
  );
  for (const file of [
    'dist/src/cli/main.js',
    'dist/src/cli/main.d.ts',
    'dist/build/engine.wasm',
    'dist/build/bench.wasm',
    'LICENSE',
    'dashboards/alerts.yaml',
    'dashboards/sluice-prometheus.json',
    'dashboards/sluice-graphite.json',
    'README.md',
  ]) {
    assert.ok(existsSync(join(home, file)), `${file} is missing`);
  }
  assert.deepEqual(brokenLinks(home, 'README.md'), []);
  assert.ok(!existsSync(join(home, 'src')), 'sources came along');
  assert.ok(
    (statSync(join(home, 'dist/src/cli/main.js')).mode & 0o111) !== 0,
    'the command cannot be executed',
  );

  const sink = await startSink(t, { keep: true });
  const relay = new RelayProcess(t, {
    command: join(modules, '.bin/sluice'),
    args: ['--listen-addr', '127.0.0.1:0', '--http-addr', '127.0.0.1:0'],
    folder,
    // The Node.js >= 24 of this test stands for the user's.
    env: { GRAPHITE_ADDR: sink.addr, PATH: `${resolve(process.execPath, '..')}:/usr/bin:/bin` },
  });
  await relay.untilLogged('is running as instance');
  await sendLines(t, relay.port, ['a.b 1 1700000000']);
  await sink.untilLines(1);
  assert.deepEqual(sink.kept, ['a.b 1 1700000000']);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
});
