// A child process that takes lines on some ports and tells exactly what it got: lines, sums and delays.
//
// Asked to `listen`, or to `listenOn` given ports, it answers with the ports. `expect` starts the counts anew; `done` comes when that many lines have
// come since; `until` corrects the number when all is sent, from then on `idleMs` without a line end the wait too.
import { createServer, type Server, type Socket } from 'node:net';
import { DelayHistogram, type DelaySummary } from '../src/cli/bench/delay-histogram.ts';
import { LineSummer, monotonicMicros, STAMP_MODULUS } from './series-lines.ts';

/** What e2e.ts sends. */
export type SinkRequest =
  | { readonly listen: number }
  | { readonly listenOn: readonly number[] }
  | { readonly expect: number; readonly idleMs: number }
  | { readonly until: number };

/** What one port got. */
export interface PortTotal {
  readonly lines: number;
  readonly sum: number;
}

/** What the sink answers. `atMicros`: when the last line came. */
export type SinkReply =
  | { readonly kind: 'ports'; readonly ports: readonly number[] }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      readonly ports: readonly PortTotal[];
      readonly delay: DelaySummary;
      readonly atMicros: number;
    };

const IDLE_CHECK_MS = 100;

class Sink {
  readonly #servers: Server[] = [];
  // By port: the totals of all its connections.
  #totals: { lines: number; sum: number }[] = [];
  #received = 0;
  #expected = Number.POSITIVE_INFINITY;
  #delays = new DelayHistogram();
  #lastMicros = 0;
  // Quiet ends the wait only when the generator is through.
  #canEndIdle = false;
  #idleTimer: NodeJS.Timeout | undefined;

  /** Listens on these ports; 0: any. */
  async listen(wanted: readonly number[]): Promise<void> {
    const ports: number[] = [];
    for (const [index, port] of wanted.entries()) {
      const server = createServer((socket) => this.#accept(socket, index));
      await new Promise<void>((resolve) => {
        server.listen({ port, host: '127.0.0.1', backlog: 1024 }, resolve);
      });
      const address = server.address();
      if (address !== null && typeof address === 'object') ports.push(address.port);
      this.#servers.push(server);
      this.#totals.push({ lines: 0, sum: 0 });
    }
    send({ kind: 'ports', ports });
  }

  expect(lines: number, idleMs: number): void {
    for (const total of this.#totals) Object.assign(total, { lines: 0, sum: 0 });
    this.#received = 0;
    this.#expected = lines;
    this.#canEndIdle = false;
    this.#delays = new DelayHistogram();
    this.#lastMicros = monotonicMicros();
    clearInterval(this.#idleTimer);
    this.#idleTimer = setInterval(() => {
      if (this.#canEndIdle && monotonicMicros() - this.#lastMicros > idleMs * 1000) this.#finish();
    }, IDLE_CHECK_MS);
    send({ kind: 'ready' });
  }

  until(lines: number): void {
    if (this.#expected === Number.POSITIVE_INFINITY) return;
    this.#expected = lines;
    this.#canEndIdle = true;
    if (this.#received >= lines) this.#finish();
  }

  #accept(socket: Socket, port: number): void {
    let nowMicros = 0;
    const summer = new LineSummer((micros) => {
      this.#delays.record((nowMicros - micros + STAMP_MODULUS) % STAMP_MODULUS);
    });
    socket.on('data', (chunk) => {
      const now = monotonicMicros();
      this.#lastMicros = now;
      nowMicros = now % STAMP_MODULUS;
      const { lines, sum } = summer;
      summer.add(chunk);
      const total = this.#totals[port];
      if (total === undefined) return;
      total.lines += summer.lines - lines;
      total.sum = (total.sum + summer.sum - sum) | 0;
      this.#received += summer.lines - lines;
      if (this.#received >= this.#expected) this.#finish();
    });
    socket.on('error', () => socket.destroy());
  }

  #finish(): void {
    if (this.#expected === Number.POSITIVE_INFINITY) return;
    this.#expected = Number.POSITIVE_INFINITY;
    clearInterval(this.#idleTimer);
    send({
      kind: 'done',
      ports: this.#totals.map((total) => ({ ...total })),
      delay: this.#delays.summary(),
      atMicros: this.#lastMicros,
    });
  }
}

function send(reply: SinkReply): void {
  process.send?.(reply);
}

const sink = new Sink();
process.on('message', (message: SinkRequest) => {
  if ('listen' in message) void sink.listen(Array.from({ length: message.listen }, () => 0));
  else if ('listenOn' in message) void sink.listen(message.listenOn);
  else if ('until' in message) sink.until(message.until);
  else sink.expect(message.expect, message.idleMs);
});
process.on('disconnect', () => process.exit(0));
