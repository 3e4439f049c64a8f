// The plaintext input as crng has it: TCP and UDP on one address, started and ended together.
import type { InputStats } from '../telemetry/relay-view.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Lookup, resolveBindAddress } from './bind-address.ts';
import type { InputOptions } from './options.ts';
import { TcpInput } from './tcp-input.ts';
import { UdpInput } from './udp-input.ts';

/** `listenAddr` is not empty. */
export interface PlainInputOptions extends Omit<InputOptions, 'lineBytesMax'> {
  /** Descriptors that stay free for destinations, files and admin connections. */
  readonly descriptorReserve: number;
}

export interface PlainInputDependencies {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  readonly lookup: Lookup;
  /** From `readDescriptorLimit`. */
  readonly descriptorLimit: number;
  /** From `countOpenDescriptors`. */
  readonly descriptorsOpen: number;
}

/** Receives lines over TCP and UDP. */
export class PlainInput {
  readonly #options: PlainInputOptions;
  readonly #dependencies: PlainInputDependencies;
  #tcp: TcpInput | undefined;
  #udp: UdpInput | undefined;

  constructor(options: PlainInputOptions, dependencies: PlainInputDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Opens both listeners or none; rejects with one clear line. */
  async start(): Promise<void> {
    const { connectionsMax, descriptorReserve, plainReadTimeoutMs, tcpBacklog, udpReceiveBufferBytes } =
      this.#options;
    const address = await resolveBindAddress(this.#options.listenAddr, this.#dependencies.lookup);
    const tcp = new TcpInput(
      { address, backlog: tcpBacklog, idleTimeoutMs: plainReadTimeoutMs, connectionsMax, descriptorReserve },
      this.#dependencies,
    );
    await tcp.start();
    // The system may have chosen the port.
    const sameAddress = { ...address, port: tcp.port };
    const udp = new UdpInput(
      { address: sameAddress, receiveBufferBytes: udpReceiveBufferBytes },
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
    const common = { input: 'plain', addr: this.#options.listenAddr } as const;
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
}
