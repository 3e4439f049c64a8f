import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { NetworkInput } from '../../src/input/network-input.ts';
import { PickleDispatcher } from '../../src/input/pickle/pickle-dispatcher.ts';
import { systemClock } from '../../src/util/clock.ts';
import { frameOf, metricsFrame, metricsLines } from './pickle/pickle-frames.ts';
import { RecordingDispatcher } from './recording-dispatcher.ts';
import { RecordingLog } from './recording-log.ts';
import { connectTo } from './start-tcp.ts';
import { waitUntil } from './wait-until.ts';

function makeInput(
  t: TestContext,
  addr: string,
  kind: 'plain' | 'pickle' = 'plain',
): { input: NetworkInput; dispatcher: RecordingDispatcher; log: RecordingLog } {
  const dispatcher = new RecordingDispatcher();
  const log = new RecordingLog();
  const pickles = new PickleDispatcher(
    { frameBytesMax: 1024 * 1024, lineBytesMax: 65_535 },
    { lines: dispatcher, clock: systemClock, log },
  );
  const input = new NetworkInput(
    {
      kind,
      addr,
      readTimeoutMs: 0,
      connectionsMax: 0,
      tcpBacklog: 4096,
      udpReceiveBufferBytes: 8 * 1024 * 1024,
      descriptorReserve: 64,
    },
    {
      dispatcher: kind === 'plain' ? dispatcher : pickles,
      clock: systemClock,
      log,
      lookup: (host) => dns.lookup(host, { all: true }),
      descriptorLimit: 10_000,
      descriptorsOpen: 30,
    },
  );
  t.after(() => input.stop());
  return { input, dispatcher, log };
}

test('TCP and UDP share an address and are logged as users of carbon-relay-ng expect', async (t) => {
  const { input, dispatcher, log } = makeInput(t, 'localhost:0');
  assert.equal(input.listening, false);
  assert.equal(input.stats.length, 0);
  await input.start();
  const { port } = input;
  assert.ok(port);
  assert.equal(input.listening, true);
  const start = log.lines.filter((line) => line.includes('listening'));
  assert.deepEqual(start, [
    `info: listening on 127.0.0.1:${port}/tcp`,
    `info: listening on 127.0.0.1:${port}/udp`,
  ]);
  const socket = await connectTo(t, port);
  socket.end('a 1 2\n');
  const datagram = createSocket('udp4');
  t.after(() => datagram.close());
  datagram.send('b 1 2\n', port, '127.0.0.1');
  await waitUntil('both', () => dispatcher.datagrams.length === 1 && dispatcher.text === 'a 1 2\n');
  const [tcp, udp] = input.stats;
  assert.deepEqual([tcp?.protocol, tcp?.accepted, tcp?.bytes], ['tcp', 1, 6]);
  assert.deepEqual([udp?.protocol, udp?.datagrams, udp?.kernelDrops], ['udp', 1, 0]);
  await input.drain(performance.now() + 60_000);
  assert.equal(input.listening, false);
});

test('when one of the two cannot be had, neither stays open', async (t) => {
  // An address of its own: on 127.0.0.1 a connection of another test may have the port.
  const host = '127.0.0.77';
  const taken = createSocket('udp4').bind(0, host);
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address();
  const { input } = makeInput(t, `${host}:${port}`);
  await assert.rejects(input.start(), {
    message: `listen_addr ${host}:${port}/udp: address already in use`,
  });
  const server = createServer().listen(port, host);
  t.after(() => server.close());
  await once(server, 'listening');
});

test('an address that names nothing is one clear line', async (t) => {
  await assert.rejects(makeInput(t, 'no-such-host.invalid:2003').input.start(), {
    message: 'listen_addr no-such-host.invalid:2003: no such host',
  });
  await assert.rejects(makeInput(t, 'localhost').input.start(), {
    message: 'listen_addr: address localhost: missing port in address',
  });
});

test('pickle comes in over TCP and UDP; a sender of what cannot be read is closed, the others are not', async (t) => {
  const { input, dispatcher } = makeInput(t, '127.0.0.1:0', 'pickle');
  await input.start();
  const { port } = input;
  assert.ok(port);
  assert.equal(input.stats[0]?.input, 'pickle');
  const good = await connectTo(t, port);
  const bad = await connectTo(t, port);
  good.write(metricsFrame('a', 3).subarray(0, 10));
  bad.resume();
  bad.write(frameOf('nonsense'));
  await once(bad, 'end');
  assert.match(dispatcher.rejects[0] ?? '', /127\.0\.0\.1:\d+ invalid 1 pickle: invalid payload prefix/);
  good.write(metricsFrame('a', 3).subarray(10));
  const datagram = createSocket('udp4');
  t.after(() => datagram.close());
  datagram.send(metricsFrame('b', 2), port, '127.0.0.1');
  await waitUntil(
    'both',
    () => dispatcher.datagrams.length === 1 && dispatcher.text === metricsLines('a', 3),
  );
  assert.equal(dispatcher.datagrams[0]?.bytes.toString(), metricsLines('b', 2));
  good.end();
  await waitUntil('the end', () => dispatcher.streams.every((stream) => stream.ends.length === 1));
  assert.deepEqual(
    dispatcher.streams.map(({ ends }) => ends[0] ?? '').toSorted((a, b) => a.localeCompare(b)),
    ['fin', 'refused'],
  );
});

test('pickle on the port for lines is one helpful warning', async (t) => {
  const { input, dispatcher, log } = makeInput(t, '127.0.0.1:0');
  await input.start();
  for (let i = 0; i < 2; i += 1) {
    const socket = await connectTo(t, input.port ?? 0);
    socket.end(metricsFrame('a', 3));
  }
  const plain = await connectTo(t, input.port ?? 0);
  plain.end('] 1 2\n');
  await waitUntil('the ends', () => dispatcher.streams.filter(({ ends }) => ends.length > 0).length === 3);
  const warnings = log.lines.filter((line) => line.includes('pickle'));
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /sends pickle, and lines of text are expected here; pickle goes to pickle_addr/,
  );
});
