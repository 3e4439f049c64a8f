// Every hash against the real relay that it comes from: 10,000 keys a ring, all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyText } from '../../../src/table/key-text.ts';
import { HashChoice } from '../../../src/table/route/hash-choice.ts';
import { makeKeys, RING_CASES, type RingCase } from '../../golden/ring/ring-cases.ts';
import { nameCase, readVectors } from '../../golden/ring/vectors.ts';
import { parsedDestinations } from './parsed-destinations.ts';

const keys = makeKeys();
const texts = keys.map((key) => KeyText.fromBytes(Buffer.from(key)));
const vectors = readVectors();

test('the keys are many, different, and of every kind', () => {
  assert.equal(keys.length, 10_000);
  assert(new Set(keys).size > 8000, `${new Set(keys).size} different keys`);
  for (const kind of [/^[\w.-]+$/, /;.*;/, /[\u0080-\uffff]/, /^~/, /"}$/, /^\./]) {
    assert(keys.filter((key) => kind.test(key)).length > 200, String(kind));
  }
});

for (const ring of RING_CASES) {
  test(`equal to ${nameCase(ring)}`, () => {
    const expected = vectors.get(nameCase(ring));
    assert(expected?.length === keys.length, 'no vectors: run test/golden/ring/make-vectors.ts');
    const choice = makeChoice(ring);
    for (const [i, text] of texts.entries()) {
      assert.deepEqual(choice.members(text), expected[i], JSON.stringify(keys[i]));
    }
  });
}

function makeChoice({ type, destinations, ...options }: RingCase): HashChoice {
  return new HashChoice({ ...options, destinations: parsedDestinations(...destinations) }, type);
}
