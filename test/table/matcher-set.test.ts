import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { KeyText } from '../../src/table/key-text.ts';
import { Matcher } from '../../src/table/matcher.ts';
import { MatcherSet } from '../../src/table/matcher-set.ts';
import type { MatcherOptions } from '../../src/table/options.ts';
import { PatternCache } from '../../src/table/pattern-cache.ts';
import { DfaBudget } from '../../src/table/regex/dfa-budget.ts';
import { Pattern } from '../../src/table/regex/pattern.ts';
import { PatternGroup } from '../../src/table/regex/pattern-group.ts';
import type { Node } from '../../src/table/regex/syntax.ts';
import { workedMs } from '../worked-ms.ts';
import { grammarRegex, randomKey } from './regex/random-regex.ts';

function compile(options: readonly MatcherOptions[]): { set: MatcherSet } {
  const patterns = new PatternCache();
  const matchers = options.map((matcher) => new Matcher(matcher, 'rule', patterns));
  return { set: new MatcherSet(matchers, patterns.budget) };
}

/** The model: each matcher alone, with patterns that never joined a group. */
function model(options: readonly MatcherOptions[]): (text: KeyText) => number[] {
  const patterns = new PatternCache();
  const matchers = options.map((matcher) => new Matcher(matcher, 'rule', patterns));
  return (text) => [...matchers.keys()].filter((index) => matchers[index]?.matches(text));
}

function isValid(options: MatcherOptions): boolean {
  try {
    return new Matcher(options, 'rule', new PatternCache()).options === options;
  } catch {
    return false;
  }
}

const WORDS = ['a', 'ab', 'abc', 'b.c', 'K', 'k', 'ks', '0', 'a.a', 'é', '.', 'abcabc', 'bca'];
const word = fc.constantFrom(...WORDS);
const regex = fc.oneof(
  grammarRegex,
  fc
    .tuple(
      fc.constantFrom('', '^', '(?i)', '(?i)^'),
      word,
      fc.constantFrom('', '.*', '[0-9]+', '.*c'),
      fc.constantFrom('', '$'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '^[a-c]+$',
    '[a-b][0-9]',
    '.',
    '\\d',
    '[^a]$',
    '^a|b',
    '(abc|bca)+',
    '(abc|.*b)',
    '^(ab|K)',
  ),
);
/** Set in `weight` of `weight` + 4 cases. */
const condition = (value: fc.Arbitrary<string>, weight: number): fc.Arbitrary<string | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight, arbitrary: value });
const matcherOptions = fc
  .record({
    prefix: condition(word, 2),
    notPrefix: condition(word, 1),
    sub: condition(word, 2),
    notSub: condition(word, 1),
    regex: condition(regex, 8),
    notRegex: condition(regex, 1),
  })
  .map(
    (options) =>
      Object.fromEntries(
        Object.entries(options).filter(([, value]) => value !== undefined),
      ) as MatcherOptions,
  )
  .filter(isValid);
const key = fc.oneof(
  { weight: 3, arbitrary: fc.array(word, { maxLength: 4 }).map((words) => Buffer.from(words.join(''))) },
  { weight: 2, arbitrary: randomKey.map((text) => Buffer.from(text)) },
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
);

test('a set accepts exactly what its matchers accept alone', () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.array(matcherOptions, { maxLength: 40, size: 'max' }),
      fc.array(key, { maxLength: 8 }),
      (options, keys) => {
        const { set } = compile(options);
        const alone = model(options);
        for (const bytes of keys) {
          const text = KeyText.fromBytes(bytes);
          const found = set.match(text);
          assert.deepEqual(found, alone(text), `${JSON.stringify(options)} on ${bytes.toString('latin1')}`);
          accepted += found.length;
        }
      },
    ),
    { numRuns: 200 },
  );
  assert.ok(accepted > 1000, `only ${accepted} accepted`);
});

test('many matchers that share a text, a regex or nothing at all are told apart', () => {
  const options: MatcherOptions[] = [];
  for (let i = 0; i < 120; i++) {
    options.push(
      { regex: `^servers\\.[a-z]+${i}\\.x` },
      { regex: `[a-f]{${(i % 7) + 1}}[0-9]${i % 3 === 0 ? '$' : ''}` },
    );
    options.push(
      { prefix: `servers.a${i}` },
      { sub: `a${i}.` },
      { regex: `^servers\\.[a-z]+${i}\\.x`, notSub: 'abc' },
    );
    options.push({ notRegex: `[a-z]${i}[.]` }, { prefix: 'servers.', regex: `[.]x[0-9]{${i % 9}}$` });
  }
  const { set } = compile(options);
  const alone = model(options);
  const keys = [
    'servers.a1.x',
    'servers.abc77.x12345',
    'fed5',
    'a119.',
    'servers.a11',
    '',
    'servers.\xff1.x',
    'Servers.A1.X',
  ];
  for (const text of keys.map((k) => KeyText.fromBytes(Buffer.from(k, 'latin1')))) {
    assert.deepEqual(set.match(text), alone(text), text.byteString);
  }
});

test('groups that find no memory split and stay right', () => {
  const options = Array.from({ length: 64 }, (_, i) => ({
    regex: `[a-e]{${i % 5}}[c-g]${i % 10}.*[a-c][b-d]?${i % 7}$`,
  }));
  const budget = new DfaBudget(30_000);
  const patterns = new PatternCache();
  const set = new MatcherSet(
    options.map((matcher) => new Matcher(matcher, 'rule', patterns)),
    budget,
  );
  const alone = model(options);
  for (let i = 0; i < 200; i++) {
    const text = KeyText.fromBytes(
      Buffer.from(
        Array.from({ length: 20 }, (_, at) => 'abcdefg0123456789'[(i * at * 7 + at * at + i) % 17]).join(''),
      ),
    );
    assert.deepEqual(set.match(text), alone(text), text.byteString);
  }
  assert.ok(budget.usedBytes < 60_000, `${budget.usedBytes} bytes: what was split gave its memory back`);
});

test('letters outside ASCII that (?i) folds to k and s are found under those letters', () => {
  const options = Array.from({ length: 20 }, (_, i) => ({ regex: `(?i)^disks\\.k${i}$` }));
  const { set } = compile(options);
  assert.deepEqual(set.match(KeyText.fromBytes(Buffer.from('di\u017fKs.k7'.replace('K', '\u212a')))), [7]);
  assert.deepEqual(set.match(KeyText.fromBytes(Buffer.from('DISKS.K12'))), [12]);
});

test('a group that does not come to rest becomes several', () => {
  const trees = ['a.{12}b', 'b.{13}a', 'a.{14}c'].map(
    (source) => new Pattern(source, new DfaBudget(0)).tree as Node,
  );
  const group = new PatternGroup(trees, new DfaBudget(20_000));
  let seed = 1;
  const random = (): string => 'abc'[((seed = Math.imul(seed, 1_103_515_245) + 12_345) >>> 16) % 3] as string;
  for (let i = 0; i < 50; i++)
    group.match(KeyText.fromByteString(Array.from({ length: 60 }, random).join('')));
  assert.equal(group.automata, 3);
});

test('a thousand rules cost little more than ten', () => {
  const cost = (count: number): number => {
    const { set } = compile(
      Array.from({ length: count }, (_, i) => ({ regex: `^servers\\.[a-z]+\\.app${i}\\..*count$` })),
    );
    const keys = Array.from({ length: 300 }, (_, i) =>
      KeyText.fromBytes(Buffer.from(`servers.web.app${i * 7}.requests.count`)),
    );
    for (const text of keys) set.match(text);
    return Math.min(...[1, 2, 3].map(() => timed(() => keys.forEach((text) => set.match(text)))));
  };
  const [many, few] = [cost(1000), cost(10)];
  // Trying all of them would cost 100 times as much.
  assert.ok(many < 10 * few + 2, `1000 rules took ${many} ms of work, 10 took ${few}`);
});

function timed(action: () => void): number {
  const start = workedMs();
  action();
  return workedMs() - start;
}
