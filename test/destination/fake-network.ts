// A network that tests play: every socket waits for the test to accept, take bytes, close or break. A real socket's rules
// hold: callbacks come later than the call, and none but `close` after `destroy`.
import type { PeerSocket } from '../../src/destination/sender/peer-socket.ts';

type Event = 'connect' | 'end' | 'close' | 'error';

export class FakeSocket implements PeerSocket {
  readonly ip: string;
  readonly port: number;
  /** Everything the peer got, completed writes and the taken part of the last one. */
  received = '';
  /** The same as bytes. */
  readonly chunks: Buffer[] = [];
  /** The write under way. */
  pending: { bytes: Uint8Array; taken: number; done: (error?: Error | null) => void } | undefined;
  ended = false;
  destroyed = false;
  noDelay = false;
  resumed = false;
  keepAlive = false;
  writes: number[] = [];
  /** What the connection reads of a real socket's handle. */
  _handle: { writeQueueSize: number } | null = { writeQueueSize: 0 };
  readonly remoteAddress: string;
  readonly remotePort: number;
  localAddress = '10.9.9.9';
  localPort = 40_000;
  readonly #listeners = new Map<Event, ((error: Error) => void)[]>();

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
    this.remoteAddress = ip;
    this.remotePort = port;
  }

  on(event: Event, listener: (error: Error) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  #emit(event: Event, error: Error = new Error('none')): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(error);
  }

  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean {
    if (this.pending !== undefined) throw new Error('two writes at once');
    if (this.ended || this.destroyed) throw new Error('a write after the end');
    this.pending = { bytes, taken: 0, done };
    this.writes.push(bytes.length);
    if (this._handle !== null) this._handle.writeQueueSize = bytes.length;
    return false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this._handle = null;
    this.pending = undefined;
  }

  resume(): void {
    this.resumed = true;
  }

  setNoDelay(on: boolean): void {
    this.noDelay = on;
  }

  setKeepAlive(on: boolean): void {
    this.keepAlive = on;
  }

  /** The kernel takes some bytes of the write under way. */
  take(size: number): void {
    const write = this.pending;
    if (write === undefined) return;
    const until = Math.min(write.bytes.length, write.taken + size);
    const chunk = Buffer.from(write.bytes.subarray(write.taken, until));
    this.chunks.push(chunk);
    this.received += chunk.toString();
    write.taken = until;
    if (this._handle !== null) this._handle.writeQueueSize = write.bytes.length - until;
  }

  /** The kernel takes all of the write under way, and says so. False when there was none. */
  complete(): boolean {
    const write = this.pending;
    if (write === undefined) return false;
    this.take(write.bytes.length);
    this.pending = undefined;
    write.done();
    return true;
  }

  completeAll(): void {
    while (this.complete());
  }

  accept(): void {
    if (!this.destroyed) this.#emit('connect');
  }

  /** The peer closes its side. */
  finish(): void {
    if (!this.destroyed) this.#emit('end');
  }

  /** The connection breaks, or cannot be made. */
  fail(message = 'read ECONNRESET'): void {
    if (this.destroyed) return;
    const write = this.pending;
    this.destroy();
    write?.done(new Error(message));
    this.#emit('error', new Error(message));
    this.#emit('close');
  }
}

export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];

  readonly connect = (ip: string, port: number): FakeSocket => {
    const socket = new FakeSocket(ip, port);
    this.sockets.push(socket);
    return socket;
  };

  /** The newest socket. */
  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }
}
