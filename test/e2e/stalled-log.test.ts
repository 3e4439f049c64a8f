// Whoever reads the log may stall, as a terminal does at Ctrl-S; the relay goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takePort } from '../own-port.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo, SLUICE } from './relay-process.ts';

/** A terminal holds 4 KiB, what is behind it in this test a few hundred KiB at most. */
const REQUESTS = 300;
const DEADLINE_MS = 180_000;

test('a relay on a terminal that takes no more text goes on', async (t) => {
  const folder = makeFolder(t);
  const [config, out, pidFile] = ['relay.toml', 'out', 'pid'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const port = await takePort();
  const head = CONFIG_HEAD.replace(/http_addr = .*/, `http_addr = "127.0.0.1:${port}"`);
  writeFileSync(config, `${head}pid_file = '${pidFile}'\n${routeTo('127.0.0.1:1 spool=false')}`);
  execFileSync('mkfifo', [out]);
  const unreadOutput = openSync(out, 'r+');
  t.after(() => closeSync(unreadOutput));
  // script(1) shows on its output, which nobody reads, what its terminal gets; then it reads the terminal no more.
  const args = ['-q', '-c', `exec "${SLUICE}" run --config "${config}"`, '/dev/null'];
  const terminal = new RelayProcess(t, { command: 'script', args, folder, unreadOutput });
  const endMs = performance.now() + DEADLINE_MS;
  while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') {
    assert.ok(performance.now() < endMs, `it did not start: ${terminal.stderr}`);
    await sleep(20);
  }
  const pid = Number(readFileSync(pidFile, 'utf8'));
  t.after(() => process.kill(pid, 'SIGKILL'));
  const signal = AbortSignal.timeout(DEADLINE_MS);
  for (let done = 0; done < REQUESTS; done += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz?${'x'.repeat(2000)}`, { signal });
    assert.equal(answer.status, 200);
    await answer.text();
  }
});
