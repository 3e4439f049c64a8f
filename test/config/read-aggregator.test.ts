// `[[aggregation]]`: crng's keys, our own, and every mistake with its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsidePlace, Problems } from '../../src/config/problem.ts';
import { checkAggregator } from '../../src/config/read-aggregator.ts';
import type { AggregatorOptions } from '../../src/table/options.ts';
import { loadGood, problemsOf, ROUTE } from './load-text.ts';

const RULE = `[[aggregation]]\nregex = '^(a)'\nformat = 'b.$1'\nfunction = 'sum'\ninterval = 10\nwait = 20\n`;

test('COMPAT 1: the keys of carbon-relay-ng, in any letter case, with their defaults', () => {
  const text = `${ROUTE}[[AGGREGATION]]\nFunction = 'avg'\nregex = '^(?P<x>a)'\nsubstr = 's'\nformat = '$x'\nInterval = 60\nWAIT = 90\ncache = false\ndropraw = true\n${RULE}`;
  assert.deepEqual(loadGood(text).table.aggregators, [
    {
      matcher: { sub: 's', regex: '^(?P<x>a)' },
      outputs: [{ function: 'avg', format: '$x' }],
      intervalSec: 60,
      waitSec: 90,
      dropRaw: true,
      cache: false,
      late: 'count',
      timestamp: 'start',
    },
    {
      matcher: { regex: '^(a)' },
      outputs: [{ function: 'sum', format: 'b.$1' }],
      intervalSec: 10,
      waitSec: 20,
      dropRaw: false,
      cache: false,
      late: 'count',
      timestamp: 'start',
    },
  ]);
  assert.deepEqual(problemsOf(`${ROUTE}${RULE}cache = true\n`), []);
});

test('several outputs, late points and the timestamp', () => {
  const rule = `[[aggregation]]\nregex = 'a'\ninterval = 10\nwait = 20\nlate = 'amend'\ntimestamp = 'end'\n`;
  const inline = `${rule}outputs = [{ function = 'p999', format = 'x' }, { Function = 'median', format = 'y' }]\n`;
  const tables = `${rule}[[aggregation.outputs]]\nfunction = 'p999'\nformat = 'x'\n[[aggregation.outputs]]\nfunction = 'median'\nformat = 'y'\n`;
  for (const text of [inline, tables]) {
    const [aggregator] = loadGood(ROUTE + text).table.aggregators;
    assert.deepEqual(aggregator?.outputs, [
      { function: 'p999', format: 'x' },
      { function: 'median', format: 'y' },
    ]);
    assert.deepEqual([aggregator?.late, aggregator?.timestamp], ['amend', 'end']);
  }
});

test('what cannot work is an error at its place', () => {
  const cases: [string, string, RegExp][] = [
    [`regex = '^(a)'\n`, '', /^error c\.toml:6:1: "regex" is missing in \[\[aggregation\]\]$/],
    [`regex = '^(a)'`, `regex = ''`, /^error c\.toml:7:9: need a regex string: /],
    [`regex = '^(a)'`, `regex = '^(a'`, /^error c\.toml:7:9: .*missing closing \)/],
    [`function = 'sum'\n`, '', /^error c\.toml:6:1: "function" is missing: what is computed$/],
    [`'sum'`, `'sun'`, /^error c\.toml:9:12: no such aggregation function 'sun'; did you mean "sum"\?$/],
    [`'sum'`, `'p100'`, /^error c\.toml:9:12: no such aggregation function 'p100'/],
    [`format = 'b.$1'\n`, '', /^error c\.toml:6:1: "format" is missing: the key of the result$/],
    [`interval = 10`, `interval = 0`, /^error c\.toml:10:12: "interval" must be at least 1$/],
    [`interval = 10\n`, '', /^error c\.toml:6:1: "interval" is missing in \[\[aggregation\]\]$/],
    [`wait = 20`, `wait = -1`, /^error c\.toml:11:8: "wait" must be at least 0$/],
    [`wait = 20`, `wait = '20'`, /^error c\.toml:11:8: "wait" must be a whole number$/],
    [`wait = 20`, `late = 'drop'\nwait = 20`, /^error c\.toml:11:8: "late" must be one of count, amend/],
    [`wait = 20`, `outputs = []`, /^error c\.toml:9:12: "function" belongs into "outputs"/],
    [`wait = 20`, `outputs = 'x'\nwait = 20`, /^error c\.toml:11:11: "outputs" must be a list of tables/],
    [`wait = 20`, `wait = 20\nwhait = 1`, /^unknown c\.toml:12:1: .*did you mean "wait"\?$/],
  ];
  for (const [from, to, expected] of cases) {
    const problems = problemsOf(ROUTE + RULE.replace(from, () => to));
    assert.ok(
      problems.some((problem) => expected.test(problem)),
      `${to}: ${problems.join(' | ')}`,
    );
  }
});

test('COMPAT 0.10, 0.11, 0.12: what differs from crng, or surprises, is a warning at its place', () => {
  const cases: [string, string, RegExp][] = [
    [`wait = 20`, `wait = 9`, /^warning c\.toml:11:8: wait 9 is below interval 10: .* the last 1 s of it/],
    [`wait = 20\n`, '', /^warning c\.toml:6:1: wait 0 is below interval 10/],
    [
      `wait = 20`,
      `wait = 20\nnotRegex = 'x'`,
      /^warning c\.toml:12:12: notRegex is applied here; carbon-relay-ng/,
    ],
    [`'^(a)'`, `'^ab?(c)'`, /^warning c\.toml:7:9: .*carbon-relay-ng also requires/],
    [`'b.$1'`, `'b.$1_x'`, /^warning c\.toml:8:10: "\$1_x" names no group .* write \$\{1\}_x$/],
    [`'b.$1'`, `'b.\${2}'`, /^warning c\.toml:8:10: "\$\{2\}" names no group of the regex and is empty$/],
  ];
  for (const [from, to, expected] of cases) {
    const problems = problemsOf(ROUTE + RULE.replace(from, () => to));
    assert.match(problems[0] ?? '', expected, to);
    assert.equal(problems.length, 1, problems.join(' | '));
  }
  assert.deepEqual(problemsOf((ROUTE + RULE).replace('b.$1', () => '$$1_x.$0.$-')), []);
  const twice = `outputs = [{ function = 'sum', format = 'x' }, { function = 'avg', format = 'x' }]\n`;
  const text = `${ROUTE}[[aggregation]]\nregex = 'a'\ninterval = 10\nwait = 20\n${twice}`;
  assert.match(problemsOf(text).join(), /^warning c\.toml:6:1: two results have the format "x"/);
});

test('an aggregator made by a command keeps the same rules', () => {
  const check = (change: Partial<AggregatorOptions>): string[] => {
    const problems = new Problems();
    const options = { ...loadGood(ROUTE + RULE).table.aggregators[0]!, ...change };
    const good = checkAggregator(options, () => outsidePlace('telnet'), problems);
    assert.equal(good, !problems.failed);
    return problems.list.map(({ kind, message }) => `${kind} ${message}`);
  };
  assert.deepEqual(check({}), []);
  assert.match(check({ matcher: {} }).join(), /^error need a regex string/);
  assert.match(check({ matcher: { regex: '(' } }).join(), /^error .*missing closing/);
  assert.match(check({ intervalSec: 0 }).join(), /^error interval must be at least 1/);
  assert.match(check({ waitSec: 5 }).join(), /^warning wait 5 is below interval 10/);
  const outputs = [{ function: 'no' as 'sum', format: '' }];
  assert.deepEqual(check({ outputs }), [
    "error no such aggregation function 'no'",
    'error "format" is missing: the key of the result',
  ]);
});
