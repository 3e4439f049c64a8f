import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RewriterOptions } from '../../src/table/options.ts';
import { KeyText } from '../../src/table/key-text.ts';
import { PatternCache } from '../../src/table/pattern-cache.ts';
import { Rewriter } from '../../src/table/rewriter.ts';

function rewrite(key: string, options: Partial<RewriterOptions>): string {
  const rule = new Rewriter(
    { old: '', new: '', not: '', max: -1, ...options },
    'rewriter 1',
    new PatternCache(),
  );
  const result = rule.rewrite(KeyText.fromBytes(Buffer.from(key, 'latin1')));
  return result.kind === 'rewritten' ? result.text.byteString : result.kind;
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test('plain text is replaced from left to right, at most max times, without overlap', () => {
  assert.equal(rewrite('a.a.a', { old: 'a', new: 'b' }), 'b.b.b');
  assert.equal(rewrite('a.a.a', { old: 'a', new: 'b', max: 2 }), 'b.b.a');
  assert.equal(
    rewrite('a.a.a', { old: 'a', new: 'b', max: 0 }),
    'unchanged',
    'max 0 rewrites nothing (COMPAT 0.9)',
  );
  assert.equal(rewrite('aaaaa', { old: 'aa', new: 'x' }), 'xxa');
  assert.equal(rewrite('abc', { old: 'b', new: '' }), 'ac');
  assert.equal(rewrite('abc', { old: 'x', new: 'y' }), 'unchanged');
  assert.equal(rewrite('a$1', { old: '$1', new: '$0' }), 'a$0', 'no templates in plain text');
  assert.equal(rewrite('a/b', { old: '/', new: '.' }), 'a.b', 'a lone slash is text');
  assert.equal(rewrite('a/b/c', { old: '/b/c', new: 'x' }), 'ax');
});

test('a regex replaces every leftmost match as Go does, empty ones too', () => {
  const cases: [string, string, string, string][] = [
    ['baac', 'a*', 'X', 'XbXcX'],
    ['', 'a*', 'X', 'X'],
    ['abc', '', 'X', 'XaXbXcX'],
    ['aaa', 'a', 'b', 'bbb'],
    ['abab', '(a)(b)', '$2$1', 'baba'],
    ['a.b', '\\.', '$$', 'a$b'],
    ['foo.bar', '^foo', '', '.bar'],
    ['foo.bar', 'r?', 'X', 'XfXoXoX.XbXaX'],
    ['aXb', '\\b', '|', '|aXb|'],
    ['aab', '^a', 'x', 'xab'],
  ];
  for (const [key, regex, template, want] of cases) {
    assert.equal(rewrite(key, { old: `/${regex}/`, new: template }), want, `${regex} on ${key}`);
  }
});

test('the empty regex between two slashes matches everywhere', () => {
  assert.equal(rewrite('ab', { old: '//', new: '-' }), '-a-b-');
});

test('not holds a rule back, as text or as a regex', () => {
  assert.equal(rewrite('a.x', { old: 'a', new: 'b', not: 'x' }), 'skipped');
  assert.equal(rewrite('a.y', { old: 'a', new: 'b', not: 'x' }), 'b.y');
  assert.equal(rewrite('a.x1', { old: 'a', new: 'b', not: '/[0-9]$/' }), 'skipped');
  assert.equal(rewrite('a.x', { old: '/a/', new: 'b', not: '/[0-9]$/' }), 'b.x');
  assert.equal(rewrite('a/b', { old: 'a', new: 'b', not: '/' }), 'skipped', 'a lone slash is text');
});

test('bytes that are no UTF-8 pass unchanged, and characters are never split', () => {
  assert.equal(rewrite('a\xffb\xe2\x82a', { old: '/a/', new: 'x' }), 'x\xffb\xe2\x82x');
  assert.equal(rewrite('a\xff', { old: 'a', new: 'é' }), `${utf8('é')}\xff`);
  assert.equal(rewrite('\xff\xfe', { old: '/(.)(.)/', new: '$2$1' }), '\xfe\xff');
  assert.equal(rewrite(utf8('é\u{1f600}€'), { old: '/(.)(.)/', new: '${2}${1}' }), utf8('\u{1f600}é€'));
  assert.equal(rewrite(utf8('é\u{1f600}'), { old: '/x*/', new: '-' }), utf8('-é-\u{1f600}-'));
  assert.equal(rewrite(utf8('é'), { old: '/é/', new: 'ü' }), utf8('ü'));
});

test('templates expand as Go expands them (COMPAT 5.2)', () => {
  const old = '/^(?P<first>a)(b)?(c)$/';
  const cases: [string, string][] = [
    ['$1', 'a'],
    ['${1}', 'a'],
    ['$0', 'ac'],
    ['$3', 'c'],
    ['$first', 'a'],
    ['${first}', 'a'],
    ['$firstx', ''],
    ['${first}x', 'ax'],
    ['$1x', ''],
    ['${1}x', 'ax'],
    ['$1.x', 'a.x'],
    ['$1-$3', 'a-c'],
    ['$2', ''],
    ['[$2]', '[]'],
    ['$9', ''],
    ['$01', ''],
    ['${01}', ''],
    ['$none', ''],
    ['$$', '$'],
    ['$$1', '$1'],
    ['$$$1', '$a'],
    ['$-', '$-'],
    ['$.', '$.'],
    ['x$', 'x$'],
    ['${', '${'],
    ['${1', '${1'],
    ['${}', '${}'],
    ['${ 1}', '${ 1}'],
    ['${1 }', '${1 }'],
    ['$é', ''],
    ['$99999999999', ''],
    ['$toString', ''],
    ['${__proto__}', ''],
  ];
  for (const [template, want] of cases)
    assert.equal(rewrite('ac', { old, new: `<${template}` }), `<${want}`, template);
});
