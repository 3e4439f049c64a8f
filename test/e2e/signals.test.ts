// Signals as they arrive in practice: through npm, which passes them on, and from a terminal, which sends them to all.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, RelayProcess, routeTo, startRelay } from './relay-process.ts';
import { sendLines } from './send-lines.ts';

/** Nobody listens there, so that a drain lasts until its deadline. */
const AWAY = routeTo('127.0.0.1:1 spool=false');

/** Between two signals that are one, ms; two in a moment would be one for the system already. */
const APART_MS = 20;

test('npm start passes SIGTERM on to the relay', async (t) => {
  const relay = new RelayProcess(t, {
    command: 'npm',
    args: ['--prefix', join(import.meta.dirname, '../..'), 'start'],
    folder: makeFolder(t),
    env: {
      GRAPHITE_ADDR: '127.0.0.1:1',
      SLUICE_LISTEN_ADDR: '127.0.0.1:0',
      SLUICE_HTTP_ADDR: '127.0.0.1:0',
    },
  });
  await relay.untilLogged('is running as instance');
  assertConserved((await relay.terminate()).ledger);
});

test('a Ctrl-C that arrives twice, from the terminal and through npm, is one', async (t) => {
  const relay = await startRelay(t, `shutdown_timeout = "500ms"\n${AWAY}`);
  await sendLines(t, relay.port, ['a.b 1 1700000000']);
  await relay.untilLedger('the line is in', ({ received }) => received === 1);
  relay.kill('SIGINT');
  // Not by the event loop, which a busy machine may hold up for longer than two signals may lie apart and be one.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, APART_MS);
  relay.kill('SIGINT');
  await relay.untilLogged('draining');
  assert.equal((await relay.exited()).code, 1, relay.stderr);
  assertConserved(relay.finalLedger());
});

test('SIGTERM right after a Ctrl-C ends at once', async (t) => {
  const relay = await startRelay(t, AWAY);
  await sendLines(t, relay.port, ['a.b 1 1700000000']);
  await relay.untilLedger('the line is in', ({ received }) => received === 1);
  relay.kill('SIGINT');
  await relay.untilLogged('draining');
  relay.kill('SIGTERM');
  assert.equal((await relay.exited()).code, 3, relay.stderr);
});
