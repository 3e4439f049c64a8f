// One sender: its socket in, its stream of bytes out to a sink. Nothing is ever written to a sender.
// Its life ends once, by `#end`, whoever comes first: FIN, an error, the idle timeout or our own shutdown.
import type { Socket } from 'node:net';
import { assert } from '../util/assert.ts';
import type { Dispatcher, LineSink, StreamEnd } from './dispatcher.ts';
import { renderAddress } from './bind-address.ts';
import { moveToSharedBuffer } from './shared-read-buffer.ts';

/** What all connections of a listener count together. */
export interface TcpCounters {
  bytes: number;
  reads: number;
  /** Connections that wait: for room behind a full `block` queue, or for the end of a long turn. */
  paused: number;
  timedOut: number;
}

export interface TcpConnectionOptions {
  /** The buffer that all connections read into; undefined: each read gets memory of its own. */
  readonly buffer: Uint8Array | undefined;
}

export interface TcpConnectionDependencies {
  readonly dispatcher: Dispatcher;
  readonly counters: TcpCounters;
  /** Called once, after the sink has been told the end; the descriptor is closed in the same turn. */
  readonly onEnd: (connection: TcpConnection) => void;
  /** Called with the first bytes. */
  readonly onFirstBytes?: ((bytes: Uint8Array, sender: string) => void) | undefined;
}

/** Reads one accepted socket. */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #sink: LineSink;
  readonly #buffer: Uint8Array | undefined;
  readonly #dependencies: TcpConnectionDependencies;
  #state: 'reading' | 'paused' | 'ended' = 'reading';
  #resumes = 0;
  #idleSweeps = 0;
  #onFirstBytes: ((bytes: Uint8Array) => void) | undefined;

  /** `accepted` is paused, so that no byte of it has been read. */
  constructor(accepted: Socket, options: TcpConnectionOptions, dependencies: TcpConnectionDependencies) {
    this.#dependencies = dependencies;
    const sender = renderSender(accepted);
    const { onFirstBytes } = dependencies;
    this.#onFirstBytes = onFirstBytes && ((bytes) => onFirstBytes(bytes, sender));
    const moved =
      options.buffer &&
      moveToSharedBuffer(accepted, options.buffer, (sizeBytes) => this.#onShared(sizeBytes));
    this.#buffer = options.buffer;
    this.#socket = moved ?? accepted;
    this.#socket.on('end', () => this.#end('fin'));
    this.#socket.on('error', () => this.#end('reset'));
    this.#socket.on('close', () => this.#end('reset'));
    if (!moved) {
      accepted.on('data', (chunk: Buffer) => this.#onOwn(chunk));
      accepted.resume();
    }
    // Nothing is read before the next turn, and the dispatcher may pause at once.
    this.#sink = dependencies.dispatcher.open(
      sender,
      () => this.#resume(),
      () => this.#pause(),
      () => this.#end('refused'),
    );
  }

  /** Ends the connection when nothing has been read for more than `sweepsMax` calls. One that we paused is not idle. */
  sweepIdle(sweepsMax: number): void {
    if (this.#state === 'paused') this.#idleSweeps = 0;
    if (this.#state !== 'reading') return;
    this.#idleSweeps += 1;
    if (this.#idleSweeps <= sweepsMax) return;
    this.#dependencies.counters.timedOut += 1;
    this.#end('timeout');
  }

  /** Tells the sender to end (FIN) and reads on. */
  halfClose(): void {
    if (this.#state !== 'ended') this.#socket.end();
  }

  /** Ends the connection now; what the system holds unread is lost. */
  stop(): void {
    this.#end('shutdown');
  }

  #onShared(sizeBytes: number): boolean {
    assert(this.#buffer, 'a read without its buffer');
    return this.#take(this.#buffer.subarray(0, sizeBytes));
  }

  #onOwn(chunk: Uint8Array): void {
    const max = this.#dependencies.dispatcher.chunkBytesMax;
    for (let at = 0; at < chunk.length; at += max) {
      if (!this.#take(chunk.subarray(at, at + max))) this.#socket.pause();
    }
  }

  /** Hands a chunk on; returns whether to read on. */
  #take(chunk: Uint8Array): boolean {
    if (this.#state === 'ended') return false;
    const { counters } = this.#dependencies;
    counters.reads += 1;
    counters.bytes += chunk.length;
    this.#idleSweeps = 0;
    if (this.#onFirstBytes !== undefined) {
      this.#onFirstBytes(chunk);
      this.#onFirstBytes = undefined;
    }
    const resumes = this.#resumes;
    if (this.#sink.write(chunk)) return this.#state === 'reading';
    // There may be room again before `write` has returned.
    if (this.#resumes === resumes) this.#enterPause();
    return this.#state === 'reading';
  }

  #pause(): void {
    if (this.#enterPause()) this.#socket.pause();
  }

  #enterPause(): boolean {
    if (this.#state !== 'reading') return false;
    this.#state = 'paused';
    this.#dependencies.counters.paused += 1;
    return true;
  }

  #resume(): void {
    this.#resumes += 1;
    if (this.#state !== 'paused') return;
    this.#leavePause();
    this.#state = 'reading';
    this.#socket.resume();
  }

  #leavePause(): void {
    this.#dependencies.counters.paused -= 1;
  }

  #end(how: StreamEnd): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'paused') this.#leavePause();
    this.#state = 'ended';
    this.#sink.end(how);
    this.#socket.destroy();
    this.#dependencies.onEnd(this);
  }
}

function renderSender(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  // A sender that has gone already has no address.
  return remoteAddress === undefined ? 'unknown' : renderAddress(remoteAddress, remotePort ?? 0);
}
