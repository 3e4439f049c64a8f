import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NODE_MAJOR_MIN, nodeVersionError } from '../../src/cli/node-version.ts';

test('a Node.js that is too old is one clear line', () => {
  assert.equal(nodeVersionError('20.20.2'), 'needs Node.js >= 24, and this is 20.20.2');
  assert.equal(nodeVersionError('24.0.0'), undefined);
  assert.equal(nodeVersionError('100.1.0'), undefined);
});

test('package.json asks for the same', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { engines } = JSON.parse(text) as { engines: { node: string } };
  assert.equal(engines.node, `>=${NODE_MAJOR_MIN}`);
});
