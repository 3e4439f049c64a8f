import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeUtf8 } from '../../src/table/utf8.ts';

test('valid UTF-8 decodes as everywhere, and offsets lead back to its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (source) => {
      const bytes = Buffer.from(source.toWellFormed());
      const { text, offsets } = decodeUtf8(bytes);
      assert.equal(text, bytes.toString());
      let at = 0;
      for (const character of text) {
        assert.equal(offsets?.[at], Buffer.byteLength(text.slice(0, at)));
        at += character.length;
      }
      assert.equal(offsets?.[text.length], bytes.length);
    }),
  );
});

test('each byte that begins no character is one U+FFFD', () => {
  const bad = ['ff', 'c080', 'e282', 'eda080', 'f0808080', 'f4908080', 'f8', '80', 'e28261'];
  const want = [1, 2, 2, 3, 4, 4, 1, 1, 2];
  for (const [index, hex] of bad.entries()) {
    const { text } = decodeUtf8(Buffer.from(hex, 'hex'));
    assert.equal(text.replaceAll(/[^\ufffd]/g, '').length, want[index], hex);
  }
});
