// The keyed hash of a series key.
//
// NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999; RFC 4418): the sum of (m[i] + k[i]) * (m[i+1] + k[i+1])
// over 32-bit words, modulo 2^64, with a random k for every position of the longest key. Any two different keys of one
// length collide with probability <= 2^-32 over the choice of k, whatever the keys are. The length times a random odd
// number joins the sum. Sums of sequential keys lie in patterns; two xor-shifts around a random odd factor, a bijection,
// spread them. The last step is multiply-shift (Dietzfelbinger et al. 1997), universal from 64 to 32 bits.
// Every step is keyed, so nobody who does not know k can build colliding keys, as one can for a multiply-xor hash whose
// seed enters only at the start. In WebAssembly it costs seven SIMD instructions per 16 bytes, no serial chain, where
// SipHash-1-3 costs a chain of 14 per 8 bytes.
import { reserve } from './memory';

let masks: u32 = 0;
let words: u32 = 0;
let lengthFactor: u64 = 0;
let mixFactor: u64 = 0;
let finalFactor: u64 = 0;
let finalTerm: u64 = 0;

/** Reserves the key words for keys of up to `keyBytesMax`; returns where to put `keyBytesMax + 64` random bytes. */
export function startHash(keyBytesMax: u32): u32 {
  masks = reserve(32);
  memory.fill(masks, 0xff, 16);
  memory.fill(masks + 16, 0, 16);
  words = reserve(keyBytesMax + 64);
  return words;
}

/** Takes the last four key words from the 32 bytes at `at`; the factors are made odd. */
export function seedHash(at: u32): void {
  lengthFactor = load<u64>(at) | 1;
  finalFactor = load<u64>(at, 8) | 1;
  finalTerm = load<u64>(at, 16);
  mixFactor = load<u64>(at, 24) | 1;
}

/** A mask of `size` (0..16) leading bytes. */
// @ts-ignore: decorator
@inline
export function tailMask(size: u32): v128 {
  return v128.load(masks + 16 - size);
}

// @ts-ignore: decorator
@inline
function product(bytes: v128, key: v128): v128 {
  const sum = i32x4.add(bytes, key);
  return i64x2.extmul_low_i32x4_u(
    v128.shuffle<i32>(sum, sum, 0, 2, 0, 2),
    v128.shuffle<i32>(sum, sum, 1, 3, 1, 3),
  );
}

/** Hashes `size` bytes at `key`; reads up to 15 bytes past the end. */
// @ts-ignore: decorator
@inline
export function hashKey(key: u32, size: u32): u32 {
  let sum = i64x2.splat(0);
  let at: u32 = 0;
  for (; at + 16 <= size; at += 16) {
    sum = i64x2.add(sum, product(v128.load(key + at), v128.load(words + at)));
  }
  const rest = size - at;
  if (rest !== 0) {
    sum = i64x2.add(sum, product(v128.and(v128.load(key + at), tailMask(rest)), v128.load(words + at)));
  }
  let mixed: u64 = i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1) + <u64>size * lengthFactor;
  mixed ^= mixed >> 32;
  mixed *= mixFactor;
  mixed ^= mixed >> 29;
  return <u32>((mixed * finalFactor + finalTerm) >> 32);
}

/** Compares `size` bytes; reads up to 15 bytes past both ends. */
// @ts-ignore: decorator
@inline
export function sameBytes(a: u32, b: u32, size: u32): bool {
  let at: u32 = 0;
  for (; at + 16 <= size; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false;
  }
  const rest = size - at;
  if (rest === 0) return true;
  return !v128.any_true(v128.and(v128.xor(v128.load(a + at), v128.load(b + at)), tailMask(rest)));
}
