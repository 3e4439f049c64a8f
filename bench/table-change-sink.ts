// A child process of table-change.ts: takes lines on one port and remembers of each when it was sent and how long it took.
import { createServer } from 'node:net';
import { LineSummer, monotonicMicros, STAMP_MODULUS } from './series-lines.ts';

/** A stretch of time in which lines were sent. */
export interface Window {
  readonly name: string;
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** What is asked. */
export type ChangeSinkRequest = { readonly windows: readonly Window[] } | { readonly count: true };

/** The delays of the lines sent in a window, ms. */
export interface WindowDelays {
  readonly name: string;
  readonly lines: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What is answered. `gapMs`: the longest time without a byte since the last question. */
export type ChangeSinkReply =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'count'; readonly lines: number; readonly gapMs: number }
  | { readonly kind: 'delays'; readonly windows: readonly WindowDelays[] };

const SAMPLES_MAX = 8 << 20;

/** All delays, by the time of sending. */
class Samples {
  readonly #sentMicros = new Float64Array(SAMPLES_MAX);
  readonly #delayMicros = new Float64Array(SAMPLES_MAX);
  #count = 0;

  record(sentMicros: number, delayMicros: number): void {
    this.#sentMicros[this.#count] = sentMicros;
    this.#delayMicros[this.#count++] = delayMicros;
  }

  summary({ name, fromMicros, toMicros }: Window): WindowDelays {
    const delays = this.#delayMicros
      .subarray(0, this.#count)
      .filter((_, index) => {
        const sent = this.#sentMicros[index] ?? 0;
        return sent >= fromMicros && sent < toMicros;
      })
      .sort();
    const at = (fraction: number): number =>
      (delays[Math.max(0, Math.ceil(fraction * delays.length) - 1)] ?? 0) / 1000;
    return { name, lines: delays.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  }
}

const samples = new Samples();
let lines = 0;
let lastMicros = 0;
let gapMicros = 0;

const server = createServer((socket) => {
  let now = 0;
  const summer = new LineSummer((micros) => {
    // Lines of the first, unpaced part hold no time.
    if (micros === 0) return;
    const delay = (now - micros + STAMP_MODULUS) % STAMP_MODULUS;
    samples.record(now - delay, delay);
  });
  socket.on('data', (chunk) => {
    now = monotonicMicros();
    gapMicros = Math.max(gapMicros, now - lastMicros);
    lastMicros = now;
    lines -= summer.lines;
    summer.add(chunk);
    lines += summer.lines;
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') reply({ kind: 'port', port: address.port });
});

function reply(message: ChangeSinkReply): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.on('message', (request: ChangeSinkRequest) => {
  if ('windows' in request) {
    reply({ kind: 'delays', windows: request.windows.map((window) => samples.summary(window)) });
  } else {
    reply({ kind: 'count', lines, gapMs: gapMicros / 1000 });
    gapMicros = 0;
    lastMicros = monotonicMicros();
  }
});
