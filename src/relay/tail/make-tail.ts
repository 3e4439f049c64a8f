// The live look over the lines, the routes and the books of a relay.
import type { TailReason } from '../../telemetry/tail/tail-report.ts';
import type { Relay } from '../relay.ts';
import type { RelayWorld } from '../relay-world.ts';
import { Tail } from './tail.ts';

/** Makes the look; nobody looks yet. The relay may still be in the making, but for its engine. */
export function makeTail(
  relay: Pick<Relay, 'engine' | 'counts' | 'routing' | 'tableControl'>,
  world: Pick<RelayWorld, 'clock' | 'random'>,
): Tail {
  return new Tail({
    ...world,
    lines: relay.engine.lines,
    routeOf: (output) => relay.routing.routeOf(output),
    placeOf: (output) => {
      const route = relay.routing.routeOf(output);
      return route === undefined ? undefined : { route, destinations: relay.routing.addrsOf(output) };
    },
    hasRoute: (route) => relay.tableControl.table.routes.some(({ key }) => key === route),
    dropped: (reason) => countDropped(relay, reason),
  });
}

/** Sums drops before destinations, at those in force and at those that are gone. */
function countDropped({ counts, routing }: Pick<Relay, 'counts' | 'routing'>, reason: TailReason): number {
  const gone = counts.dropped[reason] + routing.retired.dropped[reason];
  return routing.rows().reduce((sum, { dropped }) => sum + dropped[reason], gone);
}
