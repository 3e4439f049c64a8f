// Many matchers tried against one key at once.
import type { KeyText } from './key-text.ts';
import type { Matcher } from './matcher.ts';

/** Finds which of its matchers accept a key. */
export class MatcherSet {
  readonly #matchers: readonly Matcher[];

  constructor(matchers: readonly Matcher[]) {
    this.#matchers = matchers;
  }

  /** Lists the indices of the matchers that accept the key, ascending. */
  match(text: KeyText): number[] {
    const accepted: number[] = [];
    for (const [index, matcher] of this.#matchers.entries()) if (matcher.matches(text)) accepted.push(index);
    return accepted;
  }
}
