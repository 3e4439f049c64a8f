// Reads records back in order, remembers what was read and is not acknowledged yet, and knows how far all is acknowledged.
// Every line of a segment ends in one of three ways: acknowledged, given up with a reason, or, when the segment has been
// read to its end and the line did not turn up, damaged. That last rule needs no memory of single damaged places, so a
// rewind cannot count one twice.
//
//        acknowledged      window: read, not acknowledged       unread
//   ├──────────────────────┼──────────┬──────────┬─────────────┼─────────────────────▶
//                       #acked     record     gap (damaged   #offset in #segment
//                                             or expired)
import type { Clock } from '../../util/clock.ts';
import type { KeptRecords } from './kept-records.ts';
import { type FoundDamage, type FoundRecord, RecordReader } from './record-reader.ts';
import type { Amount, Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { SpoolPosition, SpoolRecord } from './spool.ts';
import { errorCode, errorText, type SpoolFile, type SpoolFiles } from './spool-files.ts';
import type { TimingMeter } from './spool-timings.ts';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 10_000;

export type LossReason = 'spool_damaged' | 'spool_expired' | 'spool_full';

interface WindowEntry {
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
  /** What the reader holds; nothing for a gap. */
  readonly lines: number;
  readonly bytes: number;
  /** undefined: a gap, which passes with the record before it. */
  readonly firstMs: number | undefined;
  /** What a gap holds that expired. */
  readonly expired: Readonly<Amount>;
}

const NOTHING: Readonly<Amount> = { lines: 0, bytes: 0 };

export interface SpoolReaderOptions {
  /** Where to start: acknowledged so far. */
  readonly acked: SpoolPosition;
  /** Lines older than this are not handed out; Infinity: all are. */
  readonly maxAgeMs: number;
}

export interface SpoolReaderDependencies {
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly list: SegmentList;
  readonly kept: KeptRecords;
  readonly timing: TimingMeter;
  readonly events: SpoolReaderEvents;
}

export interface SpoolReaderEvents {
  lost(lines: number, reason: LossReason): void;
  /** `acked` moved on. */
  acked(): void;
  readable(): void;
  /** The file of a segment is no longer in the folder. */
  vanished(segment: Segment, error: unknown): void;
}

export class SpoolReader {
  readonly #maxAgeMs: number;
  readonly #deps: SpoolReaderDependencies;
  readonly #window: WindowEntry[] = [];
  /** Expired records in the window, by place: their loss has been told. */
  readonly #expired = new Set<string>();
  #acked: SpoolPosition;
  #ackedFirstMs = Number.NEGATIVE_INFINITY;
  #segmentNumber: number;
  #offset: number;
  /** Grows when the place to read from is changed from outside; what a read under way brings is then thrown away. */
  #epoch = 0;
  #file: { readonly segment: Segment; readonly file: SpoolFile } | undefined;
  #records: RecordReader | undefined;
  #isStarved = false;
  #reading: Promise<SpoolRecord | undefined> | undefined;
  #failures = 0;
  #lastError = '';
  #cancelRetry: (() => void) | undefined;
  #damagedBytes = 0;
  #isClosed = false;

  constructor(options: SpoolReaderOptions, dependencies: SpoolReaderDependencies) {
    this.#acked = options.acked;
    this.#segmentNumber = options.acked.segment;
    this.#offset = options.acked.offset;
    this.#maxAgeMs = options.maxAgeMs;
    this.#deps = dependencies;
  }

  get acked(): SpoolPosition {
    return this.#acked;
  }

  /** Why nothing can be read at the moment; '' when it can. */
  get trouble(): string {
    return this.#failures > 0 ? this.#lastError : '';
  }

  /** Bytes that held no whole record when they were read. */
  get damagedBytes(): number {
    return this.#damagedBytes;
  }

  /** Arrival of the oldest line in the segments that is not acknowledged, as far as is known without reading it. */
  get oldestMs(): number | undefined {
    const first = this.#window[0];
    if (first?.firstMs !== undefined) return first.firstMs;
    const segment = this.#deps.list.all.find(({ left }) => left.lines > 0);
    if (segment === undefined) return undefined;
    return segment.number === this.#acked.segment
      ? Math.max(segment.minMs, this.#ackedFirstMs)
      : segment.minMs;
  }

  /** What a segment held before the acknowledged place, or does not hold any more: all that the next start need not count. */
  passed(segment: Segment): Amount {
    const { total, left } = segment;
    const passed = { lines: total.lines - left.lines, bytes: total.bytes - left.bytes };
    // What expired behind that place is read, and found expired, again.
    for (const entry of this.#window) {
      if (entry.segment !== segment) break;
      passed.lines -= entry.expired.lines;
      passed.bytes -= entry.expired.bytes;
    }
    return passed;
  }

  /** True when everything was read and acknowledged. */
  get isDrained(): boolean {
    return this.#window.length === 0 && this.#deps.list.left.lines === 0 && this.#reading === undefined;
  }

  /**
   * Reads the next record; undefined when there is none now, then `readable` tells when there may be. `done`: what was
   * read before may be overwritten.
   */
  read(done = false): Promise<SpoolRecord | undefined> {
    // A second call while one is under way gets in line; no record is handed out twice.
    const reading = this.#reading === undefined ? this.#read(done) : this.#reading.then(() => this.#read());
    this.#reading = reading;
    void reading.then(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    return reading;
  }

  /** Takes note that there are more records. */
  wrote(): void {
    if (!this.#isStarved || this.#cancelRetry !== undefined || this.#isClosed) return;
    this.#isStarved = false;
    this.#deps.events.readable();
  }

  /**
   * Acknowledges a record and all before it. A place that is not the end of a record in the window is ignored: it was
   * read before a rewind, and those in front of it may not have been delivered.
   */
  ack(end: SpoolPosition): void {
    const index = this.#window.findIndex(
      (entry) => entry.segment.number === end.segment && entry.end === end.offset,
    );
    this.#pass(index + 1);
  }

  /** Goes back to the oldest record that is not acknowledged. */
  rewind(): void {
    for (const { segment, start, lines, bytes, firstMs } of this.#window) {
      if (firstMs === undefined) {
        if (segment.goneFor !== undefined) this.#expired.delete(`${segment.number}:${start}`);
        continue;
      }
      if (segment.goneFor === undefined) {
        segment.unreadAgain(lines, bytes);
        continue;
      }
      segment.settle(lines, bytes);
      this.#deps.events.lost(lines, segment.goneFor);
    }
    this.#window.length = 0;
    // Whoever asks for it reads on: told of it in here, it would write while its own state is still that of before.
    this.#isStarved = false;
    this.#moveTo(this.#acked.segment, this.#acked.offset);
  }

  /** Gives up what is unread of the oldest segment, which has left the list. What was handed out can still be acknowledged. */
  giveUp(segment: Segment, reason: LossReason): void {
    segment.goneFor = reason;
    const lines = segment.giveUpUnread();
    if (this.#segmentNumber <= segment.number) this.#moveTo(segment.number + 1, 0);
    if (lines > 0) this.#deps.events.lost(lines, reason);
  }

  /** Lets go of the file of a segment that has left the list: as long as it is open, deleting it frees no room. */
  release(segment: Segment): void {
    // A read under way lets go of it when it goes on to the next.
    if (this.#reading === undefined && this.#file?.segment === segment) void this.#closeFile();
  }

  /** Books what did not turn up in a segment that has been read to its end. */
  finish(segment: Segment): void {
    const lines = segment.giveUpUnread();
    if (lines > 0) this.#deps.events.lost(lines, 'spool_damaged');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#epoch += 1;
    this.#cancelRetry?.();
    // What was handed out and not acknowledged is still on disk, unless its file has been given up.
    this.rewind();
    this.#deps.kept.clear();
    await this.#reading;
    await this.#closeFile();
  }

  #moveTo(segmentNumber: number, offset: number): void {
    this.#epoch += 1;
    this.#segmentNumber = segmentNumber;
    this.#offset = offset;
    this.#records = undefined;
    this.wrote();
  }

  async #read(done = false): Promise<SpoolRecord | undefined> {
    while (!this.#isClosed && this.#cancelRetry === undefined) {
      const segment = this.#deps.list.from(this.#segmentNumber);
      if (segment === undefined) break;
      this.#enter(segment);
      if (this.#offset >= segment.dataEnd) {
        this.#passEnd(segment);
        const next = this.#deps.list.from(segment.number + 1);
        if (next === undefined) break;
        this.#enter(next);
        continue;
      }
      const epoch = this.#epoch;
      const kept = this.#deps.kept.take(segment.number, this.#offset);
      const found = kept ?? (await this.#find(segment, epoch, done));
      if (found === undefined || epoch !== this.#epoch) continue;
      // From here to the answer nothing is awaited: a rewind comes before it or after it.
      const record = this.#take(segment, found);
      if (record !== undefined) return record;
    }
    this.#isStarved = true;
    this.#records?.rest();
    return undefined;
  }

  /** Books what did not turn up, and moves the cursor over an end that holds no record to be acknowledged. */
  #passEnd(segment: Segment): void {
    this.finish(segment);
    const { number, dataEnd } = segment;
    if (this.#window.length > 0 || this.#acked.segment > number) return;
    if (this.#acked.segment === number && this.#acked.offset >= dataEnd) return;
    this.#acked = { segment: number, offset: dataEnd };
    this.#deps.events.acked();
  }

  #enter(segment: Segment): void {
    if (this.#segmentNumber !== segment.number) {
      this.#segmentNumber = segment.number;
      this.#offset = 0;
    }
    this.#offset = Math.max(this.#offset, segment.dataStart);
  }

  /** Reads what comes next; undefined when the disk failed. */
  async #find(
    segment: Segment,
    epoch: number,
    done: boolean,
  ): Promise<FoundRecord | FoundDamage | undefined> {
    try {
      const records = await this.#openRecords(segment);
      records.insist(this.#failures);
      const found = await this.#deps.timing.measure(() => records.next(done));
      this.#failures = 0;
      return found;
    } catch (error) {
      if (epoch === this.#epoch) this.#onTrouble(error, segment);
      return undefined;
    }
  }

  #take(segment: Segment, found: FoundRecord | FoundDamage): SpoolRecord | undefined {
    this.#offset = found.end;
    if (found.kind === 'record') return this.#takeRecord(segment, found);
    this.#damagedBytes += found.end - found.start;
    this.#addGap(segment, found, NOTHING);
    return undefined;
  }

  #takeRecord(segment: Segment, found: FoundRecord): SpoolRecord | undefined {
    const { start, end, lines, firstMs } = found;
    const bytes = found.bytes.length;
    const place = `${segment.number}:${start}`;
    const wasExpired = this.#expired.has(place);
    if (wasExpired || firstMs < this.#deps.clock.wallMs() - this.#maxAgeMs) {
      if (!wasExpired) {
        this.#expired.add(place);
        segment.read(lines, bytes);
        segment.settle(lines, bytes);
        this.#deps.events.lost(lines, 'spool_expired');
      }
      found.release?.();
      this.#addGap(segment, found, { lines, bytes });
      return undefined;
    }
    segment.read(lines, bytes);
    this.#window.push({ segment, start, end, lines, bytes, firstMs, expired: NOTHING });
    const { bytes: payload, release } = found;
    return { bytes: payload, lines, firstMs, end: { segment: segment.number, offset: end }, release };
  }

  #addGap(segment: Segment, found: { readonly start: number; readonly end: number }, expired: Amount): void {
    const { start, end } = found;
    this.#window.push({ segment, start, end, lines: 0, bytes: 0, firstMs: undefined, expired });
    if (this.#window.every((entry) => entry.firstMs === undefined)) this.#pass(this.#window.length);
  }

  /** Takes the first `count` entries, and the gaps behind them, out of the window. */
  #pass(count: number): void {
    let all = count;
    while (all < this.#window.length && this.#window[all]!.firstMs === undefined) all += 1;
    if (all === 0) return;
    for (const entry of this.#window.splice(0, all)) {
      const { segment, end } = entry;
      segment.settle(entry.lines, entry.bytes);
      if (entry.firstMs === undefined) this.#expired.delete(`${segment.number}:${entry.start}`);
      else this.#ackedFirstMs = entry.firstMs;
      this.#acked = { segment: segment.number, offset: end };
    }
    this.#deps.events.acked();
  }

  async #openRecords(segment: Segment): Promise<RecordReader> {
    if (this.#file?.segment !== segment) {
      await this.#closeFile();
      this.#file = { segment, file: await this.#deps.files.open(segment.path, 'read') };
    }
    if (this.#records === undefined || this.#records.position !== this.#offset) {
      const options = { start: this.#offset, limit: segment.dataEnd, seal: segment.seal };
      this.#records = new RecordReader(options, this.#file.file);
    }
    this.#records.extend(segment.dataEnd);
    return this.#records;
  }

  #onTrouble(error: unknown, segment: Segment): void {
    this.#lastError = errorText(error);
    if (errorCode(error) === 'ENOENT') {
      // Somebody took the file away; what it held is lost, and reading goes on behind it.
      this.#offset = segment.dataEnd;
      this.#deps.events.vanished(segment, error);
      return;
    }
    this.#failures += 1;
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (this.#failures - 1));
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.wrote();
    });
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#records = undefined;
    await file?.file.close().catch(() => undefined);
  }
}
