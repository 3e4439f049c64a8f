// The UDP side of an input. A datagram cannot wait: what the relay is too slow for waits in the system's receive buffer,
// and what does not fit there is lost. So the buffer asked for is large, what was granted is said, losses are read back.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { platform } from 'node:os';
import { LogLimiter } from '../telemetry/log-limiter.ts';
import { assert } from '../util/assert.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type BindAddress, isFamilyMissing, renderAddress, renderListenError } from './bind-address.ts';
import { readUdpDrops } from './udp-drops.ts';

/** Most bytes of a UDP datagram. */
const DATAGRAM_BYTES_MAX = 65_535;
/** Less than this granted is a warning: 4 MiB hold a burst of 5,000 small datagrams. */
const RECEIVE_BUFFER_WARN_BYTES = 4 * 1024 * 1024;
/** A drain reads what has arrived: until nothing came in one step, at most this many steps. Senders do not stop. */
const DRAIN_STEP_MS = 10;
const DRAIN_STEPS_MAX = 25;
/** The same trouble is a warning once in this time, ms. */
const WARN_EVERY_MS = 60_000;

export interface UdpInputOptions {
  /** The option that names the address, for messages. */
  readonly optionName: string;
  readonly address: BindAddress;
  readonly receiveBufferBytes: number;
}

export interface UdpInputDependencies {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a scrape shows of the UDP input; counts are since the start. */
export interface UdpInputStats {
  readonly listening: boolean;
  readonly datagrams: number;
  readonly bytes: number;
  readonly errors: number;
  /** What the system granted; 0: not listening. */
  readonly receiveBufferBytes: number;
  /** Datagrams the system dropped because the receive buffer was full; undefined where it does not say. */
  readonly kernelDrops: number | undefined;
}

/** Receives lines over UDP. */
export class UdpInput {
  readonly #options: UdpInputOptions;
  readonly #dependencies: UdpInputDependencies;
  readonly #trouble: Log;
  #socket: Socket | undefined;
  #ip = '';
  #port: number;
  #datagrams = 0;
  #bytes = 0;
  #errors = 0;
  #receiveBufferBytes = 0;
  #kernelDrops: number | undefined;

  constructor(options: UdpInputOptions, dependencies: UdpInputDependencies) {
    // A last line without newline gets one.
    assert(dependencies.dispatcher.chunkBytesMax > DATAGRAM_BYTES_MAX, 'a datagram does not fit a chunk');
    this.#options = options;
    this.#dependencies = dependencies;
    this.#trouble = new LogLimiter({}, dependencies).limited('error', WARN_EVERY_MS);
    this.#port = options.address.port;
  }

  /** The port it listens on. */
  get port(): number {
    return this.#port;
  }

  get listening(): boolean {
    return this.#socket !== undefined;
  }

  /** Binds; rejects with one clear line when it cannot. */
  async start(): Promise<void> {
    const { address, optionName } = this.#options;
    const [first = '', second] = address.ips;
    try {
      await this.#bind(first).catch((error: NodeJS.ErrnoException) => {
        if (second === undefined || !isFamilyMissing(error)) throw error;
        return this.#bind(second);
      });
    } catch (error) {
      const place = renderAddress(address.host, address.port);
      const reason = renderListenError(error as NodeJS.ErrnoException);
      throw new Error(`${optionName} ${place}/udp: ${reason}`, { cause: error });
    }
    this.#dependencies.log.info(`listening on ${renderAddress(address.host, this.#port)}/udp`);
    this.#reportBuffer();
  }

  /** Reads what has arrived, at most until `deadlineMs` of the monotonic clock, then closes. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#dependencies;
    let seen = -1;
    for (let step = 0; step < DRAIN_STEPS_MAX && this.#datagrams !== seen; step += 1) {
      if (this.#socket === undefined || clock.monotonicMs() >= deadlineMs) break;
      seen = this.#datagrams;
      await new Promise<void>((resolve) => void clock.after(DRAIN_STEP_MS, resolve));
    }
    this.stop();
  }

  /** Closes now; what the system holds unread is lost. */
  stop(): void {
    if (this.#socket === undefined) return;
    this.#kernelDrops = readUdpDrops(this.#ip, this.#port);
    this.#socket.close();
    this.#socket = undefined;
  }

  /** Reads the counters, the system's among them: one small file a scrape. */
  get stats(): UdpInputStats {
    return {
      listening: this.listening,
      datagrams: this.#datagrams,
      bytes: this.#bytes,
      errors: this.#errors,
      receiveBufferBytes: this.#receiveBufferBytes,
      kernelDrops: this.listening ? readUdpDrops(this.#ip, this.#port) : this.#kernelDrops,
    };
  }

  async #bind(ip: string): Promise<void> {
    const socket = createSocket({ type: ip.includes(':') ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ port: this.#options.address.port, address: ip, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    socket.on('error', (error) => this.#onError(error));
    socket.on('message', (bytes, sender) => this.#onMessage(bytes, sender));
    this.#ip = ip;
    this.#port = socket.address().port;
    this.#socket = socket;
  }

  #onMessage(bytes: Uint8Array, sender: RemoteInfo): void {
    this.#datagrams += 1;
    this.#bytes += bytes.length;
    if (bytes.length > 0)
      this.#dependencies.dispatcher.datagram(bytes, renderAddress(sender.address, sender.port));
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#errors += 1;
    this.#trouble.warn(
      `udp input ${renderAddress(this.#options.address.host, this.#port)}: ${error.message}`,
    );
  }

  #reportBuffer(): void {
    const socket = this.#socket;
    assert(socket, 'reporting before binding');
    const wanted = this.#options.receiveBufferBytes;
    const { log } = this.#dependencies;
    try {
      socket.setRecvBufferSize(wanted);
    } catch {
      // Some systems refuse what is above their cap instead of granting the cap.
    }
    // Linux tells twice what was granted: its own bookkeeping is counted in.
    this.#receiveBufferBytes = socket.getRecvBufferSize() / (platform() === 'linux' ? 2 : 1);
    const granted = `udp receive buffer: ${this.#receiveBufferBytes} bytes granted of ${wanted} asked for`;
    if (this.#receiveBufferBytes < Math.min(wanted, RECEIVE_BUFFER_WARN_BYTES)) {
      log.warn(`${granted}; bursts may be lost, raise it: sysctl -w net.core.rmem_max=${wanted}`);
    } else {
      log.info(granted);
    }
  }
}
