// What a destination needs of the thing that carries its bytes away: TCP and files now, others (UDP, pickle, Kafka) by the
// same contract. One `send` at a time; exactly one of `sent` and `offline` answers it. Nothing here throws.

/** `connecting` covers name look-up and opening a file. */
export type SenderState = 'offline' | 'connecting' | 'online' | 'draining' | 'stopped';

/** What a sender tells its destination. Never called from inside a call to the sender. */
export interface SenderEvents {
  /** Ready for the first `send`. */
  online(): void;
  /** The bytes of the last `send` are the kernel's, the disk's or the far side's. */
  sent(): void;
  /** No longer ready. A `send` under way did not complete and never will; its bytes are no longer read. */
  offline(): void;
  /** All ways to connect were tried in vain; the next attempt follows after a pause. */
  failed?(): void;
  /** No longer ready, for a moment: the far side has confirmed all that was sent, and a new connection is made. */
  renewed(): void;
  /** The answer to `end`: the far side has confirmed the end. */
  ended(): void;
}

/** Counters for metrics; the sender writes them. */
export interface SenderStats {
  connectAttempts: number;
  connects: number;
  lastError: string;
}

export interface Sender {
  readonly state: SenderState;
  readonly stats: SenderStats;
  /** True when what was sent can still be lost with the connection, so that a redo window makes sense. */
  readonly needsRedo: boolean;
  /** False when a `send` under way cannot be called off by `stop` (a write in the thread pool). */
  readonly recalls: boolean;
  /** Starts to connect, and from then on never gives up. */
  start(): void;
  /** Sends bytes; only when online and none are under way. They must stay untouched until the answer. */
  send(bytes: Buffer): void;
  /** Bytes of the `send` under way, of `size`, that are certainly taken: they arrive whatever we do next. */
  taken(size: number): number;
  /**
   * Counts the lines with an index from `from` to below `to` of the last `send` that this sender cannot send at all, and
   * has left out; asked when it is done or called off. Absent: it sends every line.
   */
  refusedWithin?(from: number, to: number): number;
  /** Ends in order: no `send` follows or is under way; answered by `ended`, or by `offline` when it breaks. */
  end(): void;
  /** Makes the pause before the next attempt the shortest; only right after `offline`. */
  hurry(): void;
  /** Ends now; no event follows. */
  stop(): void;
}
