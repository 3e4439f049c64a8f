// Finds out what a spool folder holds when a spool opens: segments in the order of their numbers, the cursor, and what is
// wrong with either. Whatever it meets, it goes on; what it cannot make sense of it leaves where it is and says so.
import { join } from 'node:path';
import { CURSOR_NAME, type Cursor, readCursor } from './cursor-file.ts';
import { type LoadedSegment, loadSegment } from './load-segment.ts';
import type { Segment } from './segment.ts';
import { parseSegmentName, segmentName } from './spool-format.ts';
import { errorText, type SpoolFiles } from './spool-files.ts';

/** At most so many notes: a folder with ten thousand bad files needs no ten thousand lines in the log. */
const NOTES_MAX = 20;
const NAMES_SHOWN = 3;

/** A folder as it was found. */
export interface LoadedFolder {
  /** What is to be read, oldest first; what the cursor has passed is not among it. */
  readonly segments: readonly Segment[];
  /** Segments that the cursor has passed: to be deleted once the cursor is known to be on the disk. */
  readonly passed: readonly Segment[];
  /** Segments, among those to be read, that a crash left without a footer. */
  readonly unsealed: readonly Segment[];
  /** The cursor, if it can be believed. */
  readonly cursor: Cursor | undefined;
  /** undefined: nothing there tells it. */
  readonly spoolId: number | undefined;
  /** The lowest number of a segment that is left alone; 0: none. */
  readonly hole: number;
  /** The number for the next segment: no number is used twice, also not that of a file that was lost. */
  readonly nextNumber: number;
  readonly damagedRecords: number;
  readonly damagedBytes: number;
  readonly notes: readonly string[];
}

/** Collects notes up to a bound. */
class Notes {
  readonly #texts: string[] = [];
  #more = 0;

  add(...texts: readonly string[]): void {
    for (const text of texts) {
      if (this.#texts.length < NOTES_MAX) this.#texts.push(text);
      else this.#more += 1;
    }
  }

  all(): readonly string[] {
    return this.#more === 0 ? this.#texts : [...this.#texts, `and ${this.#more} notes more like these`];
  }
}

interface Candidate {
  readonly number: number;
  readonly loaded: LoadedSegment;
}

/** Reads a folder and changes nothing. Rejects when the folder cannot be listed. */
export async function loadFolder(folder: string, files: SpoolFiles): Promise<LoadedFolder> {
  const notes = new Notes();
  const numbers = sortNames(await files.list(folder), notes);
  const reading = await readCursor(join(folder, CURSOR_NAME), files);
  if (reading.damagedSlots > 0) notes.add(cursorNote(reading.cursor !== undefined, reading.damagedSlots));
  else if (reading.cursor === undefined && numbers.length > 0) {
    notes.add('there is no cursor that can be read: everything there is sent again');
  }
  const candidates = await loadAll(folder, numbers, reading.cursor, files, notes);
  const spoolId = newestId(candidates) ?? reading.cursor?.spoolId;
  const isOurs = reading.cursor === undefined || reading.cursor.spoolId === spoolId;
  if (!isOurs) notes.add('the cursor belongs to other segments than these: everything here is sent again');
  const cursor = isOurs ? stepBack(reading.cursor, candidates, notes) : undefined;
  noteMissing(candidates, cursor, notes);
  const segments: Segment[] = [];
  const passed: Segment[] = [];
  const unsealed: Segment[] = [];
  let damagedRecords = 0;
  let damagedBytes = 0;
  for (const { number, loaded } of candidates) {
    const { segment } = loaded;
    if (segment === undefined) {
      notes.add(...loaded.notes);
    } else if (cursor !== undefined && hasPassed(cursor, segment)) {
      passed.push(segment);
    } else {
      notes.add(...loaded.notes);
      damagedRecords += loaded.damagedRecords;
      damagedBytes += loaded.damagedBytes;
      if (isToSeal(loaded, segment)) unsealed.push(segment);
      if (cursor?.segment === number) leaveOut(segment, loaded, cursor);
      segments.push(segment);
    }
  }
  const last = numbers.at(-1) ?? 0;
  const readable = new Set([...segments, ...passed].map((segment) => segment.number));
  // Also without a believable cursor its number is not used again.
  const nextNumber = Math.max(last, reading.cursor?.segment ?? 0) + 1;
  return {
    segments,
    passed,
    unsealed,
    cursor,
    spoolId,
    hole: numbers.find((number) => !readable.has(number)) ?? 0,
    nextNumber,
    damagedRecords,
    damagedBytes,
    notes: notes.all(),
  };
}

/** Answers the segment numbers in order; notes names that are not ours. */
function sortNames(names: readonly string[], notes: Notes): number[] {
  const numbers: number[] = [];
  const foreign: string[] = [];
  for (const name of names) {
    const number = parseSegmentName(name);
    if (number !== undefined) numbers.push(number);
    else if (name !== CURSOR_NAME) foreign.push(name);
  }
  if (foreign.length > 0) {
    const shown = foreign
      .sort()
      .slice(0, NAMES_SHOWN)
      .map((name) => JSON.stringify(name));
    const more = foreign.length > NAMES_SHOWN ? ` and ${foreign.length - NAMES_SHOWN} more` : '';
    notes.add(`files that are not the spool's are left alone: ${shown.join(', ')}${more}`);
  }
  return numbers.sort((a, b) => a - b);
}

function cursorNote(readable: boolean, damagedSlots: number): string {
  if (readable) return 'one of the two cursor slots is damaged: some lines may be sent again';
  const which = damagedSlots === 1 ? 'the cursor is' : 'both cursor slots are';
  return `${which} damaged: everything there is sent again`;
}

async function loadAll(
  folder: string,
  numbers: readonly number[],
  cursor: Cursor | undefined,
  files: SpoolFiles,
  notes: Notes,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const number of numbers) {
    const path = join(folder, segmentName(number));
    const cursorOffset = cursor?.segment === number ? cursor.offset : 0;
    try {
      candidates.push({ number, loaded: await loadSegment({ number, path, cursorOffset }, files) });
    } catch (error) {
      notes.add(`segment ${segmentName(number)} cannot be read and is left alone: ${errorText(error)}`);
    }
  }
  return candidates;
}

/** Goes back to a segment that was left behind because it could not be read then, and can be now. */
function stepBack(
  cursor: Cursor | undefined,
  candidates: readonly Candidate[],
  notes: Notes,
): Cursor | undefined {
  if (cursor === undefined || cursor.hole === 0) return cursor;
  const found = candidates.find(
    ({ number, loaded }) => number >= cursor.hole && number < cursor.segment && loaded.segment !== undefined,
  );
  if (found === undefined) return cursor;
  notes.add(
    `segment ${segmentName(found.number)} was left alone before and can be read now: sent from there`,
  );
  return { ...cursor, segment: found.number, offset: 0, passedLines: 0, passedBytes: 0 };
}

function newestId(candidates: readonly Candidate[]): number | undefined {
  return candidates.findLast(({ loaded }) => loaded.spoolId !== undefined && loaded.segment !== undefined)
    ?.loaded.spoolId;
}

/** Each segment names the one before it: what is named and neither there nor passed is missing. */
function noteMissing(candidates: readonly Candidate[], cursor: Cursor | undefined, notes: Notes): void {
  const numbers = new Set(candidates.map(({ number }) => number));
  for (const { number, loaded } of candidates) {
    const { previous } = loaded;
    if (previous === 0 || numbers.has(previous) || previous <= (cursor?.segment ?? 0)) continue;
    notes.add(`segment ${segmentName(previous)}, before ${segmentName(number)}, is missing`);
  }
}

function hasPassed(cursor: Cursor, segment: Segment): boolean {
  return (
    segment.number < cursor.segment || (segment.number === cursor.segment && cursor.offset >= segment.dataEnd)
  );
}

/** A head that is gone, or a disk that does not read all, is left as it is for whoever wants to look. */
function isToSeal(loaded: LoadedSegment, segment: Segment): boolean {
  return !loaded.sealed && loaded.isWhole && segment.dataStart > 0;
}

/** Takes what the cursor has passed out of the books of its segment. */
function leaveOut(segment: Segment, loaded: LoadedSegment, cursor: Cursor): void {
  const { lines, bytes } = loaded.isScanned
    ? { lines: loaded.passedLines, bytes: loaded.passedBytes }
    : {
        lines: Math.min(cursor.passedLines, segment.left.lines),
        bytes: Math.min(cursor.passedBytes, segment.left.bytes),
      };
  segment.read(lines, bytes);
  segment.settle(lines, bytes);
}
