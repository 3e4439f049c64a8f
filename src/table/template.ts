// Templates of regex rewriters (and of aggregators), expanded exactly as Go's Regexp.Expand does: `$name` takes the
// longest run of letters, digits and `_`, so `$1x` is the group "1x"; a group that does not exist or took no part is
// empty; `$$` is `$`; a `$` that begins no name stays as text.
import { toByteString } from './key-text.ts';

/** Gives a group of the match as a byte string, undefined when it does not exist or took no part. */
export type GroupOf = (group: number | string) => string | undefined;

/** Text as a byte string, or a group by number or name. */
type Part = { readonly text: string } | { readonly group: number | string };

const NAME = /^[\p{L}\p{Nd}_]+/u;
/** Go gives up on group numbers of more than nine digits, and takes those with a leading zero for names. */
const GROUP_NUMBER = /^(0|[1-9][0-9]{0,8})$/;

/** A template in three: the text before its first group, from there to its last group, and the text after that. */
export interface TemplateEnds {
  readonly before: string;
  readonly middle: Template;
  readonly after: string;
}

/** A template, parsed once. */
export class Template {
  readonly #parts: readonly Part[];

  constructor(source: string | readonly Part[]) {
    this.#parts = typeof source === 'string' ? parseTemplate(source) : source;
  }

  /** Tells templates apart: two of the same identity expand alike. */
  get identity(): string {
    return JSON.stringify(this.#parts);
  }

  /** False when it is the same for every match. */
  get hasGroups(): boolean {
    return this.#parts.some((part) => 'group' in part);
  }

  /** Takes the text at both ends off; one without groups is all `before`. */
  get ends(): TemplateEnds {
    const parts = this.#parts;
    const first = parts.findIndex((part) => 'group' in part);
    const last = parts.findLastIndex((part) => 'group' in part);
    if (first < 0) return { before: textOf(parts), middle: new Template([]), after: '' };
    return {
      before: textOf(parts.slice(0, first)),
      middle: new Template(parts.slice(first, last + 1)),
      after: textOf(parts.slice(last + 1)),
    };
  }

  /** Renders the template for one match, as a byte string. */
  expand(groupOf: GroupOf): string {
    let out = '';
    for (const part of this.#parts) out += 'text' in part ? part.text : (groupOf(part.group) ?? '');
    return out;
  }
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => ('text' in part ? part.text : '')).join('');
}

function parseTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  for (let rest = source; rest !== ''; ) {
    const dollar = rest.indexOf('$');
    if (dollar < 0) {
      text += rest;
      break;
    }
    text += rest.slice(0, dollar);
    rest = rest.slice(dollar + 1);
    const name = rest.startsWith('$') ? undefined : groupName(rest);
    if (name === undefined) {
      text += '$';
      if (rest.startsWith('$')) rest = rest.slice(1);
      continue;
    }
    if (text !== '') parts.push({ text: toByteString(text) });
    text = '';
    parts.push({ group: GROUP_NUMBER.test(name.name) ? Number(name.name) : name.name });
    rest = rest.slice(name.length);
  }
  if (text !== '') parts.push({ text: toByteString(text) });
  return parts;
}

/** The group named at the start of `rest`, with or without braces, and the length of that. */
function groupName(rest: string): { name: string; length: number } | undefined {
  const brace = rest.startsWith('{');
  const name = NAME.exec(brace ? rest.slice(1) : rest)?.[0];
  if (name === undefined) return undefined;
  if (!brace) return { name, length: name.length };
  return rest[name.length + 1] === '}' ? { name, length: name.length + 2 } : undefined;
}
