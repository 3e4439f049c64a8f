import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSampler } from '../../../src/telemetry/top/line-sampler.ts';

/** A sequence that looks random and is the same each time. */
function makeRandom(): () => number {
  let state = 12_345;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) / 0x8000_0000;
}

function makeRig(samplesPerSec = 100) {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  const sampler = new LineSampler({ samplesPerSec }, { clock, random: makeRandom() });
  const seen = { samples: 0, weight: 0, numbers: [] as number[] };
  /** Runs of `size` lines, `perSec` lines a second, for so long. */
  const flow = (perSec: number, sec: number, size: number) => {
    seen.samples = seen.weight = 0;
    for (let at = 0; at < perSec * sec; at += size) {
      clock.nowMs += (size / perSec) * 1000;
      sampler.run(size, clock.nowMs, (nth, weight) => {
        assert.ok(nth >= 0 && nth < size);
        seen.samples += 1;
        seen.weight += weight;
        seen.numbers.push(nth);
      });
    }
  };
  return { sampler, seen, flow };
}

test('every line of a slow stream is a sample', () => {
  const { sampler, seen, flow } = makeRig();
  flow(90, 20, 3);
  assert.equal(seen.samples, 1800);
  assert.equal(seen.weight, 1800);
  assert.equal(sampler.every, 1);
});

test('a fast stream costs as many samples as a slow one, and they stand for all its lines', () => {
  const { sampler, seen, flow } = makeRig();
  flow(1_000_000, 3, 1000);
  // Doubling from 1 to 10,000 takes some 14 times the samples of a second, once.
  assert.ok(seen.samples < 1800, `${seen.samples}`);
  flow(1_000_000, 20, 1000);
  assert.ok(Math.abs(seen.samples / 2000 - 1) < 0.1, `${seen.samples}`);
  assert.ok(Math.abs(seen.weight / 20_000_000 - 1) < 0.01, `${seen.weight}`);
  assert.ok(Math.abs(sampler.every / 10_000 - 1) < 0.1, `${sampler.every}`);
});

test('bursts after silence cost little, since the distance of samples shrinks in steps', () => {
  const { seen, flow } = makeRig();
  flow(1_000_000, 3, 1000);
  for (let burst = 0; burst < 5; burst++) {
    flow(50, 1, 1);
    flow(1_000_000, 1, 1000);
    assert.ok(seen.samples <= 600, `burst ${burst}: ${seen.samples}`);
  }
});

test('slow traffic after fast is looked at soon, and still stands for all its lines in the mean', () => {
  const { sampler, seen, flow } = makeRig();
  flow(1_000_000, 10, 1000);
  flow(50, 16, 1);
  assert.equal(sampler.every, 1);
  flow(50, 10, 1);
  assert.equal(seen.samples, 500);
  let [weight, lines] = [0, 0];
  for (let turn = 0; turn < 300; turn++) {
    flow(100_000, 2, 100);
    weight += seen.weight;
    flow(3000, 4, 10);
    weight += seen.weight;
    lines += 212_000;
  }
  assert.ok(Math.abs(weight / lines - 1) < 0.01, `${weight / lines}`);
});

test('no rhythm of a stream is favoured: each line of a run is chosen as often', () => {
  const { seen, flow } = makeRig(1000);
  flow(10_000, 3, 10);
  seen.numbers.length = 0;
  flow(10_000, 60, 10);
  const counts = Array.from(
    { length: 10 },
    (_, nth) => seen.numbers.filter((number) => number === nth).length,
  );
  const mean = seen.numbers.length / 10;
  for (const [nth, count] of counts.entries()) {
    assert.ok(Math.abs(count - mean) < 5 * Math.sqrt(mean), `line ${nth}: ${count} of ${mean}`);
  }
});
