// The listening socket, and when it is open. While there is no room for another connection it is closed, so that
// senders are refused and can go elsewhere or come again; a sender that was accepted is never thrown out for room.
//
//   idle ─open─▶ listening ──no slot left──▶ full ──slots free again──▶ listening
//                    └──accept or bind error──▶ failed ──after a backoff──▶ listening      any ─stop─▶ stopped
//
// Closing resets the connections that wait in the system's queue, and their senders may have sent already. So the
// queue is kept no longer than the slots that are left, and all who are in it are taken before it closes; only who
// comes in the very turn of closing is reset. Running out of descriptors must not happen at all: libuv then takes each
// waiting connection and drops it, without a word.
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogLimiter } from '../telemetry/log-limiter.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { ConnectionSlots } from './connection-slots.ts';
import { type BindAddress, isFamilyMissing, renderAddress, renderListenError } from './bind-address.ts';
import { descriptorOf } from './shared-read-buffer.ts';

/** How often a full listener looks for room, ms. */
const FULL_CHECK_MS = 500;
/** A full listener opens when this part of the connections has left, or after FULL_PATIENCE_MS when any has. */
const FULL_MARGIN = 1 / 32;
const FULL_MARGIN_MAX = 16;
const FULL_PATIENCE_MS = 10_000;
/** Waits between attempts after an error, ms: doubled each time (crng's). */
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 60_000;
/** The same trouble is a warning once in this time, ms. */
const WARN_EVERY_MS = 60_000;
/** Near the bound the queue is kept this long, and is emptied beyond the bound: both far below the reserve. */
const QUEUE_NEAR_BOUND = 8;
const OVERSHOOT_MAX = 16;
/** First probe of a connection on which nothing comes; the number of probes and their interval are the system's. */
const KEEPALIVE_MS = 60_000;

export interface TcpListenerOptions {
  /** The option that names the address, for messages. */
  readonly optionName: string;
  readonly address: BindAddress;
  readonly backlog: number;
}

export interface TcpListenerDependencies {
  readonly slots: ConnectionSlots;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes over an accepted socket: paused, its slot taken. */
  readonly onAccept: (socket: Socket) => void;
}

type State =
  | { readonly at: 'idle' | 'stopped' }
  | { readonly at: 'listening'; readonly server: Server }
  | { readonly at: 'full'; readonly sinceMs: number; readonly count: number }
  | { readonly at: 'failed'; readonly attempt: number };

/** Accepts connections as long as there are slots. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #dependencies: TcpListenerDependencies;
  readonly #warnings: LogLimiter;
  #state: State = { at: 'idle' };
  #ip = '';
  #port: number;
  #backlog = 0;
  #attempt = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #accepts = 0;
  #emptying = false;
  #cancelTimer: (() => void) | undefined;
  #acceptErrors = 0;
  #closures = 0;

  constructor(options: TcpListenerOptions, dependencies: TcpListenerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#warnings = new LogLimiter({}, dependencies);
    this.#port = options.address.port;
  }

  get state(): State['at'] {
    return this.#state.at;
  }

  /** The port, once it is open; the one the system chose when 0 was asked for. */
  get port(): number {
    return this.#port;
  }

  /** The address it is bound to: `::` for all interfaces of both families. */
  get ip(): string {
    return this.#ip;
  }

  /** Connections that the system had and could not hand over. */
  get acceptErrors(): number {
    return this.#acceptErrors;
  }

  /** Times it closed because there was no room. */
  get closures(): number {
    return this.#closures;
  }

  /** Opens for the first time; rejects with the system's error. */
  async open(): Promise<void> {
    const [first = '', second] = this.#options.address.ips;
    try {
      await this.#listen(first);
    } catch (error) {
      if (second === undefined || !isFamilyMissing(error as NodeJS.ErrnoException)) throw error;
      await this.#listen(second);
    }
  }

  /** Takes the connections that the system holds already, then closes for good. */
  async drain(): Promise<void> {
    if (this.#state.at === 'listening') await this.#emptyQueue(this.#options.backlog);
    this.stop();
  }

  /** Closes for good, now. */
  stop(): void {
    this.#enter({ at: 'stopped' });
  }

  async #listen(ip: string): Promise<void> {
    const server = createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    });
    const backlog = this.#backlogFor(this.#dependencies.slots.free);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: ip, port: this.#port, backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    if (this.#state.at === 'stopped') {
      server.close();
      return;
    }
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') this.#port = bound.port;
    this.#ip = ip;
    this.#backlog = backlog;
    this.#emptying = false;
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('error', (error) => this.#onError(error));
    this.#enter({ at: 'listening', server });
  }

  #onConnection(socket: Socket): void {
    const { slots, onAccept } = this.#dependencies;
    this.#accepts += 1;
    const free = slots.take(descriptorOf(socket));
    onAccept(socket);
    if (this.#emptying) return;
    if (free > 0) this.#adjustBacklog(free);
    else void this.#emptyQueue(OVERSHOOT_MAX).then(() => this.#closeFull());
  }

  /**
   * Lets no more into the queue and takes those who are in it, at most `acceptsMax`. Node accepts one connection a turn
   * of the event loop, so a turn without one says that the queue is empty.
   */
  async #emptyQueue(acceptsMax: number): Promise<void> {
    this.#emptying = true;
    this.#limitBacklog(0);
    const end = this.#accepts + acceptsMax;
    for (let seen = -1; this.#accepts !== seen && this.#accepts < end; ) {
      seen = this.#accepts;
      // The first ends this turn, the second a whole one.
      await nextTurn();
      await nextTurn();
    }
  }

  #closeFull(): void {
    if (this.#state.at !== 'listening') return;
    const { slots, clock } = this.#dependencies;
    slots.cap();
    this.#closures += 1;
    this.#warn(
      'full',
      `${this.#options.optionName} ${this.#rendered()}: ${slots.taken} connections, no more fit into ${slots.boundName}; ` +
        `new senders are refused until some leave`,
    );
    this.#enter({ at: 'full', sinceMs: clock.monotonicMs(), count: slots.taken });
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state.at !== 'listening') return;
    this.#acceptErrors += 1;
    this.#fail(error);
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#warn(
      'failed',
      `${this.#options.optionName} ${this.#rendered()}: ${renderListenError(error)}; not listening, will try again`,
    );
    const nowMs = this.#dependencies.clock.monotonicMs();
    this.#attempt = nowMs - this.#failedAtMs > 2 * BACKOFF_MAX_MS ? 1 : this.#attempt + 1;
    this.#failedAtMs = nowMs;
    this.#enter({ at: 'failed', attempt: this.#attempt });
  }

  /** Replaces the state: lets go of what the old one held, starts what the new one needs. */
  #enter(next: State): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#state.at === 'listening') this.#state.server.close();
    if (this.#state.at === 'stopped') return;
    this.#state = next;
    const { clock } = this.#dependencies;
    if (next.at === 'full') {
      this.#cancelTimer = clock.after(FULL_CHECK_MS, () => this.#checkRoom(next.sinceMs, next.count));
    } else if (next.at === 'failed') {
      const waitMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (next.attempt - 1));
      this.#cancelTimer = clock.after(waitMs, () => this.#reopen());
    }
  }

  #checkRoom(sinceMs: number, count: number): void {
    const { slots, clock } = this.#dependencies;
    const margin = Math.min(FULL_MARGIN_MAX, Math.ceil(count * FULL_MARGIN));
    const enough = clock.monotonicMs() - sinceMs < FULL_PATIENCE_MS ? margin : 1;
    if (slots.free >= enough) this.#reopen();
    else this.#cancelTimer = clock.after(FULL_CHECK_MS, () => this.#checkRoom(sinceMs, count));
  }

  #reopen(): void {
    const { slots, log } = this.#dependencies;
    slots.lift();
    this.#listen(this.#ip).then(
      () => {
        if (this.#state.at !== 'listening') return;
        log.info(`listening on ${this.#rendered()}/tcp again, ${slots.taken} connections`);
      },
      (error) => this.#fail(error),
    );
  }

  #warn(trouble: 'full' | 'failed', message: string): void {
    this.#warnings.limited(trouble, WARN_EVERY_MS).warn(message);
  }

  #rendered(): string {
    return renderAddress(this.#options.address.host, this.#port);
  }

  /** The system queues one more than it is told, and one may come between an accept and the next call. */
  #backlogFor(free: number): number {
    return Math.min(this.#options.backlog, free + QUEUE_NEAR_BOUND - 2);
  }

  #adjustBacklog(free: number): void {
    const backlog = this.#backlogFor(free);
    // Shrunk at once, grown by doubling: a call per connection only when nearly full.
    if (backlog < this.#backlog || backlog >= this.#backlog * 2) this.#limitBacklog(backlog);
  }

  /** Changes the length of the queue of the open listener. Node offers no way but its handle; without it, no change. */
  #limitBacklog(backlog: number): void {
    if (this.#state.at !== 'listening') return;
    const handle = (this.#state.server as unknown as { _handle?: { listen?: (n: number) => number } })
      ._handle;
    if (typeof handle?.listen !== 'function') return;
    handle.listen(backlog);
    this.#backlog = backlog;
  }
}
