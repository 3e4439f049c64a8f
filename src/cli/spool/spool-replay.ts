// `sluice spool replay`: sends what waits in a spool to a peer, at a rate. A line leaves the spool only after it was
// written and much more, or the end of the connection, was taken behind it: plain carbon has no acknowledgement.
import { connect, type Socket } from 'node:net';
import type { SpoolPosition } from '../../destination/spool/spool.ts';
import { parseListenAddress } from '../../util/listen-address.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { Progress, type ProgressWorld } from '../progress.ts';
import type { HeldSpool } from './spool-change.ts';
import type { Clock } from '../../util/clock.ts';

/** Where to and how fast; `rate` in lines a second, 0: as fast as the peer takes them. */
export interface ReplayOptions {
  readonly host: string;
  readonly port: number;
  readonly rate: number;
}

/** What was sent, also as JSON. */
export interface Replayed {
  readonly lines: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** Written bytes that stay in the spool until as many more were taken: a peer's and our own buffers. */
const REDO_BYTES = 8 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5000;
/** A write that makes no progress for so long ends the replay. */
const STALL_MS = 120_000;
/** After our FIN: how long the peer may take to end, too. */
const END_MS = 10_000;
/** With a rate, so many bursts a second. */
const BURSTS_PER_SEC = 20;
const NEWLINE = 0x0a;

/** Parses HOST:PORT or throws a CommandError. */
export function parsePeer(text: string): { readonly host: string; readonly port: number } {
  const parsed = parseListenAddress(text);
  if (!parsed.ok) throw new CommandError(`--to "${text}": ${parsed.error}`, EXIT.usage);
  const { host, port } = parsed.address;
  if (host === '' || port === 0) throw new CommandError(`--to "${text}": not HOST:PORT`, EXIT.usage);
  return { host, port };
}

/** Sends all that waits; the spool is left open. Throws a CommandError when the peer does not take it. */
export async function replaySpool(
  held: HeldSpool,
  options: ReplayOptions,
  world: ProgressWorld & { readonly clock: Clock },
): Promise<Replayed> {
  const { spool } = held;
  const { clock } = world;
  const startMs = clock.monotonicMs();
  const peer = await ReplayPeer.connect(options, clock);
  const progress = new Progress(`replaying ${held.name}`, world);
  const totalBytes = spool.stats.bytes;
  const unsure: { readonly end: SpoolPosition; readonly bytes: number }[] = [];
  let unsureBytes = 0;
  const sent = { lines: 0, bytes: 0 };
  try {
    for (let record = await spool.read(); record !== undefined; record = await spool.read()) {
      for (const piece of cutPieces(record.bytes, options.rate)) {
        if (options.rate > 0) await pace(clock, startMs + (sent.lines / options.rate) * 1000);
        await peer.write(piece.bytes);
        sent.lines += piece.lines;
        sent.bytes += piece.bytes.length;
        progress.update(sent.bytes, totalBytes, sent.lines);
      }
      unsure.push({ end: record.end, bytes: record.bytes.length });
      unsureBytes += record.bytes.length;
      while (unsure.length > 1 && unsureBytes - unsure[0]!.bytes >= REDO_BYTES) {
        const sure = unsure.shift()!;
        unsureBytes -= sure.bytes;
        spool.ack(sure.end);
      }
    }
    await peer.end();
    const last = unsure.at(-1);
    if (last !== undefined) spool.ack(last.end);
  } catch (error) {
    throw new CommandError(
      `${options.host}:${options.port}: ${(error as Error).message}; ${sent.lines} lines were written, ` +
        `the last ${unsureBytes} bytes of them stay in the spool, to be sent again`,
    );
  } finally {
    progress.end();
    peer.close();
  }
  return { ...sent, seconds: (clock.monotonicMs() - startMs) / 1000 };
}

/** Cuts a record so that a burst is a small part of a second's lines. */
function* cutPieces(
  bytes: Buffer,
  rate: number,
): Generator<{ readonly bytes: Buffer; readonly lines: number }> {
  const linesMax = rate === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(rate / BURSTS_PER_SEC));
  let start = 0;
  let lines = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, end + 1)) {
    lines += 1;
    if (lines < linesMax && end + 1 < bytes.length) continue;
    yield { bytes: bytes.subarray(start, end + 1), lines };
    start = end + 1;
    lines = 0;
  }
}

async function pace(clock: Clock, dueMs: number): Promise<void> {
  const waitMs = dueMs - clock.monotonicMs();
  if (waitMs > 0) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
}

/** A connection that is only written to. Everything rejects once it has failed. One call at a time. */
class ReplayPeer {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #error: Error | undefined;
  #isEnding = false;
  /** Ends the wait under way. */
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection is closed')));
    socket.on('end', () => {
      if (this.#isEnding) this.#wake?.();
      else this.#fail(new Error('the peer ended the connection'));
    });
    // What a peer says is not listened to, but must be read to see its end.
    socket.resume();
  }

  static async connect({ host, port }: ReplayOptions, clock: Clock): Promise<ReplayPeer> {
    const socket = connect({ host, port, noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = clock.after(CONNECT_TIMEOUT_MS, () => reject(new Error('no connection within 5 s')));
    socket.once('error', reject);
    socket.once('connect', resolve);
    try {
      await promise;
      socket.off('error', reject);
      return new ReplayPeer(socket, clock);
    } catch (error) {
      socket.on('error', () => undefined);
      socket.destroy();
      throw new CommandError(`cannot connect to ${host}:${port}: ${(error as Error).message}`);
    } finally {
      cancel();
    }
  }

  /** Writes; resolves when the kernel has the bytes. */
  async write(bytes: Buffer): Promise<void> {
    const isInTime = await this.#wait(STALL_MS, (done) => this.#socket.write(bytes, () => done()));
    if (!isInTime) throw new Error(`it takes nothing for ${STALL_MS / 1000} s`);
  }

  /** Ends in order: everything was taken when the peer ends, too, or does not complain for a while. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#wait(END_MS, () => this.#socket.end());
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Starts something and waits until it is done; false when it takes too long. */
  async #wait(limitMs: number, start: (done: () => void) => void): Promise<boolean> {
    let isInTime = true;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(limitMs, () => {
        isInTime = false;
        resolve();
      });
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#error === undefined) start(this.#wake);
      else this.#wake();
    });
    this.#wake = undefined;
    if (this.#error !== undefined) throw this.#error;
    return isInTime;
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
  }
}
