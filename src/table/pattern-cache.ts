// Compiles each regex of a table once, however many rules share it.
import { DfaBudget } from './regex/dfa-budget.ts';
import { Pattern, RegexError } from './regex/pattern.ts';
import { TableError } from './table-error.ts';

/** Most memory of all automata of a table, bytes; beyond it they forget states, and if need be go on without. */
export const TABLE_DFA_BYTES_MAX = 64 * 1024 * 1024;

/** Hands out the patterns of one table. */
export class PatternCache {
  readonly budget = new DfaBudget(TABLE_DFA_BYTES_MAX);
  readonly #patterns = new Map<string, Pattern>();

  /** Compiles the regex in a field of a rule; throws a TableError that reads `RULE: FIELD "SOURCE": PROBLEM`. */
  compile(source: string, rule: string, field: string): Pattern {
    const known = this.#patterns.get(source);
    if (known !== undefined) return known;
    try {
      const pattern = new Pattern(source, this.budget);
      this.#patterns.set(source, pattern);
      return pattern;
    } catch (error) {
      if (error instanceof RegexError) throw new TableError(rule, `${field} "${source}": ${error.message}`);
      throw error;
    }
  }
}
