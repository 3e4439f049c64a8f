// Tells the dispatcher of lines through which input comes what comes: of a connection once, when it opens.
import type { Dispatcher, LineSink } from '../input/dispatcher.ts';
import type { TailInput } from '../telemetry/tail/tail-report.ts';
import type { CountingDispatcher } from './metered-dispatcher.ts';

/** The dispatcher behind it. */
export interface NamingDispatcher extends CountingDispatcher {
  /** Where what comes now comes from; a stream keeps what it is when it opens. */
  input: TailInput;
}

export class NamedDoor implements CountingDispatcher {
  readonly #lines: NamingDispatcher;
  readonly #input: TailInput;

  constructor(lines: NamingDispatcher, input: TailInput) {
    this.#lines = lines;
    this.#input = input;
  }

  get chunkBytesMax(): number {
    return this.#lines.chunkBytesMax;
  }

  takeArrived(): number {
    return this.#lines.takeArrived();
  }

  open(...args: Parameters<Dispatcher['open']>): LineSink {
    this.#lines.input = this.#input;
    return this.#lines.open(...args);
  }

  datagram(bytes: Uint8Array, sender: string): void {
    this.#lines.input = this.#input;
    this.#lines.datagram(bytes, sender);
  }

  reject(...args: Parameters<Dispatcher['reject']>): void {
    this.#lines.input = this.#input;
    this.#lines.reject(...args);
  }
}
