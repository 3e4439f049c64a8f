// A spool on disk: lines that the peer cannot take wait here, across restarts, until they have been delivered.
//
// What it must survive. The process may be killed at any moment, and the power may go: then bytes that were not synced
// are gone, each block of them on its own, and so are folder entries. Files may be damaged, cut, missing, or not ours.
// The disk may be full, slow, read-only, failing or hung. In all of that: it opens; what was synced and is whole is read
// back, in order; nothing is read that was not written; what is lost is counted; and nobody who offers lines ever waits.
//
//   offer ─▶ BlockQueue ─▶ SegmentWriter ─▶ 0000000009.seg   ◀─ SpoolReader ─▶ read … ack
//            8 MiB         one write at     0000000008.seg         │ one read at a time
//                          a time           0000000007.seg ◀───────┘
//                              │            cursor ◀── SpoolSyncer: sync, then cursor, then delete; one round at a time
//                              └ wrote ─────────────────────▲
//
// Life of a record: offered (waits in memory) → written (the kernel has it, it can be read, it survives our end) →
// synced (it survives the power's end) → read → acknowledged → its segment deleted once a cursor behind it is synced.
// Written and synced are one in a durable spool, and a reader that keeps up reads from memory there.
// Numbers of segments only grow, and each start begins a new one: an old file is never appended to.
//
// The bytes of a segment are drawn in spool-format.ts, those of the cursor in cursor-file.ts; reading over damage is in
// record-reader.ts, opening a folder in load-folder.ts.
import { dirname } from 'node:path';
import { BlockQueue, RECORD_BYTES } from './block-queue.ts';
import { type Cursor, CURSOR_NAME, CursorFile } from './cursor-file.ts';
import type { DiskSpoolDependencies, DiskSpoolOptions } from './disk-spool-options.ts';
import { DiskRoom } from './disk-room.ts';
import { KeptRecords } from './kept-records.ts';
import { limitFiles } from './limited-files.ts';
import { type LoadedFolder, loadFolder } from './load-folder.ts';
import { sealSegment } from './load-segment.ts';
import { SegmentList } from './segment-list.ts';
import { SegmentWriter } from './segment-writer.ts';
import type {
  Spool,
  SpoolBlock,
  SpoolOpening,
  SpoolPosition,
  SpoolRecord,
  SpoolRefusal,
  SpoolStats,
} from './spool.ts';
import { PAYLOAD_BYTES_MAX } from './spool-format.ts';
import { type LossReason, SpoolReader } from './spool-reader.ts';
import { SpoolSyncer } from './spool-syncer.ts';
import { type SpoolTimings, TimingMeter } from './spool-timings.ts';

const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const FLUSH_DELAY_MS = 10;
const CURSOR_PERIOD_MS = 100;
const CLOSE_TIMEOUT_MS = 10_000;
const EXPIRE_PERIOD_MS = 1000;
/** With fewer, giving up the oldest would give up too much at once. */
const SEGMENTS_UNDER_CAP = 8;
const CAP_MARGIN_BYTES = 1024 * 1024;
const SEGMENT_BYTES_MIN = 64 * 1024;

/** The parts of a spool that is open. */
interface Parts {
  readonly writer: SegmentWriter;
  readonly reader: SpoolReader;
  readonly syncer: SpoolSyncer;
  readonly spoolId: number;
  readonly hole: number;
  readonly maxBytes: number;
}

export class DiskSpool implements Spool {
  readonly #options: DiskSpoolOptions;
  readonly #deps: DiskSpoolDependencies;
  readonly #list = new SegmentList();
  readonly #queue: BlockQueue;
  readonly #kept = new KeptRecords();
  readonly #meters: {
    readonly writes: TimingMeter;
    readonly syncs: TimingMeter;
    readonly reads: TimingMeter;
  };
  #parts: Parts | undefined;
  #isClosing = false;
  #isClosed = false;
  #hasRefused = false;
  #writesAtLastRound = 0;
  /** The highest number of a segment that left the list. */
  #passedNumber = 0;
  #cancelExpire: (() => void) | undefined;

  constructor(options: DiskSpoolOptions, dependencies: DiskSpoolDependencies) {
    this.#options = options;
    this.#queue = new BlockQueue({ recordPerBlock: options.durable === true });
    this.#deps = { ...dependencies, files: limitFiles(dependencies.files) };
    const { clock } = dependencies;
    const makeMeter = () => new TimingMeter(clock, options.measure);
    this.#meters = { writes: makeMeter(), syncs: makeMeter(), reads: makeMeter() };
  }

  /** How long writes, syncs and reads took. */
  get timings(): SpoolTimings {
    return this.#meters;
  }

  get stats(): SpoolStats {
    const parts = this.#parts;
    const trouble = parts?.reader.trouble ?? '';
    const isOpen = parts !== undefined && !this.#isClosed;
    const state = !isOpen ? 'closed' : trouble === '' ? parts.writer.state : 'failed';
    const isAtCap = state === 'ready' && this.#hasRefused && this.#isAtCap(this.#capMargin);
    return {
      lines: this.#list.left.lines + this.#queue.lines,
      bytes: this.#list.left.bytes + this.#queue.bytes,
      diskBytes: this.#diskBytes,
      oldestMs: parts?.reader.oldestMs ?? this.#queue.firstMs,
      state: isAtCap ? 'full' : state,
      lastError: trouble || parts?.writer.lastError || parts?.syncer.lastError || '',
    };
  }

  /** Cap of the files, bytes; 0 while closed. */
  get maxBytes(): number {
    return this.#parts?.maxBytes ?? 0;
  }

  async open(): Promise<SpoolOpening> {
    const { files, clock } = this.#deps;
    const { folder } = this.#options;
    await files.makeFolder(folder);
    await files.syncFolder(dirname(folder));
    const loaded = await loadFolder(folder, files);
    for (const segment of loaded.segments) this.#list.add(segment);
    const room = new DiskRoom({ folder, reserveBytes: this.#options.reserveBytes }, files, clock);
    const defaultCap = await room.measure(this.#list.fileBytes);
    const maxBytes = this.#options.maxBytes ?? defaultCap;
    this.#parts = this.#build(loaded, room, maxBytes);
    const notes = [...loaded.notes, ...(await this.#repair(loaded, this.#parts.syncer))];
    this.#scheduleExpiry();
    return {
      lines: this.#list.left.lines,
      bytes: this.#list.left.bytes,
      segments: this.#list.count,
      damagedRecords: loaded.damagedRecords,
      damagedBytes: loaded.damagedBytes,
      notes,
    };
  }

  /** Seals what a crash left open, so that the next start need not read it through; answers what could not be done. */
  async #repair(loaded: LoadedFolder, syncer: SpoolSyncer): Promise<string[]> {
    for (const segment of loaded.passed) syncer.doom(segment);
    syncer.adopt(loaded.segments.map(({ path }) => path));
    syncer.cursorMoved();
    // A footer counts what is whole now: the cursor must have been counted by the same measure before it is there.
    if (loaded.unsealed.length === 0 || !(await syncer.saveTwice())) return [];
    const notes: string[] = [];
    for (const segment of loaded.unsealed) {
      const { fileBytes } = segment;
      const trouble = await sealSegment(segment, this.#deps.files);
      this.#list.resized(segment, fileBytes);
      if (trouble !== undefined) notes.push(trouble);
    }
    return notes;
  }

  offer(block: SpoolBlock, written: (ok: boolean) => void): SpoolRefusal | undefined {
    const refusal = this.#refuse(block.bytes.length);
    if (refusal !== undefined) {
      this.#hasRefused = true;
      return refusal;
    }
    this.#queue.push(block, written);
    this.#parts?.writer.advance();
    return undefined;
  }

  read(done = false): Promise<SpoolRecord | undefined> {
    return this.#parts?.reader.read(done) ?? Promise.resolve(undefined);
  }

  ack(end: SpoolPosition): void {
    this.#parts?.reader.ack(end);
  }

  forget(): void {
    this.#kept.clear();
  }

  rewind(): void {
    this.#parts?.reader.rewind();
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined || this.#isClosing) return;
    this.#isClosing = true;
    this.#cancelExpire?.();
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(this.#options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS, resolve);
    await Promise.race([this.#closeParts(parts), timeout]);
    cancel();
    parts.writer.stop();
    parts.syncer.stop();
    this.#queue.handBack();
    this.#isClosed = true;
  }

  async #closeParts({ writer, reader, syncer }: Parts): Promise<void> {
    await writer.close();
    await reader.close();
    this.#dropPassed();
    await syncer.close();
  }

  #refuse(bytes: number): SpoolRefusal | undefined {
    const parts = this.#parts;
    if (parts === undefined || this.#isClosing || bytes > PAYLOAD_BYTES_MAX / 2) return 'spool_error';
    if (parts.writer.state === 'failed') return 'spool_error';
    if (parts.writer.state === 'full' || this.#isAtCap(bytes)) return 'spool_full';
    const { waitingBytesMax = WAITING_BYTES_MAX } = this.#options;
    return this.#queue.bytes > 0 && this.#queue.bytes + bytes > waitingBytesMax ? 'slow_spool' : undefined;
  }

  get #diskBytes(): number {
    return this.#list.fileBytes + (this.#parts?.syncer.doomedBytes ?? 0);
  }

  /** Below the cap by so much, offers are taken again: a sixteenth, and where that is little, what a block holds. */
  get #capMargin(): number {
    const { maxBytes = 0 } = this.#parts ?? {};
    return Math.min(CAP_MARGIN_BYTES, Math.max(maxBytes / 16, Math.min(RECORD_BYTES, maxBytes / 4)));
  }

  #isAtCap(bytes: number): boolean {
    const maxBytes = this.#parts?.maxBytes ?? 0;
    return this.#options.goes === 'newest' && this.#diskBytes + this.#queue.bytes + bytes > maxBytes;
  }

  #build(loaded: LoadedFolder, room: DiskRoom, maxBytes: number): Parts {
    const { files, clock, random } = this.#deps;
    const { folder, syncEveryLines, syncPeriodMs, cursorPeriodMs = CURSOR_PERIOD_MS } = this.#options;
    const spoolId = loaded.spoolId ?? Math.floor(random() * 0xffff_ffff) + 1;
    const first = this.#list.first;
    const start = { segment: first?.number ?? 0, offset: 0 };
    const list = this.#list;
    const reader = new SpoolReader(
      { acked: loaded.cursor ?? start, maxAgeMs: this.#options.maxAgeMs ?? Number.POSITIVE_INFINITY },
      { files, clock, list, kept: this.#kept, timing: this.#meters.reads, events: this.#readerEvents() },
    );
    const cap = Math.max(SEGMENT_BYTES_MIN, Math.floor(maxBytes / SEGMENTS_UNDER_CAP));
    const writer = new SegmentWriter(
      {
        folder,
        spoolId,
        nextNumber: loaded.nextNumber,
        segmentBytes: Math.min(this.#options.segmentBytes, cap),
        flushDelayMs: this.#options.flushDelayMs ?? FLUSH_DELAY_MS,
        durable: this.#options.durable === true,
      },
      {
        files,
        clock,
        random,
        list,
        queue: this.#queue,
        room,
        kept: this.#kept,
        timing: this.#meters.writes,
        syncTiming: this.#meters.syncs,
        events: this.#writerEvents(maxBytes),
      },
    );
    const cursorFile = new CursorFile(`${folder}/${CURSOR_NAME}`, files);
    const syncer = new SpoolSyncer(
      { folder, syncEveryLines, syncPeriodMs, cursorPeriodMs },
      { files, clock, cursorFile, timing: this.#meters.syncs, events: this.#syncerEvents() },
    );
    return { writer, reader, syncer, spoolId, hole: loaded.hole, maxBytes };
  }

  #readerEvents(): ConstructorParameters<typeof SpoolReader>[1]['events'] {
    return {
      lost: (lines, reason) => this.#deps.events.lost(lines, reason),
      acked: () => {
        this.#dropPassed();
        this.#parts?.syncer.cursorMoved();
      },
      readable: () => this.#deps.events.readable(),
      vanished: (segment, error) => this.#parts?.writer.distrust(segment, error),
    };
  }

  #writerEvents(maxBytes: number): ConstructorParameters<typeof SegmentWriter>[1]['events'] {
    return {
      created: () => this.#parts?.syncer.folderChanged(),
      wrote: (open, lines) => {
        // What a durable spool wrote is synced; only the end of a segment is left for the syncer.
        if (this.#options.durable !== true) this.#parts?.syncer.wrote(open, lines);
        this.#parts?.reader.wrote();
      },
      finished: (open) => this.#parts?.syncer.finished(open),
      discarded: (open) => this.#parts?.syncer.discarded(open),
      isOverCap: (bytes) => this.#options.goes === 'oldest' && this.#list.fileBytes + bytes > maxBytes,
      makeRoom: () => this.#options.goes === 'oldest' && this.#giveUpOldest('spool_full'),
      changed: () => this.#tellWritable(),
    };
  }

  #syncerEvents(): ConstructorParameters<typeof SpoolSyncer>[1]['events'] {
    return {
      cursor: () => this.#cursor(),
      beforeCursor: () => this.#retireIdle(),
      syncFailed: (segment, error) => this.#parts?.writer.distrust(segment, error),
      deleted: () => this.#tellWritable(),
    };
  }

  #cursor(): Cursor {
    const { spoolId, hole, reader } = this.#parts!;
    // Segments that were given up are behind the cursor too, whatever of them is still being delivered.
    const isBehind = reader.acked.segment <= this.#passedNumber;
    const { segment, offset } = isBehind ? { segment: this.#passedNumber + 1, offset: 0 } : reader.acked;
    const found = this.#list.from(segment);
    const passed = found?.number === segment ? reader.passed(found) : { lines: 0, bytes: 0 };
    return { spoolId, hole, segment, offset, passedLines: passed.lines, passedBytes: passed.bytes };
  }

  /** Takes segments that have been delivered off the list. */
  #dropPassed(): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const { segment, offset } = parts.reader.acked;
    for (;;) {
      const { first } = this.#list;
      if (first === undefined || first === parts.writer.current || first.number > segment) return;
      if (first.number === segment && offset < first.dataEnd) return;
      parts.reader.finish(first);
      this.#shift(parts);
    }
  }

  /** Gives up the oldest segment; false when there is none but the one that is written to. */
  #giveUpOldest(reason: LossReason): boolean {
    const parts = this.#parts;
    const { first } = this.#list;
    if (parts === undefined || first === undefined || first === parts.writer.current) return false;
    this.#shift(parts);
    parts.reader.giveUp(first, reason);
    parts.syncer.hurry();
    return true;
  }

  #shift({ reader, syncer }: Parts): void {
    const { first } = this.#list;
    if (first === undefined) return;
    this.#list.shift();
    this.#passedNumber = first.number;
    reader.release(first);
    syncer.doom(first);
    syncer.cursorMoved();
  }

  /** Lets go of the newest segment once it is delivered and nothing is, or can be, written; true to be asked again. */
  #retireIdle(): boolean {
    const { writer, reader } = this.#parts!;
    const { current } = writer;
    if (current === undefined || !reader.isDrained) return false;
    const count = this.#meters.writes.histogram?.count ?? 0;
    const isQuiet = writer.isIdle && this.#writesAtLastRound === count;
    this.#writesAtLastRound = count;
    if (!isQuiet && !(writer.isStuck && current.records > 0)) return true;
    writer.abandon();
    this.#dropPassed();
    return this.#list.first !== undefined;
  }

  #scheduleExpiry(): void {
    const { maxAgeMs } = this.#options;
    if (maxAgeMs === undefined) return;
    this.#cancelExpire = this.#deps.clock.after(EXPIRE_PERIOD_MS, () => {
      this.#expire(this.#deps.clock.wallMs() - maxAgeMs);
      this.#scheduleExpiry();
    });
  }

  /** Gives up segments in which every record is older than `beforeMs`. */
  #expire(beforeMs: number): void {
    for (;;) {
      const { first } = this.#list;
      if (first === undefined || first.maxMs >= beforeMs) return;
      if (this.#giveUpOldest('spool_expired')) continue;
      if (first.records > 0) this.#parts?.writer.roll();
      return;
    }
  }

  #tellWritable(): void {
    if (!this.#hasRefused || this.#isClosing || this.#refuse(this.#capMargin) !== undefined) return;
    const { waitingBytesMax = WAITING_BYTES_MAX } = this.#options;
    // Half empty, so that a giver is not called for every block.
    if (this.#queue.bytes * 2 > waitingBytesMax) return;
    this.#hasRefused = false;
    this.#deps.events.writable();
  }
}
