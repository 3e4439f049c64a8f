// The table of a running relay as telnet and HTTP see it: what is in force, how to change it, how destinations are.
import type { ParseDestination } from '../config/read-destination.ts';
import type { ChangeAnswer, Operation } from '../table/operation.ts';
import type { TableOptions } from '../table/options.ts';

/** How a destination of the table in force is now. */
export interface DestinationState {
  /** Its name in metrics, spool folders and JSON. */
  readonly key: string;
  readonly online: boolean;
  /** Lines wait on disk when it cannot take them. */
  readonly spooling: boolean;
  /** Its queue is full and holds senders back. */
  readonly slow: boolean;
}

export interface TableAdmin {
  readonly table: TableOptions;
  /** `spool_dir` as configured. */
  readonly spoolDir: string;
  readonly parseDestination: ParseDestination;
  /** Applies one operation, whole or not at all; `by` says in the log who asked. */
  apply(operation: Operation, by: string): ChangeAnswer;
  /** Goes back to the table before the last change. */
  undo(by: string): ChangeAnswer;
  /** The destination at these indexes of the table in force. */
  state(routeIndex: number, destinationIndex: number): DestinationState | undefined;
}
