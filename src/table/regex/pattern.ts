// One regex of the table: RE2 syntax, linear time. Matching ASCII keys is done by our own automata; keys with other bytes,
// captures, and the few regexes that our parser does not know are left to re2js, which takes up to ten times as long where a
// regex is more than a literal or an anchored prefix (bench/micro/re2js.ts).
import { RE2JS } from 're2js';
import type { KeyText } from '../key-text.ts';
import type { DfaBudget } from './dfa-budget.ts';
import { LazyDfa } from './lazy-dfa.ts';
import { requiredLiterals } from './literals.ts';
import type { AnyOf } from './literals.ts';
import { parseRegex } from './parser.ts';
import type { PatternGroup } from './pattern-group.ts';
import { compileProgram } from './program.ts';
import { trimEnd } from './syntax.ts';
import type { Node } from './syntax.ts';

/** Most memory of the automaton of one regex on its own, bytes. */
export const PATTERN_DFA_BYTES_MAX = 128 * 1024;

/** Says what is wrong with a regex; the message is that of the RE2 parser without its preamble. */
export class RegexError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RegexError';
  }
}

/** Matches one regex against keys, unanchored. */
export class Pattern {
  readonly source: string;
  /** What a search of ASCII keys needs of the regex; undefined: left to re2js. */
  readonly tree: Node | undefined;
  /** Each of these demands is met by every key that matches. */
  readonly demands: readonly AnyOf[];
  #captures: RE2JS | undefined;
  #dfa: LazyDfa | undefined;
  #group: { readonly group: PatternGroup; readonly number: number } | undefined;
  readonly #budget: DfaBudget;
  readonly #matched: number[] = [];

  /** Throws a RegexError when the regex is not valid. */
  constructor(source: string, budget: DfaBudget) {
    this.source = source;
    this.#budget = budget;
    const tree = parseRegex(source);
    if (tree === undefined) this.#captures = compileRe2(source);
    this.tree = tree === undefined ? undefined : trimEnd(trimEnd(tree, 'first'), 'last');
    this.demands = this.tree === undefined ? [] : requiredLiterals(this.tree);
  }

  /** The engine that also captures; made when first asked for. */
  get captures(): RE2JS {
    this.#captures ??= compileRe2(this.source);
    return this.#captures;
  }

  /** From now on ASCII keys are matched by a group, of which this is the pattern `number`; the first group stays. */
  join(group: PatternGroup, number: number): void {
    this.#group ??= { group, number };
  }

  /** Says whether the regex matches anywhere in the key. */
  matches(text: KeyText): boolean {
    if (!text.ascii || this.tree === undefined) return this.captures.test(text.decoded.text);
    if (this.#group !== undefined) return this.#group.group.hasMatched(this.#group.number, text);
    this.#dfa ??= new LazyDfa(compileProgram([this.tree]), PATTERN_DFA_BYTES_MAX, this.#budget);
    this.#matched.length = 0;
    this.#dfa.run(text.bytes, this.#matched);
    return this.#matched.length > 0;
  }
}

function compileRe2(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RegexError(message.replace(/^error parsing regexp: /, '').replace(`: \`${source}\``, ''));
  }
}
