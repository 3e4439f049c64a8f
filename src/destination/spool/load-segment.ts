// Opens one segment file that is there at the start: by its footer when it was sealed, else by reading it through.
// Looking changes nothing; `sealSegment` cuts off a torn end and writes the footer, so that the next start need not read
// the file through again.
import { PATIENCE, RecordReader } from './record-reader.ts';
import { Segment } from './segment.ts';
import {
  decodeFooter,
  decodeSegmentHeader,
  encodeFooter,
  FOOTER_BYTES,
  FORMAT_VERSION,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentName,
} from './spool-format.ts';
import { errorText, type SpoolFile, type SpoolFiles } from './spool-files.ts';

/** What looking at one segment file found. */
export interface LoadedSegment {
  /** undefined: the file is not for us to read; the note says why. */
  readonly segment: Segment | undefined;
  readonly spoolId: number | undefined;
  /** The number of the segment before it, as its header says; 0: none, or not known. */
  readonly previous: number;
  /** It has a footer already. */
  readonly sealed: boolean;
  /** It was read through, not only its footer. */
  readonly isScanned: boolean;
  /** False: the disk could not read all of it. */
  readonly isWhole: boolean;
  /** From a scan only: a sealed segment is checked when it is read. */
  readonly damagedRecords: number;
  readonly damagedBytes: number;
  /** Lines and bytes of whole records that end at or before `cursorOffset`. From a scan only. */
  readonly passedLines: number;
  readonly passedBytes: number;
  readonly notes: readonly string[];
}

export interface LoadSegmentOptions {
  readonly number: number;
  readonly path: string;
  /** Records that end here or before have been delivered. */
  readonly cursorOffset: number;
}

/** Opens a segment file and finds out what it holds; rejects when the file cannot be opened or read at all. */
export async function loadSegment(options: LoadSegmentOptions, files: SpoolFiles): Promise<LoadedSegment> {
  const file = await files.open(options.path, 'read');
  try {
    const size = await file.size();
    const head = Buffer.alloc(Math.min(size, SEGMENT_HEADER_BYTES));
    await file.read(head, 0).catch(() => 0);
    const header = decodeSegmentHeader(head);
    const refusal = refuse(options.number, header);
    if (refusal !== undefined) return nothing(undefined, [refusal]);
    if (size <= SEGMENT_HEADER_BYTES && isBlank(head, header)) return empty(options, header, size);
    const notes: string[] = [];
    const name = segmentName(options.number);
    if (header === undefined)
      notes.push(`segment ${name}: its header is damaged; its records are searched for`);
    const footer = await readFooter(file, size, header);
    if (footer !== undefined && header !== undefined) return fromFooter(options, size, header, footer);
    const dataStart = header === undefined ? 0 : SEGMENT_HEADER_BYTES;
    const limit = footer === undefined ? size : size - FOOTER_BYTES;
    const found = await scan(options, { dataStart, limit, size }, header?.seal ?? footer?.seal, file);
    return { ...found, ...named(header), notes: [...notes, ...found.notes] };
  } finally {
    await file.close();
  }
}

function nothing(segment: Segment | undefined, notes: readonly string[]): LoadedSegment {
  return {
    segment,
    spoolId: undefined,
    previous: 0,
    sealed: false,
    isScanned: false,
    isWhole: true,
    damagedRecords: 0,
    damagedBytes: 0,
    passedLines: 0,
    passedBytes: 0,
    notes,
  };
}

function named(header: SegmentHeader | undefined): Pick<LoadedSegment, 'spoolId' | 'previous'> {
  return { spoolId: header?.spoolId, previous: header?.previous ?? 0 };
}

/** Says why a segment is not ours to read, if so. */
function refuse(number: number, header: SegmentHeader | undefined): string | undefined {
  if (header === undefined) return undefined;
  const name = segmentName(number);
  if (header.version > FORMAT_VERSION) {
    return `segment ${name} is of format version ${header.version}, this program reads up to ${FORMAT_VERSION}: left alone`;
  }
  if (header.number !== number) {
    return `segment ${name} says that it is number ${header.number}, so it is a copy: left alone`;
  }
  return undefined;
}

/** True for a file that a crash left before its first record: a header, or zeros, and nothing else. */
function isBlank(head: Buffer, header: SegmentHeader | undefined): boolean {
  return header !== undefined || head.every((byte) => byte === 0);
}

function empty(options: LoadSegmentOptions, header: SegmentHeader | undefined, size: number): LoadedSegment {
  const segment = new Segment({ ...options, seal: header?.seal, dataStart: size });
  segment.fileBytes = size;
  return { ...nothing(segment, []), ...named(header), sealed: true };
}

async function readFooter(file: SpoolFile, size: number, header: SegmentHeader | undefined) {
  if (size < SEGMENT_HEADER_BYTES + FOOTER_BYTES) return undefined;
  const bytes = Buffer.alloc(FOOTER_BYTES);
  const offset = size - FOOTER_BYTES;
  const had = await file.read(bytes, offset).catch(() => 0);
  const footer = had === FOOTER_BYTES ? decodeFooter(bytes, offset) : undefined;
  if (footer === undefined || header === undefined) return footer;
  return footer.seal === header.seal && footer.number === header.number ? footer : undefined;
}

function fromFooter(
  options: LoadSegmentOptions,
  size: number,
  header: SegmentHeader,
  footer: NonNullable<ReturnType<typeof decodeFooter>>,
): LoadedSegment {
  const segment = new Segment({ ...options, seal: header.seal, dataStart: SEGMENT_HEADER_BYTES });
  segment.dataEnd = size - FOOTER_BYTES;
  segment.fileBytes = size;
  segment.records = footer.records;
  segment.minMs = footer.minMs;
  segment.maxMs = footer.maxMs;
  for (const amount of [segment.total, segment.left, segment.unread]) {
    amount.lines = footer.lines;
    amount.bytes = footer.bytes;
  }
  return { ...nothing(segment, []), ...named(header), sealed: true };
}

interface Extent {
  readonly dataStart: number;
  readonly limit: number;
  readonly size: number;
}

/** Reads a segment through. */
async function scan(
  options: LoadSegmentOptions,
  { dataStart, limit, size }: Extent,
  seal: number | undefined,
  file: SpoolFile,
): Promise<LoadedSegment> {
  const reader = new RecordReader({ start: dataStart, limit, seal, reuse: true }, file);
  reader.insist(PATIENCE);
  const segment = new Segment({ ...options, seal, dataStart });
  const passed = { lines: 0, bytes: 0 };
  const damage = { records: 0, bytes: 0 };
  let nextIndex = 0;
  let lastGood = dataStart;
  for (let found = await reader.next(); found !== undefined; found = await reader.next()) {
    if (found.kind === 'damage') {
      // The header of the segment holds no record.
      damage.bytes += Math.max(0, found.end - Math.max(found.start, SEGMENT_HEADER_BYTES));
      continue;
    }
    damage.records += Math.max(0, found.index - nextIndex);
    nextIndex = found.index + 1;
    lastGood = found.end;
    segment.append({ lines: found.lines, payloadBytes: found.bytes.length, firstMs: found.firstMs });
    if (found.end > options.cursorOffset) continue;
    passed.lines += found.lines;
    passed.bytes += found.bytes.length;
  }
  segment.seal ??= reader.seal;
  segment.dataEnd = lastGood;
  segment.fileBytes = size;
  // What is behind the last whole record was being written when the process or the power went: at least a part of one.
  const tornBytes = Math.max(0, limit - Math.max(lastGood, SEGMENT_HEADER_BYTES));
  if (tornBytes > 0) damage.records += 1;
  const notes: string[] = [];
  if (damage.bytes > 0) {
    const name = segmentName(options.number);
    const where = tornBytes === damage.bytes ? 'at its end' : `${tornBytes} of them at its end`;
    notes.push(`segment ${name}: ${damage.bytes} bytes hold no whole record, ${where}; the rest is kept`);
  }
  return {
    ...nothing(segment, notes),
    sealed: limit < size,
    isScanned: true,
    isWhole: reader.badPages === 0,
    damagedRecords: damage.records,
    damagedBytes: damage.bytes,
    passedLines: passed.lines,
    passedBytes: passed.bytes,
  };
}

/** Cuts off what is behind the last whole record and writes the footer; answers what went wrong, if anything. */
export async function sealSegment(segment: Segment, files: SpoolFiles): Promise<string | undefined> {
  if (segment.seal === undefined) return undefined;
  const footer = encodeFooter(segment.footer(), segment.dataEnd);
  try {
    const file = await files.open(segment.path, 'change');
    try {
      await file.truncate(segment.dataEnd);
      await file.write([footer], segment.dataEnd);
      await file.datasync();
      segment.fileBytes = segment.dataEnd + FOOTER_BYTES;
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    return `segment ${segmentName(segment.number)}: could not be sealed: ${errorText(error)}`;
  }
}
