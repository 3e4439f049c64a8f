// One condition on a tag of a key, compiled. A tag that a key does not have counts as one with an empty value, as in
// Graphite: `dc=` holds for keys without it, `dc!=` for those with it, and `dc!=eu` for both.
import { NAME_TAG, parseTagExpression, TAG_EXPRESSION_FORM } from '../metric/tag-options.ts';
import { KeyText, toByteString } from './key-text.ts';
import type { PatternCache } from './pattern-cache.ts';
import type { AnyOf } from './regex/literals.ts';
import type { Pattern } from './regex/pattern.ts';
import { TableError } from './table-error.ts';

const EMPTY = KeyText.fromByteString('');

export class TagCondition {
  /** As configured. */
  readonly source: string;
  /** Of each of these one text (a byte string) stands in every key for which this holds. */
  readonly demands: readonly AnyOf[];
  readonly #tag: string;
  readonly #value: string;
  readonly #pattern: Pattern | undefined;
  readonly #negated: boolean;

  /** Compiles an expression; throws a TableError that names `rule`. */
  constructor(source: string, rule: string, patterns: PatternCache) {
    const parsed = parseTagExpression(source);
    if (parsed === undefined) throw new TableError(rule, `tags "${source}": must be ${TAG_EXPRESSION_FORM}`);
    const { tag, operator, value } = parsed;
    this.source = source;
    this.#tag = toByteString(tag);
    this.#value = toByteString(value);
    this.#negated = operator.startsWith('!');
    // Graphite matches from the start of the value.
    this.#pattern = operator.endsWith('~') ? patterns.compile(`^(?:${value})`, rule, 'tags') : undefined;
    this.demands = this.#findDemands();
  }

  holds(text: KeyText): boolean {
    const value = text.tagValue(this.#tag);
    const matches =
      this.#pattern === undefined ? value.byteString === this.#value : this.#pattern.matches(value);
    return matches !== this.#negated;
  }

  #findDemands(): AnyOf[] {
    if (this.#negated) return [];
    // What stands before a name is not part of it (`~`), so nothing is known of where it begins.
    const isName = this.#tag === NAME_TAG;
    const before = isName ? '' : `;${this.#tag}=`;
    if (this.#pattern === undefined) {
      return this.#value === '' ? [] : [[{ text: before + this.#value, atStart: false }]];
    }
    if (this.#pattern.matches(EMPTY)) return [];
    const demands = this.#pattern.demands.map((demand) =>
      demand.map(({ text, atStart }) => ({ text: atStart ? before + text : text, atStart: false })),
    );
    return isName ? demands : [...demands, [{ text: before, atStart: false }]];
  }
}
