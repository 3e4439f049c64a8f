// The relay between Debian's own: carbon-relay (Python) sends pickle, as it does by default, and carbon-cache gets pickle.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, routeTo, startRelay } from '../e2e/relay-process.ts';
import { openSender, writeLines } from '../e2e/send-lines.ts';
import { type Points, startCarbonCache, startCarbonRelay, untilWhisperHolds } from './carbon-process.ts';
import { CARBON, ensurePackages } from './debian-packages.ts';
import { freePorts, untilListening } from './server-process.ts';

const SERIES = 60;
const SECONDS = 500;

before(() => ensurePackages(CARBON));

/** Makes points of the last minutes with values of many forms, and the lines that say them. */
function makePoints(): { points: Points; lines: string[] } {
  const points: Points = new Map();
  const lines: string[] = [];
  const now = Math.floor(Date.now() / 1000) - 10;
  for (let second = 0; second < SECONDS; second += 1) {
    for (let series = 0; series < SERIES; series += 1) {
      const metric = `servers.web${series}.cpu.percent`;
      const value =
        [second, second / 8, -second * 1e6, Math.sqrt(second + series), 1e-7 * second][series % 5] ?? 0;
      const seconds = points.get(metric) ?? new Map<number, readonly number[]>();
      seconds.set(now - second, [value]);
      points.set(metric, seconds);
      lines.push(`${metric} ${value} ${now - second}`);
    }
  }
  return { points, lines };
}

test('carbon-relay sends pickle to the relay, that sends pickle to carbon-cache, and nothing is lost', async (t) => {
  const folder = makeFolder(t);
  const [cacheFolder, relayFolder] = [join(folder, 'cache'), join(folder, 'relay')] as const;
  for (const each of [cacheFolder, relayFolder]) mkdirSync(each);
  const ports = await freePorts(6);
  const [cacheLine = 0, cachePickle = 0, query = 0, relayLine = 0, relayPickle = 0, ownPickle = 0] = ports;
  const cache = startCarbonCache(t, cacheFolder, {
    linePort: cacheLine,
    picklePort: cachePickle,
    queryPort: query,
  });
  await untilListening(cachePickle, cache);
  const relay = await startRelay(
    t,
    `pickle_addr = "127.0.0.1:${ownPickle}"\n${routeTo(`127.0.0.1:${cachePickle} pickle=true`)}`,
  );
  const carbon = startCarbonRelay(
    t,
    relayFolder,
    { linePort: relayLine, picklePort: relayPickle },
    `RELAY_METHOD = rules\nDESTINATIONS = 127.0.0.1:${ownPickle}\nMAX_QUEUE_SIZE = 100000\n`,
    { 'relay-rules.conf': `[default]\ndefault = true\ndestinations = 127.0.0.1:${ownPickle}\n` },
  );
  await untilListening(relayLine, carbon);
  const { points, lines } = makePoints();
  const socket = await openSender(t, relayLine);
  await writeLines(socket, lines);
  socket.end();
  await relay.untilLedger('all lines', ({ received }) => received >= lines.length);
  await carbon.stop();
  await untilWhisperHolds(join(cacheFolder, 'whisper'), points);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.equal(ledger.received, lines.length);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.destinations[0]?.written, lines.length);
});
