// The facts of a destination that keeps up, for tests to change.
import { type DestinationFacts, durationsOf } from '../../../src/telemetry/tune/tune-facts.ts';

export const MIB = 1024 * 1024;
export const NO_DURATIONS = durationsOf(undefined);

type Changes = Partial<Omit<DestinationFacts, 'flow' | 'queue'>> & {
  readonly flow?: Partial<DestinationFacts['flow']>;
  readonly queue?: Partial<DestinationFacts['queue']>;
};

/** Makes the facts. */
export function makeFacts({ flow, queue, ...changes }: Changes = {}): DestinationFacts {
  return {
    route: 'all',
    key: 'all_a',
    addr: 'a:2003',
    online: true,
    durable: false,
    blocking: false,
    whenFull: 'spill',
    in: 60_000,
    written: 60_000,
    writes: 600,
    disconnects: 0,
    pauses: 0,
    dropped: {},
    lineBytes: 50,
    linesPerWrite: 100,
    bytesPerWrite: 5000,
    write: { ...NO_DURATIONS, count: 600, meanSec: 0.0001, p99Sec: 0.001, maxSec: 0.004 },
    busy10: 0.01,
    stalls: 0,
    stallMaxSec: 0,
    stallNowSec: 0,
    flow: {
      inPerSec10: 1000,
      inPerSec60: 1000,
      inWorstSec60: 1200,
      inWorstSecHour: 1200,
      outPerSec10: 1000,
      outPerSec60: 1000,
      dropped10: 0,
      dropped60: 0,
      spooledPerSec10: 0,
      ...flow,
    },
    queue: {
      lines: 0,
      bytes: 0,
      ageSec: 0,
      highLines: 100,
      highBytes: 5000,
      highBytes60: 5000,
      maxBytes: 32 * MIB,
      maxLines: null,
      ...queue,
    },
    spool: {
      state: 'ready',
      lines: 0,
      bytes: 0,
      diskBytes: 0,
      roomBytes: 1024 * MIB,
      write: NO_DURATIONS,
      sync: NO_DURATIONS,
      replayPerSec: 0,
    },
    ...changes,
  };
}
