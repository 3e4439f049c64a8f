// The door of one listener to the dispatcher of lines: tells a meter what comes in through it, once a read.
import type { Dispatcher, LineSink } from '../input/dispatcher.ts';
import type { NoteRead } from '../telemetry/traffic/traffic.ts';
import type { ReadClock } from './read-clock.ts';

/** The dispatcher behind it. */
export interface CountingDispatcher extends Dispatcher {
  /** Takes the number of lines that arrived since it was last asked. */
  takeArrived(): number;
}

/** Meters of what comes by connections and by datagrams. */
export interface DoorMeters {
  readonly stream: NoteRead;
  readonly datagram: NoteRead;
}

export class MeteredDispatcher implements Dispatcher {
  readonly #lines: CountingDispatcher;
  readonly #meters: DoorMeters;
  readonly #time: Pick<ReadClock, 'begin' | 'end'>;

  constructor(lines: CountingDispatcher, meters: DoorMeters, time: Pick<ReadClock, 'begin' | 'end'>) {
    this.#lines = lines;
    this.#meters = meters;
    this.#time = time;
  }

  get chunkBytesMax(): number {
    return this.#lines.chunkBytesMax;
  }

  open(...args: Parameters<Dispatcher['open']>): LineSink {
    const lines = this.#lines;
    const { stream } = this.#meters;
    const time = this.#time;
    const sink = lines.open(...args);
    return {
      write: (chunk) => {
        time.begin();
        const goesOn = sink.write(chunk);
        stream(lines.takeArrived(), chunk.length);
        time.end();
        return goesOn;
      },
      end: (how) => {
        sink.end(how);
        const last = lines.takeArrived();
        if (last > 0) stream(last, 0);
      },
    };
  }

  datagram(bytes: Uint8Array, sender: string): void {
    this.#time.begin();
    this.#lines.datagram(bytes, sender);
    this.#meters.datagram(this.#lines.takeArrived(), bytes.length);
    this.#time.end();
  }

  reject(...args: Parameters<Dispatcher['reject']>): void {
    this.#lines.reject(...args);
    this.#meters.stream(this.#lines.takeArrived(), 0);
  }
}
