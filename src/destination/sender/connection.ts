// A TCP connection that heals itself: the sender of a carbon destination.
//
//   offline --pause over--> connecting --accepted--> online --end()--> draining --peer's FIN--> stopped
//      ^------ no address left ---'  ^                  |                 |
//      '------------ broken -----------------------------'----------------'
//
// A connection that is too old is renewed: half-closed once no write is under way, and only when the peer has confirmed
// that by its FIN the next one is made, so that nothing need be sent again.
// One state value; `#become` replaces it and gives back what the old one held (timer, socket), `#advance` is the one
// place that acts on it. Callbacks of the world carry the state or socket they belong to and are ignored when it is gone.
import { isIP } from 'node:net';
import { assert } from '../../util/assert.ts';
import type { Clock } from '../../util/clock.ts';
import { backoffMs } from './backoff.ts';
import {
  type Connect,
  type Lookup,
  type PeerSocket,
  isSelfConnected,
  unsentBytes,
  writeAtOnce,
} from './peer-socket.ts';
import type { Sender, SenderEvents, SenderState, SenderStats } from './sender.ts';
import type { TroubleLog } from '../trouble-log.ts';

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Longest wait for the name and for each address, ms. */
  readonly connectTimeoutMs: number;
  /** Longest pause between attempts, ms. */
  readonly reconnectMs: number;
  /** A write of which the peer takes not one byte for so long breaks the connection; 0: never. */
  readonly writeTimeoutMs: number;
  /** A connection is renewed at this age, or up to a fifth before it; 0: never. */
  readonly maxAgeMs: number;
}

export interface ConnectionDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly trouble: TroubleLog;
  readonly connect: Connect;
  readonly lookup: Lookup;
}

type Offline = { readonly at: 'offline'; readonly failures: number; cancel: () => void };
type Connecting = {
  readonly at: 'connecting';
  readonly failures: number;
  /** Addresses still to try; undefined: not looked up yet. */
  readonly addresses: readonly string[] | undefined;
  socket: PeerSocket | undefined;
  cancel: () => void;
};
type Online = {
  readonly at: 'online';
  readonly failures: number;
  readonly socket: PeerSocket;
  readonly sinceMs: number;
  /** The one callback of all writes on this socket. */
  readonly written: (error?: Error | null) => void;
  /** Monotonic; Infinity: it never gets too old. */
  readonly oldMs: number;
  writing: boolean;
  /** What the kernel had not taken when it was looked at, bytes. */
  unsent: number | undefined;
  cancelWatch: () => void;
  cancelAge: () => void;
};
type Draining = {
  readonly at: 'draining';
  readonly failures: number;
  readonly socket: PeerSocket;
  /** True when a new connection follows. */
  readonly renew: boolean;
  cancel: () => void;
};
type Link =
  | { readonly at: 'unstarted' }
  | Offline
  | Connecting
  | Online
  | Draining
  | { readonly at: 'stopped' };

/** Writes up to this size go past the stream; of larger ones the stream is a small part of the cost, bytes. */
const AT_ONCE_BYTES_MAX = 16 * 1024;
/** Probes start after this much silence; what follows is the system's setting. */
const KEEPALIVE_MS = 15_000;
/** A connection that lived this long proves that the peer works, so that the next pause is short again. */
const PROVEN_MS = 1000;
/** Longest wait for the FIN of a peer whose connection is renewed; then it counts as broken. */
const RENEW_MS = 3000;
/**
 * After a refusal the pause grows by so much, so that it is about a tenth of the time that the peer has been away: a short
 * restart is noticed soon, and a peer that is long gone costs what it did (an attempt takes 0.1 ms of CPU).
 */
const REFUSED_GROWTH = 1.05;
const REFUSED_PAUSE_MAX_MS = 1000;
/** A port of this machine on which nobody listens may be given to the attempt itself, which then meets itself. */
const MET_ITSELF = 'nobody listens there (the connection met itself)';
/** Ages spread over this part of `max_conn_age`, so that the connections of many relays do not end in step. */
const AGE_SPREAD = 0.2;

function nothing(): void {}

export class Connection implements Sender {
  readonly stats: SenderStats = { connectAttempts: 0, connects: 0, lastError: '' };
  readonly needsRedo = true;
  readonly recalls = true;
  readonly #options: ConnectionOptions;
  readonly #deps: ConnectionDependencies;
  readonly #events: SenderEvents;
  #link: Link = { at: 'unstarted' };
  #lookupPending = false;
  #writes = 0;
  /** Refusals since the peer last proved that it works. They are no failures: those double the pause. */
  #refusals = 0;
  /** What completions of writes follow. `process.nextTick` takes a twentieth of the CPU of a trickle (bench/e2e.ts, notes). */
  readonly #settled = Promise.resolve(undefined);
  #knownAddresses: readonly string[] = [];

  constructor(options: ConnectionOptions, dependencies: ConnectionDependencies, events: SenderEvents) {
    this.#options = options;
    this.#deps = dependencies;
    this.#events = events;
  }

  get state(): SenderState {
    return this.#link.at === 'unstarted' ? 'offline' : this.#link.at;
  }

  start(): void {
    if (this.#link.at !== 'unstarted') return;
    this.#become(attempt(0, undefined));
  }

  send(bytes: Buffer): void {
    const link = this.#link;
    assert(link.at === 'online', `a write was sent while ${link.at}`);
    link.writing = true;
    this.#writes += 1;
    // An empty write is the stream's: it reports an error of the connection that the call would swallow.
    const isSmall = bytes.length > 0 && bytes.length <= AT_ONCE_BYTES_MAX;
    const taken = isSmall ? writeAtOnce(link.socket, bytes) : 0;
    if (taken < bytes.length || bytes.length === 0)
      link.socket.write(taken === 0 ? bytes : bytes.subarray(taken), link.written);
    else void this.#settled.then(link.written);
    // One timer watches many writes: it looks at what goes on when it fires.
    if (link.unsent === undefined) this.#watch(link);
  }

  taken(size: number): number {
    if (this.#link.at !== 'online') return 0;
    const unsent = unsentBytes(this.#link.socket);
    return unsent === undefined ? 0 : Math.max(0, size - unsent);
  }

  end(): void {
    const link = this.#link;
    assert(link.at === 'online', `the end was asked for while ${link.at}`);
    this.#become({
      at: 'draining',
      failures: link.failures,
      socket: link.socket,
      renew: false,
      cancel: nothing,
    });
  }

  hurry(): void {
    if (this.#link.at !== 'offline') return;
    this.#refusals = 0;
    this.#become({ at: 'offline', failures: 0, cancel: nothing });
  }

  stop(): void {
    this.#become({ at: 'stopped' });
  }

  #become(next: Link): void {
    const before = this.#link;
    if (before.at === 'offline' || before.at === 'connecting' || before.at === 'draining') before.cancel();
    if (before.at === 'online') {
      before.cancelWatch();
      before.cancelAge();
    }
    const kept = 'socket' in next ? next.socket : undefined;
    this.#link = next;
    if ('socket' in before && before.socket !== kept) before.socket?.destroy();
    this.#advance(next);
  }

  #advance(link: Link): void {
    switch (link.at) {
      case 'offline': {
        link.cancel = this.#deps.clock.after(this.#pauseMs(link.failures), () => {
          this.#become(attempt(link.failures, undefined));
        });
        return;
      }
      case 'connecting':
        if (link.addresses === undefined) this.#look(link);
        else if (link.addresses.length === 0) this.#giveUp(link);
        else this.#dial(link, link.addresses[0] ?? '');
        return;
      case 'online':
        this.#deps.trouble.online('new conn online');
        this.stats.connects += 1;
        this.#events.online();
        return;
      case 'draining':
        if (link.renew) {
          link.cancel = this.#deps.clock.after(RENEW_MS, () =>
            this.#lost(link.socket, `the peer did not end it within ${RENEW_MS} ms`, false),
          );
        }
        link.socket.end();
        return;
      default:
    }
  }

  /** A refusal costs one packet each way, and the peer is back the moment it listens: so we soon look again. */
  #pauseMs(failures: number): number {
    const { reconnectMs } = this.#options;
    const { random } = this.#deps;
    if (!this.#isRefused) return backoffMs(failures, reconnectMs, random);
    return backoffMs(this.#refusals, Math.min(reconnectMs, REFUSED_PAUSE_MAX_MS), random, REFUSED_GROWTH);
  }

  get #isRefused(): boolean {
    const { lastError } = this.stats;
    return lastError.includes('ECONNREFUSED') || lastError === MET_ITSELF;
  }

  #look(link: Connecting): void {
    const { host, connectTimeoutMs } = this.#options;
    this.stats.connectAttempts += 1;
    if (isIP(host) !== 0) {
      this.#become(attempt(link.failures, [host]));
      return;
    }
    link.cancel = this.#deps.clock.after(connectTimeoutMs, () => {
      this.#looked(link, new Error(`looking up ${host} takes too long`), []);
    });
    // A hung look-up holds a thread of a small pool; a second one would starve others.
    if (this.#lookupPending) return;
    this.#lookupPending = true;
    this.#deps.lookup(host, (error, addresses) => {
      this.#lookupPending = false;
      if (addresses.length > 0) this.#knownAddresses = addresses;
      const now = this.#link;
      if (now.at === 'connecting' && now.addresses === undefined) this.#looked(now, error, addresses);
    });
  }

  #looked(link: Connecting, error: Error | undefined, addresses: readonly string[]): void {
    if (this.#link !== link) return;
    if (addresses.length === 0) this.stats.lastError = error?.message ?? 'the name has no address';
    // A name server that is away does not cut us off from a peer whose address we know.
    this.#become(attempt(link.failures, addresses.length > 0 ? addresses : this.#knownAddresses));
  }

  #dial(link: Connecting, ip: string): void {
    const { port, connectTimeoutMs } = this.#options;
    const socket = this.#deps.connect(ip, port);
    link.socket = socket;
    link.cancel = this.#deps.clock.after(connectTimeoutMs, () => {
      this.#lost(socket, `no answer from ${ip} within ${connectTimeoutMs} ms`, false);
    });
    socket.on('connect', () => this.#accepted(socket));
    socket.on('error', (error) => this.#lost(socket, error.message, false));
    socket.on('end', () => this.#lost(socket, 'the peer closed it', true));
    socket.on('close', () => this.#lost(socket, 'it was closed', false));
  }

  #accepted(socket: PeerSocket): void {
    const link = this.#link;
    if (link.at !== 'connecting' || link.socket !== socket) return;
    if (isSelfConnected(socket)) {
      this.#lost(socket, MET_ITSELF, false);
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    socket.resume();
    const sinceMs = this.#deps.clock.monotonicMs();
    const ageMs = this.#options.maxAgeMs * (1 - AGE_SPREAD * this.#deps.random());
    const online: Online = {
      at: 'online',
      failures: link.failures,
      socket,
      sinceMs,
      written: (error) => {
        // After an error the socket's own events follow and decide.
        if (error || this.#link !== online) return;
        online.writing = false;
        if (ageMs > 0 && this.#deps.clock.monotonicMs() >= online.oldMs) this.#renew(online);
        this.#events.sent();
      },
      oldMs: ageMs > 0 ? sinceMs + ageMs : Number.POSITIVE_INFINITY,
      writing: false,
      unsent: undefined,
      cancelWatch: nothing,
      cancelAge: nothing,
    };
    if (ageMs > 0) {
      online.cancelAge = this.#deps.clock.after(ageMs, () => {
        if (!online.writing) this.#renew(online);
      });
    }
    this.#become(online);
  }

  /** Ends an old connection in order; the next one follows. */
  #renew({ failures, socket }: Online): void {
    this.#become({ at: 'draining', failures, socket, renew: true, cancel: nothing });
  }

  /** Breaks the connection when the peer has not taken one byte since the last look. */
  #watch(link: Online): void {
    const { writeTimeoutMs } = this.#options;
    if (writeTimeoutMs === 0) return;
    link.unsent = unsentBytes(link.socket) ?? 0;
    const writes = this.#writes;
    link.cancelWatch = this.#deps.clock.after(writeTimeoutMs, () => {
      const before = link.unsent;
      link.unsent = undefined;
      if (!link.writing) return;
      const isStuck = this.#writes === writes && unsentBytes(link.socket) === before;
      if (isStuck) this.#lost(link.socket, `the peer took nothing for ${writeTimeoutMs} ms`, false);
      else this.#watch(link);
    });
  }

  #lost(socket: PeerSocket, reason: string, orderly: boolean): void {
    const link = this.#link;
    if (!('socket' in link) || link.socket !== socket) return;
    if (link.at === 'draining' && orderly) {
      this.#become(link.renew ? attempt(0, undefined) : { at: 'stopped' });
      if (link.renew) this.#events.renewed();
      else this.#events.ended();
      return;
    }
    this.stats.lastError = reason;
    if (link.at === 'connecting') {
      this.#become(attempt(link.failures, link.addresses?.slice(1)));
      return;
    }
    this.#deps.trouble.trouble(`lost its connection: ${reason}`);
    const proven = link.at === 'online' && this.#deps.clock.monotonicMs() - link.sinceMs >= PROVEN_MS;
    if (proven) this.#refusals = 0;
    this.#become({ at: 'offline', failures: proven ? 0 : link.failures + 1, cancel: nothing });
    this.#events.offline();
  }

  #giveUp(link: Connecting): void {
    const { host, port, reconnectMs } = this.#options;
    this.#deps.trouble.trouble(
      `cannot connect to ${host}:${port}: ${this.stats.lastError}; trying again at least every ${reconnectMs} ms`,
    );
    if (this.#isRefused) this.#refusals += 1;
    const failures = this.#isRefused ? link.failures : link.failures + 1;
    this.#become({ at: 'offline', failures, cancel: nothing });
    this.#events.failed?.();
  }
}

function attempt(failures: number, addresses: readonly string[] | undefined): Connecting {
  return { at: 'connecting', failures, addresses, socket: undefined, cancel: nothing };
}
