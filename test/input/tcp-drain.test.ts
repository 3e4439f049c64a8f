// The ends of the TCP input: drain to the senders' ends, drain to the deadline, stop, and that nothing is left behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connectTo, startTcp } from './start-tcp.ts';
import { waitUntil } from './wait-until.ts';

function countTcpHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
}

/** Connections at a local port of which the system has seen the handshake, accepted or not. */
function countEstablished(port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows.filter((row) => row.includes(`: ${local} `) && row.trim().split(/\s+/)[3] === '01').length;
}

test('a drain tells each sender to end and reads what it still sends', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t);
  const socket = await open();
  socket.write('before 1 2\n');
  socket.resume();
  // A sender that sees our end sends its last lines, then ends.
  socket.on('end', () => socket.end('after 1 2\n'));
  await waitUntil('the bytes', () => dispatcher.streams[0]?.sizeBytes === 11);
  await input.drain(performance.now() + 60_000);
  assert.equal(dispatcher.text, 'before 1 2\nafter 1 2\n');
  assert.deepEqual(dispatcher.only.ends, ['fin']);
  assert.equal(input.stats.listening, 'stopped');
  await assert.rejects(connectTo(t, input.port), { code: 'ECONNREFUSED' });
});

test('a drain ends who does not end by the deadline, as shutdown', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t);
  const deaf = await open();
  deaf.write('a 1 2\nb 1');
  await waitUntil('the bytes', () => dispatcher.streams[0]?.sizeBytes === 9);
  const startMs = performance.now();
  await input.drain(startMs + 120);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 115, `took ${tookMs} ms`);
  assert.deepEqual(dispatcher.only.ends, ['shutdown']);
  assert.equal(input.stats.connections, 0);
});

test('a drain waits for a sender that is paused', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t);
  dispatcher.room = false;
  const socket = await open();
  socket.resume();
  socket.write('x');
  await waitUntil('the pause', () => input.stats.paused === 1);
  const drained = input.drain(performance.now() + 60_000);
  socket.end('y');
  dispatcher.only.room = true;
  dispatcher.only.resume();
  await drained;
  assert.equal(dispatcher.text, 'xy');
  assert.deepEqual(dispatcher.only.ends, ['fin']);
});

test('a drain takes the connections that wait to be accepted', async (t) => {
  const { input, dispatcher } = await startTcp(t);
  for (let index = 0; index < 30; index += 1) {
    const socket = connect({ port: input.port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    socket.on('connect', () => socket.end(`s${index} 1 2\n`));
    socket.on('error', () => {});
  }
  // The system sees each handshake to its end; the input does not get a turn meanwhile.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const endMs = performance.now() + 60_000;
  while (countEstablished(input.port) < 30) assert.ok(performance.now() < endMs, 'handshakes without end');
  await input.drain(performance.now() + 60_000);
  assert.equal(dispatcher.streams.length, 30);
  assert.equal(dispatcher.text.split('\n').length, 31);
});

test('a drain without senders is done at once', async (t) => {
  const { input } = await startTcp(t);
  const startMs = performance.now();
  await input.drain(startMs + 60_000);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 30_000, `took ${tookMs} ms`);
});

test('a stop ends every stream once, and nothing stays open', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t, { idleTimeoutMs: 60_000 });
  const sockets = await Promise.all(Array.from({ length: 300 }, open));
  await waitUntil('all streams', () => dispatcher.streams.length === 300);
  assert.ok(countTcpHandles() >= 601, `${countTcpHandles()} handles`);
  input.stop();
  for (const stream of dispatcher.streams) assert.deepEqual(stream.ends, ['shutdown']);
  for (const socket of sockets) socket.destroy();
  await waitUntil('no handle left', () => countTcpHandles() === 0);
  assert.equal(input.stats.connections, 0);
  input.stop();
});

test('connections that come and go leave nothing behind', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t);
  for (let round = 0; round < 20; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 50 }, open));
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.end('a 1 2\n');
      else socket.resetAndDestroy();
      socket.resume();
    }
    for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  }
  await waitUntil('no connection left', () => input.stats.connections === 0);
  await waitUntil('only the listener left', () => countTcpHandles() === 1);
  assert.equal(input.stats.accepted, 1000);
  assert.ok(dispatcher.streams.every((stream) => stream.ends.length === 1));
});
