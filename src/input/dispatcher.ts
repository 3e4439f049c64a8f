// What an input knows of the rest of the relay: somewhere to hand bytes to. Inputs never see the table.

/**
 * How a sender's stream ended. Only `fin` lets a last line without newline count (crng); else it is `truncated`.
 * `refused`: what it sent cannot be read on.
 */
export type StreamEnd = 'fin' | 'reset' | 'timeout' | 'shutdown' | 'refused';

/** One sender's stream of bytes, cut anywhere. */
export interface LineSink {
  /**
   * Takes a chunk of at most `chunkBytesMax`; the bytes are copied or used up before it returns.
   * Returns false when the sender must pause (a `block` destination is full): the bytes were taken all the same,
   * and `resume` given to `open` is called once there is room. Writing on while paused is allowed, and overshoots.
   */
  write(chunk: Uint8Array): boolean;
  /** Ends the stream; call once. */
  end(how: StreamEnd): void;
}

/** Hands bytes from inputs to the engine. */
export interface Dispatcher {
  /** Largest chunk that one call may hand over, bytes. */
  readonly chunkBytesMax: number;
  /**
   * Opens a stream. `sender` (host:port) is what the bad-metrics list shows. `pause` tells a sender to stop although its
   * last write was answered with true: so much was taken beyond full queues that all must wait. It too ends in `resume`.
   * Whoever is resumed may write at once: `resume` comes between two pieces of work, never within a call of the dispatcher.
   * `close` asks the sender's connection to end as `refused`, at once, also inside `write`.
   */
  open(sender: string, resume: () => void, pause: () => void, close: () => void): LineSink;
  /** Takes one datagram: whole lines, the last newline optional. A datagram cannot wait: a full `block` queue drops it. */
  datagram(bytes: Uint8Array, sender: string): void;
  /**
   * Counts metrics that came in and are none that could be a line: received, and dropped for `reason`. The sample is read
   * before it returns; without one they are only counted.
   */
  reject(
    reason: 'invalid' | 'truncated',
    count: number,
    sample: Uint8Array | undefined,
    error: string,
    sender: string,
  ): void;
}
