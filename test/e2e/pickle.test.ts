// Two relays with pickle between them: what goes in plain comes out plain, also when the second one is away for a while.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { freePorts } from '../system/server-process.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, routeTo, startRelay } from './relay-process.ts';
import { makeLines, openSender, writeLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

const PHASE = 20_000;

test('lines cross from relay to relay as pickle, also while the second restarts', async (t) => {
  const sink = await startSink(t, { keep: true });
  const [picklePort = 0] = await freePorts(1);
  const folder = makeFolder(t);
  const config = join(folder, 'second.toml');
  writeFileSync(config, `${CONFIG_HEAD}pickle_addr = "127.0.0.1:${picklePort}"\n${routeTo(sink.addr)}`);
  const startSecond = async (): Promise<RelayProcess> => {
    const relay = new RelayProcess(t, { args: ['run', '--config', config], folder });
    await relay.untilLogged('is running as instance');
    return relay;
  };
  const before = await startSecond();
  const first = await startRelay(t, routeTo(`127.0.0.1:${picklePort} pickle=true reconn=200`));
  const lines = makeLines('some.metric', 3 * PHASE);
  const bad = 'cannot.be.pickled 1 -1';
  const socket = await openSender(t, first.port);
  await writeLines(socket, [bad, ...lines.slice(0, PHASE)]);
  await sink.untilLines(PHASE);
  const ended = await before.terminate();
  assert.equal(ended.exit.code, 0);
  assertConserved(ended.ledger);
  assert.deepEqual(ended.ledger.dropped, {});
  await writeLines(socket, lines.slice(PHASE, 2 * PHASE));
  const after = await startSecond();
  await writeLines(socket, lines.slice(2 * PHASE));
  socket.end();
  await sink.until('every line', () => new Set(sink.kept).size >= lines.length);
  const { exit, ledger } = await first.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
  const [row] = ledger.destinations;
  assert.deepEqual(row?.dropped, { encode_error: 1 });
  assert.equal(row?.written, lines.length);
  const { ledger: second } = await after.terminate();
  assertConserved(second);
  assert.deepEqual(second.dropped, {});
  assert.deepEqual([...new Set(sink.kept)].toSorted(), lines.toSorted());
});
