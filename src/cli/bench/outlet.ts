// One connection of the sender: plain lines or pickle over TCP, or datagrams.
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PickleEncoder } from '../../destination/pickle/pickle-encoder.ts';
import type { Transport } from './load-plan.ts';

/** How long the other side may take to hang up when all is said. */
const CLOSE_MS = 1000;

/** Where to send. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Takes whole lines. */
export interface Outlet {
  readonly isBroken: boolean;
  /** Bytes taken that the kernel has not. */
  readonly queuedBytes: number;
  /** Sends lines; `done` says that the kernel has them and the memory is free, or that the connection broke. */
  write(lines: Buffer, done: () => void): void;
  /** Resolves when the kernel has everything. */
  finish(): Promise<void>;
  /** Hangs up. */
  close(): Promise<void>;
}

class TcpOutlet implements Outlet {
  readonly #socket: Socket;
  readonly #encoder: PickleEncoder | undefined;

  constructor(socket: Socket, isPickle: boolean) {
    this.#socket = socket;
    this.#encoder = isPickle ? new PickleEncoder() : undefined;
    // A relay may say something or hang up; what counts is what the sink gets.
    socket.resume();
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
  }

  get isBroken(): boolean {
    return this.#socket.destroyed;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  write(lines: Buffer, done: () => void): void {
    this.#socket.write(this.#encoder?.encode(lines) ?? lines, done);
  }

  async finish(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const finished = Promise.race([once(socket, 'finish'), once(socket, 'close')]);
    socket.end();
    await finished.catch(() => undefined);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
    await once(socket, 'close').catch(() => undefined);
    clearTimeout(timer);
  }
}

class UdpOutlet implements Outlet {
  readonly isBroken = false;
  queuedBytes = 0;
  readonly #socket: Datagrams;

  constructor(socket: Datagrams) {
    this.#socket = socket;
    // A closed port is told of; the datagram is lost like any other.
    socket.on('error', () => undefined);
  }

  write(lines: Buffer, done: () => void): void {
    this.queuedBytes += lines.length;
    this.#socket.send(lines, () => {
      this.queuedBytes -= lines.length;
      done();
    });
  }

  async finish(): Promise<void> {
    while (this.queuedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

/** Connects; rejects with the system's error. */
export async function openOutlet({ host, port }: Target, transport: Transport): Promise<Outlet> {
  if (transport === 'udp') {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.connect(port, host);
    await once(socket, 'connect');
    return new UdpOutlet(socket);
  }
  const socket = connect({ port, host, noDelay: true });
  await once(socket, 'connect');
  return new TcpOutlet(socket, transport === 'pickle');
}
