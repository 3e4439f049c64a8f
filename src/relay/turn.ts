// The turn of the event loop: work that waits for its reads to be done, and the nap after it.
//
// A trickle of tiny packets costs one wake-up, one read and one write each: at 3,000 packets a second that is nearly all
// a relay does. So after a turn that brought little, the loop naps: it blocks for up to `napMsMax`, the packets of that
// time gather in the kernel, and the next turn takes them with one read per connection and one write per destination.
// The first packet after a pause is never delayed, and the nap shortens as the traffic grows, until there is none:
// it aims at TARGET_BYTES a turn. Blocking the loop costs the same whatever the connections are; to pause the sockets
// costs as much with a hundred of them and more with more (bench/micro/pause-sockets.ts). Nothing else on this loop minds a few
// milliseconds.
//
// A turn must not last either: when keys are new (a start, a change of the table) its lines cost some thirty times what
// they cost else (bench/scaling.ts, rules), and the loop would read on and on, send nothing and answer nobody for seconds. `isLong` says when to stop.
import type { Clock } from '../util/clock.ts';

/** Bytes that a turn should bring; a nap is no longer than it takes for so much to arrive. */
const TARGET_BYTES = 8 * 1024;
/** Naps shorter than this are not worth the system call, ms. */
const NAP_MS_MIN = 0.2;
/** Longest that a turn may read, ms, and what each connection adds, since to pause them all costs time too. */
const READ_MS_MAX = 20;
const READ_MS_PER_CONNECTION = 0.01;
/** The clock is read once in so many bytes. */
const READ_CHECK_BYTES = 16 * 1024;
/** Weight of the newest turn in the moving average of the rate. */
const RATE_WEIGHT = 0.2;

export interface TurnOptions {
  /** Longest nap, ms; 0: never nap. */
  readonly napMsMax: number;
}

/** What a Turn needs of the world. */
export interface TurnDependencies {
  readonly clock: Clock;
  /** Blocks the thread, ms. */
  readonly nap: (ms: number) => void;
  /** Runs a function when the reads of this turn are done. */
  readonly soon: (fn: () => void) => void;
  /** Runs a function when what the running one has set off is done (completions of its writes), before any other event. */
  readonly settled: (fn: () => void) => void;
}

/** Blocks the calling thread by waiting on a word nobody changes. */
export function makeNap(): (ms: number) => void {
  const word = new Int32Array(new SharedArrayBuffer(4));
  return (ms) => {
    Atomics.wait(word, 0, 0, ms);
  };
}

export class Turn {
  #napMsMax: number;
  readonly #clock: Clock;
  readonly #nap: (ms: number) => void;
  readonly #soon: (fn: () => void) => void;
  readonly #settled: (fn: () => void) => void;
  readonly #run = () => this.#end();
  readonly #maybeNap = () => this.#napIfTrickle();
  #due: (() => void)[] = [];
  #spare: (() => void)[] = [];
  #scheduled = false;
  #bytes = 0;
  #startMs = 0;
  #bytesToCheck = 0;
  #lastEndMs = 0;
  #bytesPerMs = 0;
  /** Naps taken, and the time they took, ms. */
  naps = 0;
  nappedMs = 0;

  constructor(options: TurnOptions, dependencies: TurnDependencies) {
    this.#napMsMax = options.napMsMax;
    this.#clock = dependencies.clock;
    this.#nap = dependencies.nap;
    this.#soon = dependencies.soon;
    this.#settled = dependencies.settled;
  }

  /** Runs `fn` when this turn's reads are done. */
  after(fn: () => void): void {
    this.#due.push(fn);
    this.#schedule();
  }

  /** Notes that input arrived in this turn. */
  noteInput(bytes: number): void {
    this.#bytes += bytes;
    this.#schedule();
  }

  /** Says whether this turn has read for so long that it should end; asked after each read. */
  isLong(connections: number): boolean {
    if (this.#bytes < this.#bytesToCheck) return false;
    this.#bytesToCheck = this.#bytes + READ_CHECK_BYTES;
    return this.#clock.monotonicMs() - this.#startMs > READ_MS_MAX + connections * READ_MS_PER_CONNECTION;
  }

  /** Notes that a sender connected: one connection is accepted a turn, so a nap would hold a crowd of them up. */
  noteConnection(): void {
    this.noteQueue();
    this.#schedule();
  }

  /** Notes that others wait for what happens once a turn: there is no nap after this one. */
  noteQueue(): void {
    this.#bytes = Number.POSITIVE_INFINITY;
  }

  /** Shortens the longest nap, for an input whose kernel buffer is small. */
  limitNap(ms: number): void {
    this.#napMsMax = Math.min(this.#napMsMax, ms);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#startMs = this.#clock.monotonicMs();
    this.#bytesToCheck = READ_CHECK_BYTES;
    this.#soon(this.#run);
  }

  #end(): void {
    this.#scheduled = false;
    const due = this.#due;
    this.#due = this.#spare;
    for (const fn of due) fn();
    due.length = 0;
    this.#spare = due;
    if (this.#napMsMax > 0 && this.#bytes > 0) this.#settled(this.#maybeNap);
    else this.#bytes = 0;
  }

  #napIfTrickle(): void {
    const now = this.#clock.monotonicMs();
    const sinceMs = now - this.#lastEndMs;
    this.#lastEndMs = now;
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes === Number.POSITIVE_INFINITY) return;
    // After a pause longer than a nap this was lone input: nothing to gather.
    if (sinceMs > this.#napMsMax * 2) {
      this.#bytesPerMs = 0;
      return;
    }
    this.#bytesPerMs += (bytes / Math.max(sinceMs, 0.05) - this.#bytesPerMs) * RATE_WEIGHT;
    const ms = Math.min(this.#napMsMax, TARGET_BYTES / this.#bytesPerMs);
    if (ms < NAP_MS_MIN) return;
    this.#nap(ms);
    this.naps += 1;
    this.nappedMs += ms;
  }
}
