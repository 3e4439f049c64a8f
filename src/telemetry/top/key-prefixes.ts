// The prefixes of a key by whole nodes, as lengths and hashes, found in one pass over its bytes: no string is made of them.
// A key of fewer nodes is its own prefix at the depths below; tags belong to none.
import { mixHash, stepHash } from './hyper-log-log.ts';

/** Of a key this much is looked at for prefixes, bytes. */
export const KEY_BYTES_MAX = 256;

const DOT = 0x2e;
const SEMICOLON = 0x3b;

/** What one key is made of; each `read` overwrites the last. */
export class KeyPrefixes {
  /** By depth, 0 for one node: bytes of the prefix, and its hash. */
  readonly sizes: Uint16Array;
  readonly hashes: Uint32Array;
  readonly #seed: number;

  /** `seed` keys the hashes. */
  constructor(depths: number, seed: number) {
    this.sizes = new Uint16Array(depths);
    this.hashes = new Uint32Array(depths);
    this.#seed = seed;
  }

  /** Finds the prefixes; returns the hash of the whole key, which is that of `hashBytes`. */
  read(key: Uint8Array): number {
    const { sizes, hashes } = this;
    const depths = sizes.length;
    const end = Math.min(key.length, KEY_BYTES_MAX);
    let hash = this.#seed;
    let depth = 0;
    let i = 0;
    for (; i < end && depth < depths; i++) {
      const byte = key[i]!;
      if (byte === SEMICOLON) break;
      // A dot at the start ends no node.
      if (byte === DOT && i > 0) {
        sizes[depth] = i;
        hashes[depth] = mixHash(hash);
        depth += 1;
      }
      hash = stepHash(hash, byte);
    }
    if (depth < depths) {
      sizes.fill(i, depth);
      hashes.fill(mixHash(hash), depth);
    }
    for (; i < key.length; i++) hash = stepHash(hash, key[i]!);
    return mixHash(hash);
  }
}
