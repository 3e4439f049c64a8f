// What does it cost to record one value in a histogram, or one high water?
//
//   bin/node bench/micro/histogram.ts
import { createHistogram } from 'node:perf_hooks';
import { HighWater } from '../../src/telemetry/timing/high-water.ts';
import { Histogram } from '../../src/telemetry/timing/histogram.ts';

const VALUES = 20_000_000;
const ROUNDS = 5;

function time(run: (value: number, nowMs: number) => void): number {
  const startMs = performance.now();
  for (let i = 0; i < VALUES; i += 1) run((i * 2654435761) % 1_000_000, i / 1000);
  return ((performance.now() - startMs) / VALUES) * 1e6;
}

for (let round = 0; round < ROUNDS; round += 1) {
  const own = new Histogram(0);
  const read = new Histogram(0);
  read.reader();
  const high = new HighWater(0);
  const native = createHistogram({ highest: 3_600_000_000, figures: 2 });
  const figures = {
    nothing: time(() => undefined),
    histogram: time((value, nowMs) => own.record(value, nowMs)),
    'histogram with a reader': time((value, nowMs) => read.record(value, nowMs)),
    'high water': time((value, nowMs) => high.note(value, nowMs)),
    'perf_hooks histogram': time((value) => native.record(value + 1)),
  };
  const shown = Object.entries(figures).map(([name, ns]) => `${name} ${ns.toFixed(1)} ns`);
  console.log(shown.join(', '));
}
