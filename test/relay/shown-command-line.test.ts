import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownCommandLine } from '../../src/relay/shown-command-line.ts';

test('the command line is shown without the secrets in it', () => {
  const words = [
    'node',
    'main.js',
    'run',
    '--admin-token',
    's3cret',
    '--http-addr',
    ':1',
    '--admin-token=s3cret',
  ];
  assert.deepEqual(shownCommandLine(words), [
    'node',
    'main.js',
    'run',
    '--admin-token',
    '***',
    '--http-addr',
    ':1',
    '--admin-token=***',
  ]);
});
