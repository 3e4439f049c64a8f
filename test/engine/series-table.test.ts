// The series table: bound, generations, growth, new tables.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/metric/plan.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';

const NONE = new Uint8Array(0);

async function makeEngine(
  maxSeries: number,
  resolve: (key: string) => Plan = () => ({ kind: 'route', outputs: [0] }),
  validateOrder = false,
) {
  const engine = await makeWasmEngine({
    lineBytesMax: 4096,
    chunkBytesMax: 1 << 18,
    maxSeries,
    levels: { legacy: 'medium', m20: 'medium' },
    validateOrder,
    orderFutureMaxSec: 86_400,
  });
  engine.setResolve((key) => resolve(Buffer.from(key).toString('latin1')));
  const send = (from: number, to: number) => {
    for (let at = from; at < to; at += 2000) {
      const keys = Array.from({ length: Math.min(2000, to - at) }, (_, i) => `host.series${at + i} 1 2\n`);
      const outcome = engine.run(NONE, Buffer.from(keys.join('')), 0);
      assert.equal(outcome.received, keys.length);
      assert.equal(outcome.emits[0]?.lines, keys.length);
    }
  };
  return { engine, send };
}

test('100,000 series are each resolved once, through every split of the directory', async () => {
  const { engine, send } = await makeEngine(1_000_000);
  send(0, 100_000);
  assert.equal(engine.stats().resolved, 100_000);
  send(0, 100_000);
  assert.deepEqual(
    { resolved: engine.stats().resolved, series: engine.stats().series },
    { resolved: 100_000, series: 100_000 },
  );
});

test('series seen since the last rotation are kept, older ones are forgotten, and memory stays flat', async () => {
  const { engine, send } = await makeEngine(100_000);
  send(0, 10_000);
  for (let round = 1; round <= 30; round++) {
    send(0, 10_000);
    send(round * 20_000, (round + 1) * 20_000);
    assert.ok(engine.stats().series <= 104_000, `${engine.stats().series} series`);
  }
  const { resolved, memoryBytes, forgotten } = engine.stats();
  // The 10,000 that kept coming were resolved once; each of the others once.
  assert.equal(resolved, 10_000 + 30 * 20_000);
  assert.ok(forgotten > 400_000, `${forgotten} forgotten`);
  for (let round = 31; round <= 90; round++) send(round * 20_000, (round + 1) * 20_000);
  assert.ok(
    engine.stats().memoryBytes <= memoryBytes + 4 * 1024 * 1024,
    'memory grew with the series forgotten',
  );
});

test('a series takes 20 bytes beside its key and its slot', async () => {
  const { engine } = await makeEngine(1_000_000);
  const series = 180_000;
  const before = engine.stats().memoryBytes;
  for (let at = 0; at < series; at += 2000) {
    const lines = Array.from({ length: 2000 }, (_, i) => `${String(at + i).padStart(44, 'k')} 1 2\n`);
    engine.run(NONE, Buffer.from(lines.join('')), 0);
  }
  assert.equal(engine.stats().series, series);
  // Half full or more, a slot is 16 bytes at most; memory is taken by the MiB.
  const most = series * (44 + 20 + 16) + 2 * 1024 * 1024;
  const taken = engine.stats().memoryBytes - before;
  assert.ok(taken <= most, `${(taken / series).toFixed(1)} bytes a series`);
});

test('the order of a series outlives its move between generations', async () => {
  const { engine, send } = await makeEngine(20_000, undefined, true);
  const point = (timestamp: number) => {
    const { outOfOrder, emits } = engine.run(NONE, Buffer.from(`kept 1 ${timestamp}\n`), 100);
    return { outOfOrder, lines: emits[0]?.lines ?? 0 };
  };
  assert.deepEqual(point(50), { outOfOrder: 0, lines: 1 });
  for (let round = 0; round < 40; round++) {
    send(round * 2000, (round + 1) * 2000);
    assert.deepEqual(point(50), { outOfOrder: 1, lines: 0 });
  }
  assert.ok(engine.stats().forgotten > 0, 'none forgotten');
});

test('a new table resolves every known series again, once', async () => {
  const { engine, send } = await makeEngine(100_000);
  send(0, 5000);
  engine.setResolve(() => ({ kind: 'route', outputs: [0] }));
  send(0, 5000);
  send(0, 5000);
  assert.deepEqual(
    { ...engine.stats(), memoryBytes: 0 },
    { series: 5000, resolved: 10_000, forgotten: 0, memoryBytes: 0 },
  );
});

test('a hundred new tables with rewritten keys do not grow memory without bound', async () => {
  const { engine, send } = await makeEngine(20_000);
  const swap = (n: number) =>
    engine.setResolve((key) => ({
      kind: 'route',
      outputs: [0],
      key: Buffer.from(`${Buffer.from(key).toString('latin1')}.${'x'.repeat(n % 50)}`),
    }));
  for (let n = 0; n < 20; n++) {
    swap(n);
    send(0, 5000);
  }
  const before = engine.stats().memoryBytes;
  for (let n = 20; n < 120; n++) {
    swap(n);
    send(0, 5000);
  }
  assert.ok(engine.stats().memoryBytes - before <= 16 * 1024 * 1024);
});

test('plans beyond the room of the plan table start a new generation instead of failing', async () => {
  let next = 0;
  const { engine, send } = await makeEngine(4_000_000, () => ({
    kind: 'drop',
    reason: 'invalid',
    text: `text ${next++}`,
  }));
  engine.setResolve(() => ({
    kind: 'route',
    outputs: [0, 1 + (next++ % 1000), 2000 + Math.floor(next / 1000)],
  }));
  send(0, 700_000);
  assert.equal(engine.stats().series, 700_000);
});
