// Writes changes of the table back to the config, one after the other, the latest table only. What becomes of it is logged;
// a change is in force whether it could be written or not.
import type { TableOptions } from '../../table/options.ts';
import type { Log } from '../../util/log.ts';

/** What became of a table: in the files (none: they said so already), in one beside, or nowhere. */
export type WriteOutcome =
  | { readonly kind: 'inPlace'; readonly files: readonly string[]; readonly digest: string }
  | { readonly kind: 'beside'; readonly file: string; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

/** Writes a table to the config that `digest` tells of. Rejects with one line. */
export type WriteTable = (table: TableOptions, digest: string) => Promise<WriteOutcome>;

export interface WriteBackDependencies {
  readonly write: WriteTable;
  /** Of the config files as they were read. */
  readonly digest: string;
  readonly log: Log;
}

export class WriteBack {
  readonly #deps: WriteBackDependencies;
  #digest: string;
  #next: TableOptions | undefined;
  #writing: Promise<void> | undefined;

  constructor(dependencies: WriteBackDependencies) {
    this.#deps = dependencies;
    this.#digest = dependencies.digest;
  }

  /** Writes a table as soon as the one before is written; another that comes meanwhile goes instead. */
  write(table: TableOptions): void {
    this.#next = table;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when nothing is left to be written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** The files have been read again. */
  read(digest: string): void {
    this.#digest = digest;
  }

  async #writeAll(): Promise<void> {
    for (let table = this.#next; table !== undefined; table = this.#next) {
      this.#next = undefined;
      await this.#writeOne(table);
    }
    this.#writing = undefined;
  }

  async #writeOne(table: TableOptions): Promise<void> {
    const { write, log } = this.#deps;
    let outcome: WriteOutcome;
    try {
      outcome = await write(table, this.#digest);
    } catch (error) {
      outcome = { kind: 'none', why: (error as Error).message };
    }
    if (outcome.kind === 'none') {
      log.error(`the table in force was not written back to the config: ${outcome.why}`);
    } else if (outcome.kind === 'beside') {
      log.warn(
        `the config was left as it is: ${outcome.why}; all of it, with the table in force, is in ${outcome.file}`,
      );
    } else {
      this.#digest = outcome.digest;
      if (outcome.files.length > 0) log.info(`written back to ${outcome.files.join(', ')}`);
    }
  }
}
