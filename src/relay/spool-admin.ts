// What `/api/spools` shows and changes: the spools of the destinations in force.
import type { SpoolAdmin, SpoolRow } from '../admin/http/spool-routes.ts';
import type { Destination } from '../destination/destination.ts';
import type { Routing } from './routing.ts';
import type { SpoolRoot } from './spool-root.ts';

export interface SpoolAdminSources {
  readonly routing: Pick<Routing, 'destinations' | 'shardOf'>;
  readonly root: Pick<SpoolRoot, 'folderOf'>;
}

/** Makes it. Where an address stands twice in a route, a key means the first. */
export function makeSpoolAdmin({ routing, root }: SpoolAdminSources): SpoolAdmin {
  const find = (key: string) =>
    routing.destinations.find((destination) => destination.key === key && destination.backlog !== undefined)
      ?.backlog;
  return {
    list() {
      return routing.destinations.flatMap((destination) =>
        renderRow(destination, root.folderOf(destination.key, routing.shardOf(destination))),
      );
    },
    purge: async (key) => find(key)?.purge(),
    load: async (key, bytes, lines) => find(key)?.load(bytes, lines),
  };
}

function renderRow({ key, routeKey, options, backlog }: Destination, folder: string): SpoolRow[] {
  if (backlog === undefined) return [];
  const { state, lines, bytes, diskBytes, oldestMs, lastError } = backlog.stats;
  const { progress } = backlog;
  return [
    {
      key,
      route: routeKey,
      addr: options.addr,
      folder,
      state,
      lines,
      bytes,
      diskBytes,
      oldestMs: oldestMs ?? null,
      lastError,
      replay: progress === undefined ? null : { ...progress, endSec: progress.endSec ?? null },
    },
  ];
}
