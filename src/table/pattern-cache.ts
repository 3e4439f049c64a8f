// Compiles each regex of a table once, however many rules share it.
import { Pattern, RegexError } from './regex/pattern.ts';
import { TableError } from './table-error.ts';

/** Hands out the patterns of one table. */
export class PatternCache {
  readonly #patterns = new Map<string, Pattern>();

  /** Compiles the regex in a field of a rule; throws a TableError that reads `RULE: FIELD "SOURCE": PROBLEM`. */
  compile(source: string, rule: string, field: string): Pattern {
    const known = this.#patterns.get(source);
    if (known !== undefined) return known;
    try {
      const pattern = new Pattern(source);
      this.#patterns.set(source, pattern);
      return pattern;
    } catch (error) {
      if (error instanceof RegexError) throw new TableError(rule, `${field} "${source}": ${error.message}`);
      throw error;
    }
  }
}
