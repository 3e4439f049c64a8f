// Whole lines against crng's own answers. The vectors were made by a Go program that called carbon20.ValidatePacket of
// the go-metrics20 version that carbon-relay-ng 109ce485 builds with, on hand-picked and seeded random lines; lines
// where Sluice differs on purpose (`;` before any `=` in the first node) were left out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseFields, parseLine } from '../../src/metric/parse-line.ts';
import { withoutLeadingDot } from '../../src/metric/validate-key.ts';
import type { ValidationLevels } from '../../src/metric/validation-levels.ts';

type Row = [
  line: string,
  legacy: ValidationLevels['legacy'],
  m20: ValidationLevels['m20'],
  error: string,
  key: string,
];

const vectors: { rows: Row[] } = JSON.parse(
  readFileSync(new URL('line-vectors.json', import.meta.url), 'utf8'),
);
const MEDIUM: ValidationLevels = { legacy: 'medium', m20: 'medium' };

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe('parseLine', () => {
  it('says of every line what carbon-relay-ng says', () => {
    assert.ok(vectors.rows.length >= 900);
    for (const [line, legacy, m20, error, key] of vectors.rows) {
      const parsed = parseLine(Buffer.from(line, 'latin1'), { legacy, m20 });
      assert.equal(parsed.ok ? '' : parsed.text, error, JSON.stringify([line, legacy, m20]));
      const named = parsed.key === undefined ? '' : latin1(withoutLeadingDot(parsed.key));
      assert.equal(named, key, JSON.stringify([line, legacy, m20]));
    }
  });

  it('gives the first failure in the order fields, key, value, timestamp', () => {
    const text = (line: string): string => {
      const parsed = parseLine(Buffer.from(line), MEDIUM);
      return parsed.ok ? '' : parsed.text;
    };
    assert.equal(text('a; x y z'), 'packet must consist of 3 fields');
    assert.equal(text('a; x y'), 'invalid tag appendix');
    assert.equal(text('a x y'), 'value field is not a float or int');
    assert.equal(text('a 1 y'), 'timestamp field is not a unix timestamp');
    assert.equal(text('a 1 2'), '');
    assert.equal(text(''), 'packet must consist of 3 fields');
  });

  it('keeps the text of every field and joins them by one space', () => {
    const parsed = parseLine(Buffer.from('  .a.b\t 0x1p4 \u00a01_0\r'), MEDIUM);
    assert.ok(parsed.ok);
    assert.deepEqual([parsed.key, parsed.value, parsed.timestamp, parsed.canonical].map(latin1), [
      '.a.b',
      '0x1p4',
      '1_0',
      '.a.b 0x1p4 1_0\n',
    ]);
  });

  it('reads within a view into a larger buffer', () => {
    const buffer = Buffer.from('9a 1e400 2\nx=y 1 1500000000\n9');
    const parsed = parseLine(buffer.subarray(11, 27), { legacy: 'none', m20: 'none' });
    assert.ok(parsed.ok);
    assert.equal(latin1(parsed.canonical), 'x=y 1 1500000000\n');
    assert.deepEqual(parseLine(buffer.subarray(1, 10), MEDIUM).ok, false);
  });
});

describe('parseFields', () => {
  it('judges fields and numbers and leaves the key alone', () => {
    assert.equal(parseFields(Buffer.from('a; 1 2')).ok, true);
    assert.equal(parseFields(Buffer.from('a;b\0 1 x')).ok, false);
    assert.equal(parseFields(Buffer.from('a 1')).ok, false);
  });
});
