// Files matchers under what a key must hold for them to match, so that a key need not be tried against all of them.
//
// A matcher is filed under one demand, the one that sets it apart best: the text of its prefix or sub, or texts that its
// regex cannot do without. Where many matchers share their best demand, or have none, their regexes form groups, matched
// by one automaton each. What has neither demand nor regex is tried always; it accepts most keys anyway.
import type { Matcher } from './matcher.ts';
import { shortest } from './regex/literals.ts';
import type { AnyOf, Literal } from './regex/literals.ts';
import type { DfaBudget } from './regex/dfa-budget.ts';
import { PatternGroup } from './regex/pattern-group.ts';
import type { Pattern } from './regex/pattern.ts';
import type { TagCondition } from './tag-condition.ts';

/** More matchers than this under one demand form groups. */
const SHARED_MAX = 8;
/** Most patterns that a group begins with. */
const GROUP_PATTERNS_MAX = 32;
/** Texts of a regex that are shorter than this rule nothing out, unless they must stand at the start. */
const TEXT_LENGTH_MIN = 3;

/** A group of regexes; `members[n]` are the matchers that its pattern n belongs to. */
export interface GroupFile {
  readonly group: PatternGroup;
  readonly members: readonly (readonly number[])[];
}

/** What to try: matchers one by one, and groups. */
export interface File {
  readonly matchers: number[];
  readonly groups: GroupFile[];
}

/** `files[n]` is to be tried when text n of `literals` stands in the key, `always` with every key. */
export interface Filing {
  readonly literals: readonly Literal[];
  readonly files: readonly File[];
  readonly always: File;
}

/** Files matchers; they are named by their places in the list. */
export function fileMatchers(matchers: readonly Matcher[], budget: DfaBudget): Filing {
  const demands = matchers.map(demandsOf);
  const uses = countUses(demands);
  const drawers = new Map<string, { demand: AnyOf; members: number[] }>();
  for (const [index, choices] of demands.entries()) {
    const demand =
      choices.toSorted((a, b) => weight(a, uses) - weight(b, uses) || shortest(b) - shortest(a))[0] ?? [];
    const name = demand.map(literalName).join('\n');
    const drawer = drawers.get(name);
    if (drawer === undefined) drawers.set(name, { demand, members: [index] });
    else drawer.members.push(index);
  }
  const filing = new FilingCabinet();
  for (const { demand, members } of drawers.values()) {
    filing.put(demand, arrange(members, matchers, demand.length === 0 ? 1 : SHARED_MAX, budget));
  }
  return filing;
}

class FilingCabinet implements Filing {
  readonly literals: Literal[] = [];
  readonly files: File[] = [];
  readonly always: File = { matchers: [], groups: [] };
  readonly #numbers = new Map<string, number>();

  put(demand: AnyOf, { matchers, groups }: File): void {
    for (const file of demand.length === 0 ? [this.always] : demand.map((literal) => this.#file(literal))) {
      file.matchers.push(...matchers);
      file.groups.push(...groups);
    }
  }

  #file(literal: Literal): File {
    const name = literalName(literal);
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.literals.push(literal) - 1;
      this.#numbers.set(name, number);
      this.files.push({ matchers: [], groups: [] });
    }
    return this.files[number] as File;
  }
}

function literalName({ text, atStart }: Literal): string {
  return (atStart ? '^' : ' ') + text;
}

function demandsOf(matcher: Matcher): AnyOf[] {
  const demands: AnyOf[] = [];
  if (matcher.prefix !== '') demands.push([{ text: lowerCase(matcher.prefix), atStart: true }]);
  if (matcher.sub !== '') demands.push([{ text: lowerCase(matcher.sub), atStart: false }]);
  const lists = [...(matcher.regex?.demands ?? []), ...matcher.tags.flatMap(tagDemands)];
  for (const demand of lists) {
    if (demand.every(({ text, atStart }) => atStart || text.length >= TEXT_LENGTH_MIN)) demands.push(demand);
  }
  return demands;
}

function tagDemands({ demands }: TagCondition): AnyOf[] {
  return demands.map((demand) => demand.map(({ text, atStart }) => ({ text: lowerCase(text), atStart })));
}

/** ASCII letters only: the text is a byte string. */
function lowerCase(byteString: string): string {
  return byteString.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function countUses(demands: readonly (readonly AnyOf[])[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const literal of demands.flat(2)) {
    const name = literalName(literal);
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}

/** How many matchers the most common text of a demand might concern. */
function weight(demand: AnyOf, uses: ReadonlyMap<string, number>): number {
  return demand.reduce((most, literal) => Math.max(most, uses.get(literalName(literal)) ?? 0), 0);
}

/** Makes groups of matchers that share a drawer, when their regexes are more than `sharedMax`. */
function arrange(
  members: readonly number[],
  matchers: readonly Matcher[],
  sharedMax: number,
  budget: DfaBudget,
): File {
  const byPattern = new Map<Pattern, number[]>();
  const rest: number[] = [];
  for (const index of members) {
    const { regex } = matchers[index] as Matcher;
    if (regex?.tree === undefined) rest.push(index);
    else if (byPattern.has(regex)) byPattern.get(regex)?.push(index);
    else byPattern.set(regex, [index]);
  }
  if (byPattern.size <= sharedMax) return { matchers: [...members], groups: [] };
  // Regexes that look alike share states.
  const patterns = [...byPattern.keys()].sort((a, b) => (a.source < b.source ? -1 : 1));
  const groups = makeGroups(patterns, budget).map(({ group, patterns }) => {
    return { group, members: patterns.map((pattern) => byPattern.get(pattern) as number[]) };
  });
  return { matchers: rest, groups };
}

function makeGroups(
  patterns: readonly Pattern[],
  budget: DfaBudget,
): { group: PatternGroup; patterns: readonly Pattern[] }[] {
  const groups = [];
  for (let i = 0; i < patterns.length; i += GROUP_PATTERNS_MAX) {
    const chunk = patterns.slice(i, i + GROUP_PATTERNS_MAX);
    const group = new PatternGroup(
      chunk.flatMap(({ tree }) => tree ?? []),
      budget,
    );
    for (const [number, pattern] of chunk.entries()) pattern.join(group, number);
    groups.push({ group, patterns: chunk });
  }
  return groups;
}
