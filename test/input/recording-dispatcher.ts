// A Dispatcher that keeps what it is given, and can say that it is full.
import type { Dispatcher, LineSink, StreamEnd } from '../../src/input/dispatcher.ts';

/** What one sender's stream brought. */
export interface RecordedStream {
  readonly sender: string;
  readonly resume: () => void;
  readonly pause: () => void;
  readonly close: () => void;
  chunks: Buffer[];
  sizeBytes: number;
  /** Each end that was told; more than one is a fault. */
  readonly ends: StreamEnd[];
  /** What `write` returns. */
  room: boolean;
  /** Runs inside `write`, before it returns. */
  onWrite: (() => void) | undefined;
}

/** Keeps streams and datagrams; copies every chunk, as the contract demands. */
export class RecordingDispatcher implements Dispatcher {
  readonly chunkBytesMax = 256 * 1024;
  readonly streams: RecordedStream[] = [];
  readonly datagrams: { bytes: Buffer; sender: string }[] = [];
  /** One text for each call of `reject`. */
  readonly rejects: string[] = [];
  rejected = 0;
  /** False: only sizes are kept. */
  keep = true;
  room = true;
  pauseAtOpen = false;

  open(sender: string, resume: () => void, pause: () => void, close: () => void): LineSink {
    const stream: RecordedStream = {
      sender,
      resume,
      pause,
      close,
      chunks: [],
      sizeBytes: 0,
      ends: [],
      room: this.room,
      onWrite: undefined,
    };
    this.streams.push(stream);
    if (this.pauseAtOpen) pause();
    return {
      write: (chunk) => {
        if (chunk.length === 0 || chunk.length > this.chunkBytesMax)
          throw new Error(`chunk of ${chunk.length}`);
        if (stream.ends.length > 0) throw new Error('write after end');
        if (this.keep) stream.chunks.push(Buffer.from(chunk));
        stream.sizeBytes += chunk.length;
        stream.onWrite?.();
        return stream.room;
      },
      end: (how) => void stream.ends.push(how),
    };
  }

  datagram(bytes: Uint8Array, sender: string): void {
    this.datagrams.push({ bytes: Buffer.from(bytes), sender });
  }

  reject(...[reason, count, sample, error, sender]: Parameters<Dispatcher['reject']>): void {
    this.rejected += count;
    const text = sample === undefined ? '' : `: ${Buffer.from(sample).toString('latin1')}`;
    this.rejects.push(`${sender} ${reason} ${count} ${error}${text}`);
  }

  /** The only stream; throws when there is not exactly one. */
  get only(): RecordedStream {
    const [stream] = this.streams;
    if (stream === undefined || this.streams.length > 1) throw new Error(`${this.streams.length} streams`);
    return stream;
  }

  /** All bytes of all streams, in order of arrival of the streams. */
  get text(): string {
    return this.streams.map((stream) => Buffer.concat(stream.chunks).toString('latin1')).join('');
  }
}

/** The bytes of a stream in one piece. */
export function bytesOf(stream: RecordedStream): Buffer {
  return Buffer.concat(stream.chunks);
}
