// A Dispatcher for pickles in front of the one for lines: inputs hand it streams and datagrams of pickle frames, it hands
// on the same metrics as plain lines. What it decodes with is shared, since a frame is read in one go; what streams hold
// between reads is bounded together.
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import { beginsPickledList } from '../../util/pickle-frame.ts';
import type { Dispatcher, LineSink } from '../dispatcher.ts';
import { type Decoded, PickleDecoder } from './decoder.ts';
import { PickleStream } from './pickle-stream.ts';

/** All that streams hold of frames that are not whole and of lines that wait, bytes. */
export const PICKLE_HELD_BYTES_MAX = 128 * 1024 * 1024;
const WARN_EVERY_MS = 60_000;
const LENGTH_BYTES = 4;
const NEWLINE = 0x0a;

export interface PickleDispatcherOptions {
  /** Longest frame, bytes. */
  readonly frameBytesMax: number;
  readonly lineBytesMax: number;
  readonly heldBytesMax?: number;
}

export interface PickleDispatcherDependencies {
  /** Takes the lines. */
  readonly lines: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
}

export class PickleDispatcher implements Dispatcher {
  readonly chunkBytesMax: number;
  readonly #frameBytesMax: number;
  readonly #heldBytesMax: number;
  readonly #lines: Dispatcher;
  readonly #decoder: PickleDecoder;
  readonly #warnings: LogLimiter;
  #heldBytes = 0;

  constructor(options: PickleDispatcherOptions, dependencies: PickleDispatcherDependencies) {
    this.chunkBytesMax = dependencies.lines.chunkBytesMax;
    this.#frameBytesMax = options.frameBytesMax;
    this.#heldBytesMax = options.heldBytesMax ?? PICKLE_HELD_BYTES_MAX;
    this.#lines = dependencies.lines;
    this.#decoder = new PickleDecoder({ ...options, sharedBytes: this.chunkBytesMax });
    this.#warnings = new LogLimiter({}, dependencies);
  }

  /** What all streams hold now, bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  open(sender: string, resume: () => void, pause: () => void, close: () => void): LineSink {
    const stream = new PickleStream({
      frameBytesMax: this.#frameBytesMax,
      chunkBytesMax: this.chunkBytesMax,
      decode: (frame) => this.#decoder.decode(frame),
      hasRoom: (bytes) => this.#heldBytes + bytes <= this.#heldBytesMax,
      hold: (bytes) => void (this.#heldBytes += bytes),
      reject: (reason, count, sample, error) => this.#lines.reject(reason, count, sample, error, sender),
      resume,
      pause,
      close: (why) => {
        this.#warn(`pickle from ${sender}: ${why}; its connection is closed`);
        close();
      },
    });
    stream.attach(
      this.#lines.open(
        sender,
        () => stream.resume(),
        () => stream.pause(),
        close,
      ),
    );
    return {
      write: (chunk) => stream.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)),
      end: (how) => stream.end(how),
    };
  }

  /** Takes a datagram: whole frames, of which each is taken or refused by itself. */
  datagram(bytes: Uint8Array, sender: string): void {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < all.length; ) {
      const start = at + LENGTH_BYTES;
      const end = start <= all.length ? start + all.readUInt32BE(at) : Number.POSITIVE_INFINITY;
      if (end > all.length) {
        this.#lines.reject('truncated', 1, all.subarray(at), 'truncated', sender);
        return;
      }
      this.#takeFrame(all.subarray(start, end), sender);
      at = end;
    }
  }

  reject(...args: Parameters<Dispatcher['reject']>): void {
    this.#lines.reject(...args);
  }

  #takeFrame(frame: Buffer, sender: string): void {
    const decoded: Decoded = beginsPickledList(frame)
      ? this.#decoder.decode(frame)
      : { ok: false, fault: 'invalid payload prefix: it is not a pickled list' };
    if (!decoded.ok) {
      this.#warn(`pickle from ${sender}: ${decoded.fault}`);
      this.#lines.reject('invalid', 1, frame, `pickle: ${decoded.fault}`, sender);
      return;
    }
    const { lines, bad, badCount } = decoded;
    for (const { text, error } of bad) this.#lines.reject('invalid', 1, Buffer.from(text), error, sender);
    if (badCount > bad.length) this.#lines.reject('invalid', badCount - bad.length, undefined, '', sender);
    for (let at = 0; at < lines.length; ) {
      const whole = lines.length - at <= this.chunkBytesMax;
      const end = whole ? lines.length : lines.lastIndexOf(NEWLINE, at + this.chunkBytesMax - 1) + 1;
      this.#lines.datagram(lines.subarray(at, end), sender);
      at = end;
    }
  }

  #warn(message: string): void {
    this.#warnings.limited('refused', WARN_EVERY_MS).warn(message);
  }
}
