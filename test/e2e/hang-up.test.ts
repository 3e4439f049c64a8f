// A carbon-cache closes the connection at a line that is too long or not UTF-8. Such a line goes by name, and all others
// arrive; a server that closes every connection costs none.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { routeTo, startRelay } from './relay-process.ts';
import { makeLines, openSender } from './send-lines.ts';

const LINE_BYTES_MAX = 16_384;
const TICK_MS = 20;
const TICK_LINES = 20;
const DEADLINE_MS = 180_000;
/** What must be over by then takes 2 to 4 s; were the lines not found, it would never be. */
const LATE_MS_MAX = 30_000;

/** Reads as carbon-cache does: line by line, and closes at one that it cannot take; what is behind it is gone. */
class CarbonLike {
  readonly lines = new Set<string>();
  connections = 0;
  port = 0;
  /** When it had a number of different lines, ms of the process. */
  #until: { readonly lines: number; readonly done: (atMs: number) => void } | undefined;

  async start(t: TestContext): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  has(lines: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#until = { lines, done: resolve };
    return promise;
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.subarray(0, end);
        if (line.length > LINE_BYTES_MAX || !isUtf8(line)) return void socket.destroy();
        this.lines.add(line.toString());
        rest = rest.subarray(end + 1);
      }
      if (rest.length > LINE_BYTES_MAX) socket.destroy();
      if (this.#until !== undefined && this.lines.size >= this.#until.lines) {
        this.#until.done(performance.now());
        this.#until = undefined;
      }
    });
  }
}

test('lines at which carbon hangs up are dropped by name within seconds, and all others arrive', async (t) => {
  const carbon = new CarbonLike();
  await carbon.start(t);
  const relay = await startRelay(t, routeTo(`127.0.0.1:${carbon.port}`));
  const lines = makeLines('a.b', 2000);
  const odd = new Map([
    [1000, Buffer.from(`long.${'x'.repeat(20_000)} 1 1700000000\n`)],
    [1500, Buffer.from('what=n\u00ff.unit=B.mtype=gauge 1 1700000000\n', 'latin1')],
  ]);
  const sender = await openSender(t, relay.port);
  const arrived = carbon.has(lines.length);
  let sentMs = 0;
  for (let index = 0; index < lines.length; index += TICK_LINES) {
    const more = odd.get(index);
    if (more !== undefined) sender.write(more);
    sender.write(`${lines.slice(index, index + TICK_LINES).join('\n')}\n`);
    sentMs = performance.now();
    await sleep(TICK_MS);
  }
  const lateMs = (await Promise.race([arrived, sleep(DEADLINE_MS, Number.NaN, { ref: false })])) - sentMs;
  t.diagnostic(`the last line arrived ${Math.round(lateMs)} ms after it was sent`);
  assert.equal(lines.filter((line) => !carbon.lines.has(line)).length, 0);
  assert.ok(lateMs < LATE_MS_MAX, `${lateMs} ms`);
  const bad = (await (await relay.get('/badMetrics/1h.json')).json()) as {
    Reason: string;
    LastErr: string;
  }[];
  assert.deepEqual(
    bad.map(({ Reason }) => Reason),
    ['rejected', 'rejected'],
  );
  assert.match(bad[0]?.LastErr ?? '', /the peer hangs up/);
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, { rejected: 2 });
  assert.match(relay.stderr, /dropped as rejected: "(long\.xxx|what=n)/);
});
