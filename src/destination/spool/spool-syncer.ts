// Puts on the disk what the writer wrote, and moves the cursor after what was delivered; nobody waits for it. One round at
// a time: sync the segments, sync the folder, save and sync the cursor, delete what the synced cursor has passed, sync
// the folder again. That order is why a crash at any point loses nothing that had been synced, and why no file goes
// before the cursor that makes it useless is on the disk.
import type { Clock } from '../../util/clock.ts';
import type { Cursor, CursorFile } from './cursor-file.ts';
import type { Segment } from './segment.ts';
import type { OpenSegment } from './segment-writer.ts';
import { errorCode, errorText, type SpoolFile, type SpoolFiles } from './spool-files.ts';
import type { TimingMeter } from './spool-timings.ts';

/** Files of an earlier process that are synced in one round, so that new lines need not wait long. */
const ADOPTED_PER_ROUND = 16;

export interface SyncerOptions {
  readonly folder: string;
  readonly syncEveryLines: number;
  readonly syncPeriodMs: number;
  /** The cursor is handed to the kernel this often, so that little is sent twice after a kill; syncs come later. */
  readonly cursorPeriodMs: number;
}

export interface SyncerDependencies {
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly cursorFile: CursorFile;
  readonly timing: TimingMeter;
  readonly events: SyncerEvents;
}

export interface SyncerEvents {
  /** Where the cursor should be now. */
  cursor(): Cursor;
  /** Called before the cursor of a round is taken; true when the next round must not wait for new work. */
  beforeCursor(): boolean;
  /** What was written to a segment may never reach the disk. */
  syncFailed(segment: Segment, error: unknown): void;
  /** Files were deleted: there is more room. */
  deleted(): void;
}

interface DirtySegment extends OpenSegment {
  /** Nothing more is written to it: close it once it is synced. */
  isFinished: boolean;
}

export class SpoolSyncer {
  readonly #options: SyncerOptions;
  readonly #deps: SyncerDependencies;
  readonly #dirty = new Map<Segment, DirtySegment>();
  readonly #doomed: Segment[] = [];
  readonly #adopted: string[] = [];
  /** Files to close and, if a path is given, to delete, that hold nothing. */
  #discarded: { readonly file: SpoolFile; readonly path: string }[] = [];
  #doomedBytes = 0;
  #unsyncedLines = 0;
  #isFolderDirty = false;
  #saved: Cursor | undefined;
  #durable: Cursor | undefined;
  #cursorSyncedMs = Number.NEGATIVE_INFINITY;
  #cursorChain: Promise<void> = Promise.resolve();
  #isSavePending = false;
  #isHurried = false;
  /** The time for the next round came while one was under way. */
  #isAgainDue = false;
  #lastError = '';
  #round: Promise<void> | undefined;
  #isStopped = false;
  #cancelRound: (() => void) | undefined;
  #cancelSave: (() => void) | undefined;

  constructor(options: SyncerOptions, dependencies: SyncerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Bytes of files that wait for their deletion. */
  get doomedBytes(): number {
    return this.#doomedBytes;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** The last cursor that is known to be on the disk. */
  get durable(): Cursor | undefined {
    return this.#durable;
  }

  /** Takes note of records that were written. */
  wrote(open: OpenSegment, lines: number): void {
    this.#markDirty(open);
    this.#unsyncedLines += lines;
    if (this.#unsyncedLines >= this.#options.syncEveryLines) this.#startRound();
    else this.#arm();
  }

  /** Takes a segment that nothing more is written to, to sync and close it. */
  finished(open: OpenSegment): void {
    this.#markDirty(open).isFinished = true;
    this.#arm();
  }

  /** Takes a file that holds nothing, to close and delete it. */
  discarded(open: OpenSegment): void {
    this.#dirty.delete(open.segment);
    this.#discarded.push({ file: open.file, path: open.segment.path });
    this.#arm();
  }

  /** Takes note that the folder has a new entry. */
  folderChanged(): void {
    this.#isFolderDirty = true;
    this.#arm();
  }

  /** Takes note that the cursor moved. */
  cursorMoved(): void {
    this.#arm();
    if (this.#isStopped) return;
    this.#cancelSave ??= this.#deps.clock.after(this.#options.cursorPeriodMs, () => {
      this.#cancelSave = undefined;
      // A save that hangs must not have others queue up behind it.
      if (!this.#isSavePending) void this.#saveCursor();
    });
  }

  /** Takes a segment that nobody will read again; its file goes once the cursor on the disk is behind it. */
  doom(segment: Segment): void {
    this.#doomed.push(segment);
    this.#doomedBytes += segment.fileBytes;
    this.#arm();
  }

  /** Deletes what can be deleted soon, without waiting for the period. */
  hurry(): void {
    this.#isHurried = true;
    this.#startRound();
  }

  /** Takes files that an earlier process left: it may have been killed before it synced them. */
  adopt(paths: readonly string[]): void {
    this.#adopted.push(...paths);
    this.#isFolderDirty = true;
    this.#arm();
  }

  /** Puts the cursor on the disk now, in both slots, so that none is left of before; false when that failed. */
  async saveTwice(): Promise<boolean> {
    for (let slot = 0; slot < 2; slot += 1) {
      this.#saved = undefined;
      this.#durable = undefined;
      if (!(await this.#syncCursor())) return false;
    }
    return true;
  }

  /** Runs rounds until nothing is left to do, and closes the cursor. Errors end it: they are in `lastError`. */
  async close(): Promise<void> {
    this.stop();
    await this.#round;
    await this.#runRound(true);
    await this.#cursorChain;
    for (const { file } of this.#dirty.values()) await file.close().catch(() => undefined);
    this.#dirty.clear();
    await this.#deps.cursorFile.close().catch(() => undefined);
  }

  /** Starts nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRound?.();
    this.#cancelSave?.();
    this.#cancelRound = undefined;
    this.#cancelSave = undefined;
  }

  #markDirty(open: OpenSegment): DirtySegment {
    const known = this.#dirty.get(open.segment);
    if (known !== undefined) return known;
    const dirty = { segment: open.segment, file: open.file, isFinished: false };
    this.#dirty.set(open.segment, dirty);
    return dirty;
  }

  #arm(): void {
    if (this.#isStopped) return;
    this.#cancelRound ??= this.#deps.clock.after(this.#options.syncPeriodMs, () => {
      this.#cancelRound = undefined;
      this.#startRound();
    });
  }

  #startRound(): void {
    if (this.#isStopped) return;
    if (this.#round !== undefined) {
      this.#isAgainDue = true;
      return;
    }
    this.#isAgainDue = false;
    this.#round = this.#runRound(false).then(() => {
      this.#round = undefined;
      if (this.#isAgainDue || this.#unsyncedLines >= this.#options.syncEveryLines) this.#startRound();
    });
  }

  async #runRound(isLast: boolean): Promise<void> {
    await this.#syncSegments();
    await this.#syncAdopted(isLast ? this.#adopted.length : ADOPTED_PER_ROUND);
    await this.#syncFolder();
    const nowMs = this.#deps.clock.monotonicMs();
    const isDue = this.#isHurried || nowMs - this.#cursorSyncedMs >= this.#options.syncPeriodMs;
    if (!isDue && !isLast) {
      this.#arm();
      return;
    }
    this.#isHurried = false;
    if (this.#deps.events.beforeCursor()) this.#arm();
    if (await this.#syncCursor()) this.#cursorSyncedMs = nowMs;
    await this.#deleteFiles();
    await this.#syncFolder();
  }

  async #syncSegments(): Promise<void> {
    const lines = this.#unsyncedLines;
    // What becomes dirty meanwhile is for the next round.
    const round = [...this.#dirty.values()];
    for (const dirty of round) {
      const { segment, file, isFinished } = dirty;
      this.#dirty.delete(segment);
      try {
        await this.#deps.timing.measure(() => file.datasync());
      } catch (error) {
        // Trying again would be told that all is well: the kernel has forgotten what it could not write.
        this.#lastError = errorText(error);
        this.#deps.events.syncFailed(segment, error);
      }
      // It may have been finished meanwhile, after its footer had been written: then it comes round again.
      if (isFinished) await file.close().catch(() => undefined);
    }
    this.#unsyncedLines -= lines;
  }

  async #syncAdopted(count: number): Promise<void> {
    for (const path of this.#adopted.splice(0, count)) {
      try {
        const file = await this.#deps.files.open(path, 'read');
        try {
          await file.datasync();
        } finally {
          await file.close();
        }
      } catch (error) {
        // Delivered and deleted meanwhile, or not to be helped.
        if (errorCode(error) !== 'ENOENT') this.#lastError = errorText(error);
      }
    }
    if (this.#adopted.length > 0) this.#arm();
  }

  async #syncFolder(): Promise<void> {
    if (!this.#isFolderDirty) return;
    this.#isFolderDirty = false;
    try {
      await this.#deps.files.syncFolder(this.#options.folder);
    } catch (error) {
      this.#isFolderDirty = true;
      this.#lastError = errorText(error);
      this.#arm();
    }
  }

  /** Hands the cursor to the kernel, unless it has it already; false when that failed. */
  #saveCursor(): Promise<boolean> {
    this.#isSavePending = true;
    return this.#inCursorChain(async () => {
      this.#isSavePending = false;
      const cursor = this.#deps.events.cursor();
      if (isSame(cursor, this.#saved)) return;
      await this.#deps.cursorFile.save(cursor, this.#deps.clock.wallMs());
      this.#saved = cursor;
    });
  }

  async #syncCursor(): Promise<boolean> {
    if (!(await this.#saveCursor())) return false;
    if (isSame(this.#saved, this.#durable)) return true;
    return await this.#inCursorChain(async () => {
      const saved = this.#saved;
      await this.#deps.timing.measure(() => this.#deps.cursorFile.sync());
      this.#durable = saved;
    });
  }

  /** Runs tasks on the cursor file one after the other; answers whether this one succeeded. */
  #inCursorChain(task: () => Promise<void>): Promise<boolean> {
    const result = this.#cursorChain.then(task).then(
      () => true,
      (error: unknown) => {
        this.#lastError = errorText(error);
        // What the file holds is not known any more: the next save writes, whatever it says.
        this.#saved = undefined;
        this.#arm();
        return false;
      },
    );
    this.#cursorChain = result.then(() => undefined);
    return result;
  }

  async #deleteFiles(): Promise<void> {
    const { files, events } = this.#deps;
    const discarded = this.#discarded;
    this.#discarded = [];
    for (const { file, path } of discarded) {
      await file.close().catch(() => undefined);
      await files.unlink(path).catch(() => undefined);
      this.#isFolderDirty = true;
    }
    let isChanged = false;
    while (this.#doomed[0] !== undefined && this.#isPassed(this.#doomed[0])) {
      const segment = this.#doomed[0];
      try {
        await files.unlink(segment.path);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') {
          this.#lastError = errorText(error);
          this.#arm();
          break;
        }
      }
      this.#doomed.shift();
      this.#doomedBytes -= segment.fileBytes;
      this.#isFolderDirty = true;
      isChanged = true;
    }
    if (this.#doomed.length > 0) this.#arm();
    if (isChanged) events.deleted();
  }

  #isPassed(segment: Segment): boolean {
    const cursor = this.#durable;
    if (cursor === undefined || cursor.segment < segment.number) return false;
    return cursor.segment > segment.number || cursor.offset >= segment.dataEnd;
  }
}

function isSame(a: Cursor | undefined, b: Cursor | undefined): boolean {
  return a !== undefined && b !== undefined && a.segment === b.segment && a.offset === b.offset;
}
