import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TableError } from '../../src/table/table-error.ts';
import { destination, resolved, rewriter, route, snapshot } from './table-options.ts';

test('a key goes validation, blocklist, rewriters, routes, destinations', () => {
  const table = snapshot(
    {
      blocklist: [{ prefix: 'raw.' }],
      rewriters: [rewriter({ old: 'in.', new: 'raw.', max: 1 })],
      routes: [
        route({ matcher: { prefix: 'raw.' }, destinations: [destination({ sub: 'raw.a' }), destination()] }),
      ],
    },
    (key) => (key[0] === 33 ? 'illegal char' : undefined),
  );
  assert.equal(resolved(table, '!in.a'), 'invalid: illegal char');
  assert.equal(resolved(table, 'raw.a'), 'blocklisted');
  assert.equal(
    resolved(table, 'in.a'),
    '[0 1] raw.a',
    'blocklist sees the key as received, routes the rewritten one',
  );
  assert.equal(resolved(table, 'in.b'), '[1] raw.b');
  assert.equal(resolved(table, 'other'), 'unroutable');
});

test('all conditions that are set must hold, empty ones are not set', () => {
  const matcher = { prefix: 'a.', notPrefix: 'a.b', sub: 'x', notSub: 'y', regex: '[0-9]$', notRegex: '7$' };
  const table = snapshot({ routes: [route({ matcher })] });
  assert.equal(resolved(table, 'a.x1'), '[0]');
  for (const key of ['b.x1', 'a.bx1', 'a.1', 'a.xy1', 'a.x', 'a.x7'])
    assert.equal(resolved(table, key), 'unroutable', key);
  const empty = { prefix: '', notPrefix: '', sub: '', notSub: '', regex: '', notRegex: '' };
  assert.equal(resolved(snapshot({ routes: [route({ matcher: empty })] }), 'any'), '[0]');
});

test('prefix and sub are bytes and case-sensitive, regexes may ask for (?i)', () => {
  const table = snapshot({
    routes: [
      route({ matcher: { prefix: 'Web' } }),
      route({ matcher: { regex: '(?i)^web' } }),
      route({ matcher: { sub: 'é' } }),
    ],
  });
  assert.equal(resolved(table, 'Web1'), '[0 100]');
  assert.equal(resolved(table, 'web1'), '[100]');
  assert.equal(resolved(table, 'café'), '[200]');
  assert.equal(resolved(table, Buffer.from('caf\xe9', 'latin1')), 'unroutable');
});

test('bytes that are no UTF-8 are single characters to a regex, as in Go', () => {
  const table = snapshot({
    routes: [route({ matcher: { regex: '^a..b$' } }), route({ matcher: { regex: '^a.b$' } })],
  });
  assert.equal(resolved(table, Buffer.from([97, 0xe2, 0x82, 98])), '[0]');
  assert.equal(resolved(table, 'a€b'), '[100]');
  assert.equal(resolved(table, 'a\u{1f600}b'), '[100]');
});

test('destination matchers see the key alone, never value or timestamp (COMPAT 0.2)', () => {
  const destinations = [
    destination({ regex: 'count$' }),
    destination({ notRegex: '[0-9]' }),
    destination({ sub: ' ' }),
  ];
  const table = snapshot({ routes: [route({ destinations })] });
  assert.equal(resolved(table, 'a.count'), '[0 1]');
});

test('an anchored regex is true RE2, no literal prefix is demanded of it (COMPAT 0.12)', () => {
  for (const [regex, key] of [
    ['^ab?c', 'ac'],
    ['^a|b', 'b'],
    ['^ab*', 'a'],
    ['^ab{0,2}c', 'ac'],
  ] as const) {
    assert.equal(
      resolved(snapshot({ routes: [route({ matcher: { regex } })] }), key),
      '[0]',
      `route ${regex}`,
    );
    assert.equal(resolved(snapshot({ blocklist: [{ regex }] }), key), 'blocklisted', `blocklist ${regex}`);
    const destinations = [destination({ regex })];
    assert.equal(
      resolved(snapshot({ routes: [route({ destinations })] }), key),
      '[0]',
      `destination ${regex}`,
    );
  }
});

test('sendAllMatch goes to every accepting destination, sendFirstMatch to the first', () => {
  const destinations = [destination({ prefix: 'x' }), destination({ sub: 'a' }), destination()];
  const all = snapshot({ routes: [route({ destinations })] });
  const first = snapshot({ routes: [route({ type: 'sendFirstMatch', destinations })] });
  assert.equal(resolved(all, 'a'), '[1 2]');
  assert.equal(resolved(first, 'a'), '[1]');
  assert.equal(resolved(all, 'b'), '[2]');
  assert.equal(resolved(first, 'xa'), '[0]');
});

test('later routes do not see what a stop route took', () => {
  const table = snapshot({
    routes: [
      route({ matcher: { prefix: 'a' }, stop: true, destinations: [destination({ sub: 'x' })] }),
      route({ matcher: { prefix: 'a.' } }),
      route(),
    ],
  });
  assert.equal(resolved(table, 'a.x'), '[0]');
  assert.equal(
    resolved(table, 'a.y'),
    '[100 200]',
    'a stop route that takes it to no destination does not stop it',
  );
  assert.equal(resolved(table, 'b'), '[200]');
});

test('a key that reaches no destination is unroutable, also when a route matched', () => {
  assert.equal(resolved(snapshot({}), 'a'), 'unroutable');
  const destinations = [destination({ prefix: 'x' })];
  assert.equal(resolved(snapshot({ routes: [route({ destinations })] }), 'a'), 'unroutable');
});

test('rewriters run in order, each on the result of the one before', () => {
  const rewriters = [rewriter({ old: 'a', new: 'b' }), rewriter({ old: 'b', new: 'c' })];
  const table = snapshot({ rewriters, routes: [route()] });
  assert.equal(resolved(table, 'ab'), '[0] cc');
  assert.equal(resolved(table, 'x'), '[0]', 'a key that did not change is not in the plan');
  const back = [rewriter({ old: 'a', new: 'b' }), rewriter({ old: 'b', new: 'a' })];
  assert.equal(
    resolved(snapshot({ rewriters: back, routes: [route()] }), 'a'),
    '[0]',
    'nor one changed back',
  );
});

test('a rewritten key that no peer could read is invalid (COMPAT 5.3)', () => {
  const made = (text: string): string => {
    const table = snapshot({ rewriters: [rewriter({ old: 'a', new: text })], routes: [route()] });
    return resolved(table, 'a');
  };
  for (const space of [' ', 'x y', '\t', '\n', '\u0085', '\u00a0', 'x\u2003', '\u3000']) {
    assert.equal(made(space), 'invalid: rewritten key has white space');
  }
  assert.equal(made(''), 'invalid: rewritten key is empty');
  assert.equal(made('x'.repeat(65_537)), 'invalid: rewritten key is longer than 65536 bytes');
  assert.equal(made('x'.repeat(65_536)), `[0] ${'x'.repeat(65_536)}`);
});

test('rewriters cannot be chained into a bomb', () => {
  const rewriters = Array.from({ length: 64 }, () => rewriter({ old: 'a', new: 'aaaaaaaaaaaaaaaa' }));
  const message = 'invalid: rewritten key is longer than 65536 bytes';
  assert.equal(resolved(snapshot({ rewriters, routes: [route()] }), 'a'), message);
  const regexes = Array.from({ length: 64 }, () => rewriter({ old: '/a/', new: '$0$0$0$0$0$0$0$0' }));
  assert.equal(resolved(snapshot({ rewriters: regexes, routes: [route()] }), 'a'), message);
});

test('a table that cannot be compiled names the rule', () => {
  const routes = [route()];
  const says = (options: Parameters<typeof snapshot>[0], message: string): void => {
    assert.throws(
      () => snapshot(options),
      (error) => error instanceof TableError && error.message === message,
      message,
    );
  };
  says({ routes: [route({ key: 'x', matcher: { regex: '(' } })] }, 'route "x": regex "(": missing closing )');
  says(
    { routes: [route({ destinations: [destination({ notRegex: 'a**' })] })] },
    'route "r" destination 127.0.0.1:2003: notRegex "a**": invalid nested repetition operator: `**`',
  );
  says(
    { routes, blocklist: [{}, { regex: '[b-a]' }] },
    'blocklist entry 2: regex "[b-a]": invalid character class range: `b-a`',
  );
  says(
    { rewriters: [rewriter({ old: '/(?=a)/' })] },
    'rewriter 1: old "(?=a)": invalid or unsupported Perl syntax: `(?=`',
  );
  says({ rewriters: [rewriter({ old: 'a', not: '/(/' })] }, 'rewriter 1: not "(": missing closing )');
  says(
    { rewriters: [rewriter({ old: '/a/', max: 1 })] },
    'rewriter 1: Regular expression rewriters require max to be -1',
  );
  says(
    { rewriters: [rewriter({ old: '/a/', max: 0 })] },
    'rewriter 1: Regular expression rewriters require max to be -1',
  );
  says(
    { rewriters: [rewriter({ old: 'a', max: -2 })] },
    'rewriter 1: max must be >= -1. use -1 to mean no restriction',
  );
  says(
    { rewriters: [rewriter({ old: '' })] },
    "rewriter 1: Rewriter must have non-empty 'old' specification",
  );
});

test('two destinations with one output are our bug', () => {
  assert.throws(
    () =>
      snapshot({
        routes: [route({ destinations: Array.from({ length: 101 }, () => destination()) }), route()],
      }),
    /BUG/,
  );
});
