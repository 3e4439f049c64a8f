// Finds the records of carbon-relay-ng's spool files in bytes, good or damaged.
//
// A record is a length (int32, big endian) and a line. There is no checksum, but lines hold no zero byte and lengths begin
// with one, which tells them apart:
// - a length that reaches past the end, or does not cover one line of three fields: damaged;
// - a length after which a timestamp goes on: too short, the line would be cut and its time wrong: damaged;
// - after damage, the next place that is a good record. A damaged length costs its own line, no other.

/** Longest line that is believed. carbon-relay-ng takes plain lines up to 64 KiB and longer ones from other inputs. */
export const CRNG_LINE_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES = 4;
/** `a 1 1`. */
const LINE_BYTES_MIN = 5;
/** Bytes that must be there to judge a record: its own at their longest, and one of what follows. */
export const RECORD_LOOK_BYTES = HEADER_BYTES + CRNG_LINE_BYTES_MAX + 1;

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const NUMBER_START: ReadonlySet<number> = new Set(Buffer.from('0123456789+-.nNiI'));

/** Bytes of the line of the record at `start`; 0 when no good record is there. Looks no further than `end`. */
export function matchCrngRecord(bytes: Buffer, start: number, end: number): number {
  if (start + HEADER_BYTES + LINE_BYTES_MIN > end) return 0;
  const size = bytes.readInt32BE(start);
  if (size < LINE_BYTES_MIN || size > CRNG_LINE_BYTES_MAX) return 0;
  const lineStart = start + HEADER_BYTES;
  const lineEnd = lineStart + size;
  if (lineEnd > end) return 0;
  if (!isLine(bytes, lineStart, lineEnd)) return 0;
  return lineEnd < end && mayEndTimestamp(bytes[lineEnd]!) ? 0 : size;
}

/** Three fields, the second and third of which begin as numbers do; crng has normalised the line. */
function isLine(bytes: Buffer, start: number, end: number): boolean {
  let fields = 0;
  let isInField = false;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    if (byte === SPACE || byte === TAB) {
      isInField = false;
    } else if (byte === 0 || byte === NEWLINE) {
      return false;
    } else if (!isInField) {
      isInField = true;
      fields += 1;
      if (fields > 1 && !NUMBER_START.has(byte)) return false;
    }
  }
  return fields === 3;
}

/** Digits, letters, signs and the point. A zero byte with one bit flipped is none of them. */
function mayEndTimestamp(byte: number): boolean {
  return byte >= 0x2b && byte <= 0x7a && byte !== 0x40;
}

/**
 * The next place from `start` on where a good record begins, or where one could that cannot be judged before there are
 * more bytes; `end` when there is none.
 */
export function findCrngRecord(bytes: Buffer, start: number, end: number, isLast: boolean): number {
  const sure = isLast ? end : end - RECORD_LOOK_BYTES;
  for (let at = bytes.indexOf(0, start); at >= 0 && at < end; at = bytes.indexOf(0, at + 1)) {
    if (at > sure || matchCrngRecord(bytes, at, end) > 0) return at;
  }
  return end;
}

/** Bytes of a record with a line of `size` bytes. */
export function crngRecordBytes(size: number): number {
  return HEADER_BYTES + size;
}
