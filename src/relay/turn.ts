// The turn of the event loop: work that waits for its reads to be done, and the nap after it.
//
// A packet costs one wake-up, one read and one write. Under a flow of tiny packets these are nearly all that a relay does,
// and packets that gather in the kernel share them: so after a turn the loop may nap, that is, block. Blocking the loop costs the
// same whatever the connections are; to pause the sockets costs as much with a hundred of them and more with more
// (bench/micro/pause-sockets.ts). Nothing else on this loop minds a few milliseconds. What a nap costs is delay (its own, and what
// the timer is late on a busy machine), and a cold start: what it wakes up to has left the caches. CPU seconds per 1 M lines and
// p99 in ms, each row of one run of bench/e2e.ts with the constants below changed (2 cores, nothing lost; the last row is of
// medians of five rounds, but for its first cell, a single one):
//
//     lines/s                 no nap       0.6 ms     1.6 ms     3 ms        4 ms       haproxy
//     notes, 3,600 in mean    23.6  2.7    -          -          -           20.9  9.0  13.1  3.5
//     10,000, one a packet    35.0  2.0    -          14.3  3.6  10.3  14.2  8.7   6.9  17.7  0.9
//     100,000, five a packet   4.5  2.1    2.0  2.0   -          -           -           3.0  0.6
//
// Below 8,000 lines/s naps of 2 ms save nothing, and those of 3 ms a fifth for a p99 of 8.8 ms instead of 7.0 (docs/tuning.md, What
// a trickle costs).
//
// Hence the rule: nap as long as NAP_BYTES take to arrive at the rate of the last milliseconds, but
//   - not at all where that takes longer than `napMsMax`: a trickle, and what follows a pause, is never delayed;
//   - no shorter than NAP_MS_MIN: at such rates a longer nap gathers more and is hardly felt;
//   - not at all from BUSY_BYTES_PER_MS on: there turns bring enough by themselves.
//
// A turn must not last either: when keys are new (a start, a change of the table) its lines cost some thirty times what
// they cost else (bench/scaling.ts, rules), and the loop would read on and on, send nothing and answer nobody for seconds. `isLong` says when to stop.
import type { Clock } from '../util/clock.ts';

/** Bytes that a nap is to bring: about fifteen lines. */
const NAP_BYTES = 1024;
/** Shortest nap, ms: with less a turn brings little and costs as much. */
const NAP_MS_MIN = 0.6;
/** From this rate on turns bring enough by themselves, bytes a millisecond. */
const BUSY_BYTES_PER_MS = 40 * 1024;
/** Time over which the rate is taken, ms: what arrived so long ago weighs 1/e. */
const RATE_SPAN_MS = 8;
/** Longest that a turn may read, ms, and what each connection adds, since to pause them all costs time too. */
const READ_MS_MAX = 20;
const READ_MS_PER_CONNECTION = 0.01;
/** The clock is read once in so many bytes. */
const READ_CHECK_BYTES = 16 * 1024;

export interface TurnOptions {
  /** Longest nap, ms: where it takes longer for enough to arrive, there is none. 0: never nap. */
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
  readonly #napNow = () => this.#takeNap();
  #due: (() => void)[] = [];
  #spare: (() => void)[] = [];
  #scheduled = false;
  #bytes = 0;
  #startMs = 0;
  #bytesToCheck = 0;
  #lastEndMs = 0;
  /** Bytes of the recent past, each weighing less the older it is; RATE_SPAN_MS times the rate. */
  #recentBytes = 0;
  /** The nap that follows this turn. */
  #napMs = 0;
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
    this.#napMs = this.#chooseNapMs();
    if (this.#napMs > 0) this.#settled(this.#napNow);
  }

  /** Ends the account of this turn; returns how long to nap after it, ms, 0 for no nap. */
  #chooseNapMs(): number {
    const bytes = this.#bytes;
    this.#endAccount();
    if (bytes === 0 || this.#napMsMax === 0) return 0;
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#lastEndMs;
    this.#lastEndMs = nowMs;
    if (bytes === Number.POSITIVE_INFINITY) return 0;
    this.#recentBytes = this.#recentBytes * Math.exp(-sinceMs / RATE_SPAN_MS) + bytes;
    const bytesPerMs = this.#recentBytes / RATE_SPAN_MS;
    const ms = NAP_BYTES / bytesPerMs;
    return ms > this.#napMsMax || bytesPerMs > BUSY_BYTES_PER_MS ? 0 : Math.max(NAP_MS_MIN, ms);
  }

  /** Counts the bytes of the next turn from 0, which may have begun within the end of this one. */
  #endAccount(): void {
    this.#bytes = 0;
    this.#bytesToCheck = READ_CHECK_BYTES;
  }

  #takeNap(): void {
    // Somebody may have begun to wait since.
    if (this.#bytes === Number.POSITIVE_INFINITY) {
      this.#endAccount();
      return;
    }
    this.#nap(this.#napMs);
    this.naps += 1;
    this.nappedMs += this.#napMs;
  }
}
