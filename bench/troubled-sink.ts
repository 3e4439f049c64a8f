// A child process that takes lines on one port as badly as it is told: slowly, not at all, with resets, or by being away;
// and tells what it got. Delays are those of lines sent after it was last told to be healthy: the live ones.
import { createServer, type Server, type Socket } from 'node:net';
import { DelayHistogram, type DelaySummary } from '../src/cli/bench/delay-histogram.ts';
import { DistinctLines, LineCutter } from './distinct-lines.ts';
import { LineSummer, monotonicMicros, STAMP_MODULUS } from './series-lines.ts';

/**
 * How the sink behaves. `away`: it does not listen; connections end. `restart`: the same, but connections are reset with what
 * is in them, as when a process is killed. `frozen`: it accepts and never reads. `flapping`: it reads, and resets all
 * connections again and again.
 */
export type SinkMode =
  | { readonly mode: 'healthy' }
  | { readonly mode: 'slow'; readonly bytesPerSec: number }
  | { readonly mode: 'frozen' }
  | { readonly mode: 'flapping'; readonly everyMs: number }
  | { readonly mode: 'away' }
  | { readonly mode: 'restart' };

/** `distinct` asks to tell lines that come twice from others, from then on. */
export type TroubledRequest = SinkMode | { readonly report: true } | { readonly distinct: true };

/** What it has got so far; `port` 0 while away. */
export interface TroubledReport {
  readonly port: number;
  readonly lines: number;
  /** Different ones among them, where every line is stamped. */
  readonly distinct: number;
  readonly sum: number;
  /** When the last line came, by the monotonic clock. */
  readonly lastMicros: number;
  readonly live: DelaySummary;
}

const TICK_MS = 10;

class TroubledSink {
  #server: Server | undefined;
  #port = 0;
  #mode: SinkMode = { mode: 'healthy' };
  #budget = 0;
  #flap: NodeJS.Timeout | undefined;
  #lines = 0;
  #sum = 0;
  readonly #distinct = new DistinctLines();
  #lastMicros = 0;
  #liveFromMicros = 0;
  #delays = new DelayHistogram();
  readonly #sockets = new Set<Socket>();
  #countsDistinct = false;

  constructor() {
    setInterval(() => this.#refill(), TICK_MS);
  }

  countDistinct(): void {
    this.#countsDistinct = true;
  }

  async apply(mode: SinkMode): Promise<void> {
    this.#mode = mode;
    clearInterval(this.#flap);
    if (mode.mode === 'away' || mode.mode === 'restart') {
      this.#server?.close();
      this.#server = undefined;
      for (const socket of this.#sockets) {
        if (mode.mode === 'away') socket.end();
        else socket.resetAndDestroy();
      }
    } else if (this.#server === undefined) {
      await this.#listen();
    }
    if (mode.mode === 'healthy') {
      this.#liveFromMicros = monotonicMicros();
      this.#delays = new DelayHistogram();
      for (const socket of this.#sockets) socket.resume();
    }
    if (mode.mode === 'frozen') for (const socket of this.#sockets) socket.pause();
    if (mode.mode === 'flapping') {
      this.#flap = setInterval(() => {
        for (const socket of this.#sockets) socket.resetAndDestroy();
      }, mode.everyMs);
    }
    this.#budget = 0;
  }

  report(): TroubledReport {
    return {
      port: this.#port,
      lines: this.#lines,
      distinct: this.#distinct.count,
      sum: this.#sum,
      lastMicros: this.#lastMicros,
      live: this.#delays.summary(),
    };
  }

  async #listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen({ port: this.#port, host: '127.0.0.1' }, resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const summer = new LineSummer((micros) => this.#stamp(micros));
    const cutter = new LineCutter((line) => this.#distinct.add(line));
    socket.on('data', (chunk) => {
      const { lines, sum } = summer;
      summer.add(chunk);
      if (this.#countsDistinct) cutter.add(chunk);
      this.#lastMicros = monotonicMicros();
      this.#lines += summer.lines - lines;
      this.#sum = (this.#sum + summer.sum - sum) | 0;
      if (this.#mode.mode !== 'slow') return;
      this.#budget -= chunk.length;
      if (this.#budget <= 0) socket.pause();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#mode.mode !== 'frozen') socket.resume();
  }

  #stamp(micros: number): void {
    const sinceLive = (micros - (this.#liveFromMicros % STAMP_MODULUS) + STAMP_MODULUS) % STAMP_MODULUS;
    if (this.#mode.mode !== 'healthy' || sinceLive > STAMP_MODULUS / 2) return;
    this.#delays.record(((monotonicMicros() % STAMP_MODULUS) - micros + STAMP_MODULUS) % STAMP_MODULUS);
  }

  #refill(): void {
    if (this.#mode.mode !== 'slow') return;
    this.#budget = Math.min(
      this.#budget + (this.#mode.bytesPerSec * TICK_MS) / 1000,
      this.#mode.bytesPerSec / 10,
    );
    if (this.#budget > 0) for (const socket of this.#sockets) socket.resume();
  }
}

const sink = new TroubledSink();
process.on('message', (request: TroubledRequest) => {
  if ('distinct' in request) sink.countDistinct();
  const done = 'mode' in request ? sink.apply(request) : Promise.resolve();
  void done.then(() => process.send?.(sink.report()));
});
process.on('disconnect', () => process.exit(0));
