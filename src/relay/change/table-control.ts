// The one place that changes the table of a running relay. A change is in force whole, or refused with one line and
// nothing has happened; what both tables have keeps its queue, spool, connection and windows (relay/routing.ts).
import { applyOperation, type ChangeAnswer, type Operation } from '../../table/operation.ts';
import type { TableOptions } from '../../table/options.ts';
import { TableError } from '../../table/table-error.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import type { ChangeRecord } from '../../admin/http/change-routes.ts';
import { ChangeHistory } from './change-history.ts';

/** Lines of a change that are logged. */
const LOG_LINES_MAX = 5;
/** Tables that can be gone back to. */
export const UNDO_STEPS_MAX = 100;

export interface TableControlDependencies {
  /** Puts a table in force, or throws a TableError and changes nothing. */
  readonly apply: (table: TableOptions) => void;
  /** Throws a TableError when a table could not be put in force. */
  readonly check: (table: TableOptions) => void;
  /** Hears of every change, once it is in force. */
  readonly changed?: (table: TableOptions, what: string) => void;
  /** True while the relay drains: a destination that came now would never be drained. */
  readonly isEnding?: () => boolean;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly log: Log;
}

interface Step {
  readonly table: TableOptions;
  /** What was done to this table. */
  readonly what: string;
}

export class TableControl {
  readonly #deps: TableControlDependencies;
  #table: TableOptions;
  /** The tables before the one in force, the latest last. */
  readonly #steps: Step[] = [];
  readonly #history: ChangeHistory;

  constructor(table: TableOptions, dependencies: TableControlDependencies) {
    this.#table = table;
    this.#deps = dependencies;
    this.#history = new ChangeHistory(dependencies);
  }

  /** The table in force. */
  get table(): TableOptions {
    return this.#table;
  }

  /** What was changed, the latest first. */
  get changes(): readonly ChangeRecord[] {
    return this.#history.records;
  }

  /** How many changes can be undone. */
  get undoSteps(): number {
    return this.#steps.length;
  }

  /** Puts the first table in force; throws a TableError when it does not compile. */
  start(): void {
    this.#deps.apply(this.#table);
  }

  /** Applies one operation; `by` says in the log who asked. */
  apply(operation: Operation, by: string): ChangeAnswer {
    const applied = applyOperation(this.#table, operation);
    if (!applied.ok) return applied;
    return this.replace(applied.table, operation.kind, by);
  }

  /** Tells whether a table could be put in force; changes nothing. */
  check(table: TableOptions): ChangeAnswer {
    return attempt(() => this.#deps.check(table)) ?? { ok: true };
  }

  /** Puts another table in force; `what` names the change. */
  replace(table: TableOptions, what: string, by: string): ChangeAnswer {
    if (table === this.#table) return { ok: true };
    const before = this.#table;
    const refusal = this.#put(table);
    if (refusal !== undefined) return refusal;
    this.#steps.push({ table: before, what });
    if (this.#steps.length > UNDO_STEPS_MAX) this.#steps.shift();
    this.#note(by, what, before);
    return { ok: true };
  }

  /** Goes back to the table before the last change. */
  undo(by: string): ChangeAnswer {
    const step = this.#steps.at(-1);
    if (step === undefined) return { ok: false, error: 'nothing to undo', missing: true };
    const before = this.#table;
    const refusal = this.#put(step.table);
    if (refusal !== undefined) return refusal;
    this.#steps.pop();
    this.#note(by, `undo of ${step.what}`, before);
    return { ok: true };
  }

  #note(by: string, what: string, before: TableOptions): void {
    const { diff } = this.#history.record(by, what, before, this.#table);
    // A reload tells by itself what it changed.
    const told = what === 'reload' ? '' : ` (${diff.slice(0, LOG_LINES_MAX).join('; ')})`;
    this.#deps.log.info(`table changed by ${by}: ${what}${told}`);
    this.#deps.changed?.(this.#table, what);
  }

  #put(table: TableOptions): Refusal | undefined {
    if (this.#deps.isEnding?.() === true) {
      return { ok: false, error: 'the relay is shutting down: nothing was changed', missing: false };
    }
    const refusal = attempt(() => this.#deps.apply(table));
    if (refusal === undefined) this.#table = table;
    return refusal;
  }
}

type Refusal = Extract<ChangeAnswer, { ok: false }>;

/** Does something; what is wrong with the table is an answer. */
function attempt(act: () => void): Refusal | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    return { ok: false, error: error.message, missing: false };
  }
}
