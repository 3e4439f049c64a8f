// What telnet and HTTP see of the table: who changes it is the table control, how destinations are the routing knows.
import type { TableAdmin } from '../../admin/table-admin.ts';
import { parseDestination } from '../../destination/parse-destination.ts';
import type { Routing } from '../routing.ts';
import type { TableControl } from './table-control.ts';

export interface TableAdminSources {
  readonly control: TableControl;
  readonly routing: Pick<Routing, 'destinationAt'>;
  readonly spoolDir: string;
}

/** Makes it. */
export function makeTableAdmin({ control, routing, spoolDir }: TableAdminSources): TableAdmin {
  return {
    get table() {
      return control.table;
    },
    spoolDir,
    parseDestination,
    apply: (operation, by) => control.apply(operation, by),
    undo: (by) => control.undo(by),
    state(routeIndex, destinationIndex) {
      const destination = routing.destinationAt(routeIndex, destinationIndex);
      if (destination === undefined) return undefined;
      const { key, online, blocking, backlog } = destination;
      return { key, online, slow: blocking, spooling: backlog !== undefined };
    },
  };
}
