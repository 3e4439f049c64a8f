// An aggregator, compiled: which windows a key feeds, named by what its formats make of the key.
//
// Outputs whose formats differ only in the text before the first and after the last group make equal keys of equal keys:
// they form a family and share their windows. `stats.$1.avg` and `stats.$1.max` cost one update a point, not two.
import { KeyText } from '../key-text.ts';
import { groupBytes } from '../match-groups.ts';
import { Matcher } from '../matcher.ts';
import type { AggregatorFunction, AggregatorOptions } from '../options.ts';
import type { PatternCache } from '../pattern-cache.ts';
import type { Pattern } from '../regex/pattern.ts';
import { rewrittenKeyError } from '../rewritten-key.ts';
import { REWRITTEN_KEY_BYTES_MAX } from '../rewriter.ts';
import { TableError } from '../table-error.ts';
import { Template } from '../template.ts';

/** An output of a family: its key is `before` + what the family makes of the key + `after`, byte strings. */
export interface FamilyOutput {
  readonly function: AggregatorFunction;
  readonly before: string;
  readonly after: string;
}

/** Outputs that share their windows. */
export interface Family {
  readonly middle: Template;
  readonly outputs: readonly FamilyOutput[];
}

/** Names an aggregator as error messages do, by its place in the table. */
export function aggregatorName(index: number): string {
  return `aggregation ${index + 1}`;
}

export class Aggregator {
  readonly options: AggregatorOptions;
  readonly matcher: Matcher;
  readonly families: readonly Family[];
  readonly #regex: Pattern;
  readonly #hasGroups: boolean;

  /** Compiles a rule; throws a TableError that names it. */
  constructor(options: AggregatorOptions, name: string, patterns: PatternCache) {
    this.options = options;
    this.matcher = new Matcher(options.matcher, name, patterns);
    const { regex } = this.matcher;
    if (regex === undefined) throw new TableError(name, 'need a regex string');
    if (options.outputs.length === 0) throw new TableError(name, 'need a function and a format');
    if (options.intervalSec < 1) throw new TableError(name, 'interval must be at least 1');
    this.#regex = regex;
    this.families = makeFamilies(options);
    this.#hasGroups = this.families.some(({ middle }) => middle.hasGroups);
  }

  /** Renders what each family makes of a key that the matcher accepts, byte strings; the first match of the regex counts. */
  expand(key: KeyText): string[] {
    if (!this.#hasGroups) return this.families.map(() => '');
    const matcher = this.#regex.captures.matcher(key.decoded.text);
    if (!matcher.find()) return this.families.map(() => '');
    return this.families.map(({ middle }) => middle.expand((group) => groupBytes(key, matcher, group)));
  }
}

/** Says why a key that an output makes cannot be sent; undefined when it can. */
export function outputKeyError({ before, after }: FamilyOutput, text: string): string | undefined {
  const key = before + text + after;
  if (key.length > REWRITTEN_KEY_BYTES_MAX) return 'is too long';
  const error = rewrittenKeyError(KeyText.fromByteString(key));
  return error?.replace('rewritten key ', '');
}

function makeFamilies(options: AggregatorOptions): Family[] {
  const families = new Map<string, { readonly middle: Template; readonly outputs: FamilyOutput[] }>();
  for (const output of options.outputs) {
    const { before, middle, after } = new Template(output.format).ends;
    const member: FamilyOutput = { function: output.function, before, after };
    const family = families.get(middle.identity);
    if (family === undefined) families.set(middle.identity, { middle, outputs: [member] });
    else family.outputs.push(member);
  }
  return [...families.values()];
}
