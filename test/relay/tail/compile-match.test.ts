import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileMatch, MATCH_CHARS_MAX } from '../../../src/relay/tail/compile-match.ts';

function matches(pattern: string, key: string): boolean {
  const match = compileMatch(pattern);
  assert.ok(typeof match === 'function', JSON.stringify(match));
  return match(Buffer.from(key));
}

test('a pattern is a regex, or a condition with its text', () => {
  assert.ok(matches('^servers\\.web[0-9]+\\.', 'servers.web12.cpu'));
  assert.ok(!matches('^web', 'servers.web12.cpu'));
  assert.ok(matches('prefix servers.', 'servers.web'));
  assert.ok(!matches('prefix web', 'servers.web'));
  assert.ok(matches('notPrefix web', 'servers.web'));
  assert.ok(matches('sub web', 'servers.web'));
  assert.ok(!matches('notSub web', 'servers.web'));
  assert.ok(matches('regex w.b$', 'servers.web'));
  assert.ok(!matches('notRegex w.b$', 'servers.web'));
  assert.ok(matches('ä', 'zähler'));
  assert.ok(matches('prefix [a]{1000}', '[a]{1000}'));
  assert.ok(matches('^a+$', 'a'.repeat(5000)));
});

test('what is no regex is told in one line, with the place where it is known', () => {
  for (const [pattern, error] of [
    ['a**', 'match: regex "a**": invalid nested repetition operator: `**`, at character 2'],
    ['notRegex a(b', 'match: notRegex "a(b": missing closing )'],
    ['(?=a)', 'match: regex "(?=a)": invalid or unsupported Perl syntax: `(?=`, at character 1'],
    ['[a-z]{0,999}'.repeat(3), 'match: a regex of more than 2000 parts, repetitions counted'],
    ['notRegex (ab){1000}c', 'match: a regex of more than 2000 parts, repetitions counted'],
    ['x'.repeat(MATCH_CHARS_MAX + 1), 'match is longer than 1000 characters'],
  ] as const) {
    assert.deepEqual(compileMatch(pattern), { error });
  }
});
