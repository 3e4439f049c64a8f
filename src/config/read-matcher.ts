// The six conditions, from a table of the config and from a blocklist entry.
import type { MatcherOptions } from '../table/options.ts';
import { parseTagExpression, TAG_EXPRESSION_FORM } from '../metric/tag-options.ts';
import { checkPattern, patternError } from './check-pattern.ts';
import { findNearest } from './nearest.ts';
import type { Place, Problems } from './problem.ts';
import type { PlacedText } from './setting.ts';
import type { Settings } from './settings.ts';

/** The names of the conditions, as every part of a config spells them. */
export const MATCHER_METHODS = ['prefix', 'notPrefix', 'sub', 'notSub', 'regex', 'notRegex'] as const;

/** A blocklist entry may also be a condition on a tag. */
/** How a blocklist entry says that a condition on a tag follows. */
export const TAG_METHOD = 'tag';
const BLOCKLIST_METHODS = [...MATCHER_METHODS, TAG_METHOD] as const;

type MatcherMethod = (typeof MATCHER_METHODS)[number];

/** Tells whether a word names a condition. */
export function isMatcherMethod(word: string): word is MatcherMethod {
  return (MATCHER_METHODS as readonly string[]).includes(word);
}

/** Reads the conditions of a `[[route]]`. */
export function readMatcher(settings: Settings, problems: Problems): MatcherOptions {
  const matcher: Partial<Record<MatcherMethod, string>> = {};
  for (const method of MATCHER_METHODS) {
    const text = settings.string(method);
    if (text !== '') matcher[method] = text;
  }
  checkMatcher(matcher, (method) => settings.placeOf(method), problems);
  const tags = settings.texts('tags');
  for (const { text, place } of tags) checkTagExpression(text, place, problems);
  return tags.length === 0 ? matcher : { ...matcher, tags: tags.map(({ text }) => text) };
}

/** Checks the regular expressions of a matcher, each at its own place. */
export function checkMatcher(
  matcher: MatcherOptions,
  placeOf: (method: MatcherMethod) => Place,
  problems: Problems,
): void {
  for (const method of ['regex', 'notRegex'] as const) {
    checkPattern(matcher[method] ?? '', placeOf(method), problems);
  }
}

/** Checks one condition on a tag. */
export function checkTagExpression(text: string, place: Place, problems: Problems): void {
  const parsed = parseTagExpression(text);
  if (parsed === undefined) {
    problems.error(place, `"${text}" is no condition on a tag: it must be ${TAG_EXPRESSION_FORM}`);
  } else if (parsed.operator.endsWith('~')) {
    const error = patternError(parsed.value);
    if (error !== undefined) problems.error(place, error);
  }
}

/** Reads a blocklist entry, `<method> <pattern>`, split at the first space; what follows is the pattern, spaces too. */
export function readBlocklistEntry(entry: PlacedText, problems: Problems): MatcherOptions | undefined {
  const space = entry.text.indexOf(' ');
  const method = space < 0 ? entry.text : entry.text.slice(0, space);
  if (method === TAG_METHOD && space > 0) return readTagEntry(entry, entry.text.slice(space + 1), problems);
  if (!isMatcherMethod(method)) {
    const nearest = findNearest(method, BLOCKLIST_METHODS);
    const hint =
      nearest === undefined ? `need one of ${BLOCKLIST_METHODS.join(', ')}` : `did you mean "${nearest}"?`;
    problems.error(entry.place, `invalid blocklist method "${method}"; ${hint}`);
    return undefined;
  }
  const pattern = space < 0 ? '' : entry.text.slice(space + 1);
  if (space < 0) {
    problems.error(
      entry.place,
      `invalid blocklist entry "${entry.text}": a space and a pattern must follow the method`,
    );
    return undefined;
  }
  if (pattern === '')
    problems.warn(entry.place, 'this blocklist entry has an empty pattern and drops every metric');
  const matcher: MatcherOptions = { [method]: pattern };
  checkMatcher(matcher, () => entry.placeAt(space + 1), problems);
  return matcher;
}

function readTagEntry(entry: PlacedText, expression: string, problems: Problems): MatcherOptions {
  checkTagExpression(expression, entry.placeAt(TAG_METHOD.length + 1), problems);
  return { tags: [expression] };
}
