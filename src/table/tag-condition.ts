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
  /** One of these texts (byte strings) stands in every key for which this holds; undefined: nothing needs to. */
  readonly demand: AnyOf | undefined;
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
    this.demand = this.#findDemand();
  }

  holds(text: KeyText): boolean {
    const value = text.tagValue(this.#tag);
    const matches =
      this.#pattern === undefined ? value.byteString === this.#value : this.#pattern.matches(value);
    return matches !== this.#negated;
  }

  #findDemand(): AnyOf | undefined {
    if (this.#negated || this.#tag === NAME_TAG) {
      const isText = !this.#negated && this.#pattern === undefined && this.#value !== '';
      return isText ? [{ text: this.#value, atStart: false }] : undefined;
    }
    if (this.#pattern === undefined) {
      return this.#value === '' ? undefined : [{ text: `;${this.#tag}=${this.#value}`, atStart: false }];
    }
    return this.#pattern.matches(EMPTY) ? undefined : [{ text: `;${this.#tag}=`, atStart: false }];
  }
}
