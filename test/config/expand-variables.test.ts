import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { expandVariables } from '../../src/config/expand-variables.ts';

const world = {
  hostName: 'web1.example.com',
  env: {
    GRAFANA_NET_ADDR: 'https://g/metrics',
    GRAFANA_NET_API_KEY: 'k',
    GRAFANA_NET_USER_ID: '7',
    HOST: 'x',
    A: 'b',
  },
};

function expand(text: string): string {
  return expandVariables(text, world).text;
}

function notes(text: string): string[] {
  return expandVariables(text, world).notes.map(({ kind, offset }) => `${kind} ${offset}`);
}

test('COMPAT 0.4: the four variables are replaced in both spellings, HOST being the host name up to its first dot', () => {
  assert.equal(expand('$HOST ${HOST}'), 'web1 web1');
  assert.equal(expand('$GRAFANA_NET_ADDR|${GRAFANA_NET_ADDR}'), 'https://g/metrics|https://g/metrics');
  assert.equal(expand('${GRAFANA_NET_USER_ID}:${GRAFANA_NET_API_KEY}'), '7:k');
  assert.deepEqual(notes('$HOST ${GRAFANA_NET_ADDR}'), []);
});

test('COMPAT 0.4: a variable of Grafana Cloud that is not set leaves nothing, with a warning', () => {
  const expansion = expandVariables('a${GRAFANA_NET_ADDR}b', { hostName: 'h', env: {} });
  assert.equal(expansion.text, 'ab');
  assert.deepEqual(
    expansion.notes.map(({ kind, offset }) => [kind, offset]),
    [['warning', 1]],
  );
});

test('COMPAT 0.5: ${1} and ${name} of a template stay, and a warning says that carbon-relay-ng takes the braces', () => {
  assert.equal(expand('rw2.${1}foo ${name}'), 'rw2.${1}foo ${name}');
  assert.deepEqual(notes('rw2.${1}foo ${name}'), ['warning 4', 'warning 12']);
});

test('COMPAT 0.5: a template in which the braces change nothing is not warned of', () => {
  assert.deepEqual(notes("new = '${1}.x.${name}'"), []);
  assert.deepEqual(notes("new = '${1}x'"), ['warning 7']);
  assert.deepEqual(notes("regex = '${1}'"), ['warning 9']);
});

test('COMPAT 1: what Go takes for another name stays as it is, without a word', () => {
  for (const text of [
    '$HOSTNAME',
    '$_x',
    '$$',
    '$)',
    '$|',
    "$'",
    '$1',
    '$1x',
    '$',
    'a$',
    '$$HOST',
    '$1HOST',
  ]) {
    assert.equal(expand(text), text);
    assert.deepEqual(notes(text), []);
  }
});

test('COMPAT 1: ${a b} loses its braces', () => {
  assert.equal(expand('x${a b}y'), 'x$a by');
});

test('COMPAT 1: ${} and a ${ that is not closed stay, with a warning', () => {
  assert.equal(expand('a${}b ${ c\n}'), 'a${}b ${ c\n}');
  assert.deepEqual(notes('a${}b ${ c\n}'), ['warning 1', 'warning 6']);
});

test('${env:NAME} is any environment variable, and an error when that is not set', () => {
  assert.equal(expand('a${env:A}c${env:HOST}'), 'abcx');
  assert.deepEqual(notes('a ${env:B}'), ['error 2']);
});

test('an offset in the new text maps to the same character in the original', () => {
  const piece = fc.oneof(
    fc.constantFrom('$HOST', '${HOST}', '${env:A}', '${1}', '${a b}', '$$', '${', '\n'),
    fc.string({ maxLength: 5 }).map((text) => text.replaceAll('$', '')),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ maxLength: 5 }), (pieces, end) => {
      // The marker stands once in the text, and no replacement makes it.
      const source = `${pieces.join('').replaceAll('#', '')}#${end.replaceAll(/[#$]/g, '')}`;
      // Within a variable a place is only as exact as the variable.
      if (/\$\{[^}\n]*#[^}\n]*\}|\$#/.test(source)) return;
      const expansion = expandVariables(source, world);
      const { text } = expansion;
      const before = text.indexOf('#');
      if (before < 0) return;
      assert.equal(expansion.sourceOffset(before), source.indexOf('#'));
      assert.equal(expansion.sourceOffset(text.length), source.length);
    }),
  );
});
