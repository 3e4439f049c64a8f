// Real peers on loopback for component tests: they read, freeze, reset, close, go away and come back on one port.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { takePort } from '../own-port.ts';

export class Peer {
  /** Everything received, per connection, in order of the connections. */
  readonly texts: string[] = [];
  readonly sockets: Socket[] = [];
  #server: Server | undefined;
  #reading = true;
  port = 0;

  /** Starts a peer on a port of this process, or again on the port it had. */
  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: false }, (socket) => this.#accepted(socket));
    this.#server = server;
    if (this.port === 0) this.port = await takePort();
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
  }

  get text(): string {
    return this.texts.join('');
  }

  /** Stops or starts reading on all connections, present and future. */
  set reading(on: boolean) {
    this.#reading = on;
    for (const socket of this.sockets) {
      if (on) socket.resume();
      else socket.pause();
    }
  }

  /** Breaks all connections with a reset. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Goes away: closes the listener and all connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of this.sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }

  #accepted(socket: Socket): void {
    const index = this.texts.push('') - 1;
    this.sockets.push(socket);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.texts[index] += chunk;
    });
    socket.on('error', () => undefined);
    if (!this.#reading) socket.pause();
  }
}

/** Starts a peer that ends with the test. */
export async function startPeer(t: TestContext): Promise<Peer> {
  const peer = new Peer();
  await peer.listen();
  t.after(() => peer.close());
  return peer;
}

/** Waits until a condition holds, looking at it often; fails at the deadline. */
export async function until(what: string, holds: () => boolean, deadlineMs = 60_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
