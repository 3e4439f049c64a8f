// crng's six conditions on a key, and conditions on its tags: all that are set must hold. Plain conditions compare bytes,
// regexes see UTF-8.
import type { KeyText } from './key-text.ts';
import { toByteString } from './key-text.ts';
import type { MatcherOptions } from './options.ts';
import type { PatternCache } from './pattern-cache.ts';
import type { Pattern } from './regex/pattern.ts';
import { TagCondition } from './tag-condition.ts';

/** A condition by its name in the config. */
export type ConditionName = 'prefix' | 'notPrefix' | 'sub' | 'notSub' | 'regex' | 'notRegex' | 'tags';

/** A condition that did not hold, with its text as configured. */
export interface FailedCondition {
  readonly condition: ConditionName;
  readonly value: string;
}

/** One matcher, compiled. Its plain conditions are byte strings; "" or undefined: not set. */
export class Matcher {
  readonly options: MatcherOptions;
  readonly prefix: string;
  readonly notPrefix: string;
  readonly #prefixBytes: Uint8Array;
  readonly #notPrefixBytes: Uint8Array;
  readonly sub: string;
  readonly notSub: string;
  readonly regex: Pattern | undefined;
  readonly notRegex: Pattern | undefined;
  readonly tags: readonly TagCondition[];

  /** Compiles the conditions; throws a TableError that names `rule`. */
  constructor(options: MatcherOptions, rule: string, patterns: PatternCache) {
    const { regex = '', notRegex = '' } = options;
    this.options = options;
    this.prefix = toByteString(options.prefix ?? '');
    this.notPrefix = toByteString(options.notPrefix ?? '');
    this.#prefixBytes = Buffer.from(this.prefix, 'latin1');
    this.#notPrefixBytes = Buffer.from(this.notPrefix, 'latin1');
    this.sub = toByteString(options.sub ?? '');
    this.notSub = toByteString(options.notSub ?? '');
    this.regex = regex === '' ? undefined : patterns.compile(regex, rule, 'regex');
    this.notRegex = notRegex === '' ? undefined : patterns.compile(notRegex, rule, 'notRegex');
    this.tags = (options.tags ?? []).map((source) => new TagCondition(source, rule, patterns));
  }

  /** True when no condition is set. */
  get acceptsAll(): boolean {
    const { prefix, notPrefix, sub, notSub, regex, notRegex, tags } = this;
    const isPlain = prefix === '' && notPrefix === '' && sub === '' && notSub === '';
    return isPlain && regex === undefined && notRegex === undefined && tags.length === 0;
  }

  /** Says whether every condition holds. */
  matches(text: KeyText): boolean {
    return this.failedName(text) === undefined;
  }

  /** Tells the first condition that does not hold, in the order in which they are tried; undefined: all hold. */
  failure(text: KeyText): FailedCondition | undefined {
    const condition = this.failedName(text);
    if (condition === undefined) return undefined;
    if (condition !== 'tags') return { condition, value: this.options[condition] ?? '' };
    return { condition, value: this.tags.find((tag) => !tag.holds(text))?.source ?? '' };
  }

  /** As `failure`, the name alone. */
  failedName(text: KeyText): ConditionName | undefined {
    // Starts are compared as bytes: most keys are never made a string.
    if (this.prefix !== '' && !startsWith(text.bytes, this.#prefixBytes)) return 'prefix';
    if (this.notPrefix !== '' && startsWith(text.bytes, this.#notPrefixBytes)) return 'notPrefix';
    if (this.sub !== '' && !text.byteString.includes(this.sub)) return 'sub';
    if (this.notSub !== '' && text.byteString.includes(this.notSub)) return 'notSub';
    if (this.regex !== undefined && !this.regex.matches(text)) return 'regex';
    if (this.notRegex?.matches(text) === true) return 'notRegex';
    if (this.tags.length > 0 && !this.tags.every((tag) => tag.holds(text))) return 'tags';
    return undefined;
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (bytes.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}
