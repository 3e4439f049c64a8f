import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLimiter } from '../../src/telemetry/log-limiter.ts';
import { silentLog } from '../../src/util/log.ts';

function makeLimiter(keysMax?: number): { limiter: LogLimiter; lines: string[]; at: (ms: number) => void } {
  const lines: string[] = [];
  let nowMs = 0;
  const limiter = new LogLimiter(keysMax === undefined ? {} : { keysMax }, {
    log: { ...silentLog, warn: (line) => lines.push(line), info: (line) => lines.push(`info ${line}`) },
    clock: { monotonicMs: () => nowMs },
  });
  return { limiter, lines, at: (ms) => (nowMs = ms) };
}

test('the first line of a key is written at once, then one per interval that says how many it stands for', () => {
  const { limiter, lines, at } = makeLimiter();
  const log = limiter.limited('peer', 1000);
  for (let i = 0; i < 5; i += 1) log.warn(`line ${i}`);
  at(999);
  log.warn('line 5');
  at(1000);
  log.warn('line 6');
  at(2500);
  limiter.limited('peer', 1000).info('line 7');
  assert.deepEqual(lines, ['line 0', 'line 6 (5 more)', 'info line 7']);
});

test('keys do not hold each other back', () => {
  const { limiter, lines } = makeLimiter();
  limiter.limited('a', 1000).warn('a');
  limiter.limited('b', 1000).warn('b');
  assert.deepEqual(lines, ['a', 'b']);
});

test('keys are bounded: the oldest is forgotten and may speak again', () => {
  const { limiter, lines } = makeLimiter(2);
  for (const key of ['a', 'b', 'c', 'c', 'a']) limiter.limited(key, 1000).warn(key);
  assert.deepEqual(lines, ['a', 'b', 'c', 'a']);
});
