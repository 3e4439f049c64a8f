// Another relay behind ours: Debian's carbon-c-relay takes every line, also across its restart.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, routeTo, startRelay } from '../e2e/relay-process.ts';
import { makeLines, openSender, writeLines } from '../e2e/send-lines.ts';
import { startSink } from '../e2e/tcp-sink.ts';
import { CARBON_C_RELAY, ensurePackages } from './debian-packages.ts';
import { freePorts, startServer, untilListening } from './server-process.ts';

const PROBE_DEADLINE_MS = 4000;
const ATTEMPTS_MAX = 5;

before(() => ensurePackages(CARBON_C_RELAY));

test('carbon-c-relay behind the relay gets every line, also when it restarts', async (t) => {
  const folder = makeFolder(t);
  const sink = await startSink(t, { keep: true });
  const [port = 0] = await freePorts(1);
  const conf = join(folder, 'relay.conf');
  writeFileSync(
    conf,
    `cluster sink forward ${sink.addr};\nstatistics submit every 3600 seconds;\nmatch * send to sink;\n`,
  );
  const start = async (nth: number) => {
    // Version 3.7.3 at times comes up and forwards nothing, or crashes: then it is started again.
    for (let attempt = 1; ; attempt++) {
      const server = startServer(
        t,
        'carbon-c-relay',
        ['-f', conf, '-p', String(port), '-q', '500000'],
        folder,
      );
      try {
        await untilListening(port, server);
        const probe = `probe.${nth}.${attempt} 1 1700000000`;
        const socket = await openSender(t, port);
        await writeLines(socket, [probe]);
        socket.end();
        await sink.until('the probe', () => sink.kept.includes(probe), PROBE_DEADLINE_MS);
        return server;
      } catch (error) {
        await server.stop();
        if (attempt === ATTEMPTS_MAX) throw error;
      }
    }
  };
  const first = await start(1);
  const relay = await startRelay(t, routeTo(`127.0.0.1:${port} reconn=200`));
  const lines = makeLines('some.metric', 60_000);
  const socket = await openSender(t, relay.port);
  await writeLines(socket, lines.slice(0, 20_000));
  await sink.until('the first lines', () => sink.kept.length >= 20_000);
  await first.stop();
  await writeLines(socket, lines.slice(20_000, 40_000));
  await start(2);
  await writeLines(socket, lines.slice(40_000));
  socket.end();
  const kept = () => new Set(sink.kept.filter((line) => !line.startsWith('probe.')));
  await sink.until('every line', () => kept().size >= lines.length);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assert.deepEqual([...kept()].toSorted(), lines.toSorted());
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
});
