// A child process that sends numbered lines on some connections, at a rate all together, and says how many on each.
//
// Like a sender with a buffer of its own it falls behind where it is held, and catches up. A connection whose other side
// has ended finishes what it has begun; when none is left, or the time is over and all is sent, the child reports.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderLines } from './numbered-lines.ts';

/** What to send, and where; the first message. The second, of any kind, starts the sending. */
export interface SendRequest {
  readonly port: number;
  /** Number of the first connection. */
  readonly first: number;
  readonly connections: number;
  /** Lines a second. */
  readonly rate: number;
  readonly linesPerWrite: number;
  readonly seconds: number;
}

/** What it says. */
export type SendReply =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'sent';
      /** By connection. */
      readonly lines: readonly (readonly [connection: number, lines: number])[];
      /** Connections that ended by an error. */
      readonly errors: number;
      /** Longest time in which all connections were held. */
      readonly heldMs: number;
    };

const WAVE = 250;
const TICK_MS = 4;

class Connection {
  lines = 0;
  broken = false;
  readonly #number: number;
  readonly #socket: Socket;
  #open = true;

  constructor(number: number, socket: Socket) {
    this.#number = number;
    this.#socket = socket;
    socket.resume();
    socket.on('end', () => {
      this.#open = false;
    });
    socket.on('error', () => {
      this.broken = true;
    });
    socket.on('close', () => {
      this.#open = false;
    });
  }

  get open(): boolean {
    return this.#open;
  }

  get held(): boolean {
    return this.#socket.writableNeedDrain;
  }

  send(count: number): void {
    this.#socket.write(renderLines(this.#number, this.lines, count), 'latin1');
    this.lines += count;
  }

  async end(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }
}

async function openAll({ port, first, connections }: SendRequest): Promise<Connection[]> {
  const all: Connection[] = [];
  while (all.length < connections) {
    const wave = Math.min(WAVE, connections - all.length);
    const opening = Array.from({ length: wave }, async (_, index) => {
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'connect');
      return new Connection(first + all.length + index, socket);
    });
    all.push(...(await Promise.all(opening)));
  }
  return all;
}

/** Returns the longest time in which no connection could take a line, ms. */
async function sendAll(all: readonly Connection[], request: SendRequest): Promise<number> {
  const { rate, seconds, linesPerWrite } = request;
  const total = rate * seconds;
  const startMs = performance.now();
  let sent = 0;
  let next = 0;
  let tookMs = startMs;
  let heldMs = 0;
  while (sent < total && all.some((connection) => connection.open)) {
    const due = Math.min(total, ((performance.now() - startMs) / 1000) * rate);
    for (let skipped = 0; sent < due && skipped < all.length; next = (next + 1) % all.length) {
      const connection = all[next];
      if (connection === undefined || !connection.open || connection.held) {
        skipped++;
        continue;
      }
      skipped = 0;
      const count = Math.min(linesPerWrite, total - sent);
      connection.send(count);
      sent += count;
      heldMs = Math.max(heldMs, performance.now() - tookMs);
      tookMs = performance.now();
    }
    await sleep(TICK_MS);
  }
  return heldMs;
}

async function run(request: SendRequest): Promise<void> {
  const go = once(process, 'message');
  const all = await openAll(request);
  reply({ kind: 'open' });
  await go;
  const heldMs = await sendAll(all, request);
  await Promise.all(all.map((connection) => connection.end()));
  reply({
    kind: 'sent',
    lines: all.map(({ lines }, index) => [request.first + index, lines]),
    errors: all.filter(({ broken }) => broken).length,
    heldMs,
  });
}

function reply(message: SendReply): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: SendRequest) => void run(request));
