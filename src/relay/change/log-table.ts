// The table in the log, as carbon-relay-ng writes it at its start.
import { renderTable } from '../../admin/render-table.ts';
import type { TableAdmin } from '../../admin/table-admin.ts';
import type { Log } from '../../util/log.ts';

/** Says what is in force, in the columns of the telnet command `view`. */
export function logTable(table: TableAdmin, log: Log): void {
  const rule = '===========================';
  const title = [rule, '========== TABLE ==========', rule];
  for (const line of [...title, ...renderTable(table).split('\n')]) log.info(line);
}
