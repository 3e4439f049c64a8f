// The traffic of carbon-relay-ng's tuning notes, as exact counts: 3,000/s, 10,000/s for 2 s, 2,500 in 100 ms, 700 in 10 ms,
// lines of one sender back to back. `bench/notes.ts` sends it and asks the relay what it saw.
import type { Packet } from '../src/cli/bench/load-schedule.ts';

/** So many lines in so much time, evenly but for the groups. */
interface Stretch {
  readonly ms: number;
  readonly lines: number;
}

const GROUP_LINES = 3;
const GROUP_STEP_MICROS = 3;

const QUIET: Stretch = { ms: 900, lines: 2700 };
const BURST_100: Stretch = { ms: 100, lines: 2500 };
const BURST_10: Stretch = { ms: 10, lines: 700 };
const PEAK: Stretch = { ms: 2000, lines: 20_000 };

/** About 9 s; the notes' 455 s are these over and over. */
const ROUND: readonly Stretch[] = [
  QUIET,
  BURST_100,
  QUIET,
  QUIET,
  BURST_10,
  QUIET,
  PEAK,
  QUIET,
  BURST_10,
  QUIET,
  BURST_100,
  QUIET,
];

/** Makes the schedule, one line a packet. */
export function* exactNotes(rounds: number, connections: number): Generator<Packet> {
  let startMicros = 0;
  let group = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { ms, lines } of ROUND) {
      const groups = Math.ceil(lines / GROUP_LINES);
      for (let at = 0; at < lines; at++) {
        const inGroup = at % GROUP_LINES;
        if (inGroup === 0) group += 1;
        const groupMicros = (Math.floor(at / GROUP_LINES) * ms * 1000) / groups;
        const atMicros = startMicros + groupMicros + inGroup * GROUP_STEP_MICROS;
        yield { atMicros, connection: group % connections, lines: 1 };
      }
      startMicros += ms * 1000;
    }
  }
}
