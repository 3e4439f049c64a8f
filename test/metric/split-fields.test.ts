// Fields by Unicode white space, against a decoder that knows every character.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { splitFields } from '../../src/metric/split-fields.ts';

function fieldsOf(line: Uint8Array, fieldsMax = 1000): string[] {
  const offsets = splitFields(line, fieldsMax);
  const fields: string[] = [];
  for (let i = 0; i < offsets.length; i += 2) {
    fields.push(Buffer.from(line.subarray(offsets[i], offsets[i + 1])).toString('latin1'));
  }
  return fields;
}

// Go's unicode.IsSpace.
const SPACES = [
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005,
  0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];

describe('splitFields', () => {
  it('splits at each white space character of Go and at no other character', () => {
    for (let code = 0; code <= 0x3100; code++) {
      const line = Buffer.from(`a${String.fromCodePoint(code)}b`);
      assert.equal(fieldsOf(line).length, SPACES.includes(code) ? 2 : 1, `U+${code.toString(16)}`);
    }
    assert.equal(fieldsOf(Buffer.from('a\ufeffb')).length, 1);
  });

  it('takes runs, leading and trailing white space as no fields', () => {
    assert.deepEqual(fieldsOf(Buffer.from(' \t a \u00a0\u3000 b\u2003c \r')), ['a', 'b', 'c']);
    assert.deepEqual(fieldsOf(Buffer.from('\r')), []);
    assert.deepEqual(fieldsOf(Buffer.from('')), []);
  });

  it('keeps bytes that are not valid UTF-8 inside a field', () => {
    const whole = [
      [0x85],
      [0xa0],
      [0xc2],
      [0xe2, 0x80],
      [0xc0, 0xa0],
      [0xe0, 0x80, 0xa0],
      [0xe2, 0xe2, 0x80],
      [0xff],
    ];
    for (const bytes of whole)
      assert.equal(fieldsOf(Buffer.from([0x61, ...bytes, 0x62])).length, 1, String(bytes));
    assert.deepEqual(fieldsOf(Buffer.from([0x61, 0xf0, 0xe2, 0x80, 0x80, 0x62])), ['a\xf0', 'b']);
    assert.deepEqual(fieldsOf(Buffer.from([0x61, 0xe2, 0x80])), ['a\xe2\x80']);
  });

  it('looks for no more fields than asked', () => {
    assert.deepEqual(fieldsOf(Buffer.from('a b c d e f'), 4), ['a', 'b', 'c', 'd']);
  });

  it('gives the fields of a decoded string for any valid text', () => {
    const unit = fc.oneof(
      fc.constantFrom(...SPACES.map((code) => String.fromCodePoint(code))),
      fc.constantFrom('a', '\u200b', '\u0084', '\u00a1', '\u2010', '\u205e', '\u3001', '\u{10000}', '\0'),
    );
    const isSpace = (character: string): boolean => SPACES.includes(character.codePointAt(0) as number);
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (characters) => {
        const text = characters.map((character) => (isSpace(character) ? ' ' : character)).join('');
        const want = text.split(' ').filter((field) => field !== '');
        const got = fieldsOf(Buffer.from(characters.join('')));
        assert.deepEqual(
          got,
          want.map((field) => Buffer.from(field).toString('latin1')),
        );
      }),
    );
  });
});
