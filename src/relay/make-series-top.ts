// The sketches of who sends most, over the routes of a relay.
import { SeriesTop } from '../telemetry/top/series-top.ts';
import type { RelayWorld } from './relay-world.ts';
import type { Routing } from './routing.ts';

/** Hears of lines and series. */
export type SeriesNotes = Pick<SeriesTop, 'setSource' | 'ran' | 'resolved'>;

/** Where nothing is measured. */
export const NO_NOTES: SeriesNotes = {
  setSource: () => {},
  ran: () => {},
  resolved: () => {},
};

/** Makes the sketches; the routing is read when lines come, not before. */
export function makeSeriesTop(
  world: Pick<RelayWorld, 'clock' | 'random'>,
  routing: () => Pick<Routing, 'routeOf' | 'rows'>,
): SeriesTop {
  return new SeriesTop({
    ...world,
    routeOf: (output) => routing().routeOf(output),
    routeLines: () => {
      const lines = new Map<string, number>();
      for (const row of routing().rows()) lines.set(row.route, (lines.get(row.route) ?? 0) + row.in);
      return lines;
    },
  });
}
