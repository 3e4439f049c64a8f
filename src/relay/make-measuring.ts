// What the relay measures of what comes in, beyond its books: traffic on four time scales, and who sends most.
import { SeriesTop } from '../telemetry/top/series-top.ts';
import { Traffic } from '../telemetry/traffic/traffic.ts';
import { ReadClock } from './read-clock.ts';
import type { RelayWorld } from './relay-world.ts';
import type { Routing } from './routing.ts';

/** Hears of lines and series. */
export type SeriesNotes = Pick<SeriesTop, 'setSource' | 'ran' | 'resolved'>;

export interface Measuring {
  readonly traffic: Traffic;
  readonly top: SeriesTop;
  /** Tells `top`; where nothing is measured, nobody. */
  readonly notes: SeriesNotes;
  /** The clock of both: it stands still while a read is handled. */
  readonly readClock: ReadClock;
}

const NO_NOTES: SeriesNotes = {
  setSource: () => {},
  ran: () => {},
  resolved: () => {},
};

/** Makes it; the routing is read when lines come, not before. */
export function makeMeasuring(
  { measure }: { readonly measure: boolean },
  { clock, random }: Pick<RelayWorld, 'clock' | 'random'>,
  routing: () => Pick<Routing, 'routeOf' | 'rows'>,
): Measuring {
  const readClock = new ReadClock(clock);
  const top = new SeriesTop({
    clock: readClock,
    random,
    routeOf: (output) => routing().routeOf(output),
    routeLines: () => {
      const lines = new Map<string, number>();
      for (const row of routing().rows()) lines.set(row.route, (lines.get(row.route) ?? 0) + row.in);
      return lines;
    },
  });
  return { traffic: new Traffic(readClock), top, notes: measure ? top : NO_NOTES, readClock };
}
