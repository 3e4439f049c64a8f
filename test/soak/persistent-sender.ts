// A child process that sends numbered lines on a few connections until it is told to stop, connects again whenever one
// breaks, and remembers when it sent which line. What it gave to a connection that broke it does not send again: plain
// carbon tells no sender what has arrived.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderLines } from './numbered-lines.ts';

/** What to send, and where; the first message. The second, of any kind, ends it. */
export interface PersistentRequest {
  readonly port: number;
  readonly connections: number;
  /** Lines a second, all connections together, while there are any. */
  readonly rate: number;
}

/** When lines of a connection were sent: those from `first[i]` on, up to `first[i + 1]`, at `micros[i]`. */
export interface SentLog {
  readonly lines: number;
  readonly first: readonly number[];
  readonly micros: readonly number[];
}

export type PersistentReply =
  | { readonly kind: 'sending' }
  | { readonly kind: 'log'; readonly connections: readonly SentLog[] };

const TICK_MS = 4;
const RETRY_MS = 20;
/** A sender that was held catches up on no more than this, ms. */
const CATCH_UP_MS = 50;

/** Tells the time that all processes of a machine share, microseconds. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

class Line {
  readonly log = { lines: 0, first: [] as number[], micros: [] as number[] };
  readonly #number: number;
  readonly #port: number;
  #socket: Socket | undefined;
  #owed = 0;
  #stopped = false;

  constructor(number: number, port: number) {
    this.#number = number;
    this.#port = port;
    void this.#keep();
  }

  send(count: number, owedMax: number): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#owed = Math.min(owedMax, this.#owed + count);
    const whole = Math.floor(this.#owed);
    if (whole === 0 || socket.writableNeedDrain) return;
    this.#owed -= whole;
    const { log } = this;
    log.first.push(log.lines);
    log.micros.push(monotonicMicros());
    socket.write(renderLines(this.#number, log.lines, whole), 'latin1');
    log.lines += whole;
  }

  async end(): Promise<void> {
    this.#stopped = true;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.end();
    if (!socket.closed) await once(socket, 'close');
  }

  async #keep(): Promise<void> {
    while (!this.#stopped) {
      const socket = connect({ port: this.#port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.on('connect', () => {
        this.#socket = socket;
        this.#owed = 0;
        socket.resume();
      });
      await once(socket, 'close').catch(() => undefined);
      if (this.#socket === socket) this.#socket = undefined;
      await sleep(RETRY_MS);
    }
  }
}

async function run({ port, connections, rate }: PersistentRequest): Promise<void> {
  const lines = Array.from({ length: connections }, (_, number) => new Line(number, port));
  const over = new AbortController();
  process.once('message', () => over.abort());
  reply({ kind: 'sending' });
  const rateEach = rate / connections / 1000;
  for (let beforeMs = performance.now(); !over.signal.aborted; ) {
    await sleep(TICK_MS);
    const nowMs = performance.now();
    for (const line of lines) line.send((nowMs - beforeMs) * rateEach, CATCH_UP_MS * rateEach);
    beforeMs = nowMs;
  }
  await Promise.all(lines.map((line) => line.end()));
  reply({ kind: 'log', connections: lines.map(({ log }) => log) });
}

function reply(message: PersistentReply): void {
  process.send?.(message);
}

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit(0));
  process.once('message', (request: PersistentRequest) => void run(request));
}
