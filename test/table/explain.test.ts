import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Plan } from '../../src/metric/plan.ts';
import type { ExplainStep, PlanOutline } from '../../src/table/explain.ts';
import {
  type AggregatorOptions,
  HASH_DEFAULTS,
  type MatcherOptions,
  type RouteOptions,
} from '../../src/table/options.ts';
import { aggregator, destination, rewriter, route, slotNames, snapshot } from './table-options.ts';

test('explain tells each rule that a key met, in order, and why', () => {
  const table = snapshot({
    blocklist: [{ prefix: 'x.' }],
    rewriters: [rewriter({ old: 'a.', new: 'b.', not: 'z' }), rewriter({ old: '/c$/', new: '${0}d' })],
    routes: [
      route({ key: 'one', matcher: { prefix: 'b.', regex: '[0-9]' } }),
      route({
        key: 'two',
        type: 'sendFirstMatch',
        stop: true,
        destinations: [
          destination({ addr: 'h:1', sub: 'q' }),
          destination({ addr: 'h:2' }),
          destination({ addr: 'h:3' }),
        ],
      }),
      route({ key: 'three' }),
    ],
  });
  const explained = table.explain(Buffer.from('a.c'));
  assert.deepEqual(explained.plan, { kind: 'route', outputs: [101], key: Buffer.from('b.cd') });
  assert.equal(explained.key, 'a.c');
  const [validated, blocked, first, second, ...routes] = explained.steps;
  assert.deepEqual(validated, { kind: 'validate' });
  assert.deepEqual(blocked, {
    kind: 'blocklist',
    index: 0,
    entry: { prefix: 'x.' },
    matched: false,
    failed: { condition: 'prefix', value: 'x.' },
  });
  assert.deepEqual(
    [first, second].map((step) => step?.kind === 'rewriter' && [step.outcome, step.from, step.to]),
    [
      ['rewritten', 'a.c', 'b.c'],
      ['rewritten', 'b.c', 'b.cd'],
    ],
  );
  assert.deepEqual(
    routes.map((step) => step.kind === 'route' && [step.key, step.outcome, step.failed, step.stopped]),
    [
      ['one', 'refused', { condition: 'regex', value: '[0-9]' }, false],
      ['two', 'matched', undefined, true],
      ['three', 'not_seen', undefined, false],
    ],
  );
  const two = routes[1];
  assert.deepEqual(
    two?.kind === 'route' && two.destinations.map(({ addr, outcome, failed }) => [addr, outcome, failed]),
    [
      ['h:1', 'refused', { condition: 'sub', value: 'q' }],
      ['h:2', 'taken', undefined],
      ['h:3', 'not_tried', undefined],
    ],
  );
});

test('explain ends where the key ends', () => {
  const table = snapshot(
    { blocklist: [{ sub: 'no' }], rewriters: [rewriter({ old: 'gone', new: '' })], routes: [route()] },
    (key) => (key[0] === 33 ? 'bad' : undefined),
  );
  const last = (key: string): unknown => table.explain(Buffer.from(key)).steps.at(-1);
  assert.deepEqual(last('!'), { kind: 'validate', error: 'bad' });
  assert.deepEqual(last('no'), { kind: 'blocklist', index: 0, entry: { sub: 'no' }, matched: true });
  assert.deepEqual(last('gone'), { kind: 'rewritten_key', error: 'rewritten key is empty' });
});

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '1'), minLength: 1, maxLength: 3 });
const pattern = fc.constantFrom('^a', 'b$', '[0-9]', 'a.b', '^(a|b)+', '(?i)A1', '\\.', 'a+b?');
const matcher: fc.Arbitrary<MatcherOptions> = fc.oneof(
  fc.constant({}),
  text.map((prefix) => ({ prefix })),
  text.map((sub) => ({ sub })),
  text.map((notSub) => ({ notSub })),
  pattern.map((regex) => ({ regex })),
  fc.tuple(text, pattern).map(([notPrefix, notRegex]) => ({ notPrefix, notRegex })),
);
const anyRoute: fc.Arbitrary<RouteOptions> = fc.record({
  replicationFactor: fc.constant(HASH_DEFAULTS.replicationFactor),
  diverseReplicas: fc.constant(HASH_DEFAULTS.diverseReplicas),
  tagRelayNormalized: fc.constant(HASH_DEFAULTS.tagRelayNormalized),
  hashNameOnly: fc.constant(HASH_DEFAULTS.hashNameOnly),
  key: fc.constant('r'),
  type: fc.constantFrom('sendAllMatch' as const, 'sendFirstMatch' as const),
  matcher,
  stop: fc.boolean(),
  destinations: fc.array(
    matcher.map((options) => destination(options)),
    { maxLength: 7 },
  ),
});
const anyRewriter = fc.oneof(
  fc.record({
    old: text,
    new: fc.oneof(text, fc.constant('')),
    not: fc.oneof(fc.constant(''), text),
    max: fc.integer({ min: -1, max: 2 }),
  }),
  fc.record({
    old: pattern.map((p) => `/${p}/`),
    new: fc.constantFrom('', '$0$0', 'x', ' '),
    not: fc.constantFrom('', '/b$/'),
    max: fc.constant(-1),
  }),
);

/** Every format is a family of its own, so that each result is a slot. */
const anyAggregator: fc.Arbitrary<AggregatorOptions> = fc
  .tuple(matcher, pattern, fc.boolean(), fc.constantFrom('$0', '$1.x', 'all'))
  .map(([conditions, regex, dropRaw, format]) => {
    const second = { function: 'max', format: `${format}.$0` } as const;
    const outputs = [{ function: 'sum', format }, second] as const;
    return aggregator({ matcher: { regex, ...conditions }, dropRaw, outputs });
  });

test('explain and resolve agree', () => {
  const kinds = new Set<string>();
  const table = fc.record({
    blocklist: fc.array(
      matcher.filter((options) => Object.keys(options).length > 0),
      { maxLength: 1 },
    ),
    rewriters: fc.array(anyRewriter, { maxLength: 3 }),
    aggregators: fc.array(anyAggregator, { maxLength: 7 }),
    routes: fc.array(anyRoute, { maxLength: 12 }),
  });
  fc.assert(
    fc.property(table, fc.array(text, { maxLength: 5 }), (options, keys) => {
      const compiled = snapshot(options, (key) => (key.length === 1 ? 'too short' : undefined));
      for (const key of keys.map((k) => Buffer.from(k))) {
        const plan = compiled.resolve(key);
        const explained = compiled.explain(key);
        assert.deepEqual(explained.plan, outlineOf(plan), key.toString());
        assert.deepEqual(aggregatedInto(explained.steps), slotNames(compiled, plan));
        kinds.add(kindOf(plan));
      }
    }),
    { numRuns: 500 },
  );
  assert.deepEqual([...kinds].sort(), [
    'blocklisted',
    'consumed',
    'invalid',
    'rewritten',
    'route',
    'unroutable',
  ]);
});

function kindOf(plan: Plan): string {
  if (plan.kind === 'drop') return plan.reason;
  if (plan.kind === 'consume') return 'consumed';
  return plan.key === undefined ? 'route' : 'rewritten';
}

function outlineOf(plan: Plan): PlanOutline {
  const { values: _values, ...outline } = plan;
  return outline;
}

/** The keys into which a key is aggregated, or that it makes one that cannot be sent, sorted. */
function aggregatedInto(steps: readonly ExplainStep[]): string[] {
  return steps
    .flatMap((step) => (step.kind === 'aggregator' ? step.into.map((into) => ({ step, ...into })) : []))
    .map(({ step, key, error }) => `${step.index} ${error === undefined ? key : 'bad'}`)
    .toSorted();
}
