// One regex of the table: RE2 syntax, linear time.
import { RE2JS } from 're2js';
import type { KeyText } from '../key-text.ts';

/** Says what is wrong with a regex; the message is that of the RE2 parser without its preamble. */
export class RegexError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RegexError';
  }
}

/** Matches one regex against keys, unanchored. */
export class Pattern {
  readonly source: string;
  readonly #engine: RE2JS;

  constructor(source: string) {
    this.source = source;
    this.#engine = compileRe2(source);
  }

  /** Says whether the regex matches anywhere in the key. */
  matches(text: KeyText): boolean {
    return this.#engine.test(text.decoded.text);
  }

  /** The engine that also captures. */
  get captures(): RE2JS {
    return this.#engine;
  }
}

function compileRe2(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RegexError(message.replace(/^error parsing regexp: /, '').replace(`: \`${source}\``, ''));
  }
}
