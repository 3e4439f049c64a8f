// Measurements for tests of what is made of them.
import type { Measurement } from '../../bench/e2e-run.ts';

/** Makes a measurement of 1,000 lines, none lost. */
export function makeMeasurement(
  relay: string,
  round: number,
  over: Partial<Measurement> = {},
  scenario = 'fanout1',
): Measurement {
  return {
    scenario,
    relay,
    round,
    linesIn: 1000,
    expected: 1000,
    lost: 0,
    sumOk: true,
    linesPerSecond: 1e6,
    cpuSeconds: 0.001,
    cpuSecondsPerMillion: 1,
    cpuSecondsPerMillionDelivered: 1,
    delay: { samples: 10, p50Ms: 1, p99Ms: 2, maxMs: 3 },
    rssMib: 10,
    rssPeakMib: 10,
    rssGrowthMib: 0,
    generatorLateMs: 0,
    ...over,
  };
}
