import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { renderAccessTime, renderLogTime, renderRfc3339 } from '../../src/util/render-time.ts';

function inZone(t: TestContext, zone: string): void {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  t.after(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
}

const WINTER = Date.UTC(2026, 0, 2, 3, 4, 5, 120);

test('time in UTC ends with Z, and its fraction has no trailing zeros', (t) => {
  inZone(t, 'UTC');
  assert.equal(renderRfc3339(WINTER), '2026-01-02T03:04:05.12Z');
  assert.equal(renderRfc3339(WINTER - 120), '2026-01-02T03:04:05Z');
  assert.equal(renderRfc3339(WINTER + 0.25), '2026-01-02T03:04:05.12025Z');
  assert.equal(renderLogTime(WINTER), '2026-01-02 03:04:05.120');
  assert.equal(renderAccessTime(WINTER), '02/Jan/2026:03:04:05 +0000');
});

test('time elsewhere is local and shows its offset', (t) => {
  inZone(t, 'Asia/Kolkata');
  assert.equal(renderRfc3339(WINTER), '2026-01-02T08:34:05.12+05:30');
  assert.equal(renderLogTime(WINTER), '2026-01-02 08:34:05.120');
  assert.equal(renderAccessTime(WINTER), '02/Jan/2026:08:34:05 +0530');
  process.env['TZ'] = 'America/St_Johns';
  assert.equal(renderRfc3339(WINTER), '2026-01-01T23:34:05.12-03:30');
});

test('what is rendered reads back as the same millisecond', () => {
  for (let ms = WINTER; ms < WINTER + 2000; ms += 37) assert.equal(Date.parse(renderRfc3339(ms)), ms);
});
