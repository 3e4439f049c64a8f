// Sends the lines on disk again, record by record, and tells the disk what it may forget.
//
//   spool ──read──▶ one record ──piece──▶ write under way ──sent──▶ unacknowledged ──out of the redo window──▶ ack
//     ▲                                                                  │
//     └──────────────── rewind, when the connection breaks ◀─────────────┘
//
// Lines are booked as written when the kernel takes them, and stay on disk until a break could no longer lose them; what
// is read again after a break is booked as resent. A record in memory is one at a time, and none while the peer is away.
import { assert } from '../../util/assert.ts';
import { countLines, prefixWithin } from '../cut-lines.ts';
import type { CutLines } from '../redo-window.ts';
import type { ReplayPace } from './replay-pace.ts';
import type { ReplayProgress } from './replay-progress.ts';
import type { SpoolBooks } from './spool-books.ts';
import { ReplayMark } from './replay-mark.ts';
import type { Spool, SpoolPosition, SpoolRecord } from '../spool/spool.ts';

export interface ReplayOptions {
  /** Most bytes of one write; a longer line is written alone. */
  readonly writeBytesMax: number;
  /** What a broken connection can lose; 0: nothing. */
  readonly redoBytes: number;
  readonly redoAgeMs: number;
}

export interface ReplayDependencies {
  readonly spool: Spool;
  readonly books: SpoolBooks;
  readonly pace: ReplayPace;
  /** False: what is on disk is so little that it may leave at once. Asked for each record that comes from there. */
  readonly isPaced: () => boolean;
  readonly progress: ReplayProgress;
  /** Asks for another `take` at some time; `undefined`: as soon as possible. */
  readonly again: (afterMs?: number) => void;
  /** The disk said that there is nothing to read. */
  readonly exhausted: () => void;
}

/** A moment of the connection: time on a clock that stands still while the peer does not read, and bytes written so far. */
export interface StreamPoint {
  readonly agedMs: number;
  readonly bytes: number;
}

interface SentRecord {
  readonly end: SpoolPosition;
  readonly lines: number;
  readonly at: StreamPoint;
}

export class Replay {
  readonly #options: ReplayOptions;
  readonly #deps: ReplayDependencies;
  #record: SpoolRecord | undefined;
  #isPaced = true;
  #keepsUp = false;
  /** Bytes and lines of the record that were sent. */
  #sentBytes = 0;
  #sentLines = 0;
  #flightBytes = 0;
  #flightLines = 0;
  #unacked: SentRecord[] = [];
  #reading = false;
  #exhausted = false;
  /** There was news while a read was under way that may not know of it. */
  #news = false;
  #rewindDue = false;
  #stopped = false;
  #purging = false;
  /** The disk has forgotten the record that is being sent. */
  #forgotten = false;
  /** True when every record that was read has been written as a whole, so that nobody needs its bytes. */
  #done = false;
  /** What the peer has survived, and lines that are not sent again. */
  readonly #mark = new ReplayMark();
  /** While held the disk forgets nothing. */
  #held = false;

  constructor(options: ReplayOptions, dependencies: ReplayDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get inFlight(): boolean {
    return this.#flightBytes > 0;
  }

  /** True while a read is under way. */
  get isReading(): boolean {
    return this.#reading || this.#purging;
  }

  get flightBytes(): number {
    return this.#flightBytes;
  }

  get flightLines(): number {
    return this.#flightLines;
  }

  /** True when part of a record was sent and the rest was not. */
  get inRecord(): boolean {
    return this.#sentBytes > 0;
  }

  /** True when lines were sent that a break would bring back. */
  get hasUnacked(): boolean {
    return this.#unacked.length > 0;
  }

  /** True when the record that is being sent leaves at the pace of a backlog. */
  get isPaced(): boolean {
    return this.#isPaced;
  }

  /** True when the last read found a record in memory, or nothing. */
  get keepsUp(): boolean {
    return this.#keepsUp;
  }

  /** True when all that was on disk has been sent. */
  get isExhausted(): boolean {
    return this.#exhausted && this.#record === undefined;
  }

  /** There may be more to read. */
  refill(): void {
    this.#exhausted = false;
    this.#news = true;
    this.#deps.again();
  }

  /**
   * Takes the next write, whole lines, which `cut` may shorten; undefined when there is none now, and `again` says when
   * to ask, or when `cut` says so.
   */
  take(nowMs: number, cut?: CutLines): Buffer | undefined {
    assert(!this.inFlight, 'a second piece was taken');
    const record = this.#purging ? undefined : this.#record;
    if (record === undefined) {
      this.#read();
      return undefined;
    }
    const wanted = record.lines - this.#sentLines;
    const linesMax = this.#isPaced ? this.#deps.pace.allowance(nowMs, wanted) : wanted;
    if (linesMax === 0) {
      this.#deps.again(this.#deps.pace.waitMs(nowMs, wanted));
      return undefined;
    }
    const rest = record.bytes.subarray(this.#sentBytes);
    this.#cut(rest, wanted, linesMax);
    if (cut !== undefined) {
      const part = cut(rest.subarray(0, this.#flightBytes), this.#flightLines);
      this.#flightBytes = part.size;
      this.#flightLines = part.lines;
    }
    return this.#flightBytes === 0 ? undefined : rest.subarray(0, this.#flightBytes);
  }

  /** The piece was written. */
  sent(at: StreamPoint): number {
    const record = this.#record;
    assert(record !== undefined && this.inFlight, 'a piece completed that was not under way');
    const lines = this.#flightLines;
    this.#settle(this.#flightBytes, lines);
    if (record.release === undefined) this.#deps.progress.sent(lines);
    if (this.#sentBytes === record.bytes.length) {
      if (!this.#forgotten) this.#unacked.push({ end: record.end, lines: record.lines, at });
      this.#drop();
      this.#done = true;
      this.#read();
    }
    this.trim(at);
    return lines;
  }

  /** The connection broke: what may be lost is read again. */
  broke(at: StreamPoint): void {
    this.trim(at);
    this.#flightBytes = 0;
    if (this.#forgotten && this.#record !== undefined) {
      this.#deps.books.lost(this.#record.lines - this.#sentLines, 'purged');
      this.#drop();
    }
    let lines = this.#sentLines;
    for (const sent of this.#unacked) lines += sent.lines;
    this.#deps.books.rewound(lines);
    this.#rewindDue ||= this.#unacked.length > 0 || this.#record !== undefined || this.#reading;
    this.#unacked = [];
    this.#drop();
    this.#rewind();
  }

  /** Lets the disk forget what a break cannot bring back. */
  trim(at: StreamPoint): void {
    if (this.#held) return;
    const { redoBytes, redoAgeMs } = this.#options;
    let end: SpoolPosition | undefined;
    for (let first = this.#unacked[0]; first !== undefined; first = this.#unacked[0]) {
      if (at.agedMs - first.at.agedMs < redoAgeMs && at.bytes - first.at.bytes < redoBytes) break;
      end = first.end;
      this.#unacked.shift();
    }
    if (end !== undefined) this.#ack(end);
  }

  /** Lets the disk forget all that was sent: it arrives, or has arrived. Part of a record is not all of it. */
  ackAll(): void {
    const last = this.#unacked.pop();
    this.#unacked = [];
    if (last !== undefined) this.#ack(last.end);
  }

  /** While held nothing is acknowledged; the mark goes with the end of it. */
  hold(on: boolean): void {
    this.#held = on;
    this.#mark.clear();
  }

  /** Puts the mark behind all that was sent; no write may be under way. */
  mark(): void {
    this.#mark.put(this.#record, this.#sentLines, this.#unacked.at(-1)?.end);
  }

  /** Takes the mark away. */
  unmark(): void {
    this.#mark.clear();
  }

  /** From the next read after a break on, what is before the mark is passed over. */
  skip(): void {
    this.#mark.skip();
  }

  /** Takes the line behind the mark out for good, if it is still there when it is read; follows `skip`. */
  reject(line: Buffer, taken: (wasWritten: boolean) => void): void {
    this.#mark.reject(line, taken);
  }

  /**
   * Ends the write under way, of which `bytes` were taken: whole lines in them count as written. `recalls`: false when it
   * goes on all the same; its memory is then not given back.
   */
  callOff(bytes: number, recalls: boolean): void {
    if (this.inFlight && !recalls && this.#record !== undefined)
      this.#record = { ...this.#record, release: undefined };
    if (this.inFlight && this.#record !== undefined) {
      const start = this.#sentBytes;
      const lines = countLines(this.#record.bytes, start, start + bytes);
      const size = lines === 0 ? 0 : this.#record.bytes.lastIndexOf(10, start + bytes - 1) + 1 - start;
      this.#settle(size, lines);
    }
    this.#flightBytes = 0;
  }

  /** Takes the record that was sent in part: what is left of it, and where it ends on disk. */
  takeRest(): SpoolRecord | undefined {
    const record = this.#record;
    if (record === undefined || this.#sentBytes === 0) return undefined;
    const rest = {
      bytes: record.bytes.subarray(this.#sentBytes),
      lines: record.lines - this.#sentLines,
      firstMs: record.firstMs,
      end: record.end,
    };
    this.#drop();
    return rest;
  }

  /**
   * Reads all that is on disk and was not sent, and gives it up as `purged`; what comes to disk meanwhile may stay. A
   * record of which a write is under way is still sent, but the disk forgets it. No read may be under way. Returns how
   * many lines went.
   */
  async purge(): Promise<number> {
    const { spool, books } = this.#deps;
    this.#purging = true;
    let purged = 0;
    let record: SpoolRecord | undefined = this.inFlight ? undefined : (this.takeRest() ?? this.#takeUnsent());
    while (!this.#stopped) {
      record ??= await spool.read();
      if (record === undefined) break;
      purged += books.lost(record.lines, 'purged');
      this.#unacked = [];
      this.#forgotten = this.inFlight;
      record.release?.();
      spool.ack(record.end);
      record = undefined;
    }
    this.#purging = false;
    this.refill();
    return purged;
  }

  /** Ends: nothing is read any more. */
  stop(): void {
    this.#stopped = true;
    this.#flightBytes = 0;
    this.#unacked = [];
    this.#drop();
  }

  #cut(rest: Buffer, lines: number, linesMax: number): void {
    const { writeBytesMax } = this.#options;
    this.#flightBytes = rest.length;
    this.#flightLines = lines;
    if (rest.length <= writeBytesMax && lines <= linesMax) return;
    const cut = prefixWithin(rest, writeBytesMax, linesMax);
    this.#flightBytes = cut.size === 0 ? rest.indexOf(10) + 1 : cut.size;
    this.#flightLines = Math.max(1, cut.lines);
  }

  #takeUnsent(): SpoolRecord | undefined {
    const record = this.#record;
    this.#drop();
    return record && { ...record, release: undefined };
  }

  #settle(bytes: number, lines: number): void {
    this.#sentBytes += bytes;
    this.#sentLines += lines;
    this.#flightBytes = 0;
    this.#deps.books.sent(lines);
  }

  #drop(): void {
    this.#record?.release?.();
    this.#record = undefined;
    this.#forgotten = false;
    this.#sentBytes = 0;
    this.#sentLines = 0;
  }

  #ack(end: SpoolPosition): void {
    this.#mark.acked(end);
    this.#deps.spool.ack(end);
    if (this.isExhausted) this.#deps.exhausted();
  }

  #rewind(): void {
    if (!this.#rewindDue || this.#reading || this.#purging) return;
    this.#rewindDue = false;
    this.#exhausted = false;
    this.#deps.spool.rewind();
  }

  #read(): void {
    if (this.#reading || this.#exhausted || this.#stopped || this.#purging) return;
    this.#reading = true;
    this.#news = false;
    const done = this.#done;
    // Whatever this record comes to, its bytes may be needed: by a write that breaks off, by the disk at the end.
    this.#done = false;
    void this.#deps.spool.read(done).then((record) => {
      this.#reading = false;
      if (this.#stopped || this.#rewindDue) record?.release?.();
      if (this.#stopped) return;
      this.#keepsUp = record === undefined || record.release !== undefined;
      if (this.#rewindDue) this.#rewind();
      else if (record !== undefined) this.#got(record);
      else if (!this.#news) this.#end();
      this.#deps.again();
    });
  }

  /** Takes a record that was read, without the lines that were rejected, and behind the mark. */
  #got(whole: SpoolRecord): void {
    const { books } = this.#deps;
    const { record, passed } = this.#mark.apply(whole, books);
    books.passed(passed.lines);
    if (passed.lines < record.lines) {
      this.#record = record;
      this.#isPaced = record.release === undefined && this.#deps.isPaced();
      this.#sentBytes = passed.size;
      this.#sentLines = passed.lines;
      return;
    }
    record.release?.();
    const { lines, end } = record;
    this.#unacked.push({ end, lines, at: this.#unacked.at(-1)?.at ?? { agedMs: 0, bytes: 0 } });
    this.#read();
  }

  #end(): void {
    this.#exhausted = true;
    this.#deps.exhausted();
  }
}
