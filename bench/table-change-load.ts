// A child process of table-change.ts: lines of many series on a few connections, first as fast as they are taken, so that
// the relay knows each series, then paced. Each paced line carries the time of its sending.
//
// All lines have the same length and lie in one buffer, in the order in which they are sent: a million series cost 68 MB.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMicros, seriesKey, STAMP_DIGITS, STAMP_MODULUS } from './series-lines.ts';

/** What to send, and where; the first message. The second, of any kind, starts the paced part. */
export interface ChangeLoadRequest {
  readonly port: number;
  readonly connections: number;
  readonly series: number;
  readonly rate: number;
  readonly seconds: number;
}

/** What is said: once when every series was sent, once at the start of the paced part, once at the end. */
export type ChangeLoadReply =
  | { readonly kind: 'known'; readonly lines: number }
  | { readonly kind: 'started'; readonly atMicros: number }
  | { readonly kind: 'sent'; readonly lines: number; readonly lateMs: number };

const KEY_BYTES = 45;
const LINE_BYTES = KEY_BYTES + 2 + STAMP_DIGITS + 12;
const STAMP_OFFSET = KEY_BYTES + 2;
const WARM_ROUNDS = 2;
const WARM_LINES = 900;
const TURN_MS = 1;

/** One connection and the lines of its series. */
class Part {
  lines = 0;
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  readonly #count: number;
  #cursor = 0;

  constructor(socket: Socket, from: number, to: number) {
    this.#socket = socket;
    this.#count = to - from;
    this.#bytes = Buffer.alloc(this.#count * LINE_BYTES);
    const end = ` +${'0'.repeat(STAMP_DIGITS)} ${Math.floor(Date.now() / 1000)}\n`;
    for (let index = 0; index < this.#count; index++) {
      const line = seriesKey(from + index).padEnd(KEY_BYTES, '_') + end;
      this.#bytes.write(line, index * LINE_BYTES, 'latin1');
    }
  }

  /** Sends every series a few times, as fast as it is taken. */
  async sendAll(): Promise<void> {
    for (let sent = 0; sent < WARM_ROUNDS * this.#count; ) {
      const lines = this.#next(WARM_LINES);
      sent += lines.length / LINE_BYTES;
      if (!this.#socket.write(lines)) await once(this.#socket, 'drain');
    }
  }

  /** Sends so many lines now, stamped. */
  send(count: number): void {
    for (let rest = count; rest > 0; ) {
      const lines = this.#next(rest);
      stampLines(lines, monotonicMicros());
      this.#socket.write(Buffer.from(lines));
      rest -= lines.length / LINE_BYTES;
    }
  }

  async end(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  #next(count: number): Buffer {
    const to = Math.min(this.#cursor + count, this.#count);
    const lines = this.#bytes.subarray(this.#cursor * LINE_BYTES, to * LINE_BYTES);
    this.lines += to - this.#cursor;
    this.#cursor = to === this.#count ? 0 : to;
    return lines;
  }
}

function stampLines(bytes: Buffer, micros: number): void {
  const stamp = Buffer.from(String(micros % STAMP_MODULUS).padStart(STAMP_DIGITS, '0'), 'latin1');
  for (let at = STAMP_OFFSET; at < bytes.length; at += LINE_BYTES) bytes.set(stamp, at);
}

/** Returns how late the latest turn was, ms. */
async function sendPaced(parts: readonly Part[], { rate, seconds }: ChangeLoadRequest): Promise<number> {
  const sleepCell = new Int32Array(new SharedArrayBuffer(4));
  const start = monotonicMicros();
  reply({ kind: 'started', atMicros: start });
  let sent = 0;
  let late = 0;
  let before = start;
  while (sent < rate * seconds) {
    const now = monotonicMicros();
    late = Math.max(late, now - before);
    before = now;
    const due = Math.min(rate * seconds, Math.floor(((now - start) / 1e6) * rate));
    const share = Math.ceil((due - sent) / parts.length);
    for (const part of parts) {
      const count = Math.min(share, due - sent);
      part.send(count);
      sent += count;
    }
    await nextTurn();
    Atomics.wait(sleepCell, 0, 0, TURN_MS);
  }
  return late / 1000;
}

async function run(request: ChangeLoadRequest): Promise<void> {
  const { port, connections, series } = request;
  const parts: Part[] = [];
  for (let index = 0; index < connections; index++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.resume();
    const share = series / connections;
    parts.push(new Part(socket, Math.floor(index * share), Math.floor((index + 1) * share)));
  }
  await Promise.all(parts.map((part) => part.sendAll()));
  const go = once(process, 'message');
  reply({ kind: 'known', lines: parts.reduce((sum, part) => sum + part.lines, 0) });
  await go;
  const lateMs = await sendPaced(parts, request);
  await Promise.all(parts.map((part) => part.end()));
  reply({ kind: 'sent', lines: parts.reduce((sum, part) => sum + part.lines, 0), lateMs });
}

function reply(message: ChangeLoadReply): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: ChangeLoadRequest) => void run(request));
