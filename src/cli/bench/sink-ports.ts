// The ports of a sink: every connection and every datagram is a stream of bytes for the ledger.
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { moveToSharedBuffer } from '../../input/shared-read-buffer.ts';
import type { LineStream } from './line-counter.ts';
import type { SinkLedger } from './sink-ledger.ts';
import type { SinkOptions } from './sink-thread.ts';

const READ_BYTES = 256 << 10;
const BACKLOG = 4096;
const UDP_RECEIVE_BYTES = 8 << 20;

export class SinkPorts {
  readonly #options: SinkOptions;
  readonly #ledger: SinkLedger;
  // One for all: what is read is counted before the next read.
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(options: SinkOptions, ledger: SinkLedger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  /** Opens all ports; rejects with one line when one cannot be had. Returns them. */
  async listen(): Promise<readonly number[]> {
    const { ports, transport, host } = this.#options;
    const open: number[] = [];
    for (const [index, port] of ports.entries()) {
      try {
        open.push(
          transport === 'udp' ? await this.#listenUdp(port, index) : await this.#listenTcp(port, index),
        );
      } catch (error) {
        throw new Error(`cannot listen on ${host}:${port}: ${(error as Error).message}`, { cause: error });
      }
    }
    return open;
  }

  async #listenTcp(port: number, index: number): Promise<number> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      this.#accept(socket, index);
    });
    server.listen({ port, host: this.#options.host, backlog: BACKLOG });
    await once(server, 'listening');
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  #accept(accepted: Socket, port: number): void {
    const stream = this.#ledger.addStream(port);
    const take = (chunk: Uint8Array): boolean => {
      if (this.#options.discards !== true) this.#ledger.take(stream, chunk);
      return true;
    };
    const moved = moveToSharedBuffer(accepted, this.#buffer, (size) => take(this.#buffer.subarray(0, size)));
    const socket = moved ?? accepted;
    if (moved === undefined) accepted.on('data', take);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#ledger.endStream(stream));
    socket.resume();
  }

  async #listenUdp(port: number, index: number): Promise<number> {
    const socket: Datagrams = createSocket({ type: 'udp4', recvBufferSize: UDP_RECEIVE_BYTES });
    const stream: LineStream = this.#ledger.addStream(index);
    socket.on('message', (datagram) => {
      if (this.#options.discards === true) return;
      this.#ledger.take(stream, datagram);
      // A line never goes on in the next datagram.
      if (stream.carry.length > 0) this.#ledger.endLine(stream);
    });
    socket.bind(port, this.#options.host);
    await once(socket, 'listening');
    return socket.address().port;
  }
}
