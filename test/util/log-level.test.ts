import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLogLevel } from '../../src/util/log-level.ts';

test('every level word of crng is known in any case', () => {
  for (const [text, level] of [
    ['panic', 'panic'],
    ['FATAL', 'fatal'],
    ['Error', 'error'],
    ['warn', 'warn'],
    ['WARNING', 'warn'],
    ['info', 'info'],
    ['Notice', 'info'],
    ['debug', 'debug'],
    ['trace', 'trace'],
  ] as const) {
    assert.equal(parseLogLevel(text), level);
  }
  for (const text of ['', 'loud', 'info ', '3']) assert.equal(parseLogLevel(text), undefined);
});
