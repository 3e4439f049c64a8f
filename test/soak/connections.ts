// 10,000 connections open at once, each sending lines all the time, also while the relay is told to end.
//
//   bin/node test/soak/connections.ts     (about a minute; the descriptor limit must allow 11,000 files to a process)
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessCost, readProcessCost } from '../../bench/process-cost.ts';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, routeTo, startRelay } from '../e2e/relay-process.ts';
import { startRecordingSink, startSender } from './children.ts';
import { HttpProbe } from './http-probe.ts';
import { compareRecording } from './numbered-lines.ts';

const CONNECTIONS = 10_000;
// One process may not open so many ports and files as both sides need.
const SENDERS = 2;
const LINES_PER_SECOND = 20_000;
const SECONDS = 20;

/** Opens all connections from several processes at once. */
function openSenders(t: TestContext, port: number) {
  const connections = CONNECTIONS / SENDERS;
  const request = { port, connections, rate: LINES_PER_SECOND / SENDERS, linesPerWrite: 1, seconds: 600 };
  return Promise.all(
    Array.from({ length: SENDERS }, (_, index) => startSender(t, { ...request, first: index * connections })),
  );
}

test('10,000 connections are served, and drained to the last line at SIGTERM', async (t) => {
  const folder = join(makeFolder(t), 'recorded');
  mkdirSync(folder);
  const sink = await startRecordingSink(t, folder);
  const relay = await startRelay(t, routeTo(sink.addr));
  const costs = [readProcessCost(relay.pid)];
  const startMs = performance.now();
  const senders = await openSenders(t, relay.port);
  const openMs = performance.now() - startMs;
  costs.push(readProcessCost(relay.pid));
  const probe = new HttpProbe(relay);
  const sending = senders.map(({ go }) => go());
  await sleep((SECONDS * 1000) / 2);
  costs.push(readProcessCost(relay.pid));
  await sleep((SECONDS * 1000) / 2);
  const metrics = await (await relay.get('/metrics')).text();
  costs.push(readProcessCost(relay.pid));
  await probe.stop();
  // The senders send on: what they had begun must come through.
  const stopMs = performance.now();
  const { exit, ledger } = await relay.terminate();
  const drainMs = performance.now() - stopMs;
  const reports = await Promise.all(sending);
  await sink.child.end();
  const sent = new Map(reports.flatMap(({ lines }) => lines));
  const compared = compareRecording(folder, sent);
  const open = /^sluice_input_connections\{.*tcp.*\} (\d+)$/m.exec(metrics)?.[1];
  const silent = [...sent.values()].filter((lines) => lines === 0).length;
  const broken = reports.reduce((sum, { errors }) => sum + errors, 0);
  console.log(
    `connections: ${open}, opened in ${openMs.toFixed(0)} ms; ${silent} sent nothing, ${broken} broke`,
  );
  console.log(`drained in ${drainMs.toFixed(0)} ms, exit code ${exit.code}`);
  reportCosts(costs);
  const heap = [...metrics.matchAll(/^nodejs_(heap_size_\w+|external_memory)_bytes (\S+)$/gm)];
  const heapMib = heap.map(([, name, bytes]) => `${name} ${(Number(bytes) / 2 ** 20).toFixed(0)}`);
  console.log(`memory at the end, MiB: ${heapMib.join(', ')}`);
  console.log(`HTTP: ${probe.render()}`);
  console.log(`lines: ${JSON.stringify({ ...compared, damaged: compared.damaged.length })}`);
  console.log(`ledger: received ${ledger.received}, dropped ${JSON.stringify(ledger.dropped)}`);

  assert.equal(exit.code, 0);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.received, compared.sent);
  assert.equal(ledger.destinations[0]?.written, compared.sent);
  const { missing, doubles, outOfOrder, damaged } = compared;
  assert.deepEqual(
    { missing, doubles, outOfOrder, damaged },
    { missing: 0, doubles: 0, outOfOrder: 0, damaged: [] },
  );
  assert.deepEqual(probe.failures, []);
  assert.deepEqual({ open, silent, broken }, { open: String(CONNECTIONS), silent: 0, broken: 0 });
});

function reportCosts(costs: readonly ProcessCost[]): void {
  const [, opened, , end] = costs;
  const cpuSeconds = (end?.cpuSeconds ?? 0) - (opened?.cpuSeconds ?? 0);
  const rss = costs.map(({ rssMib }) => rssMib.toFixed(0)).join(', ');
  console.log(`RSS MiB: ${rss} (before, connections open, middle, end)`);
  console.log(
    `CPU: ${(cpuSeconds / SECONDS).toFixed(2)} cores at ${LINES_PER_SECOND} lines a second, one a write`,
  );
}
