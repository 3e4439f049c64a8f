// Numbers against Go's own answers. The vectors were made by a Go program that printed strconv.ParseFloat's verdict and
// bits for hand-picked texts (COMPAT's, the edges of the range, halfway cases, very long ones) and for seeded random
// decimal and hex texts, a third of them mutated in one byte.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isNumber, parseNumber, timestampSec } from '../../src/metric/number.ts';

interface Vectors {
  readonly accepted: readonly (readonly [text: string, bits: string])[];
  readonly range: readonly string[];
  readonly syntax: readonly string[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('number-vectors.json', import.meta.url), 'utf8'));

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

/** Judges a text with digits on both sides of it, so that a read outside the bounds shows. */
function isNumberInside(text: string): boolean {
  const bytes = Buffer.from(`7${text}7`);
  return isNumber(bytes, 1, bytes.length - 1);
}

describe('number', () => {
  it('accepts what Go accepts, with the same value to the last bit', () => {
    assert.ok(vectors.accepted.length > 1000);
    for (const [text, bits] of vectors.accepted) {
      assert.equal(isNumberInside(text), true, text);
      assert.equal(bitsOf(parseNumber(text) as number), bits, text);
    }
  });

  it('refuses what Go refuses, by grammar or by range', () => {
    assert.ok(vectors.range.length > 50 && vectors.syntax.length > 500);
    for (const text of [...vectors.range, ...vectors.syntax]) {
      assert.equal(isNumberInside(text), false, JSON.stringify(text));
      assert.equal(parseNumber(text), undefined, JSON.stringify(text));
    }
  });

  it('agrees between judging and parsing for any text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0019.eExXpP+-_afinty'.split('')), maxLength: 14 });
    fc.assert(fc.property(text, (text) => isNumberInside(text) === (parseNumber(text) !== undefined)));
  });

  it('reads every double back from its own decimal text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) =>
        Object.is(parseNumber(Object.is(value, -0) ? '-0' : String(value)), value),
      ),
    );
  });

  it('takes a number of a megabyte in linear time', () => {
    const digits = '1'.repeat(1_000_000);
    assert.equal(parseNumber(`0.${digits}`), 1 / 9);
    assert.equal(isNumberInside(digits), false);
    assert.equal(isNumberInside(`0x${digits}p0`), false);
  });
});

describe('timestampSec', () => {
  it('cuts the fraction and takes every form a number has', () => {
    const cases: [string, number][] = [
      ['0', 0],
      ['1500000000', 1_500_000_000],
      ['1.5e9', 1_500_000_000],
      ['1500000000.999', 1_500_000_000],
      ['0x59682f00p0', 1_500_000_000],
      ['1_500_000_000', 1_500_000_000],
      ['4294967295', 4_294_967_295],
      ['4294967295.9', 4_294_967_295],
      ['-0', 0],
      ['-0.9', 0],
      ['1e-400', 0],
    ];
    for (const [text, want] of cases) assert.ok(Object.is(timestampSec(text), want), text);
  });

  it('has no answer outside 0 to 2^32-1, for NaN, and for what is no number', () => {
    for (const text of ['-1', '4294967296', '99999999999', 'NaN', 'inf', '-inf', '1e300', '', 'x', '1e400']) {
      assert.equal(timestampSec(text), undefined, text);
    }
  });
});
