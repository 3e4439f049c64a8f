// Sends lines as pickle over a connection: what it is handed and what it says of itself is in lines, what the connection
// carries is frames. Queue, redo, cursor and disk hold plain lines and know nothing of it; a connection that broke is
// resumed at the border of a message, since each `send` begins one.
//
// Lines that cannot be pickled are not sent. They are part of their `send` all the same, and `refusedWithin` tells which,
// so that they are booked by name and not as written.
import type { Sender, SenderEvents, SenderState, SenderStats } from '../sender/sender.ts';
import { PickleEncoder, type Unencodable } from './pickle-encoder.ts';

export interface PickleSenderDependencies {
  /** Makes the connection that carries the frames. */
  readonly makeConnection: (events: SenderEvents) => Sender;
  /** Hears of a line that cannot be pickled; its bytes are valid during the call. */
  readonly refused: (line: Unencodable) => void;
}

export class PickleSender implements Sender {
  readonly recalls = true;
  readonly #connection: Sender;
  readonly #encoder = new PickleEncoder();
  readonly #refused: (line: Unencodable) => void;
  #frameBytes = 0;
  #plainBytes = 0;

  constructor(dependencies: PickleSenderDependencies, events: SenderEvents) {
    this.#connection = dependencies.makeConnection(events);
    this.#refused = dependencies.refused;
  }

  get state(): SenderState {
    return this.#connection.state;
  }

  get stats(): SenderStats {
    return this.#connection.stats;
  }

  get needsRedo(): boolean {
    return this.#connection.needsRedo;
  }

  start(): void {
    this.#connection.start();
  }

  send(bytes: Buffer): void {
    const frames = this.#encoder.encode(bytes);
    this.#frameBytes = frames.length;
    this.#plainBytes = bytes.length;
    for (const line of this.#encoder.unencodable) this.#refused(line);
    this.#connection.send(frames);
  }

  taken(size: number): number {
    const taken = this.#connection.taken(this.#frameBytes);
    // Lines behind the last frame were all left out, and so wait for nothing.
    if (taken === this.#frameBytes) return Math.min(size, this.#plainBytes);
    return Math.min(size, this.#encoder.plainBytesWithin(taken));
  }

  refusedWithin(from: number, to: number): number {
    let count = 0;
    for (const { index } of this.#encoder.unencodable) if (index >= from && index < to) count += 1;
    return count;
  }

  end(): void {
    this.#connection.end();
  }

  hurry(): void {
    this.#connection.hurry();
  }

  stop(): void {
    this.#connection.stop();
  }
}
