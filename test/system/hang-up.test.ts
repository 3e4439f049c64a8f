// Debian's carbon-cache closes the connection at a line of more than 16,384 bytes and at one that is not UTF-8: both go by
// name, and every other line is in the whisper files.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, routeTo, startRelay } from '../e2e/relay-process.ts';
import { openSender } from '../e2e/send-lines.ts';
import { type Points, startCarbonCache, untilWhisperHolds } from './carbon-process.ts';
import { CARBON, ensurePackages } from './debian-packages.ts';
import { freePorts, untilListening } from './server-process.ts';

const TICKS = 60;
const TICK_MS = 50;
const SERIES = 20;

before(() => ensurePackages(CARBON));

test('lines at which carbon-cache hangs up are dropped by name, and all others are stored', async (t) => {
  const folder = makeFolder(t);
  const [linePort = 0, picklePort = 0, queryPort = 0] = await freePorts(3);
  const carbon = startCarbonCache(t, folder, { linePort, picklePort, queryPort });
  await untilListening(linePort, carbon);
  const relay = await startRelay(t, routeTo(`127.0.0.1:${linePort}`));
  const sender = await openSender(t, relay.port);
  const nowSec = Math.floor(Date.now() / 1000);
  const odd = new Map([
    [20, Buffer.from(`long.${'x'.repeat(20_000)} 1 ${nowSec}\n`)],
    [40, Buffer.from(`what=n\u00ff.unit=B.mtype=gauge 1 ${nowSec}\n`, 'latin1')],
  ]);
  const expected: Points = new Map();
  for (let tick = 0; tick < TICKS; tick += 1) {
    const bad = odd.get(tick);
    if (bad !== undefined) sender.write(bad);
    const second = nowSec - TICKS + tick;
    for (let n = 0; n < SERIES; n += 1) {
      const key = `hangup.s${n}`;
      sender.write(`${key} ${tick} ${second}\n`);
      expected.set(key, (expected.get(key) ?? new Map<number, readonly number[]>()).set(second, [tick]));
    }
    await sleep(TICK_MS);
  }
  await relay.untilLedger(
    'all is written',
    ({ destinations: [row] }) => row?.queued === 0 && row.spooled === 0,
  );
  await untilWhisperHolds(join(folder, 'whisper'), expected);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, { rejected: 2 });
  await carbon.stop();
});
