// Saved windows: what is read is what was written, and a damaged file is never taken for a whole one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeWindows,
  encodeWindows,
  type SavedWindows,
} from '../../../src/table/aggregator/window-snapshot.ts';
import type { SavedWindow } from '../../../src/table/aggregator/windows.ts';
import { aggregator } from '../table-options.ts';

function makeWindow(seed: number): SavedWindow {
  const numbers = [Number.NaN, -0, Number.NEGATIVE_INFINITY, 5e-324, 0.1 + 0.2, 1.7e308, seed];
  const [count = 0, sum = 0, min = 0, max = 0, last = 0, oldest = 0, newest = 0] = numbers;
  const values = Float64Array.from({ length: seed % 70 }, (_, i) => i / seed);
  const figures = { count, sum, min, max, last, oldest, newest, oldestSec: seed, newestSec: 0xffff_ffff };
  return {
    family: seed % 3,
    text: '\xffk'.repeat(seed % 5),
    startSec: 1_700_000_000 + seed,
    mark: seed % 4,
    figures: { ...figures, values, ordered: undefined },
  };
}

const RULES: SavedWindows[] = [40, 0, 25].map((count, index) => ({
  identity: `rule ${index}`,
  options: aggregator({ matcher: { regex: 'ä' }, intervalSec: index + 1 }),
  closedSec: 1000 + index,
  windows: Array.from({ length: count }, (_, i) => makeWindow(i + 1)),
}));
const WINDOWS = RULES.flatMap(({ windows }, rule) =>
  [...windows].map((window): [number, SavedWindow] => [rule, window]),
);

function encode(rules: readonly SavedWindows[] = RULES, count = WINDOWS.length): Buffer {
  return Buffer.concat([...encodeWindows(rules, count, 123)]);
}

test('what is saved is loaded, bit for bit', () => {
  const loaded = decodeWindows(encode());
  const rules = RULES.map(({ windows: _windows, ...rule }) => rule);
  assert.deepEqual(loaded, {
    savedMs: 123,
    expected: WINDOWS.length,
    rules,
    windows: WINDOWS,
    damage: undefined,
  });
});

test('many windows take many blocks', () => {
  const windows = Array.from({ length: 5000 }, () => makeWindow(69));
  const loaded = decodeWindows(encode([{ ...RULES[0]!, windows }], windows.length));
  assert.equal(loaded.damage, undefined);
  assert.deepEqual(loaded.windows.at(-1)?.[1], windows.at(-1));
});

test('a file cut anywhere is told to be damaged, and what it gives was saved', () => {
  const bytes = encode();
  for (let length = 0; length < bytes.length; length++) {
    const { damage, windows } = decodeWindows(bytes.subarray(0, length));
    assert.notEqual(damage, undefined, `cut at ${length}`);
    assert.deepEqual(windows, WINDOWS.slice(0, windows.length));
  }
});

test('a file with any one byte changed is told to be damaged, and what it gives was saved', () => {
  const bytes = encode([{ ...RULES[2]!, windows: [makeWindow(3), makeWindow(4)] }], 2);
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= bit;
      const { damage, windows } = decodeWindows(changed);
      assert.notEqual(damage, undefined, `byte ${at}`);
      assert.equal(windows.length, 0);
    }
  }
});

test('a file of another kind or version is told by name', () => {
  assert.equal(decodeWindows(Buffer.from('anything at all')).damage, 'it is no file of windows');
  const bytes = encode();
  bytes.writeUInt32LE(2, 8);
  assert.equal(decodeWindows(bytes).damage, 'its version is 2, not 1');
});
