// How far a spool has been delivered, kept in one small file of two slots. The slot that is known to be on the disk is
// never touched: saves go to the other one until that has been synced, so that no power cut leaves both unreadable.
// The cursor may lag behind what was delivered (duplicates), and never leads.
//
//   `cursor`: slot A at 0, slot B at 4096; the valid slot with the higher generation counts
//    0  magic "SLUC"            16  f64 offset in the segment        40  f64 saved, wall ms
//    4  u16 version (1)         24  f64 lines of the segment         48  f64 payload bytes of the segment
//    6  u16 flags (0)               before the offset                    before the offset
//    8  u32 spool id            32  f64 generation                   56  u32 first segment left alone, or 0
//   12  u32 segment number                                           60  u32 CRC-32 of bytes 0-59
import { crc32 } from 'node:zlib';
import { errorCode, type SpoolFile, type SpoolFiles } from './spool-files.ts';

export const CURSOR_NAME = 'cursor';
const SLOT_BYTES = 64;
const SLOT_PLACES = [0, 4096] as const;
const SLOT_MAGIC = Buffer.from('SLUC');
const CURSOR_VERSION = 1;

/** A place in a spool, and what its segment holds before it. */
export interface Cursor {
  readonly spoolId: number;
  readonly segment: number;
  readonly offset: number;
  readonly passedLines: number;
  readonly passedBytes: number;
  /** The lowest number of a segment that could not be read and was left behind; 0: none. */
  readonly hole: number;
}

interface Slot extends Cursor {
  readonly generation: number;
  readonly place: 0 | 1;
}

/** What reading the cursor file found. */
export interface CursorReading {
  readonly cursor: Cursor | undefined;
  /** There is no cursor file, or nothing was ever written to it. */
  readonly missing: boolean;
  readonly damagedSlots: number;
}

/** Encodes a slot. */
export function encodeCursor(cursor: Cursor, generation: number, wallMs: number): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  SLOT_MAGIC.copy(bytes);
  bytes.writeUInt16LE(CURSOR_VERSION, 4);
  bytes.writeUInt32LE(cursor.spoolId, 8);
  bytes.writeUInt32LE(cursor.segment, 12);
  bytes.writeDoubleLE(cursor.offset, 16);
  bytes.writeDoubleLE(cursor.passedLines, 24);
  bytes.writeDoubleLE(generation, 32);
  bytes.writeDoubleLE(wallMs, 40);
  bytes.writeDoubleLE(cursor.passedBytes, 48);
  bytes.writeUInt32LE(cursor.hole, 56);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

function decodeSlot(bytes: Buffer, place: 0 | 1): Slot | undefined {
  if (bytes.length < SLOT_BYTES || bytes.compare(SLOT_MAGIC, 0, 4, 0, 4) !== 0) return undefined;
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return undefined;
  if (bytes.readUInt16LE(4) !== CURSOR_VERSION) return undefined;
  return {
    spoolId: bytes.readUInt32LE(8),
    segment: bytes.readUInt32LE(12),
    offset: bytes.readDoubleLE(16),
    passedLines: bytes.readDoubleLE(24),
    generation: bytes.readDoubleLE(32),
    passedBytes: bytes.readDoubleLE(48),
    hole: bytes.readUInt32LE(56),
    place,
  };
}

/** What the slots of a file hold, the newest first. */
interface Slots {
  readonly slots: readonly Slot[];
  readonly damaged: number;
  /** Slots that the disk did not read: they may hold anything. */
  readonly unread: number;
}

async function readSlots(file: SpoolFile): Promise<Slots> {
  const slots: Slot[] = [];
  let damaged = 0;
  let unread = 0;
  for (const place of [0, 1] as const) {
    const bytes = Buffer.alloc(SLOT_BYTES);
    // A disk that cannot read one slot may still read the other.
    const had = await file.read(bytes, SLOT_PLACES[place]).catch(() => undefined);
    if (had === undefined) unread += 1;
    const slot = decodeSlot(bytes, place);
    if (slot !== undefined) slots.push(slot);
    else if (had !== 0 && bytes.some((byte) => byte !== 0)) damaged += 1;
  }
  slots.sort((a, b) => b.generation - a.generation);
  return { slots, damaged, unread };
}

/** Reads the cursor of a folder without touching it. */
export async function readCursor(path: string, files: SpoolFiles): Promise<CursorReading> {
  let file: SpoolFile;
  try {
    file = await files.open(path, 'read');
  } catch (error) {
    return { cursor: undefined, missing: errorCode(error) === 'ENOENT', damagedSlots: 0 };
  }
  try {
    const { slots, damaged } = await readSlots(file);
    return { cursor: slots[0], missing: slots.length === 0 && damaged === 0, damagedSlots: damaged };
  } finally {
    await file.close();
  }
}

/** The cursor file of a spool that is open for writing. One call at a time. */
export class CursorFile {
  readonly #path: string;
  readonly #files: SpoolFiles;
  #file: SpoolFile | undefined;
  #generation = 0;
  /** True when a slot could not be read: it may hold any generation up to now. */
  #isBlind = false;
  #saved = false;
  /** The slot that is known to be on the disk; saves go to the other. */
  #durablePlace: 0 | 1 = 1;

  constructor(path: string, files: SpoolFiles) {
    this.#path = path;
    this.#files = files;
  }

  /** Writes a slot, without a sync: the kernel has it, so that it survives our end. */
  async save(cursor: Cursor, wallMs: number): Promise<void> {
    const file = this.#file ?? (await this.#open());
    // Generations grow by a few a second at most: the time in ms is beyond any that was counted.
    this.#generation = this.#isBlind
      ? Math.max(this.#generation + 1, Math.floor(wallMs))
      : this.#generation + 1;
    const bytes = encodeCursor(cursor, this.#generation, wallMs);
    const place = this.#durablePlace === 0 ? 1 : 0;
    const taken = await file.write([bytes], SLOT_PLACES[place]);
    if (taken < bytes.length) throw new Error('the cursor could not be written whole');
    this.#saved = true;
  }

  /** Puts what was saved last on the disk. */
  async sync(): Promise<void> {
    if (this.#file === undefined || !this.#saved) return;
    await this.#file.datasync();
    this.#saved = false;
    this.#durablePlace = this.#durablePlace === 0 ? 1 : 0;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<SpoolFile> {
    let file: SpoolFile;
    try {
      file = await this.#files.open(this.#path, 'change');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      file = await this.#files.open(this.#path, 'create');
    }
    const { slots, unread } = await readSlots(file);
    const newest = slots[0];
    this.#isBlind = unread > 0;
    // After a kill the newest slot may be with the kernel alone: only once it is on the disk may the other be overwritten.
    await file.datasync();
    if (newest !== undefined) {
      this.#generation = Math.max(this.#generation, newest.generation);
      this.#durablePlace = newest.place;
    }
    this.#file = file;
    return file;
  }
}
