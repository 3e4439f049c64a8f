import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { BANNER, HELP } from '../../../src/admin/telnet/telnet-commands.ts';
import { TelnetServer, type TelnetServerOptions } from '../../../src/admin/telnet/telnet-server.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { RecordingLog } from '../../input/recording-log.ts';
import { waitUntil } from '../../input/wait-until.ts';
import { fakeTable } from '../fake-table.ts';
import { TelnetClient } from './telnet-client.ts';

async function start(t: TestContext, options: Partial<TelnetServerOptions> = {}) {
  const table = fakeTable();
  const log = new RecordingLog();
  const policy = { token: '', allowRemote: false };
  const server = new TelnetServer(
    { addr: '127.0.0.1:0', policy, ...options },
    { table, log, clock: systemClock },
  );
  await server.start();
  t.after(() => server.stop());
  return { table, log, server, port: server.port ?? 0 };
}

test('COMPAT 11: the banner comes on connect and after each answer', async (t) => {
  const { port, table, log } = await start(t);
  assert.match(log.at('info')[0] ?? '', /^admin TCP listener starting on 127\.0\.0\.1:\d+$/);
  const client = await TelnetClient.open(port, t);
  assert.equal(client.text, BANNER);
  assert.equal(await client.ask('addBlock prefix a'), 'ok\n');
  assert.match(await client.ask('view'), /^\n## Rewriters:[^]*\na {7}[^]*\n\n--\n$/);
  assert.equal(await client.ask('nothing'), `unknown command\n${HELP}`);
  assert.deepEqual(table.table.blocklist, [{ prefix: 'a' }]);
});

test('COMPAT 0.23: lines that arrive together are commands of their own; CRLF and a last line without newline do', async (t) => {
  const { port, table } = await start(t);
  const client = await TelnetClient.open(port, t);
  client.socket.end('addBlock sub a\r\naddBlock sub b\naddBlock sub c');
  const text = await client.untilEnded();
  assert.equal(text, `${BANNER}ok\n${BANNER}ok\n${BANNER}ok\n${BANNER}`);
  assert.deepEqual(table.table.blocklist, [{ sub: 'a' }, { sub: 'b' }, { sub: 'c' }]);
});

test('a command may arrive in pieces', async (t) => {
  const { port, table } = await start(t);
  const client = await TelnetClient.open(port, t);
  client.socket.setNoDelay(true);
  for (const char of 'addBlock sub a') client.socket.write(char);
  assert.equal(await client.ask(''), 'ok\n');
  assert.deepEqual(table.table.blocklist, [{ sub: 'a' }]);
});

test('telnet commands of the client, such as Ctrl-C, are no part of the line', async (t) => {
  const { port } = await start(t);
  const client = await TelnetClient.open(port, t);
  client.socket.write(Buffer.from([0xff, 0xf4, 0xff, 0xfd, 0x06]));
  assert.equal(await client.ask('addBlock sub a'), 'ok\n');
});

for (const [what, bytes, why] of [
  ['pickle', Buffer.from([0, 0, 1, 0, 0x80, 2]), 'bytes that are no text'],
  ['control bytes', Buffer.from('view\u0001\n'), 'bytes that are no text'],
  ['broken UTF-8', Buffer.from([0x80, 2, 0x5d, 0x0a]), 'bytes that are no text'],
  [
    'a request of a browser',
    Buffer.from('POST / HTTP/1.1\r\nHost: x\r\n\r\ndelRoute a\n'),
    'an HTTP request',
  ],
  ['a wrong token', Buffer.from('auth nothing\n'), 'wrong token'],
  ['a line that is too long', Buffer.alloc(70_000, 'a'), 'a command is too long'],
] as const) {
  test(`${what} ends the connection with one line and one warning`, async (t) => {
    const { port, log, table } = await start(t);
    table.apply({ kind: 'addBlock', matcher: { sub: 'a' } }, 'test');
    const client = await TelnetClient.open(port, t);
    client.socket.write(bytes);
    const text = await client.untilEnded();
    assert.ok(text.startsWith(`${BANNER}${why}`), text);
    assert.ok((log.at('warn')[0] ?? '').includes(why));
    assert.equal((await TelnetClient.open(port, t)).text, BANNER, 'others are served');
  });
}

test('connections beyond the bound are turned away, and one that leaves makes room', async (t) => {
  const { port, log } = await start(t, { connectionsMax: 2 });
  const first = await TelnetClient.open(port, t);
  await TelnetClient.open(port, t);
  await assert.rejects(TelnetClient.open(port, t));
  assert.match(log.at('warn')[0] ?? '', /2 connections are open/);
  first.socket.end();
  await first.untilEnded();
  const again = await waitForRoom(port, t);
  assert.equal(await again.ask('addBlock sub a'), 'ok\n');
});

/** The server hears of the end of a connection some time after the client. */
async function waitForRoom(port: number, t: TestContext): Promise<TelnetClient> {
  for (;;) {
    const client = await TelnetClient.open(port, t).catch(() => undefined);
    if (client !== undefined) return client;
  }
}

test('an idle connection is closed', async (t) => {
  const { port } = await start(t, { idleTimeoutMs: 50 });
  await (await TelnetClient.open(port, t)).untilEnded();
});

test('drain ends each connection after its answer', async (t) => {
  const { port, server } = await start(t);
  const client = await TelnetClient.open(port, t);
  assert.equal(await client.ask('addBlock sub a'), 'ok\n');
  const drained = server.drain(5000);
  await client.untilEnded();
  client.socket.end();
  await drained;
  assert.equal(server.port, undefined);
});

test('no bytes make the server fall over', async (t) => {
  const { port, table } = await start(t);
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text)),
    fc
      .constantFrom('view\n', 'add', 'addRoute sendAllMatch a  h:1\n', '\n', '\r\n', 'undo\n')
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
      const client = await TelnetClient.open(port, t);
      for (const bytes of pieces) client.socket.write(bytes);
      client.socket.end();
      await client.untilEnded();
      client.socket.destroy();
    }),
    { numRuns: 60 },
  );
  const client = await waitForRoom(port, t);
  const before = table.table.blocklist.length;
  assert.equal(await client.ask('addBlock sub a'), 'ok\n');
  await waitUntil('the change', () => table.table.blocklist.length === before + 1);
});
