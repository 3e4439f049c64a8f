import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternSize } from '../../../src/relay/tail/pattern-size.ts';

test('the size of a regex is that with its repetitions written out', () => {
  for (const [source, size] of [
    ['', 0],
    ['abc', 3],
    ['a{3}b', 4],
    ['(ab){10}', 20],
    ['((ab){10}c){10}', 210],
    ['[a-z]{0,999}', 999],
    ['[]{9}]{2,}', 2],
    ['[^\\]{5}]x', 2],
    ['\\d{8}-\\pL{4}', 13],
    ['\\p{Greek}{3}', 3],
    ['\\Qa{1000}\\E', 11],
    ['a\\{1000}', 7],
    ['(((a', 1],
    ['[a-z]{0,999}'.repeat(80), 79_920],
  ] as const) {
    assert.equal(patternSize(source), size, source);
  }
});
