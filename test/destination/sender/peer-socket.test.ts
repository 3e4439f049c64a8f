// Writes past the stream of a socket: what the kernel takes is counted, and no trouble is an exception.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type PeerSocket, writeAtOnce } from '../../../src/destination/sender/peer-socket.ts';
import { FakeNetwork } from '../fake-network.ts';
import { startPeer, until } from '../peer.ts';

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

test('what the kernel takes at once is counted, and of a peer that does not read it takes a part, then nothing', async (t) => {
  const peer = await startPeer(t);
  peer.reading = false;
  const socket: PeerSocket = await open(t, peer.port);
  const bytes = Buffer.alloc(10_007, 'x');
  let taken = 0;
  for (let writes = 0; writes < 10_000; writes += 1) {
    const now = writeAtOnce(socket, bytes);
    taken += now;
    if (now === 0) break;
  }
  assert.equal(writeAtOnce(socket, bytes), 0);
  peer.reading = true;
  await until('what was taken arrives', () => peer.text.length >= taken);
  assert.equal(peer.text.length, taken);
});

test('a broken socket, a closed one and one without a descriptor take nothing and throw nothing', async (t) => {
  const peer = await startPeer(t);
  const socket = await open(t, peer.port);
  await until('the peer has it', () => peer.sockets.length === 1);
  peer.reset();
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(writeAtOnce(socket as PeerSocket, Buffer.from('a')), 0);
  const network = new FakeNetwork();
  assert.equal(writeAtOnce(network.connect('10.0.0.1', 2003), Buffer.from('a')), 0);
});
