// Writes what was offered, in order, to the newest segment. One write at a time; syncs run beside it and are never waited
// for. While a write is under way blocks gather, and the next write takes them together; after idleness the first ones
// wait a few ms for company. In a durable spool a write is followed by its sync before anybody hears of it, and the first
// blocks do not wait: their giver has gathered them.
//
//   trouble                   what happens                                              left when
//   no room (ENOSPC, reserve) state full: offers refused, what was taken waits          there is room; asked each second
//   any other error           state failed: the segment is abandoned, a new one tried   a write succeeds
//   … four times in a row     what waits is handed back as not written                  the same
import type { Clock } from '../../util/clock.ts';
import type { Batch, BlockQueue } from './block-queue.ts';
import { RECORD_BYTES } from './block-queue.ts';
import type { DiskRoom } from './disk-room.ts';
import type { KeptRecords } from './kept-records.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import {
  encodeFooter,
  encodeRecordHeader,
  encodeSegmentHeader,
  FOOTER_BYTES,
  FORMAT_VERSION,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './spool-format.ts';
import { errorCode, errorText, type SpoolFile, type SpoolFiles, writeAll } from './spool-files.ts';
import type { TimingMeter } from './spool-timings.ts';

/** Attempts that fail one after the other before what waits is handed back. */
const ATTEMPTS_MAX = 4;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;
const FULL_RETRY_MS = 1000;
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** A segment that is open for writing. */
export interface OpenSegment {
  readonly segment: Segment;
  readonly file: SpoolFile;
}

interface Written {
  readonly open: OpenSegment;
  readonly batch: Batch;
  readonly end: number;
}

export interface WriterOptions {
  readonly folder: string;
  readonly spoolId: number;
  readonly nextNumber: number;
  readonly segmentBytes: number;
  readonly flushDelayMs: number;
  readonly durable: boolean;
}

export interface WriterDependencies {
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly random: () => number;
  readonly list: SegmentList;
  readonly queue: BlockQueue;
  readonly room: DiskRoom;
  readonly kept: KeptRecords;
  readonly timing: TimingMeter;
  readonly syncTiming: TimingMeter;
  readonly events: WriterEvents;
}

export interface WriterEvents {
  /** A segment file was made; its folder entry is not on the disk yet. */
  created(): void;
  /** Records are with the kernel and can be read. */
  wrote(open: OpenSegment, lines: number): void;
  /** Nothing more goes into this segment: to be synced and closed. */
  finished(open: OpenSegment): void;
  /** This segment holds no record and left the list: to be closed and deleted. */
  discarded(open: OpenSegment): void;
  /** Gives up the oldest lines for `bytes` more, if that is the policy and there are any; false: nothing to give up. */
  makeRoom(bytes: number): boolean;
  /** True when `bytes` more would go beyond the cap and the oldest lines are to go for them. */
  isOverCap(bytes: number): boolean;
  /** The state changed, or the queue got shorter. */
  changed(): void;
}

export class SegmentWriter {
  readonly #options: WriterOptions;
  readonly #deps: WriterDependencies;
  #nextNumber: number;
  /** The newest segment that holds records, besides the current one. */
  #lastNumber: number;
  #open: OpenSegment | undefined;
  #state: 'ready' | 'full' | 'failed' = 'ready';
  #lastError = '';
  #attempts = 0;
  #working: Promise<void> | undefined;
  #mustRoll = false;
  /** A segment whose entry in the folder is not known to be on the disk. */
  #unnamed: Segment | undefined;
  #isClosing = false;
  #isStopped = false;
  #cancelFlush: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: WriterOptions, dependencies: WriterDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#nextNumber = options.nextNumber;
    this.#lastNumber = dependencies.list.all.at(-1)?.number ?? 0;
  }

  get state(): 'ready' | 'full' | 'failed' {
    return this.#state;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** The segment that is written to, if any. */
  get current(): Segment | undefined {
    return this.#open?.segment;
  }

  /** True when nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return this.#working === undefined && this.#deps.queue.isEmpty;
  }

  /** True when what waits cannot be written because there is no room. */
  get isStuck(): boolean {
    return this.#state === 'full' && this.#working === undefined;
  }

  /** Decides what to do now; to be called when something was offered. */
  advance(): void {
    if (this.#isStopped || this.#working !== undefined || this.#cancelRetry !== undefined) return;
    const { queue, clock } = this.#deps;
    if (queue.isEmpty && !(this.#mustRoll && this.#open !== undefined)) return;
    const { durable } = this.#options;
    if (!durable && queue.bytes < RECORD_BYTES && !this.#isClosing && !this.#mustRoll) {
      this.#cancelFlush ??= clock.after(this.#options.flushDelayMs, () => {
        this.#cancelFlush = undefined;
        this.#work();
      });
      return;
    }
    this.#work();
  }

  /** Ends the current segment soon, so that it can be given up whole. */
  roll(): void {
    this.#mustRoll = true;
    this.advance();
  }

  /** Stops writing to the current segment without a footer; only when idle or stuck. */
  abandon(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    if (open.segment.records > 0) {
      this.#lastNumber = open.segment.number;
      this.#deps.events.finished(open);
      return;
    }
    this.#deps.list.pop(open.segment);
    this.#deps.events.discarded(open);
  }

  /** Takes note that syncing a segment failed: what is written to it now might never reach the disk. */
  distrust(segment: Segment, error: unknown): void {
    this.#lastError = errorText(error);
    if (this.#open?.segment === segment) this.#mustRoll = true;
  }

  /** Writes what waits, ends the segment and hands back what could not be written. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    for (;;) {
      this.advance();
      if (this.#working === undefined) break;
      await this.#working;
    }
    this.#deps.queue.handBack();
    if (this.#open !== undefined) await this.#roll();
  }

  /** Calls off everything. A write under way may still happen, but counts no more. */
  stop(): void {
    this.#cancelFlush?.();
    this.#cancelRetry?.();
    this.#isStopped = true;
  }

  #work(): void {
    if (this.#isStopped || this.#working !== undefined || this.#cancelRetry !== undefined) return;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const isProbe = this.#state !== 'ready' && this.#deps.queue.isEmpty;
    this.#working = (isProbe ? this.#probe() : this.#writeSoon()).then(() => {
      this.#working = undefined;
      this.#deps.events.changed();
      this.advance();
    });
  }

  async #writeSoon(): Promise<void> {
    // What is offered in one go goes in one write.
    if (this.#options.durable) await Promise.resolve();
    await this.#tryWrite();
  }

  async #tryWrite(): Promise<void> {
    let wrote: Written | undefined;
    try {
      wrote = await this.#writeNext();
    } catch (error) {
      await this.#onTrouble(error);
    }
    // A stop handed these blocks back: that they are on disk after all only means that they may come twice.
    if (wrote === undefined || this.#isStopped) return;
    const { open, batch, end } = wrote;
    this.#attempts = 0;
    this.#state = 'ready';
    // Nothing is awaited here: lines are counted either as waiting or as in the segment.
    for (const record of batch.records) open.segment.append(record);
    this.#deps.kept.keep(open.segment.number, open.segment.dataEnd, batch.records);
    open.segment.dataEnd = end;
    this.#deps.list.resize(open.segment, end);
    this.#deps.queue.settle(batch.blocks, true);
    this.#deps.events.wrote(open, batch.lines);
  }

  async #writeNext(): Promise<Written | undefined> {
    const { queue, room, events } = this.#deps;
    const { segmentBytes } = this.#options;
    if (this.#open !== undefined && (this.#mustRoll || this.#open.segment.fileBytes >= segmentBytes)) {
      await this.#roll();
    }
    this.#mustRoll = false;
    const batch = queue.batch();
    if (batch.blocks === 0) return undefined;
    while (events.isOverCap(batch.bytes)) {
      if (events.makeRoom(batch.bytes)) continue;
      // Only the current segment is left to give up.
      if (this.#open === undefined || this.#open.segment.records === 0) break;
      await this.#roll();
    }
    await room.take(batch.bytes);
    const open = this.#open ?? (await this.#create());
    const end = await this.#deps.timing.measure(() => this.#writeBatch(open, batch));
    if (this.#options.durable) await this.#sync(open);
    return { open, batch, end };
  }

  /** Puts what was written on the disk, and the name of its file. */
  async #sync({ segment, file }: OpenSegment): Promise<void> {
    await this.#deps.syncTiming.measure(() => file.datasync());
    if (this.#unnamed !== segment) return;
    await this.#deps.files.syncFolder(this.#options.folder);
    this.#unnamed = undefined;
  }

  /** Finds out whether writing works again while nothing waits, by a segment header. */
  async #probe(): Promise<void> {
    const { room, list } = this.#deps;
    try {
      await room.take(RECORD_BYTES);
      if (this.#state === 'failed') {
        const open = this.#open ?? (await this.#create());
        const { segment, file } = open;
        if (segment.fileBytes === 0) {
          await writeAll(file, [this.#header(segment)], 0);
          list.resize(segment, SEGMENT_HEADER_BYTES);
        }
        if (this.#options.durable) await this.#sync(open);
      }
    } catch (error) {
      await this.#onTrouble(error);
      return;
    }
    this.#attempts = 0;
    this.#state = 'ready';
  }

  /** Writes a batch behind the last record; answers where it ends. */
  async #writeBatch({ segment, file }: OpenSegment, batch: Batch): Promise<number> {
    const isFresh = segment.fileBytes === 0;
    const parts: Buffer[] = isFresh ? [this.#header(segment)] : [];
    let index = segment.records;
    let end = segment.dataEnd;
    for (const { parts: payload, lines, firstMs, payloadBytes } of batch.records) {
      const seal = segment.seal ?? 0;
      parts.push(encodeRecordHeader({ parts: payload, lines, firstMs, seal, index }), ...payload);
      index += 1;
      end += RECORD_HEADER_BYTES + payloadBytes;
    }
    await writeAll(file, parts, isFresh ? 0 : segment.dataEnd);
    return end;
  }

  #header(segment: Segment): Buffer {
    return encodeSegmentHeader({
      version: FORMAT_VERSION,
      number: segment.number,
      madeMs: this.#deps.clock.wallMs(),
      spoolId: this.#options.spoolId,
      seal: segment.seal ?? 0,
      previous: this.#lastNumber,
    });
  }

  async #create(): Promise<OpenSegment> {
    const { files, random, list, events } = this.#deps;
    const number = this.#nextNumber;
    const path = `${this.#options.folder}/${segmentName(number)}`;
    let file: SpoolFile;
    try {
      // A number is used once, even when the attempt fails halfway.
      this.#nextNumber += 1;
      file = await files.open(path, 'create');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') await files.makeFolder(this.#options.folder);
      throw error;
    }
    const seal = Math.floor(random() * 0xffff_ffff) + 1;
    const segment = new Segment({ number, path, seal, dataStart: SEGMENT_HEADER_BYTES });
    segment.fileBytes = 0;
    list.add(segment);
    this.#open = { segment, file };
    this.#unnamed = segment;
    events.created();
    return this.#open;
  }

  /** Seals the current segment. Without its footer it is read through at the next start, so that may fail. */
  async #roll(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    if (open.segment.records === 0) {
      this.abandon();
      return;
    }
    this.#open = undefined;
    const { segment, file } = open;
    this.#lastNumber = segment.number;
    const footer = encodeFooter(segment.footer(), segment.dataEnd);
    try {
      await writeAll(file, [footer], segment.dataEnd);
      this.#deps.list.resize(segment, segment.dataEnd + FOOTER_BYTES);
    } catch (error) {
      this.#lastError = errorText(error);
    }
    this.#deps.events.finished(open);
  }

  async #onTrouble(error: unknown): Promise<void> {
    const { queue, clock, events } = this.#deps;
    this.#lastError = errorText(error);
    this.#attempts += 1;
    const isFull = FULL_CODES.has(errorCode(error));
    this.#state = isFull ? 'full' : 'failed';
    const giveUp = this.#isClosing || (!isFull && this.#attempts >= ATTEMPTS_MAX);
    // Nothing of what is handed back, or written again elsewhere, may be found here by a later start.
    if (!isFull || giveUp) await this.#abandonTorn();
    if (giveUp) queue.handBack();
    if (this.#isClosing || this.#isStopped) return;
    const madeRoom = isFull && events.makeRoom(queue.batch().bytes);
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (this.#attempts - 1));
    const delayMs = isFull ? FULL_RETRY_MS : backoffMs;
    this.#cancelRetry = clock.after(madeRoom ? RETRY_FIRST_MS : delayMs, () => {
      this.#cancelRetry = undefined;
      this.#work();
    });
  }

  async #abandonTorn(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const { segment, file } = open;
    const { durable } = this.#options;
    await file
      .truncate(segment.fileBytes)
      // Else a power cut brings the cut-off part back, and what is written elsewhere meanwhile comes twice.
      .then(() => (durable ? file.datasync() : undefined))
      .catch(() => undefined);
    this.abandon();
  }
}
