// A table compiled for looking at only: no destination is opened.
import type { Config } from '../config/config.ts';
import { validateKey } from '../metric/validate-key.ts';
import { Snapshot } from '../table/snapshot.ts';
import { TableError } from '../table/table-error.ts';
import { CommandError } from './exit-code.ts';

/** Compiles a config's table; `name` is what the error calls the config. Outputs are numbered through. */
export function compileForCommand(config: Config, name: string): Snapshot {
  const firstOutputs: number[] = [];
  let outputs = 0;
  for (const route of config.table.routes) {
    firstOutputs.push(outputs);
    outputs += route.destinations.length;
  }
  try {
    return Snapshot.compile(config.table, {
      outputOf: (route, destination) => firstOutputs[route]! + destination,
      slotOf: () => 0,
      validateKey: (key) => validateKey(key, config.levels),
    });
  } catch (error) {
    if (error instanceof TableError) throw new CommandError(`${name}: ${error.message}`);
    throw error;
  }
}
