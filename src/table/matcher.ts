// crng's six conditions on a key: all that are set must hold. Plain conditions compare bytes, regexes see UTF-8.
import type { KeyText } from './key-text.ts';
import { toByteString } from './key-text.ts';
import type { MatcherOptions } from './options.ts';
import type { PatternCache } from './pattern-cache.ts';
import type { Pattern } from './regex/pattern.ts';

/** A condition by its name in the config. */
export type ConditionName = 'prefix' | 'notPrefix' | 'sub' | 'notSub' | 'regex' | 'notRegex';

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
  readonly sub: string;
  readonly notSub: string;
  readonly regex: Pattern | undefined;
  readonly notRegex: Pattern | undefined;

  /** Compiles the conditions; throws a TableError that names `rule`. */
  constructor(options: MatcherOptions, rule: string, patterns: PatternCache) {
    const { regex = '', notRegex = '' } = options;
    this.options = options;
    this.prefix = toByteString(options.prefix ?? '');
    this.notPrefix = toByteString(options.notPrefix ?? '');
    this.sub = toByteString(options.sub ?? '');
    this.notSub = toByteString(options.notSub ?? '');
    this.regex = regex === '' ? undefined : patterns.compile(regex, rule, 'regex');
    this.notRegex = notRegex === '' ? undefined : patterns.compile(notRegex, rule, 'notRegex');
  }

  /** Says whether every condition holds. */
  matches(text: KeyText): boolean {
    return this.failedName(text) === undefined;
  }

  /** Tells the first condition that does not hold, in the order in which they are tried; undefined: all hold. */
  failure(text: KeyText): FailedCondition | undefined {
    const condition = this.failedName(text);
    return condition === undefined ? undefined : { condition, value: this.options[condition] ?? '' };
  }

  /** As `failure`, the name alone. */
  failedName(text: KeyText): ConditionName | undefined {
    const key = text.byteString;
    if (this.prefix !== '' && !key.startsWith(this.prefix)) return 'prefix';
    if (this.notPrefix !== '' && key.startsWith(this.notPrefix)) return 'notPrefix';
    if (this.sub !== '' && !key.includes(this.sub)) return 'sub';
    if (this.notSub !== '' && key.includes(this.notSub)) return 'notSub';
    if (this.regex !== undefined && !this.regex.matches(text)) return 'regex';
    if (this.notRegex?.matches(text) === true) return 'notRegex';
    return undefined;
  }
}
