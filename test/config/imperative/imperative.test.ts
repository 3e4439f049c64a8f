import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseImperative } from '../../../src/config/imperative.ts';
import { parseDestination } from '../../../src/destination/parse-destination.ts';

function parse(command: string) {
  return parseImperative(command, (text) => {
    const parsed = parseDestination(text);
    return parsed.ok ? parsed : undefined;
  });
}

function routeOf(command: string) {
  const parsed = parse(command);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  assert.ok(parsed.operation.kind === 'addRoute');
  const { key, type, matcher, destinations } = parsed.operation.route;
  return { key, type, matcher, addrs: destinations.map(({ addr }) => addr) };
}

test('COMPAT 4: addBlock and addBlack take a method and one word', () => {
  for (const name of ['addBlock', 'addBlack']) {
    assert.deepEqual(parse(`${name} notRegex ^a.*b$`), {
      ok: true,
      operation: { kind: 'addBlock', matcher: { notRegex: '^a.*b$' } },
    });
  }
  assert.equal(parse('addBlock prefix').ok, false);
  assert.equal(parse('addBlock nothing a').ok, false);
});

test('COMPAT 4: addRewriter takes old, new and max', () => {
  const rewriter = { old: '/a(.)/', new: '$1', not: '', max: -1 };
  assert.deepEqual(parse('addRewriter /a(.)/ $1 -1'), {
    ok: true,
    operation: { kind: 'addRewriter', rewriter },
  });
  for (const command of ['addRewriter a b', 'addRewriter a b x', 'addRewriter a  b 1']) {
    assert.equal(parse(command).ok, false, command);
  }
});

test('COMPAT 4: two spaces part the route from its destinations and these from each other, more do no harm', () => {
  const expected = {
    key: 'k',
    type: 'sendAllMatch',
    matcher: { prefix: 'a', sub: '7' },
    addrs: ['h:1', 'h:2:x'],
  };
  assert.deepEqual(routeOf('addRoute sendAllMatch k prefix=a sub=7  h:1 spool=true  h:2:x'), expected);
  assert.deepEqual(routeOf('addRoute sendAllMatch k prefix= a sub=7    h:1   h:2:x  '), expected);
  assert.equal(routeOf('addRoute sendFirstMatch k  h:1').type, 'sendFirstMatch');
});

test('COMPAT 4: errors have the words of carbon-relay-ng', () => {
  const errorOf = (command: string) => {
    const parsed = parse(command);
    return parsed.ok ? '' : parsed.error;
  };
  assert.equal(errorOf('addRoute sendAllMatch k h:1'), "unrecognized option 'h:1'");
  assert.equal(errorOf('addRoute sendAllMatch k  '), "must get at least 1 destination for route 'k'");
  assert.equal(errorOf('nothing'), 'unrecognized command "nothing"');
});

test('no text makes the parser throw', () => {
  const word = fc.constantFrom(
    'addRoute',
    'addBlock',
    'addRewriter',
    'sendAllMatch',
    'k',
    'prefix=',
    '=',
    ' ',
    '##',
    'h:1',
  );
  const command = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 10 }).map((words) => words.join(' ')),
  );
  fc.assert(fc.property(command, (text) => typeof parse(text).ok === 'boolean'));
});
