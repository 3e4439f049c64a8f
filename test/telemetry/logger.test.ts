import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogFormat, Logger } from '../../src/telemetry/logger.ts';
import type { LogThreshold } from '../../src/util/log-level.ts';

function makeLogger(level: LogThreshold, format: LogFormat = 'text'): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const clock = { wallMs: () => new Date(2026, 10, 23, 3, 24, 5, 7).getTime() };
  return { log: new Logger({ level, format }, { clock, write: (line) => lines.push(line) }), lines };
}

test('the text form is that of crng', () => {
  const { log, lines } = makeLogger('trace');
  log.error('a');
  log.warn('b');
  log.info('listening on 127.0.0.1:2003/tcp');
  log.debug('d');
  log.trace('e');
  assert.deepEqual(lines, [
    '2026-11-23 03:24:05.007 [ERROR] a\n',
    '2026-11-23 03:24:05.007 [WARNING] b\n',
    '2026-11-23 03:24:05.007 [INFO] listening on 127.0.0.1:2003/tcp\n',
    '2026-11-23 03:24:05.007 [DEBUG] d\n',
    '2026-11-23 03:24:05.007 [TRACE] e\n',
  ]);
});

test('a level hides all that is chattier', () => {
  for (const [level, shown] of [
    ['panic', 0],
    ['fatal', 0],
    ['error', 1],
    ['warn', 2],
    ['info', 3],
    ['debug', 4],
    ['trace', 5],
  ] as const) {
    const { log, lines } = makeLogger(level);
    for (const at of ['error', 'warn', 'info', 'debug', 'trace'] as const) log[at]('x');
    assert.equal(lines.length, shown, level);
    assert.equal(log.shows('debug'), shown >= 4);
  }
});

test('why the process ends is shown at every level', () => {
  const { log, lines } = makeLogger('panic');
  log.fatal('no config');
  assert.match(lines.join(''), / \[FATAL\] no config\n$/);
});

test('JSON lines hold one object each, whatever the message', () => {
  const { log, lines } = makeLogger('info', 'json');
  log.warn('two\nlines "quoted" \u0007');
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.indexOf('\n'), lines[0]!.length - 1);
  const line = JSON.parse(lines[0] ?? '') as Record<string, string>;
  assert.equal(line['level'], 'warning');
  assert.equal(line['msg'], 'two\nlines "quoted" \u0007');
  assert.equal(Date.parse(line['time'] ?? ''), new Date(2026, 10, 23, 3, 24, 5, 7).getTime());
});

test('control characters in a message do not reach the terminal', () => {
  const { log, lines } = makeLogger('info');
  log.info('a\x1b[31mb\rc\0d\te\nf\x7f\u009b');
  assert.match(lines[0] ?? '', /\] a\\x1b\[31mb\\x0dc\\x00d\te\nf\\x7f\\x9b\n$/);
});
