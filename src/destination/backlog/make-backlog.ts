// Gives a destination its disk, as its options want it.
import { assert } from '../../util/assert.ts';
import { Backlog, type BacklogDependencies } from './backlog.ts';
import type { DestinationDependencies } from '../destination-dependencies.ts';
import type { DestinationStats } from '../destination-stats.ts';
import type { LiveOptions } from '../live-options.ts';
import { MeasuredSpool } from './measured-spool.ts';

export type MakeBacklogDependencies = Omit<BacklogDependencies, 'makeSpool'> &
  Pick<DestinationDependencies, 'makeSpool'> & { readonly stats: DestinationStats };

/** Makes the backlog of a destination; undefined when it has no disk. */
export function makeBacklog(
  options: LiveOptions,
  { makeSpool, ...dependencies }: MakeBacklogDependencies,
): Backlog | undefined {
  const { key, now, durable } = options;
  assert(!durable || makeSpool !== undefined, 'a durable destination without a disk');
  if (makeSpool === undefined || now.spool === false) return undefined;
  return new Backlog(options, {
    ...dependencies,
    makeSpool: (events) => {
      const spool = makeSpool(key, { ...now, durability: durable ? 'disk' : 'memory' }, events);
      return new MeasuredSpool(spool, dependencies);
    },
  });
}
