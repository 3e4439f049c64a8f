// The keyed hash: pairs that collide in weaker constructions for every seed must not collide here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeWasmEngine, type WasmEngine } from '../../src/engine/wasm-engine.ts';

const OPTIONS = {
  lineBytesMax: 4096,
  chunkBytesMax: 4096,
  maxSeries: 1000,
  levels: { legacy: 'medium', m20: 'medium' },
  validateOrder: false,
  orderFutureMaxSec: 86_400,
} as const;

const makeHash = async () => (await makeWasmEngine(OPTIONS)) as WasmEngine;

/** FNV-1a over 32-bit words with the seed as start value: multiply-xor, keyed at the start only. */
function multiplyXor(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return hash >>> 0;
}

/** Pairs of 8-byte keys whose first words differ in the top bit alone and whose second words undo it. */
function craftedPairs(): [Uint8Array, Uint8Array][] {
  const pairs: [Uint8Array, Uint8Array][] = [];
  for (let i = 0; i < 1000; i++) {
    // (h ^ a) * odd: a change of bit 31 in `a` stays a change of bit 31 after any odd multiplication, whatever h is.
    const a = Math.imul(i, 0x9e3779b1) >>> 0;
    const b = Math.imul(i, 0x85ebca6b) >>> 0;
    const one = Uint8Array.from(new Uint8Array(Uint32Array.of(a, b).buffer));
    const two = Uint8Array.from(new Uint8Array(Uint32Array.of(a ^ 0x80000000, b ^ 0x80000000).buffer));
    pairs.push([one, two]);
  }
  return pairs;
}

test('pairs that collide in a multiply-xor hash for every seed do not collide in ours', async () => {
  const pairs = craftedPairs();
  for (const seed of [0, 1, 0x811c9dc5, 0xdeadbeef]) {
    for (const [one, two] of pairs) assert.equal(multiplyXor(one, seed), multiplyXor(two, seed));
  }
  const engine = await makeHash();
  const collisions = pairs.filter(([one, two]) => engine.hash(one) === engine.hash(two)).length;
  assert.ok(collisions <= 1, `${collisions} of ${pairs.length} crafted pairs collide`);
});

test('two processes hash the same key differently', async () => {
  const [one, two] = [await makeHash(), await makeHash()];
  const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`servers.host${i}.cpu`));
  const same = keys.filter((key) => one.hash(key) === two.hash(key)).length;
  assert.ok(same <= 1);
});

test('keys of every length hash by all of their bytes and their length', async () => {
  const engine = await makeHash();
  const seen = new Set<number>();
  let count = 0;
  for (let length = 0; length <= 200; length++) {
    const key = new Uint8Array(length);
    seen.add(engine.hash(key));
    count += 1;
    for (let at = 0; at < length; at++) {
      key[at] = 1;
      seen.add(engine.hash(key));
      key[at] = 0;
      count += 1;
    }
  }
  // 20,301 keys of which any two differ in one or two bytes or in length: the birthday bound allows 0.05 collisions.
  assert.ok(count - seen.size <= 3, `${count - seen.size} collisions among ${count}`);
});

test('hashes of sequential keys fill the low and the high bits evenly', async () => {
  const engine = await makeHash();
  const low = new Uint32Array(256);
  const high = new Uint32Array(256);
  const keys = 256 * 400;
  for (let i = 0; i < keys; i++) {
    const hash = engine.hash(Buffer.from(`servers.host${i}.cpu.user`));
    low[hash & 255] = (low[hash & 255] as number) + 1;
    high[hash >>> 24] = (high[hash >>> 24] as number) + 1;
  }
  for (const counts of [low, high]) {
    // Chi-squared with 255 degrees of freedom: mean 255, standard deviation 22.6; 420 is seven of them away.
    const chi = counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
    assert.ok(chi < 420, `chi-squared ${chi}`);
  }
});
