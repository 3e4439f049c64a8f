// The error of a table that cannot be compiled. It names the rule at fault; its message is one line fit for the user.

/** Tells which rule of the table is wrong and why; the message reads `RULE: PROBLEM`. */
export class TableError extends Error {
  /** The rule as a user would name it: `route "x"`, `rewriter 2`, `blocklist entry 1`. */
  readonly rule: string;

  constructor(rule: string, problem: string) {
    super(`${rule}: ${problem}`);
    this.name = 'TableError';
    this.rule = rule;
  }
}
