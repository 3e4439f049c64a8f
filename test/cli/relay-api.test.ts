// What the commands that ask a running relay say when something else answers, or nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { runCommand } from './fake-world.ts';

async function listen(t: TestContext, server: net.Server): Promise<string> {
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ASKING = [
  ['tune'],
  ['tune', '--record', 'no-such-trace.json'],
  ['top'],
  ['tail'],
  ['check'],
  ['spool', 'ls'],
] as const;

test('where nothing listens, that is one line with the address and what to do', async (t) => {
  const gone = net.createServer();
  const address = await listen(t, gone);
  gone.close();
  for (const command of ASKING) {
    const { code, out, err } = await runCommand([...command, '--url', address]);
    assert.deepEqual({ code, out }, { code: 1, out: '' }, command.join(' '));
    assert.match(err, /^sluice: no relay answers at [\d.:]+: .*ECONNREFUSED.*; --url names another, .*\n$/);
  }
});

test('where something else than a relay answers, that is one line', async (t) => {
  const bodies = ['<html>\n\u001b[1m<b>hello</b>\n</html>', '{}', 'null', '[1]'];
  for (const body of bodies) {
    const server = http.createServer((_request, response) => response.end(body));
    const address = await listen(t, server);
    for (const command of ASKING) {
      if (body === '[1]' && command[0] === 'spool') continue;
      const { code, out, err } = await runCommand([...command, '--url', address]);
      assert.deepEqual({ code, out }, { code: 1, out: '' }, `${command.join(' ')} and ${body}`);
      assert.match(
        err,
        /^sluice: [\d.:]+ answers 200, but not as this relay does: "[ -~]+"; --url names .*\n$/,
      );
    }
  }
});

test('--url takes https, and the path under which a proxy has the relay', async (t) => {
  const paths: string[] = [];
  const server = http.createServer(({ url = '' }, response) => {
    paths.push(url);
    response.writeHead(404).end();
  });
  const address = await listen(t, server);
  for (const base of [address, `http://${address}/relays/a`, `http://${address}/relays/a/`]) {
    await runCommand(['tune', '--url', base]);
  }
  assert.deepEqual(paths, ['/api/tune', '/relays/a/api/tune', '/relays/a/api/tune']);
  const hello = Promise.withResolvers<number>();
  const raw = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      hello.resolve(chunk[0] ?? 0);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
  });
  const { code, err } = await runCommand(['tune', '--url', `https://${await listen(t, raw)}`]);
  const TLS_HANDSHAKE = 0x16;
  assert.equal(await hello.promise, TLS_HANDSHAKE);
  assert.equal(code, 1);
  assert.match(
    err,
    /^sluice: no relay answers at [\d.:]+: TLS: wrong version number; a relay itself speaks http; .*\n$/,
  );
});

test('an address that cannot be asked is a usage error of one line, which repeats no password', async () => {
  for (const base of [
    '',
    'ftp://relay',
    'http://relay:99999',
    'http://relay/?a=b',
    'http://me:secret@relay',
  ]) {
    for (const command of [['tune'], ['top'], ['tail']]) {
      const { code, err } = await runCommand([...command, '--url', base]);
      assert.equal(code, 2, base);
      assert.match(err, /^sluice: --url[^\n]+\n$/);
      assert.doesNotMatch(err, /secret/);
    }
  }
});
