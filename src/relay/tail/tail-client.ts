// One client of the live look: what it wants, how much of it it may get, and what waits until it reads.
// It never waits for its reader: what finds no room is counted as left out.
import type { DropReason } from '../../telemetry/drop-reason.ts';
import {
  ANY_REASON,
  type TailEvent,
  type TailInput,
  type TailLine,
  type TailReason,
  type TailStatus,
  type TailWatch,
} from '../../telemetry/tail/tail-report.ts';
import type { MatchKey } from './compile-match.ts';

/** What waits for one client: lines, and characters of them. */
export const WAITING_LINES_MAX = 1000;
export const WAITING_CHARS_MAX = 256 * 1024;

/** What a client wants; all that is set must hold. */
export interface TailFilter {
  readonly match: MatchKey | undefined;
  readonly route: string | undefined;
  readonly reason: TailReason | typeof ANY_REASON | undefined;
  readonly input: TailInput | undefined;
  readonly ratePerSec: number;
}

export interface TailClientOptions {
  readonly filter: TailFilter;
  /** Its bit in the marks of series. */
  readonly bit: number;
  readonly nowMs: number;
  /** Lines that had come by when it came. */
  readonly linesBefore: number;
  /** The client has gone. */
  readonly stopped: () => void;
}

export class TailClient implements TailWatch {
  readonly filter: TailFilter;
  readonly bit: number;
  readonly sinceMs: number;
  readonly linesBefore: number;
  looked = 0;
  #matched = 0;
  #shown = 0;
  #leftOut = 0;
  readonly #stopped: () => void;
  /** Lines that may be shown now; at most as many as in a second. */
  #left: number;
  #leftMs: number;
  #waiting: TailEvent[] = [];
  #waitingLines = 0;
  #waitingChars = 0;
  #status: TailStatus | undefined;
  #isOver = false;
  #reader: ((events: readonly TailEvent[] | undefined) => void) | undefined;

  constructor({ filter, bit, nowMs, linesBefore, stopped }: TailClientOptions) {
    this.filter = filter;
    this.bit = bit;
    this.sinceMs = nowMs;
    this.linesBefore = linesBefore;
    this.#stopped = stopped;
    this.#left = filter.ratePerSec;
    this.#leftMs = nowMs;
  }

  /** True while it may be shown another line. */
  get mayShow(): boolean {
    return this.#left >= 1;
  }

  /** Takes note of the time, by which it may be shown more; tells whether it may be shown a line of that input. */
  isOpen(input: TailInput | undefined, nowMs: number): boolean {
    const { ratePerSec, input: wanted } = this.filter;
    this.#left = Math.min(ratePerSec, this.#left + ((nowMs - this.#leftMs) * ratePerSec) / 1000);
    this.#leftMs = nowMs;
    return this.mayShow && (wanted === undefined || wanted === input);
  }

  /** Tells whether it wants lines that are dropped for a reason. */
  wantsReason(reason: DropReason): boolean {
    const { reason: wanted } = this.filter;
    return wanted === undefined || wanted === ANY_REASON || wanted === reason;
  }

  /** Shows a line that it wants, or counts it as left out. */
  show(line: TailLine): void {
    this.#matched += 1;
    this.#left -= 1;
    const chars = line.line.length + (line.as?.length ?? 0) + (line.error?.length ?? 0);
    if (this.#waitingLines >= WAITING_LINES_MAX || this.#waitingChars + chars > WAITING_CHARS_MAX) {
      this.#leftOut += 1;
      return;
    }
    this.#shown += 1;
    this.#waitingLines += 1;
    this.#waitingChars += chars;
    this.#waiting.push({ event: 'line', data: line });
  }

  /** Tells it something besides lines. */
  tell(event: TailEvent): void {
    this.#waiting.push(event);
  }

  /** Has figures ready for it; older ones that it did not read are forgotten. */
  report(lines: number, nowMs: number): void {
    this.#status = {
      seconds: Math.round(nowMs - this.sinceMs) / 1000,
      lines,
      looked: this.looked,
      matched: this.#matched,
      shown: this.#shown,
      leftOut: this.#leftOut,
    };
  }

  /** Hands over what waits, if somebody waits for it. */
  flush(): void {
    if (this.#reader === undefined) return;
    const events = this.#take();
    if (events.length === 0 && !this.#isOver) return;
    const reader = this.#reader;
    this.#reader = undefined;
    reader(events.length === 0 ? undefined : events);
  }

  /** Tells why it is over; what waits can still be read. */
  end(text: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting.push({ event: 'end', data: { text } });
    this.flush();
  }

  next(): Promise<readonly TailEvent[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<readonly TailEvent[] | undefined>();
    this.#reader = resolve;
    // Else what comes within a tick goes together.
    if (this.#isOver || this.#waitingLines === 0) this.flush();
    return promise;
  }

  stop(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#status = undefined;
    this.#stopped();
    this.flush();
  }

  #take(): TailEvent[] {
    const events = this.#waiting;
    if (this.#status !== undefined) {
      const status = { event: 'status', data: this.#status } as const;
      // The end comes last.
      events.splice(events.at(-1)?.event === 'end' ? events.length - 1 : events.length, 0, status);
    }
    this.#waiting = [];
    this.#waitingLines = 0;
    this.#waitingChars = 0;
    this.#status = undefined;
    return events;
  }
}
