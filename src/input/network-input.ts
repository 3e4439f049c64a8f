// One listener as crng has them: TCP and UDP on one address, started and ended together. Plain lines and pickle come in
// the same way; what the bytes are is the dispatcher's matter.
import { LogLimiter } from '../telemetry/log-limiter.ts';
import type { InputStats } from '../telemetry/relay-view.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { looksLikePickle } from '../util/pickle-frame.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Lookup, resolveBindAddress } from './bind-address.ts';
import type { InputOptions } from './options.ts';
import { TcpInput } from './tcp-input.ts';
import { UdpInput } from './udp-input.ts';

/** The same trouble is a warning once in this time, ms. */
const WARN_EVERY_MS = 60_000;

export interface NetworkInputOptions
  extends Pick<InputOptions, 'connectionsMax' | 'tcpBacklog' | 'udpReceiveBufferBytes'> {
  readonly kind: 'plain' | 'pickle';
  /** As written in `listen_addr` or `pickle_addr`; not empty. */
  readonly addr: string;
  /** 0: off. */
  readonly readTimeoutMs: number;
  /** Descriptors that stay free for destinations, files and admin connections. */
  readonly descriptorReserve: number;
}

export interface NetworkInputDependencies {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  readonly lookup: Lookup;
  /** From `readDescriptorLimit`. */
  readonly descriptorLimit: number;
  /** From `countOpenDescriptors`. */
  readonly descriptorsOpen: number;
}

/** Receives over TCP and UDP. */
export class NetworkInput {
  readonly #options: NetworkInputOptions;
  readonly #dependencies: NetworkInputDependencies;
  readonly #optionName: string;
  readonly #warnings: LogLimiter;
  #tcp: TcpInput | undefined;
  #udp: UdpInput | undefined;

  constructor(options: NetworkInputOptions, dependencies: NetworkInputDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#optionName = options.kind === 'plain' ? 'listen_addr' : 'pickle_addr';
    this.#warnings = new LogLimiter({}, dependencies);
  }

  /** Opens both listeners or none; rejects with one clear line. */
  async start(): Promise<void> {
    const { addr, connectionsMax, descriptorReserve, readTimeoutMs, tcpBacklog, udpReceiveBufferBytes } =
      this.#options;
    const optionName = this.#optionName;
    const address = await resolveBindAddress(addr, this.#dependencies.lookup, optionName);
    const tcp = new TcpInput(
      {
        optionName,
        address,
        backlog: tcpBacklog,
        idleTimeoutMs: readTimeoutMs,
        connectionsMax,
        descriptorReserve,
      },
      { ...this.#dependencies, onFirstBytes: (bytes, sender) => this.#hint(bytes, sender) },
    );
    await tcp.start();
    // The system may have chosen the port.
    const sameAddress = { ...address, port: tcp.port };
    const udp = new UdpInput(
      { optionName, address: sameAddress, receiveBufferBytes: udpReceiveBufferBytes },
      this.#dependencies,
    );
    try {
      await udp.start();
    } catch (error) {
      tcp.stop();
      throw error;
    }
    this.#tcp = tcp;
    this.#udp = udp;
  }

  get kind(): 'plain' | 'pickle' {
    return this.#options.kind;
  }

  /** As written in the config. */
  get addr(): string {
    return this.#options.addr;
  }

  /** The port both listen on; undefined before the start. */
  get port(): number | undefined {
    return this.#tcp?.port;
  }

  /** False while senders are refused: before the start, at the bound of connections, after an error, at the end. */
  get listening(): boolean {
    return this.#tcp?.listening === true && this.#udp?.listening === true;
  }

  /** Ends both, reading what is on its way until `deadlineMs` of the monotonic clock. */
  async drain(deadlineMs: number): Promise<void> {
    await Promise.all([this.#tcp?.drain(deadlineMs), this.#udp?.drain(deadlineMs)]);
  }

  /** Ends both now. */
  stop(): void {
    this.#tcp?.stop();
    this.#udp?.stop();
  }

  /** Reads the counters of both; none before the start. */
  get stats(): readonly InputStats[] {
    const tcp = this.#tcp?.stats;
    const udp = this.#udp?.stats;
    if (tcp === undefined || udp === undefined) return [];
    const common = { input: this.#options.kind, addr: this.#options.addr } as const;
    return [
      {
        ...common,
        protocol: 'tcp',
        listening: tcp.listening === 'listening',
        connections: tcp.connections,
        paused: tcp.paused,
        accepted: tcp.accepted,
        refused: tcp.refused,
        timedOut: tcp.timedOut,
        bytes: tcp.bytes,
        datagrams: 0,
        kernelDrops: 0,
        receiveBufferBytes: 0,
      },
      {
        ...common,
        protocol: 'udp',
        listening: udp.listening,
        connections: 0,
        paused: 0,
        accepted: 0,
        refused: 0,
        timedOut: 0,
        bytes: udp.bytes,
        datagrams: udp.datagrams,
        kernelDrops: udp.kernelDrops ?? 0,
        receiveBufferBytes: udp.receiveBufferBytes,
      },
    ];
  }

  /** Says that a sender has taken the wrong port: its pickle would be nothing but invalid lines. */
  #hint(bytes: Uint8Array, sender: string): void {
    const { kind, addr } = this.#options;
    if (kind !== 'plain' || !looksLikePickle(bytes)) return;
    const message = `listen_addr ${addr}: ${sender} sends pickle, and lines of text are expected here; pickle goes to pickle_addr`;
    this.#warnings.limited('pickle', WARN_EVERY_MS).warn(message);
  }
}
