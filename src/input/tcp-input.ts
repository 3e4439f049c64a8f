// The TCP side of an input: listener, connections, idle timeout. Thousands of connections cost one socket and one sink
// each; they are read through one buffer. Ends in three ways: `drain` waits for the senders, `stop` does not.
import type { Socket } from 'node:net';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { ConnectionSlots } from './connection-slots.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type BindAddress, renderAddress, renderListenError } from './bind-address.ts';
import { TcpConnection, type TcpCounters } from './tcp-connection.ts';
import { TcpListener } from './tcp-listener.ts';

/** Bytes of one read; see bench/micro/tcp-receive.ts. */
export const READ_BUFFER_BYTES = 256 * 1024;
/** The idle timeout is counted in this many steps: a connection ends at most one step late, never early. */
const IDLE_STEPS = 8;

export interface TcpInputOptions {
  /** The option that names the address, for messages. */
  readonly optionName: string;
  readonly address: BindAddress;
  readonly backlog: number;
  /** 0: off. */
  readonly idleTimeoutMs: number;
  /** 0: bounded by the descriptors alone. */
  readonly connectionsMax: number;
  /** Descriptors that stay free for destinations, files and admin connections. */
  readonly descriptorReserve: number;
  /** Largest read; 0: each read gets memory of its own, as Node does by default. Absent: READ_BUFFER_BYTES. */
  readonly readBufferBytes?: number;
}

export interface TcpInputDependencies {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  /** From `readDescriptorLimit`. */
  readonly descriptorLimit: number;
  /** From `countOpenDescriptors`. */
  readonly descriptorsOpen: number;
  /** Called with the first bytes of each connection; they are read before it returns. */
  readonly onFirstBytes?: (bytes: Uint8Array, sender: string) => void;
}

/** What a scrape shows of the TCP input; `connections` and `paused` are now, the rest since the start. */
export interface TcpInputStats {
  readonly listening: 'idle' | 'listening' | 'full' | 'failed' | 'stopped';
  readonly connections: number;
  readonly connectionsMax: number;
  readonly accepted: number;
  /** Accepts that failed. Who comes while the listener is closed is refused by the system, which does not count. */
  readonly refused: number;
  /** Times the listener closed because there was no room for another connection. */
  readonly closures: number;
  readonly timedOut: number;
  readonly bytes: number;
  readonly reads: number;
  readonly paused: number;
}

/** Receives lines over TCP. */
export class TcpInput {
  readonly #options: TcpInputOptions;
  readonly #dependencies: TcpInputDependencies;
  readonly #slots: ConnectionSlots;
  readonly #listener: TcpListener;
  readonly #buffer: Uint8Array | undefined;
  readonly #connections = new Set<TcpConnection>();
  readonly #counters: TcpCounters = { bytes: 0, reads: 0, paused: 0, timedOut: 0 };
  #accepted = 0;
  #cancelSweep: (() => void) | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: TcpInputOptions, dependencies: TcpInputDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { descriptorLimit, descriptorsOpen, dispatcher, clock, log } = dependencies;
    const { connectionsMax, descriptorReserve, optionName, address, backlog } = options;
    this.#slots = new ConnectionSlots({
      connectionsMax,
      descriptorLimit,
      descriptorReserve,
      descriptorsOpen,
    });
    const bufferBytes = Math.min(options.readBufferBytes ?? READ_BUFFER_BYTES, dispatcher.chunkBytesMax);
    this.#buffer = bufferBytes > 0 ? new Uint8Array(bufferBytes) : undefined;
    this.#listener = new TcpListener(
      { optionName, address, backlog },
      { slots: this.#slots, clock, log, onAccept: (socket) => this.#accept(socket) },
    );
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.port;
  }

  /** The address it is bound to: `::` for all interfaces of both families. */
  get ip(): string {
    return this.#listener.ip;
  }

  /** False while senders are refused. */
  get listening(): boolean {
    return this.#listener.state === 'listening';
  }

  /** Opens the listener; rejects with one clear line when it cannot. */
  async start(): Promise<void> {
    const { address, optionName } = this.#options;
    try {
      await this.#listener.open();
    } catch (error) {
      const place = renderAddress(address.host, address.port);
      throw new Error(`${optionName} ${place}: ${renderListenError(error as NodeJS.ErrnoException)}`, {
        cause: error,
      });
    }
    this.#dependencies.log.info(`listening on ${renderAddress(address.host, this.port)}/tcp`);
    this.#scheduleSweep();
  }

  /**
   * Takes no new connection, tells every sender to end (FIN), and reads on until each has ended or until `deadlineMs`
   * of the monotonic clock; then ends the rest as `shutdown`.
   */
  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#dependencies;
    await this.#listener.drain();
    for (const connection of this.#connections) connection.halfClose();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), resolve);
        this.#whenEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    this.stop();
  }

  /** Closes everything now. */
  stop(): void {
    this.#listener.stop();
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    for (const connection of this.#connections) connection.stop();
  }

  /** Reads the counters. */
  get stats(): TcpInputStats {
    return {
      listening: this.#listener.state,
      connections: this.#connections.size,
      connectionsMax: this.#slots.max,
      accepted: this.#accepted,
      refused: this.#listener.acceptErrors,
      closures: this.#listener.closures,
      timedOut: this.#counters.timedOut,
      bytes: this.#counters.bytes,
      reads: this.#counters.reads,
      paused: this.#counters.paused,
    };
  }

  #accept(socket: Socket): void {
    this.#accepted += 1;
    const { dispatcher, onFirstBytes } = this.#dependencies;
    const onEnd = (connection: TcpConnection): void => this.#forget(connection);
    const options = { buffer: this.#buffer };
    this.#connections.add(
      new TcpConnection(socket, options, { dispatcher, counters: this.#counters, onEnd, onFirstBytes }),
    );
  }

  #forget(connection: TcpConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#slots.give();
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  /** One timer for all: a timer per socket is moved at each read. */
  #scheduleSweep(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === 0) return;
    this.#cancelSweep = this.#dependencies.clock.after(idleTimeoutMs / IDLE_STEPS, () => {
      for (const connection of this.#connections) connection.sweepIdle(IDLE_STEPS);
      this.#scheduleSweep();
    });
  }
}
