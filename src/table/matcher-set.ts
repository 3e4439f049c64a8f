// Many matchers tried against one key at once, at a cost that depends little on how many there are: candidates are found
// by the texts that stand in the key and by groups of regexes (matcher-filing.ts), then each is checked in full.
import type { KeyText } from './key-text.ts';
import { fileMatchers } from './matcher-filing.ts';
import type { File, Filing } from './matcher-filing.ts';
import type { Matcher } from './matcher.ts';
import type { DfaBudget } from './regex/dfa-budget.ts';
import { LiteralIndex } from './regex/literal-index.ts';

/** Up to so many matchers are tried one by one. */
const FEW = 4;
const FIRST: readonly (readonly number[])[] = [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]];
const NONE: number[] = [];

/** Finds which of its matchers accept a key. */
export class MatcherSet {
  readonly #matchers: readonly Matcher[];
  readonly #filing: Filing;
  readonly #index: LiteralIndex;
  /** For each matcher and each file, the number of the last key for which it was taken up. */
  readonly #matcherSeen: Float64Array;
  readonly #fileSeen: Float64Array;
  #keys = 0;
  readonly #found: number[] = [];
  readonly #taken: number[] = [];

  constructor(matchers: readonly Matcher[], budget: DfaBudget) {
    this.#matchers = matchers;
    this.#filing = fileMatchers(matchers.length <= FEW ? [] : matchers, budget);
    this.#index = new LiteralIndex(this.#filing.literals);
    this.#matcherSeen = new Float64Array(matchers.length);
    this.#fileSeen = new Float64Array(this.#filing.files.length);
  }

  /** Lists the indices of the matchers that accept the key, ascending. */
  match(text: KeyText): readonly number[] {
    const matchers = this.#matchers;
    const candidates = matchers.length <= FEW ? FIRST[matchers.length]! : this.#candidates(text);
    let accepted = NONE;
    for (const index of candidates) {
      if (!matchers[index]!.matches(text)) continue;
      // Most keys are accepted by few: an array is made when the first is found.
      if (accepted === NONE) accepted = [index];
      else accepted.push(index);
    }
    return accepted.length > 1 ? accepted.sort((a, b) => a - b) : accepted;
  }

  #candidates(text: KeyText): number[] {
    const candidates = this.#taken;
    candidates.length = 0;
    this.#keys += 1;
    this.#open(this.#filing.always, text, candidates);
    this.#found.length = 0;
    this.#index.find(searchable(text), this.#found);
    for (const number of this.#found) {
      if (this.#fileSeen[number] === this.#keys) continue;
      this.#fileSeen[number] = this.#keys;
      this.#open(this.#filing.files[number] as File, text, candidates);
    }
    return candidates;
  }

  /** Takes up what a file holds. */
  #open(file: File, text: KeyText, candidates: number[]): void {
    this.#takeUp(file.matchers, candidates);
    for (const { group, members } of file.groups) {
      if (!text.ascii) for (const indices of members) this.#takeUp(indices, candidates);
      else
        for (const number of group.match(text))
          this.#takeUp(members[number] as readonly number[], candidates);
    }
  }

  #takeUp(indices: readonly number[], candidates: number[]): void {
    for (const index of indices) {
      if (this.#matcherSeen[index] === this.#keys) continue;
      this.#matcherSeen[index] = this.#keys;
      candidates.push(index);
    }
  }
}

/**
 * The key as the index of texts reads it. (?i) makes `k` match U+212A and `s` match U+017F too, so there they become
 * those letters.
 */
function searchable(text: KeyText): Uint8Array {
  if (text.ascii) return text.bytes;
  return Buffer.from(text.byteString.replaceAll('\xe2\x84\xaa', 'k').replaceAll('\xc5\xbf', 's'), 'latin1');
}
