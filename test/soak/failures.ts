// What may go wrong around the command, one after the other, under load: which lines are lost, and what the books say.
//
//   bin/node test/soak/failures.ts     (two minutes; the full disk needs root, for a small file system of its own)
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { assertConserved } from '../assert-conserved.ts';
import { makeFolder, type RelayProcess, routeTo, startRelay } from '../e2e/relay-process.ts';
import { startRecordingSink, startSender } from './children.ts';
import { type Comparison, compareRecording } from './numbered-lines.ts';

const CONNECTIONS = 4;
const LINES_PER_SECOND = 50_000;
const SLOW_LINES_PER_SECOND = 20_000;
const DRAINED_MS = 60_000;

function makeRecording(t: TestContext): string {
  const folder = join(makeFolder(t), 'recorded');
  mkdirSync(folder);
  return folder;
}

function loadOf(relay: RelayProcess, seconds: number, rate = LINES_PER_SECOND) {
  return { port: relay.port, first: 0, connections: CONNECTIONS, rate, linesPerWrite: 20, seconds };
}

/** Makes a file system of 8 MiB. */
function mountDisk(t: TestContext): string {
  const disk = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    rmdirSync(disk);
  });
  return disk;
}

/** Waits until nothing is queued any more. */
async function untilSent(relay: RelayProcess): Promise<void> {
  const end = performance.now() + DRAINED_MS;
  while ((await relay.ledger()).destinations.some(({ queued }) => queued > 0)) {
    if (performance.now() > end) throw new Error('lines are still queued');
    await sleep(100);
  }
}

function report(compared: Comparison, ledger: Ledger): void {
  const [row] = ledger.destinations;
  console.log(`  lines: ${JSON.stringify({ ...compared, damaged: compared.damaged })}`);
  console.log(
    `  ledger: received ${ledger.received}, written ${row?.written}, resent ${row?.resent}, ` +
      `dropped ${JSON.stringify(ledger.dropped)}, balanced ${ledger.balanced}`,
  );
}

function assertWhole(compared: Comparison, ledger: Ledger): void {
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(ledger.received, compared.sent);
  assert.equal(compared.missing, 0);
  assert.deepEqual(compared.damaged, []);
}

test('a sink that freezes for 14 s under load gets every line when it thaws', async (t) => {
  const folder = makeRecording(t);
  const sink = await startRecordingSink(t, folder);
  const relay = await startRelay(t, routeTo(sink.addr));
  const sender = await startSender(t, loadOf(relay, 20));
  const sending = sender.go();
  await sleep(2000);
  sink.child.process.kill('SIGSTOP');
  await sleep(14_000);
  const { queued } = (await relay.ledger()).destinations[0] ?? {};
  const ready = await (await relay.get('/readyz')).text();
  sink.child.process.kill('SIGCONT');
  const { lines, heldMs, errors } = await sending;
  const { exit, ledger } = await relay.terminate();
  await sink.child.end();
  const compared = compareRecording(folder, new Map(lines));
  console.log(`  after 14 s of frost: ${queued} lines queued, readyz: ${ready.trim().replaceAll('\n', ' ')}`);
  console.log(`  senders were held for up to ${heldMs.toFixed(0)} ms`);
  report(compared, ledger);
  assert.equal(exit.code, 0);
  assert.equal(errors, 0);
  assertWhole(compared, ledger);
  assert.equal(compared.doubles, 0);
  assert.equal(compared.outOfOrder, 0);
});

test('a sink that is killed and comes back loses only what its kernel held', async (t) => {
  const folder = makeRecording(t);
  let sink = await startRecordingSink(t, folder);
  const relay = await startRelay(t, routeTo(`${sink.addr} reconn=500`));
  const sender = await startSender(t, loadOf(relay, 15));
  const sending = sender.go();
  for (let round = 0; round < 3; round++) {
    await sleep(2000);
    await sink.child.end();
    await sleep(1000);
    sink = await startRecordingSink(t, folder, sink.port);
  }
  const { lines } = await sending;
  const { exit, ledger } = await relay.terminate();
  await sink.child.end();
  const compared = compareRecording(folder, new Map(lines));
  report(compared, ledger);
  // Of a killed sink's file the last line may be cut: it comes again, whole.
  assert.ok(compared.damaged.length <= 3);
  assert.equal(exit.code, 0);
  assert.ok((ledger.destinations[0]?.resent ?? 0) > 0, 'nothing was sent again');
  assertWhole({ ...compared, damaged: [] }, ledger);
});

test('a full disk holds the lines back until there is room', async (t) => {
  const disk = mountDisk(t);
  const file = join(disk, 'lines');
  mkdirSync(file);
  const relay = await startRelay(
    t,
    routeTo(`file:${join(file, 'metrics.log')} queue_bytes=4000000 reconn=1000`),
  );
  const sender = await startSender(t, loadOf(relay, 20, SLOW_LINES_PER_SECOND));
  const sending = sender.go();
  await relay.untilNotReady();
  const full = (await relay.ledger()).destinations[0];
  const metrics = await (await relay.get('/metrics')).text();
  const stateRows = metrics.match(
    /^sluice_destination_(?:online|blocking|connect_errors_total|disconnects_total)\{.*$/gm,
  );
  await sleep(3000);
  // A little room, used up at once, then enough.
  execFileSync('mount', ['-o', 'remount,size=12m', disk]);
  await sleep(3000);
  execFileSync('mount', ['-o', 'remount,size=200m', disk]);
  const { lines, heldMs } = await sending;
  await untilSent(relay);
  const { exit, ledger } = await relay.terminate();
  const compared = compareRecording(file, new Map(lines));
  const state = stateRows?.map((row) => row.replace(/^sluice_destination_|\{.*\}/g, '')).join(', ');
  console.log(`  full: written ${full?.written}, queued ${full?.queued}; ${state}`);
  const said = relay.stderr.split('\n').filter((line) => /(INFO|WARNING)\] dest /.test(line));
  console.log(`  log:\n    ${said.join('\n    ')}`);
  console.log(`  senders were held for up to ${heldMs.toFixed(0)} ms`);
  report(compared, ledger);
  assert.equal(exit.code, 0);
  assertWhole(compared, ledger);
  assert.equal(compared.doubles, 0);
  assert.equal(compared.outOfOrder, 0);
});

test('a relay that the system stops for 5 s loses nothing over TCP, and counts what the kernel dropped of UDP', async (t) => {
  const folder = makeRecording(t);
  const sink = await startRecordingSink(t, folder);
  const relay = await startRelay(t, routeTo(sink.addr));
  const sender = await startSender(t, loadOf(relay, 12));
  const sending = sender.go();
  const datagrams = sendDatagrams(t, relay.port, 9, 10_000);
  await sleep(2000);
  relay.kill('SIGSTOP');
  await sleep(5000);
  relay.kill('SIGCONT');
  const { lines, heldMs } = await sending;
  const sentDatagrams = await datagrams;
  await untilSent(relay);
  const metrics = await (await relay.get('/metrics')).text();
  const received = Number(/^sluice_input_datagrams_total\{.*udp.* (\d+)$/m.exec(metrics)?.[1]);
  const kernelDrops = Number(/^sluice_input_kernel_drops_total\{.*udp.* (\d+)$/m.exec(metrics)?.[1]);
  const { exit, ledger } = await relay.terminate();
  await sink.child.end();
  const compared = compareRecording(folder, new Map(lines));
  console.log(`  senders were held for up to ${heldMs.toFixed(0)} ms`);
  console.log(
    `  datagrams: sent ${sentDatagrams}, received ${received}, dropped by the kernel ${kernelDrops}`,
  );
  console.log(`  lines: ${JSON.stringify({ ...compared, damaged: compared.damaged.length })}`);
  console.log(`  ledger: received ${ledger.received}, dropped ${JSON.stringify(ledger.dropped)}`);
  assert.equal(exit.code, 0);
  assert.equal(received + kernelDrops, sentDatagrams);
  assertConserved(ledger);
  // What came by UDP is of another form.
  assert.equal(ledger.received, compared.sent + received);
  assert.equal(compared.missing, 0);
  assert.equal(compared.damaged.length, received);
  assert.equal(compared.doubles, 0);
});

/** Sends datagrams of a line each, for some seconds; returns how many. */
async function sendDatagrams(t: TestContext, port: number, seconds: number, rate: number): Promise<number> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const startMs = performance.now();
  let sent = 0;
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, ((performance.now() - startMs) / 1000) * rate);
    const pending: Promise<void>[] = [];
    for (; sent < due; sent++) {
      const line = `udp.s${sent % 100} ${sent} 1700000000\n`;
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.send(line, port, '127.0.0.1', () => resolve());
      pending.push(promise);
    }
    await Promise.all(pending);
    await sleep(5);
  }
  return sent;
}
