// Conditions on tags as options write them: the expressions of Graphite's seriesByTag.

/** `value` is text, or with a `~` a regular expression that begins to match where the tag's value begins. */
export interface TagExpression {
  readonly tag: string;
  readonly operator: '=' | '!=' | '=~' | '!=~';
  readonly value: string;
}

/** The tag that stands for the part of a key before its tags. */
export const NAME_TAG = 'name';

/** What an expression must look like, for error messages. */
export const TAG_EXPRESSION_FORM = 'tag=value, tag!=value, tag=~regex or tag!=~regex';

/** Parses `tag=value`, `tag!=value`, `tag=~regex` or `tag!=~regex`; undefined: it is none of these. */
export function parseTagExpression(text: string): TagExpression | undefined {
  const [, tag, operator, value] = /^([^;!=\s]+)(!?=~?)([^;\s]*)$/.exec(text) ?? [];
  if (tag === undefined || value === undefined) return undefined;
  return { tag, operator: operator as TagExpression['operator'], value };
}

/** Splits a list of expressions where one word holds them all, `dc=eu;host!=a`: no tag and no value has a `;`. */
export function splitTagExpressions(text: string): string[] {
  return text.split(';').filter((expression) => expression !== '');
}

/** What the name of a tag must look like, for error messages. */
export const TAG_NAME_FORM = 'the name of a tag has no white space and none of ; ! ^ =';

/** Tells whether a text can be the name of a tag. */
export function isTagName(text: string): boolean {
  return /^[^;!^=\s]+$/.test(text);
}
