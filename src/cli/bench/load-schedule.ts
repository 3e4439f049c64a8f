// When a paced load sends what: packets in order of time. The same seed gives the same schedule.

/** One write of some lines on one connection. */
export interface Packet {
  /** Since the start. */
  readonly atMicros: number;
  readonly connection: number;
  readonly lines: number;
}

/** Makes an even schedule: the connections in turn, `linesPerWrite` lines each. */
export function* pacedSchedule(
  { rate, linesPerWrite, seconds }: { rate: number; linesPerWrite: number; seconds: number },
  connections: number,
): Generator<Packet> {
  const packets = Math.floor((rate * seconds) / linesPerWrite);
  const stepMicros = (linesPerWrite * 1e6) / rate;
  for (let index = 0; index < packets; index++) {
    yield { atMicros: index * stepMicros, connection: index % connections, lines: linesPerWrite };
  }
}

// crng's tuning notes: 3,000/s on average, 10,000/s for 2 s, bursts of 700 in 10 ms, lines a few µs apart.
const AVERAGE_RATE = 3000;
const PEAK_RATE = 10_000;
const PEAK_SECONDS = 2;
const PEAK_EVERY_SECONDS = 20;
const BURST_LINES = 700;
const BURST_MICROS = 10_000;
const BURST_EVERY_SECONDS = 2;
// Lines of one sender back to back: 1 to 5, a few µs apart, each a write of its own.
const GROUP_MAX = 5;
const GROUP_STEP_MICROS = 3;

/** Makes the schedule of the tuning notes: one line a write; random groups of lines at the rate of the moment. */
export function* notesSchedule(seconds: number, connections: number, seed: number): Generator<Packet> {
  const random = makeRandom(seed);
  const burstRate = BURST_LINES / BURST_EVERY_SECONDS;
  const peakShare = PEAK_SECONDS / PEAK_EVERY_SECONDS;
  const quietRate = (AVERAGE_RATE - burstRate - PEAK_RATE * peakShare) / (1 - peakShare);
  const groupMean = (GROUP_MAX + 1) / 2;
  let burstAt = BURST_EVERY_SECONDS * 0.5e6;
  // Each stretch of 20 s holds its peak in the middle.
  const isPeak = (micros: number): boolean =>
    Math.abs(((micros / 1e6) % PEAK_EVERY_SECONDS) - PEAK_EVERY_SECONDS / 2) < PEAK_SECONDS / 2;
  let now = 0;
  while (now < seconds * 1e6) {
    if (burstAt <= now) {
      for (let index = 0; index < BURST_LINES; index++) {
        const atMicros = burstAt + (index * BURST_MICROS) / BURST_LINES;
        yield { atMicros, connection: Math.floor(random() * connections), lines: 1 };
      }
      now = Math.max(now, burstAt + BURST_MICROS);
      burstAt += BURST_EVERY_SECONDS * 1e6;
      continue;
    }
    const connection = Math.floor(random() * connections);
    const group = 1 + Math.floor(random() * GROUP_MAX);
    for (let index = 0; index < group; index++) {
      yield { atMicros: now + index * GROUP_STEP_MICROS, connection, lines: 1 };
    }
    const rate = isPeak(now) ? PEAK_RATE : quietRate;
    now += -Math.log(1 - random()) * ((groupMean * 1e6) / rate);
  }
}

/** A small seeded generator (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
