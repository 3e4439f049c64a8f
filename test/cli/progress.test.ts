import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../src/cli/progress.ts';
import { renderAge, renderBytes, renderTable } from '../../src/cli/render-amount.ts';
import { renderCount } from '../../src/util/render-count.ts';

function makeWorld(stderrIsTerminal: boolean) {
  const world = {
    nowMs: 0,
    text: '',
    stderrIsTerminal,
    clock: { monotonicMs: () => world.nowMs },
    complain: (text: string) => void (world.text += text),
  };
  return world;
}

test('on a terminal long work has a bar, which is wiped away at the end', () => {
  const world = makeWorld(true);
  const progress = new Progress('importing x', world);
  progress.update(1, 100, 1);
  assert.equal(world.text, '');
  world.nowMs = 2000;
  progress.update(50, 100, 1000);
  const text = 'importing x: 50 %, 50 B of 100 B, 1,000 lines, 500/s, 2 s left';
  assert.equal(world.text, `\r[${'#'.repeat(15)}${'.'.repeat(15)}] ${text}\u001b[K`);
  world.nowMs = 2100;
  progress.update(60, 100, 1200);
  world.text = '';
  progress.end();
  assert.equal(world.text, '\r\u001b[K');
});

test('elsewhere long work says a plain line every 10 s, and quick work nothing', () => {
  const world = makeWorld(false);
  const progress = new Progress('importing x', world);
  for (let sec = 0; sec <= 25; sec++) {
    world.nowMs = sec * 1000;
    progress.update(sec, 100, sec * 1000);
  }
  progress.end();
  assert.equal(
    world.text,
    'importing x: 10 %, 10 B of 100 B, 10,000 lines, 1,000/s, 90 s left\n' +
      'importing x: 20 %, 20 B of 100 B, 20,000 lines, 1,000/s, 80 s left\n',
  );
});

test('work whose size is not known has no end in sight', () => {
  const world = makeWorld(false);
  const progress = new Progress('importing -', world);
  world.nowMs = 10_000;
  progress.update(2048, 0, 100);
  assert.equal(world.text, 'importing -: 2.0 KiB, 100 lines, 10/s\n');
});

test('amounts are rendered for people', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567].map(renderCount), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([0, 1023, 1024, 5.5 * 1024 ** 3].map(renderBytes), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '5.5 GiB',
  ]);
  assert.deepEqual([-5, 999, 61_000, 3_600_000, 90_061_000].map(renderAge), [
    '0s',
    '0s',
    '1m1s',
    '1h0m',
    '1d1h',
  ]);
  assert.equal(
    renderTable(
      [
        ['A', 'B'],
        ['long', '1'],
      ],
      { right: [1] },
    ),
    'A     B\nlong  1\n',
  );
});
