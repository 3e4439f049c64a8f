// The committed answers of the peers are those that the peers give today.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { askPeers } from '../golden/ring/ask-peers.ts';
import { makeKeys, RING_CASES } from '../golden/ring/ring-cases.ts';
import { nameCase, readVectors } from '../golden/ring/vectors.ts';
import { CARBON, CARBON_C_RELAY, ensurePackages } from './debian-packages.ts';

before(() => ensurePackages(CARBON, CARBON_C_RELAY));

test('carbon and carbon-c-relay put keys where the golden vectors say', () => {
  const vectors = readVectors();
  assert.equal(vectors.size, RING_CASES.length);
  for (const [i, owners] of askPeers(RING_CASES, makeKeys()).entries()) {
    const name = nameCase(RING_CASES[i]!);
    assert.deepEqual(owners, vectors.get(name), name);
  }
});
