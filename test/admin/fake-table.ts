// A TableAdmin over plain data, for tests of telnet and HTTP: what a relay does without destinations.
import type { DestinationState, TableAdmin } from '../../src/admin/table-admin.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { TableControl } from '../../src/relay/change/table-control.ts';
import type { TableOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeClock } from '../destination/fake-clock.ts';

export const EMPTY_TABLE: TableOptions = { blocklist: [], rewriters: [], aggregators: [], routes: [] };

/** Makes it; every change is compiled as in the relay, and every destination is as `state` says. */
export function fakeTable(
  table: Partial<TableOptions> = {},
  state: Partial<DestinationState> = {},
): TableAdmin {
  const compile = (next: TableOptions): void => {
    Snapshot.compile(next, {
      outputOf: (r, d) => r * 1000 + d,
      slotOf: () => 0,
      validateKey: () => undefined,
    });
  };
  const first = { ...EMPTY_TABLE, ...table };
  const control = new TableControl(first, {
    apply: compile,
    check: compile,
    clock: new FakeClock(),
    log: silentLog,
  });
  return {
    get table() {
      return control.table;
    },
    spoolDir: '/spool',
    parseDestination,
    apply: (operation, by) => control.apply(operation, by),
    undo: (by) => control.undo(by),
    state: () => ({ key: 'k', online: true, spooling: true, slow: false, ...state }),
  };
}
