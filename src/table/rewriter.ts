// A rewriter changes keys, or one tag of them: text for text, or every match of a regex for a template. Keys are byte
// strings; bytes that are no valid UTF-8 pass unchanged.
import type { RewriterOptions } from './options.ts';
import { KeyText, toByteString } from './key-text.ts';
import { groupBytes } from './match-groups.ts';
import type { Pattern } from './regex/pattern.ts';
import type { PatternCache } from './pattern-cache.ts';
import { isTagName, TAG_NAME_FORM } from '../metric/tag-options.ts';
import { putTag, takeTag } from './rewrite-tag.ts';
import { TableError } from './table-error.ts';
import { Template } from './template.ts';

/** Longest key that a rewriter may make, bytes. A longer one is refused as invalid: rules must not build bombs. */
export const REWRITTEN_KEY_BYTES_MAX = 65_536;

/** What one rewriter did; `skipped`: its `not` held; `too_long`: the result would pass REWRITTEN_KEY_BYTES_MAX. */
export type Rewrite =
  | { readonly kind: 'rewritten'; readonly text: KeyText }
  | { readonly kind: 'unchanged' | 'skipped' | 'too_long' };

type Condition = { readonly sub: string } | { readonly pattern: Pattern };
type Rule =
  | { readonly kind: 'text'; readonly from: string; readonly to: string; readonly max: number }
  | { readonly kind: 'regex'; readonly pattern: Pattern; readonly template: Template };

/** One rule, compiled. */
export class Rewriter {
  readonly options: RewriterOptions;
  readonly #not: Condition | undefined;
  readonly #rule: Rule;
  /** A byte string. */
  readonly #tag: string | undefined;

  /** Compiles a rule; throws a TableError that names it `rule`. */
  constructor(options: RewriterOptions, rule: string, patterns: PatternCache) {
    if (options.old === '') throw new TableError(rule, "Rewriter must have non-empty 'old' specification");
    if (!Number.isInteger(options.max) || options.max < -1) {
      throw new TableError(rule, 'max must be >= -1. use -1 to mean no restriction');
    }
    this.options = options;
    this.#not = compileNot(options.not, rule, patterns);
    this.#tag = options.tag === undefined ? undefined : compileTag(options.tag, rule);
    this.#rule = compileRule(options, rule, patterns);
  }

  /** Applies the rule to a key. */
  rewrite(text: KeyText): Rewrite {
    if (this.#not !== undefined && holds(this.#not, text)) return { kind: 'skipped' };
    const target = this.#tag === undefined ? text : takeTag(text, this.#tag);
    const result = replace(this.#rule, target);
    if (result === undefined) return { kind: 'too_long' };
    if (result === target.byteString) return { kind: 'unchanged' };
    if (this.#tag === undefined) return { kind: 'rewritten', text: KeyText.fromByteString(result) };
    const key = within(putTag(text.byteString, this.#tag, result));
    return key === undefined
      ? { kind: 'too_long' }
      : { kind: 'rewritten', text: KeyText.fromByteString(key) };
  }
}

function compileTag(tag: string, rule: string): string {
  if (!isTagName(tag)) throw new TableError(rule, `tag "${tag}": ${TAG_NAME_FORM}`);
  return toByteString(tag);
}

function compileNot(not: string, rule: string, patterns: PatternCache): Condition | undefined {
  if (not === '') return undefined;
  const regex = betweenSlashes(not);
  if (regex === undefined) return { sub: toByteString(not) };
  return { pattern: patterns.compile(regex, rule, 'not') };
}

function compileRule(options: RewriterOptions, rule: string, patterns: PatternCache): Rule {
  const regex = betweenSlashes(options.old);
  if (regex === undefined) {
    return { kind: 'text', from: toByteString(options.old), to: toByteString(options.new), max: options.max };
  }
  if (options.max !== -1) throw new TableError(rule, 'Regular expression rewriters require max to be -1');
  const pattern = patterns.compile(regex, rule, 'old');
  return { kind: 'regex', pattern, template: new Template(options.new) };
}

function replace(rule: Rule, text: KeyText): string | undefined {
  return rule.kind === 'text'
    ? replaceText(text.byteString, rule.from, rule.to, rule.max)
    : replaceMatches(text, rule.pattern, rule.template);
}

/** The regex in `/regex/`; `//` is the empty one; a lone `/` is text. */
function betweenSlashes(text: string): string | undefined {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/') ? text.slice(1, -1) : undefined;
}

function holds(condition: Condition, text: KeyText): boolean {
  return 'sub' in condition ? text.byteString.includes(condition.sub) : condition.pattern.matches(text);
}

function replaceText(key: string, from: string, to: string, max: number): string | undefined {
  let out = '';
  let end = 0;
  for (let count = 0; count !== max; count++) {
    const at = key.indexOf(from, end);
    if (at < 0) break;
    out += key.slice(end, at) + to;
    if (out.length > REWRITTEN_KEY_BYTES_MAX) return undefined;
    end = at + from.length;
  }
  return end === 0 ? key : within(out + key.slice(end));
}

/**
 * Replaces as Go's Regexp.ReplaceAll: leftmost matches that do not overlap; an empty match right after another match
 * is not replaced, so that `a*` -> `X` makes `XbXcX` of `baac`.
 */
function replaceMatches(key: KeyText, pattern: Pattern, template: Template): string | undefined {
  if (!pattern.matches(key)) return key.byteString;
  const { text } = key.decoded;
  const matcher = pattern.captures.matcher(text);
  const groupOf = (group: number | string): string | undefined => groupBytes(key, matcher, group);
  let out = '';
  let copied = 0;
  for (let from = 0; from <= text.length && matcher.find(from); ) {
    const start = matcher.start();
    const end = matcher.end();
    out += key.byteString.slice(key.byteOffset(copied), key.byteOffset(start));
    if (end > copied || start === 0) out += template.expand(groupOf);
    if (out.length > REWRITTEN_KEY_BYTES_MAX) return undefined;
    copied = end;
    from = Math.max(end, from + characterLength(text, from));
  }
  return within(out + key.byteString.slice(key.byteOffset(copied)));
}

/** UTF-16 units of the character at `at`; 1 at the end, so that the search goes on past it. */
function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function within(result: string): string | undefined {
  return result.length > REWRITTEN_KEY_BYTES_MAX ? undefined : result;
}
