// Spools seen from outside: what lies in a spool root, without a lock and without changing a byte. For `sluice spool`,
// which also looks at the spool of a relay that runs: figures are then those of a moment.
import { join } from 'node:path';
import { parseSpoolFolderName } from './folder-name.ts';
import { loadFolder } from './load-folder.ts';
import { type FoundDamage, type FoundRecord, RecordReader } from './record-reader.ts';
import type { Segment } from './segment.ts';
import { decodeFooter, FOOTER_BYTES } from './spool-format.ts';
import { errorCode, errorText, type SpoolFile, type SpoolFiles } from './spool-files.ts';

/** A segment file that still matters: the cursor has not passed it. */
export interface SegmentView {
  readonly number: number;
  readonly path: string;
  readonly fileBytes: number;
  /** undefined: the header cannot be read. */
  readonly seal: number | undefined;
  readonly dataStart: number;
  /** From where on its records wait. */
  readonly waitingFrom: number;
  readonly dataEnd: number;
  /** What is behind the last record and no footer: what a crash cut off. */
  readonly tornBytes: number;
}

/** A spool folder as it lies there. */
export interface SpoolView {
  readonly folder: string;
  readonly folderName: string;
  /** The destination key; as encoded in the folder's name when that holds only a part of it. */
  readonly key: string;
  readonly shard: number;
  readonly segments: readonly SegmentView[];
  /** What waits; records in sealed segments are counted by their footers. */
  readonly lines: number;
  readonly bytes: number;
  readonly diskBytes: number;
  /** Arrival of the oldest line that may wait, wall ms; undefined when none does. */
  readonly oldestMs: number | undefined;
  /** Segments that are there and cannot be read: copies, of a newer version, or on a bad disk. */
  readonly hasUnreadable: boolean;
  /** What is wrong with it, one sentence each. */
  readonly notes: readonly string[];
}

/** Lists the spools under a root, by folder name; an empty list when there is no such folder. */
export async function listSpools(root: string, files: SpoolFiles): Promise<SpoolView[]> {
  const views: SpoolView[] = [];
  for (const folderName of [...(await listNames(root, files))].sort()) {
    const parsed = parseSpoolFolderName(folderName);
    if (parsed === undefined) continue;
    const folder = join(root, folderName);
    const place = { folder, folderName, key: parsed.key ?? parsed.encodedKey, shard: parsed.shard };
    try {
      let view = await inspectSpool(folder, files);
      // A relay that runs may have deleted what was just listed.
      if (view.hasUnreadable) view = await inspectSpool(folder, files);
      views.push({ ...place, ...view });
    } catch (error) {
      // A file of that name is none of ours.
      if (errorCode(error) === 'ENOTDIR') continue;
      views.push({
        ...place,
        ...NOTHING,
        hasUnreadable: true,
        notes: [`cannot be read: ${errorText(error)}`],
      });
    }
  }
  return views;
}

const NOTHING = { segments: [], lines: 0, bytes: 0, diskBytes: 0, oldestMs: undefined };

async function listNames(root: string, files: SpoolFiles): Promise<readonly string[]> {
  try {
    return await files.list(root);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function inspectSpool(
  folder: string,
  files: SpoolFiles,
): Promise<Omit<SpoolView, 'folder' | 'folderName' | 'key' | 'shard'>> {
  const { segments, cursor, hole, notes } = await loadFolder(folder, files);
  const views: SegmentView[] = [];
  const sum = { lines: 0, bytes: 0, diskBytes: 0 };
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const segment of segments) {
    const { number, path, fileBytes, seal, dataStart, dataEnd, left } = segment;
    const passed = cursor?.segment === number ? cursor.offset : dataStart;
    const waitingFrom = Math.min(dataEnd, Math.max(dataStart, passed));
    const tornBytes = await findTorn(segment, files);
    views.push({ number, path, fileBytes, seal, dataStart, waitingFrom, dataEnd, tornBytes });
    sum.lines += left.lines;
    sum.bytes += left.bytes;
    sum.diskBytes += fileBytes;
    if (left.lines > 0) oldestMs = Math.min(oldestMs, segment.minMs);
  }
  return {
    segments: views,
    ...sum,
    oldestMs: Number.isFinite(oldestMs) ? oldestMs : undefined,
    hasUnreadable: hole > 0,
    notes,
  };
}

/** Counts the bytes behind the last record, without the footer. */
async function findTorn({ path, fileBytes, dataEnd }: Segment, files: SpoolFiles): Promise<number> {
  const behind = fileBytes - dataEnd;
  if (behind !== FOOTER_BYTES) return Math.max(0, behind);
  try {
    const file = await files.open(path, 'read');
    try {
      const bytes = Buffer.alloc(FOOTER_BYTES);
      const had = await file.read(bytes, dataEnd);
      return had === FOOTER_BYTES && decodeFooter(bytes, dataEnd) !== undefined ? 0 : behind;
    } finally {
      await file.close();
    }
  } catch {
    return 0;
  }
}

/** A record or a damaged place, and the segment it is in. */
export type SpoolFinding = (FoundRecord | FoundDamage) & { readonly segment: number };

/** Walks through records in order. The payloads handed out are overwritten by the next one. */
export class SpoolWalk {
  readonly #segments: SegmentView[];
  readonly #files: SpoolFiles;
  readonly #fromStart: boolean;
  readonly #notes: string[] = [];
  #segment: SegmentView | undefined;
  #file: SpoolFile | undefined;
  #reader: RecordReader | undefined;
  #doneBytes = 0;

  /** `fromStart`: those that were delivered, too, as far as they are still there. */
  constructor(
    options: { readonly segments: readonly SegmentView[]; readonly fromStart?: boolean },
    files: SpoolFiles,
  ) {
    this.#segments = [...options.segments];
    this.#fromStart = options.fromStart ?? false;
    this.#files = files;
  }

  /** Bytes of segments gone through. */
  get doneBytes(): number {
    return this.#doneBytes;
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Finds the next record or damaged place; undefined at the end. Never rejects: a segment that cannot be read is a note. */
  async next(): Promise<SpoolFinding | undefined> {
    for (;;) {
      const segment = this.#segment ?? (await this.#enter());
      if (segment === undefined) return undefined;
      try {
        const found = await this.#reader!.next();
        if (found !== undefined) {
          this.#doneBytes += found.end - found.start;
          return { ...found, segment: segment.number };
        }
      } catch (error) {
        this.#notes.push(`segment ${segment.number}: ${errorText(error)}`);
      }
      await this.#leave();
    }
  }

  /** Closes the file that is open; `next` finds nothing more. */
  async close(): Promise<void> {
    this.#segments.length = 0;
    await this.#leave();
  }

  async #enter(): Promise<SegmentView | undefined> {
    for (let segment = this.#segments.shift(); segment !== undefined; segment = this.#segments.shift()) {
      const start = this.#fromStart ? segment.dataStart : segment.waitingFrom;
      try {
        this.#file = await this.#files.open(segment.path, 'read');
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') this.#notes.push(`segment ${segment.number}: ${errorText(error)}`);
        continue;
      }
      const options = {
        start,
        limit: segment.dataEnd,
        seal: segment.seal,
        reuse: true,
      };
      this.#reader = new RecordReader(options, this.#file);
      this.#segment = segment;
      return segment;
    }
    return undefined;
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#segment = undefined;
    this.#reader = undefined;
    await file?.close().catch(() => undefined);
  }
}
