// The bytes of a spool on disk: what a segment file holds, byte for byte, encoded and decoded here and nowhere else.
// All numbers are little-endian; f64 is a double that holds whole numbers or ms. A decoder answers undefined for
// anything that is not exactly right; it never throws. docs/spool.md has the same drawing.
//
//   segment file `0000000007.seg`
//   ┌────────────────┬────────┬─────────┬────────┬─────────┬─ ─ ─ ─┬────────┐
//   │ segment header │ record │ payload │ record │ payload │       │ footer │   footer: only once the segment is sealed
//   │ 40 bytes       │ header │ lines\n │ header │ lines\n │       │ 64     │
//   └────────────────┴────────┴─────────┴────────┴─────────┴─ ─ ─ ─┴────────┘
//
//   segment header                        record header, 56 bytes              footer
//    0  magic "SLUICESP"                   0  magic 93 'S' 'L' 'R'              0  magic 93 'S' 'L' 'F'
//    8  u16 version (1)                    4  u8 version (1)                    4  u8 version (1)
//   10  u16 flags (0)                      5  u8 flags (0)                      5  u8 flags (0)
//   12  u32 segment number                 6  u16 size of this header (56)      6  u16 size of this footer (64)
//   16  f64 made, wall ms                  8  u32 payload bytes                 8  u32 records
//   24  u32 spool id                      12  u32 lines in the payload         12  u32 segment number
//   28  u32 seal                          16  f64 oldest arrival, wall ms      16  f64 lines
//   32  u32 number of the segment before  24  u64 origin id (0: plain input)   24  f64 payload bytes
//   36  u32 CRC-32 of bytes 0-35          32  u64 origin sequence (0)          32  f64 oldest arrival, wall ms
//                                         40  u32 seal of the segment          40  f64 newest arrival, wall ms
//                                         44  u32 index: 0, 1, 2 …             48  u32 seal of the segment
//                                         48  u32 CRC-32 of 0-47 and payload   52  u32 0
//                                         52  u32 CRC-32 of bytes 0-51         56  u32 own offset in the file, low half
//                                                                              60  u32 CRC-32 of bytes 0-59
//
// The seal is a random number of the segment. It keeps a search for the next good record from taking stale disk blocks,
// or a line that somebody sent us because it looks like a record, for one of ours.
import { crc32 } from 'node:zlib';

/** The version that this code writes; what is newer is refused and left alone. */
export const FORMAT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 40;
export const RECORD_HEADER_BYTES = 56;
export const FOOTER_BYTES = 64;
/** No payload is longer; a length beyond it is damage. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

const SEGMENT_MAGIC = Buffer.from('SLUICESP');
/** What a search for the next record looks for. */
export const RECORD_MAGIC = Buffer.from([0x93, 0x53, 0x4c, 0x52]);
const FOOTER_MAGIC = Buffer.from([0x93, 0x53, 0x4c, 0x46]);

const SEGMENT_NAME = /^(\d{10})\.seg$/;
/** Numbers are u32; the last ones are kept free so that counting on never overflows. */
const SEGMENT_NUMBER_MAX = 0xffff_ff00;

export interface SegmentHeader {
  readonly version: number;
  readonly number: number;
  readonly madeMs: number;
  /** The same in all segments and the cursor of one spool. */
  readonly spoolId: number;
  readonly seal: number;
  /** The last segment with records before this one; 0: none. Tells a lost file from a number that was never used. */
  readonly previous: number;
}

export interface RecordHeader {
  readonly version: number;
  readonly payloadBytes: number;
  readonly lines: number;
  readonly firstMs: number;
  readonly seal: number;
  readonly index: number;
  /** CRC-32 of the header's first 48 bytes and the payload. */
  readonly crc: number;
  /** CRC-32 of the first 48 bytes alone, from which `crc` goes on. */
  readonly headCrc: number;
}

export interface SegmentFooter {
  readonly number: number;
  readonly records: number;
  readonly lines: number;
  readonly bytes: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly seal: number;
}

/** Names the file of a segment. */
export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.seg`;
}

/** Parses the name of a segment file; undefined when it is not one, exactly as we write it. */
export function parseSegmentName(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const number = Number(digits);
  return number > 0 && number <= SEGMENT_NUMBER_MAX ? number : undefined;
}

/** Encodes the first bytes of a segment file. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  SEGMENT_MAGIC.copy(bytes);
  bytes.writeUInt16LE(header.version, 8);
  bytes.writeUInt32LE(header.number, 12);
  bytes.writeDoubleLE(header.madeMs, 16);
  bytes.writeUInt32LE(header.spoolId, 24);
  bytes.writeUInt32LE(header.seal, 28);
  bytes.writeUInt32LE(header.previous, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  return bytes;
}

/** Decodes the first bytes of a segment file. A newer version is decoded too: the caller refuses it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !startsWith(bytes, 0, SEGMENT_MAGIC)) return undefined;
  if (bytes.readUInt32LE(36) !== crc32(bytes.subarray(0, 36))) return undefined;
  return {
    version: bytes.readUInt16LE(8),
    number: bytes.readUInt32LE(12),
    madeMs: bytes.readDoubleLE(16),
    spoolId: bytes.readUInt32LE(24),
    seal: bytes.readUInt32LE(28),
    previous: bytes.readUInt32LE(32),
  };
}

/** What a record header says; the payload is given as the parts it is written from. */
export interface RecordContent {
  readonly lines: number;
  readonly firstMs: number;
  readonly seal: number;
  readonly index: number;
  readonly parts: readonly Buffer[];
}

/** Encodes the header of a record. */
export function encodeRecordHeader(content: RecordContent): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES);
  let payloadBytes = 0;
  for (const part of content.parts) payloadBytes += part.length;
  RECORD_MAGIC.copy(bytes);
  bytes[4] = FORMAT_VERSION;
  bytes.writeUInt16LE(RECORD_HEADER_BYTES, 6);
  bytes.writeUInt32LE(payloadBytes, 8);
  bytes.writeUInt32LE(content.lines, 12);
  bytes.writeDoubleLE(content.firstMs, 16);
  bytes.writeUInt32LE(content.seal, 40);
  bytes.writeUInt32LE(content.index, 44);
  let crc = crc32(bytes.subarray(0, 48));
  for (const part of content.parts) crc = crc32(part, crc);
  bytes.writeUInt32LE(crc, 48);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 52)), 52);
  return bytes;
}

/** Decodes the record header at `at`, whose own CRC must be right; the payload is checked by `payloadIsWhole`. */
export function decodeRecordHeader(bytes: Buffer, at: number): RecordHeader | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length || !startsWith(bytes, at, RECORD_MAGIC)) return undefined;
  const headCrc = crc32(bytes.subarray(at, at + 48));
  if (bytes.readUInt32LE(at + 52) !== crc32(bytes.subarray(at + 48, at + 52), headCrc)) return undefined;
  const header = {
    version: bytes.readUInt8(at + 4),
    payloadBytes: bytes.readUInt32LE(at + 8),
    lines: bytes.readUInt32LE(at + 12),
    firstMs: bytes.readDoubleLE(at + 16),
    seal: bytes.readUInt32LE(at + 40),
    index: bytes.readUInt32LE(at + 44),
    crc: bytes.readUInt32LE(at + 48),
    headCrc,
  };
  return header.payloadBytes <= PAYLOAD_BYTES_MAX ? header : undefined;
}

/** Tells whether a payload is the one its header was written for. */
export function payloadIsWhole(header: RecordHeader, payload: Buffer): boolean {
  return payload.length === header.payloadBytes && crc32(payload, header.headCrc) === header.crc;
}

/** Encodes the footer of a segment; `offset` is where in the file it goes. */
export function encodeFooter(footer: SegmentFooter, offset: number): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  FOOTER_MAGIC.copy(bytes);
  bytes[4] = FORMAT_VERSION;
  bytes.writeUInt16LE(FOOTER_BYTES, 6);
  bytes.writeUInt32LE(footer.records, 8);
  bytes.writeUInt32LE(footer.number, 12);
  bytes.writeDoubleLE(footer.lines, 16);
  bytes.writeDoubleLE(footer.bytes, 24);
  bytes.writeDoubleLE(footer.minMs, 32);
  bytes.writeDoubleLE(footer.maxMs, 40);
  bytes.writeUInt32LE(footer.seal, 48);
  bytes.writeUInt32LE(offset % 0x1_0000_0000, 56);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Decodes a footer that was read at `offset`; undefined when it is none or was written for another place. */
export function decodeFooter(bytes: Buffer, offset: number): SegmentFooter | undefined {
  if (bytes.length !== FOOTER_BYTES || !startsWith(bytes, 0, FOOTER_MAGIC)) return undefined;
  if (bytes[4] !== FORMAT_VERSION || bytes.readUInt32LE(56) !== offset % 0x1_0000_0000) return undefined;
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return undefined;
  return {
    records: bytes.readUInt32LE(8),
    number: bytes.readUInt32LE(12),
    lines: bytes.readDoubleLE(16),
    bytes: bytes.readDoubleLE(24),
    minMs: bytes.readDoubleLE(32),
    maxMs: bytes.readDoubleLE(40),
    seal: bytes.readUInt32LE(48),
  };
}

function startsWith(bytes: Buffer, at: number, magic: Buffer): boolean {
  return bytes.compare(magic, 0, magic.length, at, at + magic.length) === 0;
}
