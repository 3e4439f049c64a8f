// FNV-1a over keys. carbon takes bytes as they are; carbon-c-relay takes them as C's `char`, which on the machines that
// Debian builds for most (amd64) is signed, so that a byte of 128 or above flips all bits above it too.

const OFFSET_32 = 0x811c9dc5;
const PRIME_32 = 0x01000193;
/** 2^40 + 0x1b3 is the prime of the 64-bit form. */
const PRIME_64_LOW = 0x1b3;
const OFFSET_64_HIGH = 0xcbf29ce4;
const OFFSET_64_LOW = 0x84222325;
const TWO_32 = 0x1_0000_0000;

/** Computes the 32-bit hash, unsigned. */
export function fnv1a32(bytes: Uint8Array): number {
  let hash = OFFSET_32;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), PRIME_32);
  return hash >>> 0;
}

/** Computes the 32-bit hash over signed bytes from `from` up to `end`, unsigned. */
export function fnv1a32Signed(bytes: Uint8Array, from = 0, end = bytes.length): number {
  let hash = OFFSET_32;
  for (let i = from; i < end; i++) hash = Math.imul(hash ^ (((bytes[i] as number) << 24) >> 24), PRIME_32);
  return hash >>> 0;
}

/** Computes the 64-bit hash over signed bytes. */
export function fnv1a64Signed(bytes: Uint8Array): bigint {
  let high = OFFSET_64_HIGH;
  let low = OFFSET_64_LOW;
  for (let i = 0; i < bytes.length; i++) {
    const byte = ((bytes[i] as number) << 24) >> 24;
    low = (low ^ byte) >>> 0;
    if (byte < 0) high = ~high >>> 0;
    // 435 * 2^32 is far within what a number holds exactly.
    const product = low * PRIME_64_LOW;
    const carried = (high * PRIME_64_LOW + Math.floor(product / TWO_32)) % TWO_32;
    high = ((carried >>> 0) + ((low << 8) >>> 0)) >>> 0;
    low = product >>> 0;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Folds a 32-bit hash to 16 bits, as both rings of this hash do. */
export function fold16(hash: number): number {
  return (hash >>> 16) ^ (hash & 0xffff);
}
