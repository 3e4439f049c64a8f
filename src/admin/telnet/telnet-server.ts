// The telnet listener: sockets and limits around the sessions.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { WritePolicy } from '../../config/config.ts';
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import { listen } from '../listen.ts';
import { RateLimit } from '../http/rate-limit.ts';
import type { TableAdmin } from '../table-admin.ts';
import { TelnetSession } from './telnet-session.ts';
import { isLoopback, renderPeer } from '../write-policy.ts';

/** Bounds of the listener; the defaults suit an admin port. */
export interface TelnetServerOptions {
  /** `admin_addr`, in Go's form. */
  readonly addr: string;
  readonly policy: WritePolicy;
  /** Connections open at once; more are closed on arrival. */
  readonly connectionsMax?: number;
  /** Time without a byte in either direction, ms. */
  readonly idleTimeoutMs?: number;
}

const CONNECTIONS_MAX = 64;
const IDLE_TIMEOUT_MS = 10 * 60_000;
const LINE_BYTES_MAX = 64 * 1024;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Commands of all connections: a script that pastes a table is not held up, a flood is. */
const COMMANDS_PER_SECOND = 200;
const COMMANDS_BURST = 200;
/** Clients turned away are said this often. */
const REPEAT_MS = 60_000;

export interface TelnetServerDependencies {
  readonly table: TableAdmin;
  readonly log: Log;
  readonly clock: Clock;
}

/** Serves the telnet commands. */
export class TelnetServer {
  readonly #options: TelnetServerOptions;
  readonly #deps: TelnetServerDependencies;
  readonly #server: Server;
  readonly #sessions = new Set<TelnetSession>();
  readonly #rate: RateLimit;
  readonly #warnings: LogLimiter;

  constructor(options: TelnetServerOptions, dependencies: TelnetServerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#rate = new RateLimit({ perSecond: COMMANDS_PER_SECOND, burst: COMMANDS_BURST }, dependencies.clock);
    this.#warnings = new LogLimiter({}, dependencies);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#open(socket));
    this.#server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
    this.#server.on('drop', () =>
      this.#warn('a client', `${this.#server.maxConnections} connections are open`),
    );
  }

  /** The port it listens on; undefined when it does not. */
  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  /** Listens, or rejects with one clear sentence. */
  async start(): Promise<void> {
    const shown = await listen(this.#server, this.#options.addr, 'admin_addr');
    this.#server.on('error', (error) => this.#deps.log.error(`admin TCP listener: ${error.message}`));
    this.#deps.log.info(`admin TCP listener starting on ${shown}`);
  }

  /** Stops listening, ends every connection after its answer, and cuts those left after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(deadlineMs, () => this.#cut());
    this.#server.close(() => resolve());
    for (const session of this.#sessions) session.drain();
    await promise;
    cancel();
  }

  /** Stops at once. */
  async stop(): Promise<void> {
    this.#cut();
    await this.drain(0);
  }

  #cut(): void {
    for (const session of this.#sessions) session.stop();
  }

  #open(socket: Socket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const name = `${renderPeer(remoteAddress)}:${remotePort}`;
    const { table, clock } = this.#deps;
    const session = new TelnetSession(
      socket,
      { lineBytesMax: LINE_BYTES_MAX, answerBytesMax: ANSWER_BYTES_MAX },
      {
        table,
        policy: this.#options.policy,
        clock,
        rate: this.#rate,
        caller: { name, isLoopback: isLoopback(remoteAddress), isTrusted: false },
        turnedAway: (why) => this.#warn(name, why),
      },
    );
    this.#sessions.add(session);
    socket.setTimeout(this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS, () => session.stop());
    socket.on('close', () => this.#sessions.delete(session));
  }

  #warn(who: string, why: string): void {
    this.#warnings.limited(why, REPEAT_MS).warn(`admin TCP: ${who} was turned away: ${why}`);
  }
}
