// Makes the routing of a relay: what every destination is handed of the world, and whom it tells of what.
import type { Config } from '../config/config.ts';
import type { QueueBudget } from '../destination/queue/queue-budget.ts';
import type { SlabPool } from '../destination/queue/slab-pool.ts';
import type { Engine } from '../engine/engine.ts';
import type { DropLog } from '../telemetry/drop-log.ts';
import type { DropReason } from '../telemetry/drop-reason.ts';
import { DestinationHistograms, NO_METER } from '../telemetry/timing/destination-meter.ts';
import type { SeriesTop } from '../telemetry/top/series-top.ts';
import type { Clock } from '../util/clock.ts';
import type { Aggregation } from './aggregation.ts';
import type { RelayWorld } from './relay-world.ts';
import { Routing } from './routing.ts';
import type { RunBooks } from './run-books.ts';
import { WritePacer } from './write-pacer.ts';

/** What the routing needs of the relay. */
export interface RoutingParts {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly aggregation: Aggregation;
  readonly budget: QueueBudget;
  readonly pool: SlabPool;
  readonly runBooks: RunBooks;
  readonly top: Pick<SeriesTop, 'resolved'>;
  /** Asked when something is dropped, not before. */
  readonly drops: () => DropLog;
  /** Hears of a line that a destination could not pass on. */
  readonly noteDrop: (
    reason: 'rejected' | 'encode_error',
    line: Uint8Array,
    error: string,
    addr: string,
    route: string,
  ) => void;
  /** Hears of lines for which a destination has no room. */
  readonly noteDropped: (reason: DropReason, lines: Uint8Array, addr: string, route: string) => void;
}

/** Makes the routing; it has no table yet. */
export function makeRouting(config: Config, world: RelayWorld, parts: RoutingParts): Routing {
  const { log, random, network, turn, spools } = world;
  const { clock, engine, aggregation, budget, pool, runBooks, top, drops, noteDrop, noteDropped } = parts;
  const pacer = new WritePacer({ clock });
  return new Routing(
    { levels: config.levels, removalMs: config.shutdownTimeoutMs },
    {
      engine,
      clock,
      aggregation,
      left: (row) => drops().closed(row),
      noteResolved: (key, isNew, outputs) => top.resolved(key, isNew, outputs),
      destination: {
        ...network,
        clock,
        log,
        random,
        pool,
        makeMeter: () => (config.measure ? new DestinationHistograms() : NO_METER),
        budget,
        afterTurn: (run) => turn.after(run),
        makeSpool: spools && ((key, options, events, shard) => spools.makeSpool(key, options, events, shard)),
        durability: config.durability,
        entered: (lines) => runBooks.entered(lines),
        paceMs: () => pacer.paceMs,
        noteWrite: (bytes) => pacer.noteWrite(bytes),
        noteDropped,
        noteRejected: (line, error, addr, route) => noteDrop('rejected', line, error, addr, route),
        noteUnencodable: (line, error, addr, route) => noteDrop('encode_error', line, error, addr, route),
      },
    },
  );
}
