// The UDP input over real loopback sockets: datagrams, receive buffer, losses, ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { UdpInput, type UdpInputOptions } from '../../src/input/udp-input.ts';
import { systemClock } from '../../src/util/clock.ts';
import { RecordingDispatcher } from './recording-dispatcher.ts';
import { RecordingLog } from './recording-log.ts';
import { waitUntil } from './wait-until.ts';

const ASKED_BYTES = 8 * 1024 * 1024;
const GRANTED_MAX_BYTES = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
const LOOPBACK = { ips: ['127.0.0.1'], port: 0, host: '127.0.0.1' };

async function startUdp(
  t: TestContext,
  options: Partial<UdpInputOptions> = {},
): Promise<{ input: UdpInput; dispatcher: RecordingDispatcher; log: RecordingLog }> {
  const dispatcher = new RecordingDispatcher();
  const log = new RecordingLog();
  const input = new UdpInput(
    { optionName: 'listen_addr', address: LOOPBACK, receiveBufferBytes: ASKED_BYTES, ...options },
    { dispatcher, clock: systemClock, log },
  );
  await input.start();
  t.after(() => input.stop());
  return { input, dispatcher, log };
}

/** A connected sender: its sends reach the system before they return. */
async function connectUdp(t: TestContext, port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  socket.connect(port, host);
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

test('each datagram arrives whole, with its sender', async (t) => {
  const { input, dispatcher, log } = await startUdp(t);
  assert.equal(log.lines[0], `info: listening on 127.0.0.1:${input.port}/udp`);
  const sender = await connectUdp(t, input.port);
  const largest = Buffer.alloc(65_507, 'k');
  sender.send('a 1 2\nb 1 2');
  sender.send('');
  sender.send(largest);
  await waitUntil('three datagrams', () => input.stats.datagrams === 3);
  const { port } = sender.address();
  const whole = [Buffer.from('a 1 2\nb 1 2'), largest];
  assert.deepEqual(
    dispatcher.datagrams,
    whole.map((bytes) => ({ bytes, sender: `127.0.0.1:${port}` })),
  );
  assert.equal(input.stats.bytes, 65_518);
});

test('all interfaces means both families', async (t) => {
  const { input, dispatcher } = await startUdp(t, { address: { ips: ['::', '0.0.0.0'], port: 0, host: '' } });
  (await connectUdp(t, input.port, '127.0.0.1')).send('a 1 2');
  (await connectUdp(t, input.port, '::1')).send('b 1 2');
  await waitUntil('both', () => dispatcher.datagrams.length === 2);
  const senders = dispatcher.datagrams.map(({ sender }) => sender.replace(/:\d+$/, '')).sort();
  assert.deepEqual(senders, ['127.0.0.1', '[::1]']);
  assert.equal(input.stats.kernelDrops, 0);
});

test('the receive buffer granted is said, with what to do when it is small', async (t) => {
  const { input, log } = await startUdp(t);
  const granted = input.stats.receiveBufferBytes;
  assert.ok(granted > 0 && granted <= ASKED_BYTES);
  const line = `udp receive buffer: ${granted} bytes granted of ${ASKED_BYTES} asked for`;
  const small = granted < 4 * 1024 * 1024;
  const advice = `; bursts may be lost, raise it: sysctl -w net.core.rmem_max=${ASKED_BYTES}`;
  assert.equal(log.lines[1], small ? `warn: ${line}${advice}` : `info: ${line}`);
  // More than any system grants by default.
  const large = await startUdp(t, { receiveBufferBytes: 1024 * 1024 * 1024 });
  assert.ok(large.input.stats.receiveBufferBytes > 0);
  assert.match(large.log.lines[1] ?? '', /granted of 1073741824 asked for/);
});

test('what the system dropped is counted, and still known after the end', async (t) => {
  const { input } = await startUdp(t, { receiveBufferBytes: 4096 });
  const sender = await connectUdp(t, input.port);
  // All in one turn: the input cannot read meanwhile.
  for (let sent = 0; sent < 2000; sent += 1) sender.send('some.key 1 1700000000\n');
  await waitUntil('all accounted for', () => input.stats.datagrams + (input.stats.kernelDrops ?? 0) === 2000);
  const { kernelDrops, datagrams } = input.stats;
  assert.ok(kernelDrops !== undefined && kernelDrops > 0, `${kernelDrops} drops`);
  assert.ok(datagrams > 0);
  input.stop();
  assert.equal(input.stats.kernelDrops, kernelDrops);
  assert.equal(input.stats.listening, false);
});

test('a burst waits in the receive buffer while the relay is busy', async (t) => {
  const { input } = await startUdp(t);
  if (GRANTED_MAX_BYTES < 4 * 1024 * 1024) {
    t.skip(`the system grants ${GRANTED_MAX_BYTES} bytes`);
    return;
  }
  const sender = await connectUdp(t, input.port);
  // All in one turn: seven times the 700 that may come in 10 ms. The system's default holds less than 300.
  for (let sent = 0; sent < 4900; sent += 1) sender.send('some.key 1 1700000000\n'.padStart(60, 'x'));
  await waitUntil('all accounted for', () => input.stats.datagrams + (input.stats.kernelDrops ?? 0) === 4900);
  assert.equal(input.stats.kernelDrops, 0);
});

test('700 datagrams each 10 ms lose none where the system grants 4 MiB', async (t) => {
  const { input, dispatcher } = await startUdp(t);
  if (GRANTED_MAX_BYTES < 4 * 1024 * 1024) {
    t.skip(`the system grants ${GRANTED_MAX_BYTES} bytes`);
    return;
  }
  // As many as the buffer holds, since other tests may have the processors; ten seconds in bench/micro/udp-receive.ts.
  const child = spawn(
    process.execPath,
    [new URL('./send-udp.ts', import.meta.url).pathname, String(input.port), '700', '10', '14'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill());
  await once(child, 'exit');
  await waitUntil('all accounted for', () => input.stats.datagrams + (input.stats.kernelDrops ?? 0) === 9800);
  assert.equal(input.stats.kernelDrops, 0);
  assert.equal(dispatcher.datagrams.length, 9800);
});

test('a drain reads what has arrived', async (t) => {
  const { input, dispatcher } = await startUdp(t);
  const sender = await connectUdp(t, input.port);
  for (let sent = 0; sent < 1500; sent += 1) sender.send(`k${sent} 1 2\n`);
  await input.drain(performance.now() + 60_000);
  // What the system grants may hold fewer.
  assert.equal(dispatcher.datagrams.length, 1500 - (input.stats.kernelDrops ?? 0));
  assert.ok(dispatcher.datagrams.length > 0);
  assert.equal(input.listening, false);
});

test('a drain ends although senders go on', async (t) => {
  const { input } = await startUdp(t);
  const sender = await connectUdp(t, input.port);
  const timer = setInterval(() => sender.send('k 1 2\n'), 1);
  t.after(() => clearInterval(timer));
  const startMs = performance.now();
  await input.drain(startMs + 60_000);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 30_000, `took ${tookMs} ms`);
});

test('a port in use is one clear line', async (t) => {
  const { input } = await startUdp(t);
  const dependencies = { dispatcher: new RecordingDispatcher(), clock: systemClock, log: new RecordingLog() };
  const second = new UdpInput(
    {
      optionName: 'listen_addr',
      address: { ...LOOPBACK, port: input.port },
      receiveBufferBytes: ASKED_BYTES,
    },
    dependencies,
  );
  await assert.rejects(second.start(), {
    message: `listen_addr 127.0.0.1:${input.port}/udp: address already in use`,
  });
});
