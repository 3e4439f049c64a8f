// What was changed in the table of a running relay: by whom, when, and what in words. The latest are kept.
import type { ChangeRecord } from '../../admin/http/change-routes.ts';
import type { TableOptions } from '../../table/options.ts';
import { isChange, renderTableDiff } from '../../table/table-diff.ts';
import type { Clock } from '../../util/clock.ts';

/** Changes that are remembered. */
export const CHANGES_MAX = 500;
/** Lines kept of one change. */
const DIFF_LINES_MAX = 100;

export class ChangeHistory {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #records: ChangeRecord[] = [];

  constructor(dependencies: { readonly clock: Pick<Clock, 'wallMs'> }) {
    this.#clock = dependencies.clock;
  }

  /** The changes, the latest first. */
  get records(): readonly ChangeRecord[] {
    return this.#records.toReversed();
  }

  /** Remembers a change; returns it. */
  record(by: string, what: string, before: TableOptions, after: TableOptions): ChangeRecord {
    const lines = renderTableDiff(before, after).filter(isChange);
    const more = lines.length - DIFF_LINES_MAX;
    const diff = more > 0 ? [...lines.slice(0, DIFF_LINES_MAX), `and ${more} lines more`] : lines;
    const record = { at: new Date(this.#clock.wallMs()).toISOString(), by, what, diff };
    this.#records.push(record);
    if (this.#records.length > CHANGES_MAX) this.#records.shift();
    return record;
  }
}
