import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { KeyText } from '../../../src/table/key-text.ts';
import { DfaBudget } from '../../../src/table/regex/dfa-budget.ts';
import { Pattern, RegexError } from '../../../src/table/regex/pattern.ts';
import { parseRegex } from '../../../src/table/regex/parser.ts';
import { workedMs } from '../../worked-ms.ts';
import { grammarRegex, noisyRegex, randomKey } from './random-regex.ts';

const pattern = (source: string): Pattern => new Pattern(source, new DfaBudget(1 << 24));
const key = (text: string): KeyText => KeyText.fromBytes(Buffer.from(text));

function re2(source: string): RE2JS | undefined {
  try {
    return RE2JS.compile(source);
  } catch {
    return undefined;
  }
}

test('a random regex matches exactly the keys that RE2 matches', () => {
  let own = 0;
  fc.assert(
    fc.property(grammarRegex, fc.array(randomKey, { minLength: 1, maxLength: 12 }), (source, keys) => {
      const oracle = re2(source);
      if (oracle === undefined) return assert.throws(() => pattern(source), RegexError);
      const ours = pattern(source);
      if (ours.tree !== undefined) own += 1;
      for (const text of ['', ...keys])
        assert.equal(ours.matches(key(text)), oracle.test(text), `${source} on ${text}`);
      return undefined;
    }),
    { numRuns: 2500 },
  );
  assert.ok(own > 500, `only ${own} were matched by our own automaton`);
});

test('our parser accepts nothing that RE2 refuses', () => {
  let own = 0;
  fc.assert(
    fc.property(fc.oneof(noisyRegex, grammarRegex), (source) => {
      if (parseRegex(source) === undefined) return;
      own += 1;
      assert.notEqual(re2(source), undefined, source);
    }),
    { numRuns: 5000 },
  );
  assert.ok(own > 500);
});

test('limits of RE2 are kept, and what our parser does not know still matches', () => {
  for (const source of [
    'a{1001}',
    '(a{100}){11}',
    'a{12345}',
    '(a',
    'a)',
    '[a',
    'a**',
    '\\8',
    '(?<n>a)(?<n>b)',
    '\\pX',
  ]) {
    assert.throws(() => pattern(source), RegexError, source);
  }
  assert.equal(pattern('a{01}').tree, undefined);
  assert.equal(pattern('^\\p{Lu}+$').matches(key('ABC')), true);
  assert.equal(pattern('^(?:(?:a{30}){30}|b)$').matches(key('b')), true);
  assert.equal(pattern(`${'('.repeat(300)}a${')'.repeat(300)}`).matches(key('xa')), true);
});

test('(?i) knows the letters outside ASCII that fold to k and s', () => {
  assert.equal(pattern('(?i)kelvin').matches(key('\u212aelvin')), true);
  assert.equal(pattern('(?i)[s]x').matches(key('\u017fx')), true);
  assert.equal(pattern('kelvin').matches(key('\u212aelvin')), false);
});

test('regexes that explode elsewhere stay bounded in time and memory', () => {
  const sources = [
    '^(a+)+$',
    '(?:a{1,10}){1,10}$',
    '^(?:a?){50}a{50}$',
    '(a|aa)+$',
    '[ab]*a[ab]{120}$',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ];
  const budget = new DfaBudget(1 << 20);
  let seed = 1;
  const startMs = workedMs();
  for (const source of sources) {
    const ours = new Pattern(source, budget);
    assert.notEqual(ours.tree, undefined);
    for (let i = 0; i < 50; i++) {
      const text = Array.from(
        { length: 300 },
        () => 'ab'[(seed = Math.imul(seed, 1_103_515_245) + 12_345) >>> 31],
      ).join('');
      if (i < 10) assert.equal(ours.matches(key(text)), ours.captures.test(text), source);
      else ours.matches(key(text));
      ours.matches(key(`${'a'.repeat(300)}!`));
    }
  }
  assert.ok(budget.usedBytes <= 1 << 20);
  const tookMs = workedMs() - startMs;
  // One that goes back for each choice would not come to an end.
  assert.ok(tookMs < 20_000, `${tookMs} ms of work`);
});
