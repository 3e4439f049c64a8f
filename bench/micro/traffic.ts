// What does it cost to measure a read on four time scales? Reads so many microseconds apart, as under load and under a
// trickle; the cost of looking at the clock is in it.
//
//   bin/node bench/micro/traffic.ts
import { Traffic } from '../../src/telemetry/traffic/traffic.ts';

const READS = 5_000_000;
const ROUNDS = 5;

for (const gapMs of [0.01, 0.1, 1, 4]) {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let nowMs = 0;
    const traffic = new Traffic({ monotonicMs: () => nowMs + performance.now() * 1e-9 });
    const note = traffic.add({ input: 'plain', protocol: 'tcp', addr: ':2003' });
    const startMs = performance.now();
    for (let read = 0; read < READS; read++) {
      nowMs += gapMs;
      note(read & 1023, 65_536);
    }
    figures.push(((performance.now() - startMs) / READS) * 1e6);
    if (traffic.report().all.reads !== READS) throw new Error('BUG: reads are missing');
  }
  console.log(`${gapMs} ms apart: ${figures.map((ns) => ns.toFixed(0)).join(' ')} ns a read`);
}
