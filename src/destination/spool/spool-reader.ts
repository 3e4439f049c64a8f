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
import { type FoundRecord, RecordReader } from './record-reader.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { SpoolPosition, SpoolRecord } from './spool.ts';
import { errorCode, errorText, type SpoolFile, type SpoolFiles } from './spool-files.ts';
import type { TimingMeter } from './spool-timings.ts';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 10_000;

export type LossReason = 'spool_damaged' | 'spool_expired' | 'spool_full';

/** How far all is acknowledged, and what the segment holds before that. */
export interface AckedPosition extends SpoolPosition {
  readonly passedLines: number;
  readonly passedBytes: number;
}

interface WindowEntry {
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
  /** What the reader holds; nothing for a gap. */
  readonly lines: number;
  readonly bytes: number;
  /** undefined: a gap, which passes with the record before it. */
  readonly firstMs: number | undefined;
  /** What the segment holds here, whether it was handed out or not. */
  readonly passedLines: number;
  readonly passedBytes: number;
}

export interface SpoolReaderOptions {
  /** Where to start: acknowledged so far. */
  readonly acked: AckedPosition;
  /** Lines older than this are not handed out; Infinity: all are. */
  readonly maxAgeMs: number;
}

export interface SpoolReaderDependencies {
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly list: SegmentList;
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
  #acked: AckedPosition;
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

  get acked(): AckedPosition {
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

  /** True when everything was read and acknowledged. */
  get isDrained(): boolean {
    return this.#window.length === 0 && this.#deps.list.left.lines === 0 && this.#reading === undefined;
  }

  /** Reads the next record; undefined when there is none now, then `readable` tells when there may be. */
  read(): Promise<SpoolRecord | undefined> {
    // A second call while one is under way gets in line; no record is handed out twice.
    const reading = (this.#reading ?? Promise.resolve(undefined))
      .then(() => this.#read())
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
    return reading;
  }

  /** Takes note that there are more records. */
  wrote(): void {
    if (!this.#isStarved || this.#cancelRetry !== undefined || this.#isClosed) return;
    this.#isStarved = false;
    this.#deps.events.readable();
  }

  /** Acknowledges all records that end at or before `end`. */
  ack(end: SpoolPosition): void {
    let count = 0;
    for (const entry of this.#window) {
      if (entry.firstMs !== undefined && !isAtOrBefore(entry, end)) break;
      count += 1;
    }
    this.#pass(count);
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
    this.#moveTo(this.#acked.segment, this.#acked.offset);
  }

  /** Gives up what is unread of the oldest segment, which has left the list. What was handed out can still be acknowledged. */
  giveUp(segment: Segment, reason: LossReason): void {
    segment.goneFor = reason;
    const lines = segment.giveUpUnread();
    if (this.#segmentNumber <= segment.number) this.#moveTo(segment.number + 1, 0);
    if (lines > 0) this.#deps.events.lost(lines, reason);
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

  async #read(): Promise<SpoolRecord | undefined> {
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
      const record = await this.#readFrom(segment);
      if (record !== undefined) return record;
    }
    this.#isStarved = true;
    this.#records?.rest();
    return undefined;
  }

  /** Books what did not turn up, and moves the cursor over an end that holds no record to be acknowledged. */
  #passEnd(segment: Segment): void {
    this.finish(segment);
    const { number, dataEnd, total } = segment;
    if (this.#window.length > 0 || this.#acked.segment > number) return;
    if (this.#acked.segment === number && this.#acked.offset >= dataEnd) return;
    this.#acked = { segment: number, offset: dataEnd, passedLines: total.lines, passedBytes: total.bytes };
    this.#deps.events.acked();
  }

  #enter(segment: Segment): void {
    if (this.#segmentNumber !== segment.number) {
      this.#segmentNumber = segment.number;
      this.#offset = 0;
    }
    this.#offset = Math.max(this.#offset, segment.dataStart);
  }

  /** Reads one record or steps over what is none. */
  async #readFrom(segment: Segment): Promise<SpoolRecord | undefined> {
    const epoch = this.#epoch;
    let found: Awaited<ReturnType<RecordReader['next']>>;
    try {
      const records = await this.#openRecords(segment);
      records.insist(this.#failures);
      found = await this.#deps.timing.measure(() => records.next());
      this.#failures = 0;
    } catch (error) {
      if (epoch === this.#epoch) this.#onTrouble(error, segment);
      return undefined;
    }
    if (epoch !== this.#epoch) return undefined;
    if (found === undefined) return undefined;
    this.#offset = found.end;
    if (found.kind === 'record') return this.#takeRecord(segment, found);
    this.#damagedBytes += found.end - found.start;
    this.#addGap(segment, found, found.lines, 0);
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
      this.#addGap(segment, found, lines, bytes);
      return undefined;
    }
    segment.read(lines, bytes);
    this.#window.push({ segment, start, end, lines, bytes, firstMs, passedLines: lines, passedBytes: bytes });
    return { bytes: found.bytes, lines, firstMs, end: { segment: segment.number, offset: end } };
  }

  #addGap(
    segment: Segment,
    { start, end }: { readonly start: number; readonly end: number },
    passedLines: number,
    passedBytes: number,
  ): void {
    this.#window.push({
      segment,
      start,
      end,
      lines: 0,
      bytes: 0,
      firstMs: undefined,
      passedLines,
      passedBytes,
    });
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
      const isSame = this.#acked.segment === segment.number;
      this.#acked = {
        segment: segment.number,
        offset: end,
        passedLines: (isSame ? this.#acked.passedLines : 0) + entry.passedLines,
        passedBytes: (isSame ? this.#acked.passedBytes : 0) + entry.passedBytes,
      };
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

function isAtOrBefore(entry: WindowEntry, end: SpoolPosition): boolean {
  const { number } = entry.segment;
  return number < end.segment || (number === end.segment && entry.end <= end.offset);
}
