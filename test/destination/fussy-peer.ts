// A peer of the fake network that hangs up at lines it does not like, as carbon-cache does, or whenever it pleases.
import type { FakeNetwork, FakeSocket } from './fake-network.ts';
import type { Rig } from './rig.ts';

export interface FussyPeerOptions {
  /** True for a line, without its newline, at which it hangs up. */
  readonly isPoison?: (line: string) => boolean;
  /** How long it takes to see what it was sent, ms. */
  readonly slowMs?: number;
  /** Ends a connection whatever it was sent: told its age, and its lines so far. */
  readonly isIll?: (ageMs: number, lines: number) => boolean;
}

const STEP_MS = 10;

interface Accepted {
  readonly socket: FakeSocket;
  readonly sinceMs: number;
  read: number;
  lines: number;
  /** When it saw that there is more, ms. */
  seenMs: number | undefined;
}

export class FussyPeer {
  /** Lines that were read, of all connections. */
  readonly got: string[] = [];
  /** The same, each once. */
  readonly distinct = new Set<string>();
  connections = 0;
  readonly #options: FussyPeerOptions;
  #now: Accepted | undefined;

  constructor(options: FussyPeerOptions) {
    this.#options = options;
  }

  /** Lets time pass: the peer accepts, takes, reads and hangs up. */
  async live(rig: Rig, forMs: number, isOver: () => boolean = () => false): Promise<void> {
    const endMs = rig.clock.nowMs + forMs;
    while (rig.clock.nowMs < endMs && !isOver()) {
      rig.turn();
      this.#accept(rig.network, rig.clock.nowMs);
      this.#now?.socket.completeAll();
      await rig.settle();
      this.#read(rig.clock.nowMs);
      rig.clock.advance(STEP_MS);
    }
  }

  #accept(network: FakeNetwork, nowMs: number): void {
    const socket = network.sockets.at(-1);
    if (socket === undefined || socket.destroyed || socket === this.#now?.socket) return;
    this.#now = { socket, sinceMs: nowMs, read: 0, lines: 0, seenMs: undefined };
    this.connections += 1;
    socket.accept();
  }

  #read(nowMs: number): void {
    const now = this.#now;
    if (now === undefined || now.socket.destroyed) return;
    const { slowMs = 0, isPoison, isIll } = this.#options;
    if (isIll?.(nowMs - now.sinceMs, now.lines) === true) return now.socket.finish();
    const text = now.socket.received;
    if (text.length > now.read) now.seenMs ??= nowMs;
    if (now.seenMs === undefined || nowMs - now.seenMs < slowMs) return;
    now.seenMs = undefined;
    for (let end = text.indexOf('\n', now.read); end >= 0; end = text.indexOf('\n', now.read)) {
      const line = text.slice(now.read, end);
      now.read = end + 1;
      if (isPoison?.(line) === true) return now.socket.finish();
      this.got.push(line);
      this.distinct.add(line);
      now.lines += 1;
    }
  }
}
