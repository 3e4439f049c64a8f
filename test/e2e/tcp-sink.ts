// A carbon server as relays fear it: counts and keeps lines, and on request reads slowly, freezes, resets, goes and returns.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takePort } from '../own-port.ts';

/** For what must happen: only a hang takes so long, however slow the machine is. */
const DEADLINE_MS = 180_000;
const POLL_MS = 5;
const NEWLINE = 0x0a;

/** How a sink reads. `slow`: that many bytes, then a pause of 10 ms. */
export type Reading = 'all' | 'frozen' | { readonly slow: number };

export class TcpSink {
  /** Lines ended by a newline, of all connections. */
  lines = 0;
  connections = 0;
  /** Bytes of connections that ended inside a line. */
  readonly fragments: string[] = [];
  readonly #keep: boolean;
  readonly #kept: string[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #reading: Reading = 'all';
  #port = 0;

  constructor(options: { readonly keep: boolean }) {
    this.#keep = options.keep;
  }

  get port(): number {
    return this.#port;
  }

  /** The address as a destination names it. */
  get addr(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The lines in order of arrival, connection by connection; only with `keep`. */
  get kept(): readonly string[] {
    return this.#kept;
  }

  /** Listens on a port of this process, or again on the one it had. */
  async listen(): Promise<void> {
    // allowHalfOpen off: a FIN is answered at once, as carbon does.
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    if (this.#port === 0) this.#port = await takePort();
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  /** Changes how it reads, on open connections too. */
  set reading(reading: Reading) {
    this.#reading = reading;
    for (const socket of this.#sockets) this.#apply(socket);
  }

  /** Breaks all connections with a reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Goes away: listener and connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }

  /** Waits for a number of lines. */
  async untilLines(lines: number): Promise<void> {
    await this.until(`${lines} lines`, () => this.lines >= lines);
  }

  async until(what: string, holds: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    const end = performance.now() + deadlineMs;
    while (!holds()) {
      if (performance.now() > end)
        throw new Error(`not within ${deadlineMs} ms: ${what}; ${this.lines} lines`);
      await sleep(POLL_MS);
    }
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    let tail = '';
    socket.on('data', (chunk: Buffer) => {
      if (this.#keep) {
        const parts = (tail + chunk.toString('latin1')).split('\n');
        tail = parts.pop() ?? '';
        this.#kept.push(...parts);
        this.lines += parts.length;
      } else {
        this.lines += countLines(chunk);
        tail = chunk[chunk.length - 1] === NEWLINE ? '' : 'x';
      }
      this.#slowDown(socket, chunk.length);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (tail !== '') this.fragments.push(tail);
    });
    this.#apply(socket);
  }

  #apply(socket: Socket): void {
    if (this.#reading === 'frozen') socket.pause();
    else socket.resume();
  }

  #slowDown(socket: Socket, bytes: number): void {
    if (typeof this.#reading !== 'object') return;
    socket.pause();
    setTimeout(() => this.#apply(socket), Math.ceil(bytes / this.#reading.slow) * 10);
  }
}

function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** Starts a sink that ends with the test. */
export async function startSink(t: TestContext, { keep = false } = {}): Promise<TcpSink> {
  const sink = new TcpSink({ keep });
  await sink.listen();
  t.after(() => sink.close());
  return sink;
}
