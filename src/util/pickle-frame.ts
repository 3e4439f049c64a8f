// How bytes on a connection tell that they are carbon's pickle protocol: a length of four bytes, the high one first, and
// then a pickle of a list.

const LENGTH_BYTES = 4;
/** Carbon's own batches have 500 metrics; nobody's first message is longer than this, bytes. */
const LIKELY_BYTES_MAX = 16 * 1024 * 1024;
const LIST = 0x5d;
const MARK = 0x28;
const LIST_OF_MARK = 0x6c;
const PROTO = 0x80;
const PROTO_LIKELY_MAX = 5;
const FRAME = 0x95;

/** True when bytes are how a pickled list begins in any protocol: `]`, `(l`, or the protocol and then `]` or a frame. */
export function beginsPickledList(bytes: Uint8Array): boolean {
  switch (bytes[0]) {
    case LIST:
      return true;
    case MARK:
      return bytes[1] === LIST_OF_MARK;
    case PROTO:
      return bytes[2] === LIST || bytes[2] === FRAME;
    default:
      return false;
  }
}

/** True when the first bytes of a connection are hardly anything but pickle: for a hint to whoever took the wrong port. */
export function looksLikePickle(bytes: Uint8Array): boolean {
  if (bytes.length < LENGTH_BYTES + 3) return false;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (length === 0 || length > LIKELY_BYTES_MAX) return false;
  const body = bytes.subarray(LENGTH_BYTES);
  return beginsPickledList(body) && (body[0] !== PROTO || (body[1] ?? 0) <= PROTO_LIKELY_MAX);
}
