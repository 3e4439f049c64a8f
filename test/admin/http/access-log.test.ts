import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAccessLine } from '../../../src/admin/http/access-log.ts';

const ANSWER = { remote: '127.0.0.1', bytes: 3, wallMs: new Date(2026, 0, 2, 3, 4, 5).getTime() };

test('a line is in the combined form', () => {
  const line = renderAccessLine(
    {
      method: 'GET',
      url: '/healthz?x=1',
      httpVersion: '1.1',
      headers: { referer: 'http://a/', 'user-agent': 'curl/8' },
    },
    { statusCode: 200 },
    ANSWER,
  );
  assert.match(
    line,
    /^127\.0\.0\.1 - - \[02\/Jan\/2026:03:04:05 [+-]\d{4}\] "GET \/healthz\?x=1 HTTP\/1\.1" 200 3 "http:\/\/a\/" "curl\/8"\n$/,
  );
});

test('a request cannot forge a line or flood one', () => {
  const line = renderAccessLine(
    {
      method: 'GET',
      url: `/${'a'.repeat(100_000)}`,
      httpVersion: '1.1',
      headers: { 'user-agent': '"\n127.0.0.1 - - \x1b[2J\\\u00e9' },
    },
    { statusCode: 404 },
    ANSWER,
  );
  assert.equal(line.split('\n').length, 2);
  assert.ok(line.length < 3000);
  assert.ok(line.endsWith('"" "\\"\\u000a127.0.0.1 - - \\u001b[2J\\\\\\u00e9"\n'));
});
