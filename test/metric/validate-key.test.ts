// The rules of keys one by one; parse-line.test.ts holds them against crng's own answers in bulk.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateKey, withoutLeadingDot } from '../../src/metric/validate-key.ts';
import type { ValidationLevels } from '../../src/metric/validation-levels.ts';

const NONE: ValidationLevels = { legacy: 'none', m20: 'none' };
const MEDIUM: ValidationLevels = { legacy: 'medium', m20: 'medium' };
const STRICT: ValidationLevels = { legacy: 'strict', m20: 'medium' };

function errorOf(key: string, levels: ValidationLevels): string | undefined {
  return validateKey(Buffer.from(key, 'latin1'), levels);
}

function expectAll(levels: ValidationLevels, cases: [key: string, text: string | undefined][]): void {
  for (const [key, text] of cases) assert.equal(errorOf(key, levels), text, JSON.stringify(key));
}

describe('validateKey', () => {
  it('lets everything pass at level none', () => {
    for (const key of ['a\0b', 'a\xff', ';', 'a;b', 'x=y', 'x_is_y', 'x=y_is_z', '..', '.']) {
      assert.equal(errorOf(key, NONE), undefined, key);
    }
  });

  it('refuses NUL, bytes beyond ASCII and bad tags at level medium', () => {
    expectAll(MEDIUM, [
      ['a.b', undefined],
      ['a..b', undefined],
      ['a.b#c', undefined],
      ['.', undefined],
      ['a.b\0', 'null byte at position 3'],
      ['.a.b\0', 'null byte at position 3'],
      ['a.\xc3\xa4', "non-ASCII char 'Ã'"],
      ['a.\xa0', "non-ASCII char '\\u00a0'"],
      ['a.b;k=\xff', "non-ASCII char 'ÿ'"],
      [';k=v', 'empty key'],
      ['.;k=v', 'empty key'],
      ['a.b;k=v', undefined],
      ['a.b;k=v;l=~w!', undefined],
      ['a.b;', 'invalid tag appendix'],
      ['a.b;k', 'invalid tag appendix'],
      ['a.b;k=', 'invalid tag appendix'],
      ['a.b;=v', 'invalid tag appendix'],
      ['a.b;k!=v', 'invalid tag appendix'],
      ['a.b;k=v=w', 'invalid tag appendix'],
      ['a.b;k=v;', 'invalid tag appendix'],
      ['a.b;;k=v', 'invalid tag appendix'],
    ]);
  });

  it('refuses empty nodes and odd characters in the name, not in the tags, at level strict', () => {
    expectAll(STRICT, [
      ['a.b-c_D9', undefined],
      ['a..b', 'empty node'],
      ['..a', undefined],
      ['...a', 'empty node'],
      ['a.b#', "illegal char '#'"],
      ["a.'", "illegal char '\\''"],
      ['a.\\', "illegal char '\\\\'"],
      ['a.\x01', "illegal char '\\x01'"],
      ['a.\x07', "illegal char '\\a'"],
      ['a.\x7f', "illegal char '\\x7f'"],
      ['a.\xad', "illegal char '\\u00ad'"],
      ['a.b;k=#..', undefined],
      ['a#;k', 'invalid tag appendix'],
      ['a.b;k=\0', 'null byte at position 6'],
    ]);
  });

  it('takes the version from the first node alone, with a leading dot still on', () => {
    expectAll(MEDIUM, [
      ['a.b=c', undefined],
      ['disk.used;host=a', undefined],
      ['.a=b', undefined],
      ['.a_is_b.c', undefined],
      ['.disk;host=a', undefined],
      ['a=b', 'no unit tag'],
      ['a_is_b', 'no unit tag'],
    ]);
  });

  it('takes a name without dots that carries tags for a plain key, unlike crng', () => {
    expectAll(MEDIUM, [
      ['disk;host=a', undefined],
      ['disk;host', 'invalid tag appendix'],
      ['cpu_is_idle;host=a', undefined],
      ['disk=x;host=a', 'no unit tag'],
    ]);
  });

  it('wants unit, mtype and a third tag in a metrics 2.0 key of either style', () => {
    expectAll(MEDIUM, [
      ['unit=B.mtype=count.what=x', undefined],
      ['what=x.mtype=count.unit=B', undefined],
      ['what=x.unit=B', 'no mtype tag'],
      ['what=x.mtype=count', 'no unit tag'],
      ['what=x.munit=B.mtype=count', 'no unit tag'],
      ['unit=B.mtype=count', 'must have at least 1 tag beyond unit and mtype'],
      ['unit=B.mtype=count.what_is_x', 'both = and _is_'],
      ['unit_is_B.mtype_is_count.what_is_x', undefined],
      ['unit_is_B.mtype_is_count', 'must have at least 1 tag beyond unit and mtype'],
      ['unit_is_B.mtype_is_count.what=x', 'both = and _is_'],
      ['what_is_x.unit_is_B', 'no mtype tag'],
      ['unit=B.mtype=count.what=\xff\0', undefined],
    ]);
  });
});

describe('withoutLeadingDot', () => {
  it('takes off one dot, not two', () => {
    const name = (key: string): string => Buffer.from(withoutLeadingDot(Buffer.from(key))).toString();
    assert.deepEqual(['a', '.a', '..a', '.', ''].map(name), ['a', 'a', '.a', '', '']);
  });
});
