// Several regexes matched by one automaton: for those that no text in the key can rule out. A group whose states do not
// come to rest splits in two, so its size finds itself; one regex alone always comes to rest or has its bound.
import type { KeyText } from '../key-text.ts';
import type { DfaBudget } from './dfa-budget.ts';
import { LazyDfa } from './lazy-dfa.ts';
import { compileProgram } from './program.ts';
import type { Node } from './syntax.ts';

/** Most memory of the automaton of a group, bytes. */
export const GROUP_DFA_BYTES_MAX = 1024 * 1024;

/** Matches a list of trees; their numbers are their places in the list. */
export class PatternGroup {
  readonly #budget: DfaBudget;
  readonly #parts: Part[];
  #lastText: KeyText | undefined;
  #matched: number[] = [];

  constructor(trees: readonly Node[], budget: DfaBudget) {
    this.#budget = budget;
    this.#parts = [new Part(trees, 0, budget)];
  }

  /** How many automata the group has become. */
  get automata(): number {
    return this.#parts.length;
  }

  /** Gives the numbers of the patterns that match an ASCII key; valid until the next key. */
  match(text: KeyText): readonly number[] {
    if (this.#lastText === text) return this.#matched;
    this.#lastText = text;
    this.#matched = [];
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[i] as Part;
      part.run(text.bytes, this.#matched);
      if (part.isRestless) this.#parts.splice(i++, 1, ...part.split(this.#budget));
    }
    return this.#matched;
  }

  /** Says whether one pattern matches an ASCII key. */
  hasMatched(number: number, text: KeyText): boolean {
    return this.match(text).includes(number);
  }
}

/** Neighbouring patterns of a group that share an automaton. */
class Part {
  readonly #trees: readonly Node[];
  /** The number of the first. */
  readonly #first: number;
  readonly #budget: DfaBudget;
  #dfa: LazyDfa | undefined;

  constructor(trees: readonly Node[], first: number, budget: DfaBudget) {
    this.#trees = trees;
    this.#first = first;
    this.#budget = budget;
  }

  /** The states did not come to rest, and there is something to split. */
  get isRestless(): boolean {
    return this.#trees.length > 1 && (this.#dfa?.overflows ?? 0) > 0;
  }

  run(text: Uint8Array, matched: number[]): void {
    this.#dfa ??= new LazyDfa(compileProgram(this.#trees), GROUP_DFA_BYTES_MAX, this.#budget);
    const from = matched.length;
    this.#dfa.run(text, matched);
    for (let i = from; i < matched.length; i++) matched[i] = (matched[i] as number) + this.#first;
  }

  split(budget: DfaBudget): [Part, Part] {
    this.#dfa?.release();
    const middle = this.#trees.length >> 1;
    return [
      new Part(this.#trees.slice(0, middle), this.#first, budget),
      new Part(this.#trees.slice(middle), this.#first + middle, budget),
    ];
  }
}
