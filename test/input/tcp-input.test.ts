// The TCP input over real loopback sockets: bytes, back-pressure, ends, idle timeout, addresses.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { READ_BUFFER_BYTES } from '../../src/input/tcp-input.ts';
import { bytesOf } from './recording-dispatcher.ts';
import { connectTo, makeTcp, startTcp } from './start-tcp.ts';
import { waitUntil } from './wait-until.ts';

for (const readBufferBytes of [READ_BUFFER_BYTES, 0]) {
  const way = readBufferBytes === 0 ? "Node's own buffers" : 'one shared buffer';

  test(`bytes arrive whole and in order whatever the splits, with ${way}`, async (t) => {
    const { dispatcher, connect } = await startTcp(t, { readBufferBytes });
    const sizes = fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (splits) => {
        const socket = await connect();
        const sent = splits.map((size) => randomBytes(size));
        for (const piece of sent) {
          if (!socket.write(piece)) await once(socket, 'drain');
        }
        socket.end();
        await waitUntil('the end', () => dispatcher.streams.at(-1)?.ends.length === 1);
        const stream = dispatcher.streams.at(-1);
        assert.ok(stream);
        assert.deepEqual(stream.ends, ['fin']);
        assert.ok(bytesOf(stream).equals(Buffer.concat(sent)));
      }),
      { numRuns: 15 },
    );
  });

  test(`many connections at once do not mix their bytes, with ${way}`, async (t) => {
    const { dispatcher, connect } = await startTcp(t, { readBufferBytes });
    const sockets = await Promise.all(Array.from({ length: 40 }, connect));
    for (let round = 0; round < 50; round += 1) {
      for (const [index, socket] of sockets.entries()) socket.write(`s${index} ${round}\n`);
      if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const socket of sockets) socket.end();
    await waitUntil('all ends', () => dispatcher.streams.every((stream) => stream.ends.length === 1));
    const texts = dispatcher.streams.map((stream) => bytesOf(stream).toString());
    for (const text of texts) {
      const name = text.slice(0, text.indexOf(' '));
      assert.equal(text, Array.from({ length: 50 }, (_, round) => `${name} ${round}\n`).join(''));
    }
    assert.equal(new Set(texts).size, 40);
  });

  test(`a paused connection is not read, and loses nothing, with ${way}`, async (t) => {
    const { input, dispatcher, connect } = await startTcp(t, { readBufferBytes });
    dispatcher.room = false;
    const socket = await connect();
    const sent = randomBytes(24 * 1024 * 1024);
    let taken = false;
    socket.write(sent, () => {
      taken = true;
    });
    socket.end();
    await waitUntil('the pause', () => input.stats.paused === 1);
    const stream = dispatcher.only;
    const before = stream.sizeBytes;
    // Another connection goes through the loop many times meanwhile.
    const other = await connect();
    for (let round = 0; round < 20; round += 1) {
      other.write('x');
      await waitUntil('the other byte', () => dispatcher.streams[1]?.sizeBytes === round + 1);
      dispatcher.streams[1]?.resume();
    }
    assert.equal(stream.sizeBytes, before, 'read on while paused');
    assert.equal(taken, false, 'the sender was not held back');
    assert.deepEqual(stream.ends, []);
    stream.room = true;
    stream.resume();
    await waitUntil('the end', () => stream.ends.length === 1);
    assert.deepEqual(stream.ends, ['fin']);
    assert.ok(bytesOf(stream).equals(sent));
    dispatcher.streams[1]?.resume();
    assert.equal(input.stats.paused, 0);
  });

  test(`a resume that comes before write returns does not leave the sender paused, with ${way}`, async (t) => {
    const { input, dispatcher, connect } = await startTcp(t, { readBufferBytes });
    const socket = await connect();
    await waitUntil('the stream', () => dispatcher.streams.length === 1);
    const stream = dispatcher.only;
    stream.room = false;
    stream.onWrite = () => stream.resume();
    socket.write('a');
    await waitUntil('the first byte', () => stream.sizeBytes === 1);
    socket.write('b');
    await waitUntil('the second byte', () => stream.sizeBytes === 2);
    assert.equal(input.stats.paused, 0);
  });

  test(`the dispatcher can pause a sender at any time, with ${way}`, async (t) => {
    const { input, dispatcher, connect } = await startTcp(t, { readBufferBytes });
    const prober = await connect();
    await waitUntil('the first stream', () => dispatcher.streams.length === 1);
    const [probe] = dispatcher.streams;
    const isRead = async (): Promise<void> => {
      const before = probe?.sizeBytes ?? 0;
      prober.write('x');
      await waitUntil('a byte of the other', () => probe?.sizeBytes === before + 1);
    };
    dispatcher.pauseAtOpen = true;
    const socket = await connect();
    socket.write('a');
    await waitUntil('the second stream', () => dispatcher.streams.length === 2);
    const stream = dispatcher.streams[1];
    assert.ok(stream);
    for (let round = 0; round < 5; round += 1) await isRead();
    assert.equal(stream.sizeBytes, 0, 'read although paused at once');
    assert.equal(input.stats.paused, 1);
    stream.resume();
    await waitUntil('its byte', () => stream.sizeBytes === 1);
    stream.pause();
    stream.pause();
    socket.end('b');
    for (let round = 0; round < 5; round += 1) await isRead();
    assert.equal(stream.sizeBytes, 1, 'read although paused');
    assert.equal(input.stats.paused, 1);
    stream.resume();
    await waitUntil('the end', () => stream.ends.length === 1);
    assert.equal(bytesOf(stream).toString(), 'ab');
    // Within a write that is answered with true.
    if (probe) probe.onWrite = () => probe.pause();
    await isRead();
    prober.write('y');
    assert.equal(input.stats.paused, 1);
    assert.equal(probe?.sizeBytes, 11);
    probe.onWrite = undefined;
    probe.resume();
    await waitUntil('the last byte', () => probe.sizeBytes === 12);
    assert.equal(input.stats.paused, 0);
  });

  test(`a reset, with ${way}, ends the stream as reset and closes nothing else`, async (t) => {
    const { input, dispatcher, connect } = await startTcp(t, { readBufferBytes });
    const socket = await connect();
    const other = await connect();
    socket.write('m 12 16');
    await waitUntil('the bytes', () => dispatcher.text.includes('m 12 16'));
    socket.resetAndDestroy();
    await waitUntil('the end', () => dispatcher.streams.some((stream) => stream.ends.length > 0));
    const ended = dispatcher.streams.find((stream) => stream.ends.length > 0);
    assert.deepEqual(ended?.ends, ['reset']);
    assert.equal(ended.sizeBytes, 7);
    assert.equal(input.stats.connections, 1);
    other.write('still here');
    await waitUntil('bytes of the other', () => dispatcher.text.includes('still here'));
  });

  test(`a sender that falls silent, with ${way}, is ended as timeout, one that drips is not`, async (t) => {
    const { input, dispatcher, connect } = await startTcp(t, { readBufferBytes, idleTimeoutMs: 160 });
    const silent = await connect();
    await waitUntil('the first stream', () => dispatcher.streams.length === 1);
    const dripping = await connect();
    const drip = setInterval(() => dripping.write('x'), 20);
    t.after(() => clearInterval(drip));
    const startMs = performance.now();
    silent.resume();
    await once(silent, 'end');
    assert.ok(performance.now() - startMs > 120, 'ended too early');
    assert.deepEqual(dispatcher.streams[0]?.ends, ['timeout']);
    const before = dispatcher.streams[1]?.sizeBytes ?? 0;
    await waitUntil('twelve more drips', () => (dispatcher.streams[1]?.sizeBytes ?? 0) > before + 12);
    assert.deepEqual(dispatcher.streams[1]?.ends, []);
    assert.equal(input.stats.timedOut, 1);
    clearInterval(drip);
    await waitUntil('the other timeout', () => input.stats.timedOut === 2);
    assert.equal(input.stats.connections, 0);
  });
}

test('a connection that we paused is not idle', async (t) => {
  const { input, dispatcher, connect } = await startTcp(t, { idleTimeoutMs: 80 });
  dispatcher.room = false;
  const paused = await connect();
  paused.write('x');
  await waitUntil('the pause', () => input.stats.paused === 1);
  dispatcher.room = true;
  await connect();
  await waitUntil('the timeout of the other', () => input.stats.timedOut === 1);
  await connect();
  await waitUntil('one more timeout', () => input.stats.timedOut === 2);
  assert.deepEqual(dispatcher.streams[0]?.ends, []);
  dispatcher.streams[0]?.resume();
  await waitUntil('its own timeout', () => input.stats.timedOut === 3);
  assert.equal(input.stats.paused, 0);
});

test('a sender that ends its side only gets our end and nothing else', async (t) => {
  const { dispatcher, connect } = await startTcp(t);
  const socket = await connect();
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.end('a 1 2\n');
  await once(socket, 'end');
  await waitUntil('the end', () => dispatcher.only.ends.length === 1);
  assert.deepEqual(dispatcher.only.ends, ['fin']);
  assert.equal(dispatcher.text, 'a 1 2\n');
  assert.equal(received, 0);
});

test('a line of 10 MB that drips passes through unharmed', async (t) => {
  const { input, dispatcher, connect } = await startTcp(t);
  dispatcher.keep = false;
  const socket = await connect();
  const piece = Buffer.alloc(10_000, 'k');
  for (let sent = 0; sent < 1000; sent += 1) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end('\n');
  await waitUntil('the end', () => dispatcher.streams[0]?.ends.length === 1);
  assert.equal(dispatcher.only.sizeBytes, 10_000_001);
  assert.equal(input.stats.bytes, 10_000_001);
});

test('senders are named as Go names them, IPv4 and IPv6', async (t) => {
  const v4 = await startTcp(t);
  const socket4 = await v4.connect();
  await waitUntil('the stream', () => v4.dispatcher.streams.length === 1);
  assert.equal(v4.dispatcher.only.sender, `127.0.0.1:${socket4.localPort}`);

  const v6 = await startTcp(t, { address: { ips: ['::1'], port: 0, host: '::1' } });
  assert.deepEqual(v6.log.lines, [`info: listening on [::1]:${v6.input.port}/tcp`]);
  const socket6 = await v6.connect();
  await waitUntil('the stream', () => v6.dispatcher.streams.length === 1);
  assert.equal(v6.dispatcher.only.sender, `[::1]:${socket6.localPort}`);
});

test('all interfaces means both families', async (t) => {
  const { input, dispatcher, log } = await startTcp(t, {
    address: { ips: ['::', '0.0.0.0'], port: 0, host: '' },
  });
  const socket4 = await connectTo(t, input.port, '127.0.0.1');
  const socket6 = await connectTo(t, input.port, '::1');
  await waitUntil('both streams', () => dispatcher.streams.length === 2);
  const senders = dispatcher.streams.map((stream) => stream.sender).sort();
  assert.deepEqual(senders, [`127.0.0.1:${socket4.localPort}`, `[::1]:${socket6.localPort}`]);
  assert.deepEqual(log.lines, [`info: listening on :${input.port}/tcp`]);
});

test('a port in use is one clear line', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const input = makeTcp({ address: { ips: ['127.0.0.1'], port, host: '127.0.0.1' } });
  await assert.rejects(input.start(), { message: `listen_addr 127.0.0.1:${port}: address already in use` });
  const absent = makeTcp({ address: { ips: ['192.0.2.1'], port, host: '192.0.2.1' } });
  await assert.rejects(absent.start(), {
    message: `listen_addr 192.0.2.1:${port}: this machine has no such address`,
  });
});
