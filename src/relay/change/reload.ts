// Reading the config again while the relay runs. The new table is in force whole, or refused whole with a line for each
// problem, and then nothing has changed. What is no part of the table is taken up where that can be done; the rest is named.
import type { Config } from '../../config/config.ts';
import { renderKeyDiff, withLiveKeys } from '../../config/config-diff.ts';
import type { ReloadAnswer } from '../../admin/http/reload-routes.ts';
import type { TableOptions } from '../../table/options.ts';
import { shareRules } from '../../table/share-rules.ts';
import { isChange, renderTableDiff } from '../../table/table-diff.ts';
import type { Log } from '../../util/log.ts';
import type { TableControl } from './table-control.ts';

/** A config as it is written now; without one, `problems` say why. Rendered, one line each. */
export interface FreshConfig {
  readonly config: Config | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface ReloadDependencies {
  /** Reads the config from where it came from at the start. */
  readonly read: () => Promise<FreshConfig>;
  /** Resolves when no change waits to be written to the config: what is read would be the table of before it. */
  readonly written: () => Promise<void>;
  readonly control: Pick<TableControl, 'table' | 'check' | 'replace'>;
  /** The config in force. */
  readonly running: () => Config;
  /** Makes the folders that a table wants; rejects with one line. */
  readonly prepare: (table: TableOptions) => Promise<void>;
  /** Puts the keys in force that are live. */
  readonly takeUp: (config: Config) => void;
  readonly isEnding: () => boolean;
  /** Lets the event loop go on in between. */
  readonly nextTurn: () => Promise<void>;
  readonly log: Log;
}

/** Lines of one reload that are logged; the answer has them all. */
const LOG_LINES_MAX = 100;

export class Reload {
  readonly #deps: ReloadDependencies;
  #running: Promise<unknown> = Promise.resolve();
  /** Those that have not begun: whoever asks meanwhile gets the same answer. */
  readonly #waiting = new Map<boolean, Promise<ReloadAnswer>>();

  constructor(dependencies: ReloadDependencies) {
    this.#deps = dependencies;
  }

  /** Reloads, one after the other; `dryRun`: says what would happen, and changes nothing. Never rejects. */
  run(by: string, dryRun: boolean): Promise<ReloadAnswer> {
    const waiting = this.#waiting.get(dryRun);
    if (waiting !== undefined) return waiting;
    const next = this.#running.then(async () => {
      this.#waiting.delete(dryRun);
      const answer = await this.#reload(by, dryRun);
      if (!dryRun) this.#report(answer);
      return answer;
    });
    this.#waiting.set(dryRun, next);
    this.#running = next;
    return next;
  }

  async #reload(by: string, dryRun: boolean): Promise<ReloadAnswer> {
    const { read, written, prepare, control, running, takeUp, isEnding, nextTurn } = this.#deps;
    await written();
    const { config: fresh, problems, warnings } = await read().catch(unreadable);
    if (fresh === undefined) return { ok: false, problems };
    const config = { ...fresh, table: shareRules(control.table, fresh.table) };
    await nextTurn();
    if (dryRun) {
      const checked = control.check(config.table);
      return checked.ok ? { ok: true, diff: await this.#diff(config), warnings } : refused(checked.error);
    }
    try {
      await prepare(config.table);
    } catch (error) {
      return refused((error as Error).message);
    }
    const diff = await this.#diff(config);
    if (isEnding()) return refused('the relay is ending');
    const replaced = control.replace(config.table, 'reload', by);
    if (!replaced.ok) return refused(replaced.error);
    takeUp(withLiveKeys(running(), config));
    return { ok: true, diff, warnings };
  }

  /** What the table differs in, the event loop having gone on since. */
  async #diff(config: Config): Promise<string[]> {
    const { control, running, nextTurn } = this.#deps;
    for (;;) {
      const { table } = control;
      const keys = renderKeyDiff(running(), config);
      const lines = [...keys, ...renderTableDiff(table, config.table)];
      await nextTurn();
      if (control.table === table) return lines;
    }
  }

  #report(answer: ReloadAnswer): void {
    const { log } = this.#deps;
    if (!answer.ok) {
      for (const line of shorten(answer.problems)) log.error(`reload refused, nothing was changed: ${line}`);
      return;
    }
    for (const line of shorten(answer.warnings)) log.warn(line);
    if (!answer.diff.some(isChange)) log.info('reload: nothing changed');
    for (const line of shorten(answer.diff)) log.info(`reload: ${line}`);
  }
}

function refused(problem: string): ReloadAnswer {
  return { ok: false, problems: [problem] };
}

function unreadable(error: unknown): FreshConfig {
  const problem = error instanceof Error ? error.message : String(error);
  return { config: undefined, problems: [problem], warnings: [] };
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= LOG_LINES_MAX) return lines;
  return [...lines.slice(0, LOG_LINES_MAX), `and ${lines.length - LOG_LINES_MAX} lines more`];
}
