// What the exit code of the command says. Help and docs print this table.

/** Exit codes by meaning. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The table of `run`, as help shows it. */
export const RUN_EXIT_HELP = `
Exit codes:
  0  ended in order after SIGTERM or SIGINT
  1  the config is refused or cannot be read, an address or file cannot be used,
     or shutdown_timeout was over before everything was sent
  2  the command line makes no sense
  3  a second signal cut the end short`;

/** Words the table of a command that ends by itself; `failed` says what its 1 means, where it has one. */
export function exitHelp(done: string, failed?: string): string {
  return `
Exit codes:
  0  ${done}
${failed === undefined ? '' : `  1  ${failed}\n`}  2  the command line makes no sense`;
}

/** An error of the user or of his machine, told in one line; ends the command with `code`. */
export class CommandError extends Error {
  readonly code: number;

  constructor(message: string, code: number = EXIT.failed) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}
