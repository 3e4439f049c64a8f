import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseGoDuration } from '../../src/util/go-duration.ts';

test('Go durations are read in milliseconds', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['2m0s', 120_000],
    ['24h', 86_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5000],
    ['-1.5s', -1500],
    ['+3s', 3000],
    ['1us', 0.001],
    ['1\u00b5s', 0.001],
    ['1\u03bcs', 0.001],
    ['1ns', 0.000001],
    ['1s1ms1s', 2001],
    ['0.3333333333333333333h', 1_199_999.999999],
    ['2562047h47m16.854775807s', 9_223_372_036_854.775],
  ];
  for (const [text, ms] of cases) assert.deepEqual(parseGoDuration(text), { ok: true, ms }, text);
});

test('what is not a duration is refused in the words of Go', () => {
  const cases: [string, string][] = [
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['.s', 'time: invalid duration ".s"'],
    ['3', 'time: missing unit in duration "3"'],
    ['1h3', 'time: missing unit in duration "1h3"'],
    ['1.2.3s', 'time: missing unit in duration "1.2.3s"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['1S', 'time: unknown unit "S" in duration "1S"'],
    ['1"\\', 'time: unknown unit "\\"\\\\" in duration "1\\"\\\\"'],
    ['\u00e9', 'time: invalid duration "\\xc3\\xa9"'],
    ['10000000h', 'time: invalid duration "10000000h"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
  ];
  for (const [text, error] of cases) assert.deepEqual(parseGoDuration(text), { ok: false, error }, text);
});

test('no text makes the duration parser throw, however long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const result = parseGoDuration(text);
      assert.ok(result.ok ? Number.isFinite(result.ms) : result.error.startsWith('time: '));
    }),
  );
  assert.equal(parseGoDuration('9'.repeat(1e6)).ok, false);
});
