// The words of a command and how they are read: what all commands share.
import { splitTagExpressions } from '../../metric/tag-options.ts';
import type { DestinationOptions } from '../../destination/options.ts';
import type { Operation } from '../../table/operation.ts';
import type { MatcherOptions } from '../../table/options.ts';
import { isMatcherMethod, type MATCHER_METHODS } from '../read-matcher.ts';

export type ParsedImperative =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly error: string };

/** A destination as parsed, with the names of the fields that were written. */
export interface ReadDestinationResult {
  readonly options: DestinationOptions;
  readonly given: readonly (keyof DestinationOptions)[];
}

/** Reads one destination string; undefined after it has noted what is wrong itself. */
export type ReadDestination = (text: string) => ReadDestinationResult | undefined;

/** One command that changes the table. */
export interface Command {
  /** The first is the one in the help; the others are old spellings. */
  readonly names: readonly string[];
  /** What follows the name. */
  readonly form: string;
  /** One sentence for the help. */
  readonly doc: string;
  /** Makes the operation of the words after the name, or says what is wrong. */
  parse(words: readonly string[], readDestination: ReadDestination): Operation | string;
}

/** What stands for two spaces. */
export const SEPARATOR = '##';

/** Splits a command as crng does: each pair of spaces becomes a word of its own. */
export function splitWords(command: string): string[] {
  return command
    .replaceAll('  ', ` ${SEPARATOR} `)
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Tells whether a word is there and is not a separator. */
export function isWord(word: string | undefined): word is string {
  return word !== undefined && word !== SEPARATOR;
}

/** Reads an index, counted from 0; undefined when the word is none. */
export function parseIndex(word: string | undefined): number | undefined {
  return word !== undefined && /^\d{1,9}$/.test(word) ? Number(word) : undefined;
}

export interface WordOption {
  readonly name: string;
  readonly value: string;
  /** As written, for error messages. */
  readonly word: string;
}

/** Reads `name=value` words; crng also takes `name= value`. A value may be empty where no word follows, or an option. */
export function parseOptionWords(words: readonly string[]): WordOption[] | string {
  const options: WordOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const equals = word.indexOf('=');
    if (equals < 1) return `unrecognized option '${word}'`;
    let value = word.slice(equals + 1);
    const next = words[index + 1];
    if (value === '' && isWord(next) && !/^\w+=/.test(next)) {
      value = next;
      index += 1;
    }
    options.push({ name: word.slice(0, equals), value, word });
  }
  return options;
}

type Conditions = Partial<Record<(typeof MATCHER_METHODS)[number], string>>;

/**
 * Takes the conditions out of options, `tag=EXPRESSION` as often as wanted; the others are left over. An empty value
 * stays as it is: only a command that changes a matcher has a meaning for it.
 */
export function takeConditions(options: readonly WordOption[]): {
  readonly matcher: MatcherOptions;
  readonly others: readonly WordOption[];
} {
  const conditions: Conditions = {};
  let tags: string[] | undefined;
  const others: WordOption[] = [];
  for (const option of options) {
    const { name, value } = option;
    if (isMatcherMethod(name)) conditions[name] = value;
    else if (name === 'tags') tags = [...(tags ?? []), ...splitTagExpressions(value)];
    else if (name !== 'tag') others.push(option);
    else tags = value === '' ? (tags ?? []) : [...(tags ?? []), value];
  }
  return { matcher: tags === undefined ? conditions : { ...conditions, tags }, others };
}

/** Says that a command cannot be read. */
export function fail(error: string): ParsedImperative {
  return { ok: false, error };
}
