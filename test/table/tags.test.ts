// Matchers and rewriters on tags, and keys with their tags in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseTagExpression } from '../../src/metric/tag-options.ts';
import type { MatcherOptions, RewriterOptions } from '../../src/table/options.ts';
import { TableError } from '../../src/table/table-error.ts';
import { destination, resolved, rewriter, route, snapshot } from './table-options.ts';

/** Says which of the given conditions on tags accept a key. */
function accepted(key: string, ...conditions: readonly string[]): string[] {
  const routes = conditions.map((tag) => route({ matcher: { tags: [tag] } }));
  const plan = snapshot({ routes }).resolve(Buffer.from(key));
  return plan.kind !== 'route' ? [] : plan.outputs.map((output) => conditions[output / 100] ?? '');
}

test('a condition on a tag holds as in seriesByTag', () => {
  const key = 'disk.used;dc=eu-1;host=web7;x==a';
  const holding = [
    'dc=eu-1',
    'dc!=us',
    'dc=~eu',
    'dc=~eu-[0-9]$',
    'dc=~^eu',
    'dc=~us|eu',
    'dc!=~u-1',
    'host=~web(6|7)',
    'name=disk.used',
    'name=~disk',
    'name!=disk',
    'x==a',
    'az=',
    'az!=a',
    'az=~.*',
    'az!=~a',
    'dc!=',
  ];
  assert.deepEqual(accepted(key, ...holding), holding);
  const failing = [
    'dc=eu',
    'dc=',
    'dc!=eu-1',
    'dc=~u-1',
    'dc!=~eu',
    'DC=eu-1',
    'name=disk',
    'az!=',
    'az=~.+',
    'x=a',
  ];
  assert.deepEqual(accepted(key, ...failing), []);
});

test('a key without tags has a name and empty tags; of a tag that comes twice the last counts', () => {
  assert.deepEqual(accepted('a.b', 'name=a.b', 'dc=', 'dc!=eu', 'dc=eu', 'dc!='), [
    'name=a.b',
    'dc=',
    'dc!=eu',
  ]);
  assert.deepEqual(accepted('a;dc=x;dc=y', 'dc=x', 'dc=y'), ['dc=y']);
  assert.deepEqual(accepted('~a;dc=x', 'name=a', 'name=~~'), ['name=a']);
});

test('conditions on tags are told apart from words of the key, whole and in any place', () => {
  assert.deepEqual(accepted('a.dc=eu.b;host=dc=eu', 'dc=eu', 'host=dc=eu'), ['host=dc=eu']);
  assert.deepEqual(accepted('a;dc=europe', 'dc=eu'), []);
  assert.deepEqual(accepted('a;adc=eu', 'dc=eu'), []);
  assert.deepEqual(accepted('a;dc=käse', 'dc=käse', 'dc=~k.se$', 'dc!=käse'), ['dc=käse', 'dc=~k.se$']);
});

test('tags stand beside the other conditions, on destinations and in the blocklist too', () => {
  const table = snapshot({
    blocklist: [{ tags: ['env=test'] }],
    routes: [
      route({
        matcher: { prefix: 'a', tags: ['dc=eu', 'host!=h0'] },
        destinations: [destination({ tags: ['role=web'] }), destination({ tags: ['role!=web'] })],
      }),
    ],
  });
  assert.equal(resolved(table, 'a;dc=eu;role=web'), '[0]');
  assert.equal(resolved(table, 'a;dc=eu'), '[1]');
  assert.equal(resolved(table, 'b;dc=eu'), 'unroutable');
  assert.equal(resolved(table, 'a;dc=eu;host=h0'), 'unroutable');
  assert.equal(resolved(table, 'a;dc=eu;env=test'), 'blocklisted');
  const step = table.explain(Buffer.from('a;dc=eu;host=h0')).steps.find(({ kind }) => kind === 'route');
  assert.deepEqual(step?.kind === 'route' && step.failed, { condition: 'tags', value: 'host!=h0' });
});

const word = fc.constantFrom('eu', 'us', 'eu-1', 'web', 'h1', '');
const tag = fc.constantFrom('dc', 'host', 'name', 'r');
const condition = fc
  .tuple(
    tag,
    fc.constantFrom('=', '!=', '=~', '!=~'),
    fc.oneof(word, fc.constantFrom('e.', '^w', 'eu|h', '.*', '1$')),
  )
  .map((parts) => parts.join(''));
const matcher: fc.Arbitrary<MatcherOptions> = fc.record({
  tags: fc.array(condition, { minLength: 1, maxLength: 2 }),
  prefix: fc.constantFrom('', 'web', 'e'),
});
const taggedKey = fc
  .tuple(
    fc.constantFrom('web', 'eu', 'us.h1'),
    fc.array(
      fc.tuple(
        tag,
        word.filter((text) => text !== ''),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([name, tags]) => name + tags.map(([k, v]) => `;${k}=${v}`).join(''));

/** The obvious form of what tag-condition.ts does. */
function holds(key: string, expression: string): boolean {
  const [name = '', ...segments] = key.split(';');
  const tags = new Map(segments.map((text) => text.split('=') as [string, string])).set('name', name);
  const parsed = parseTagExpression(expression);
  assert(parsed !== undefined, expression);
  const value = tags.get(parsed.tag) ?? '';
  const matches = parsed.operator.endsWith('~')
    ? new RegExp(`^(?:${parsed.value})`).test(value)
    : value === parsed.value;
  return matches !== parsed.operator.startsWith('!');
}

test('many matchers on tags find what each would find alone', () => {
  fc.assert(
    fc.property(
      fc.array(matcher, { minLength: 6, maxLength: 40 }),
      fc.array(taggedKey, { minLength: 5 }),
      (all, keys) => {
        const table = snapshot({ routes: all.map((one) => route({ matcher: one })) });
        for (const key of keys) {
          const expected = all.flatMap(({ tags = [], prefix = '' }, i) =>
            key.startsWith(prefix) && tags.every((text) => holds(key, text)) ? [i * 100] : [],
          );
          const plan = table.resolve(Buffer.from(key));
          assert.deepEqual(plan.kind === 'route' ? plan.outputs : [], expected, key);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a condition that is none, and a regular expression that is none, are named', () => {
  const compile = (text: string) => () =>
    snapshot({ routes: [route({ key: 'k', matcher: { tags: [text] } })] });
  for (const text of ['dc', '=eu', 'dc eu', 'a;b=c', 'dc=a;b']) {
    assert.throws(
      compile(text),
      (error) => error instanceof TableError && /^route "k": tags ".*": must be /.test(error.message),
    );
  }
  assert.throws(compile('dc=~('), /^TableError: route "k": tags "\^\(\?:\(\)": missing closing \)/);
});

test('a rewriter on a tag changes its value alone, takes it out when nothing is left, and can add it', () => {
  const rewritten = (key: string, options: Partial<RewriterOptions>): string =>
    resolved(snapshot({ rewriters: [rewriter(options)], routes: [route()] }), key);
  const dc = (options: Partial<RewriterOptions>) => ({ tag: 'dc', ...options });
  assert.equal(rewritten('eu.x;dc=eu;h=eu', dc({ old: 'eu', new: 'us' })), '[0] eu.x;dc=us;h=eu');
  assert.equal(rewritten('x;dc=eu-1', dc({ old: '/^(..)-(.)$/', new: '${2}.$1' })), '[0] x;dc=1.eu');
  assert.equal(rewritten('x;dc=eu;h=1', dc({ old: 'eu', new: '' })), '[0] x;h=1');
  assert.equal(rewritten('x;dc=a;dc=eu', dc({ old: 'eu', new: 'us' })), '[0] x;dc=a;dc=us');
  assert.equal(rewritten('x;dc=a;dc=eu', dc({ old: 'eu', new: '' })), '[0] x');
  assert.equal(rewritten('x;h=1', dc({ old: '/^$/', new: 'eu' })), '[0] x;h=1;dc=eu');
  assert.equal(rewritten('x', dc({ old: '/^$/', new: 'eu' })), '[0] x;dc=eu');
  assert.equal(rewritten('x;h=1', dc({ old: 'eu', new: 'us' })), '[0]');
  assert.equal(rewritten('x;dc=eu;h=1', dc({ old: 'eu', new: 'us', not: ';h=1' })), '[0]');
  assert.equal(rewritten('a.eu;dc=eu', { tag: 'name', old: 'eu', new: 'us' }), '[0] a.us;dc=eu');
  assert.equal(
    rewritten('x;dc=eu', { tag: 'name', old: 'x', new: '' }),
    'invalid: rewritten key has tags and no name',
  );
  assert.equal(rewritten('x;dc=eu', dc({ old: 'eu', new: 'a b' })), 'invalid: rewritten key has white space');
  assert.throws(() => rewritten('x', { tag: 'a;b', old: 'x' }), /rewriter 1: tag "a;b": /);
});

test('with normalizeTags keys leave, are matched and are hashed with their tags in order', () => {
  const routes = [route({ matcher: { sub: ';a=1;b=2' } })];
  const table = snapshot({ normalizeTags: true, routes });
  assert.equal(resolved(table, 'x;b=2;a=1'), '[0] x;a=1;b=2');
  assert.equal(resolved(table, 'x;a=1;b=2'), '[0]');
  assert.equal(resolved(snapshot({ routes }), 'x;b=2;a=1'), 'unroutable');
  const kinds = table.explain(Buffer.from('x;b=2;a=1')).steps.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['validate', 'normalize', 'route']);
  const later = [rewriter({ old: '/^$/', new: '0', tag: 'a' })];
  assert.equal(
    resolved(snapshot({ normalizeTags: true, rewriters: later, routes: [route()] }), 'x;b=2'),
    '[0] x;a=0;b=2',
  );
});
