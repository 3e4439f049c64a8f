// The scaling bench: the lines that it makes, and its file.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeDataPath, makeRoute } from '../../bench/data-path.ts';
import { drive } from '../../bench/scaling/drive.ts';
import { LineSource } from '../../bench/scaling/line-source.ts';
import { type KeptScaling, keepScaling, readScaling } from '../../bench/scaling/scaling-file.ts';

const origin = {
  commit: 'abc',
  dirty: false,
  date: '2026-01-01 00:00',
  machine: { cpu: 'a CPU', cores: 2, memoryGib: 8, kernel: '6' },
  node: 'v24.0.0',
};

function result(name: string, y: number): KeptScaling {
  return {
    name,
    title: `About ${name}`,
    note: 'measured',
    xLabel: 'things',
    yLabel: 's',
    yScale: 'linear',
    curves: [
      {
        name: 'curve',
        points: [
          { x: 1, y, lost: 0, more: { rss: 1 } },
          { x: 1000, y: 2, lost: 3 },
        ],
      },
    ],
    reasons: ['It bends.'],
    origin,
  };
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-scaling-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('a source writes the number of each series into its lines, as many as were asked for', () => {
  const source = new LineSource('a.00000000.b 1 2', 50);
  assert.equal(source.lineBytes, 17);
  assert.equal(source.chunk(3, 9, (nth) => nth * 11).toString(), 'a.00000033.b 1 2\na.00000044.b 1 2\n');
  assert.equal(source.chunk(5, 1, (nth) => nth).toString(), 'a.00000005.b 1 2\n');
});

test('a drive counts the lines that did not come out', async () => {
  const source = new LineSource('a.00000000.b 1 2', 1000);
  const whole = await makeDataPath({ routes: [makeRoute('r', {}, 2)] }, 10_000);
  assert.equal(drive(whole, source, 100, 500, 2).lost, 0);
  assert.equal(whole.stats().series, 100);
  const half = await makeDataPath({ routes: [makeRoute('r', { regex: '[02468]\\.b' })] }, 10_000);
  assert.equal(drive(half, source, 100, 500, 1).lost, 250);
});

test('a result replaces the one of its name, and each has a plot beside it', (t) => {
  const where = folder(t);
  keepScaling(where, [result('a', 5), result('b', 6)]);
  keepScaling(where, [result('a', 7)]);
  assert.deepEqual(
    readScaling(where).map(({ name, curves }) => [name, curves[0]?.points[0]?.y]),
    [
      ['b', 6],
      ['a', 7],
    ],
  );
  assert.deepEqual(readdirSync(where).sort(), ['scaling-a.svg', 'scaling-b.svg', 'scaling.json']);
});
