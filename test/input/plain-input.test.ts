import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PlainInput } from '../../src/input/plain-input.ts';
import { systemClock } from '../../src/util/clock.ts';
import { RecordingDispatcher } from './recording-dispatcher.ts';
import { RecordingLog } from './recording-log.ts';
import { connectTo } from './start-tcp.ts';
import { waitUntil } from './wait-until.ts';

function makePlain(
  t: TestContext,
  listenAddr: string,
): { input: PlainInput; dispatcher: RecordingDispatcher; log: RecordingLog } {
  const dispatcher = new RecordingDispatcher();
  const log = new RecordingLog();
  const input = new PlainInput(
    {
      listenAddr,
      plainReadTimeoutMs: 0,
      connectionsMax: 0,
      tcpBacklog: 4096,
      udpReceiveBufferBytes: 8 * 1024 * 1024,
      descriptorReserve: 64,
    },
    {
      dispatcher,
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
  const { input, dispatcher, log } = makePlain(t, 'localhost:0');
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
  await input.drain(performance.now() + 5000);
  assert.equal(input.listening, false);
});

test('when one of the two cannot be had, neither stays open', async (t) => {
  // An address of its own: on 127.0.0.1 a connection of another test may have the port.
  const host = '127.0.0.77';
  const taken = createSocket('udp4').bind(0, host);
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address();
  const { input } = makePlain(t, `${host}:${port}`);
  await assert.rejects(input.start(), {
    message: `listen_addr ${host}:${port}/udp: address already in use`,
  });
  const server = createServer().listen(port, host);
  t.after(() => server.close());
  await once(server, 'listening');
});

test('an address that names nothing is one clear line', async (t) => {
  await assert.rejects(makePlain(t, 'no-such-host.invalid:2003').input.start(), {
    message: 'listen_addr no-such-host.invalid:2003: no such host',
  });
  await assert.rejects(makePlain(t, 'localhost').input.start(), {
    message: 'listen_addr: address localhost: missing port in address',
  });
});
