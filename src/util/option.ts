// How an option is declared: once, here in form, in each room's options.ts in content. The config parser, `check`,
// environment variables, flags, `--help`, the sample config and docs/config.md all derive from these entries.

/**
 * The form of a value in TOML. `duration` is a Go duration string ("2m", "500ms"); `millis` an integer of ms; `tables` a list
 * of tables, read by whoever knows their keys.
 */
export type OptionType =
  | 'string'
  | 'int'
  | 'float'
  | 'bool'
  | 'duration'
  | 'millis'
  | 'bytes'
  | 'strings'
  | 'tables'
  | 'choice';

/**
 * `active`: does what it says. `accepted`: read for compatibility, no effect, said once. `later`: belongs to a feature
 * that is not built yet and does not touch delivery: one warning. `refused`: touches delivery and is not built: start error.
 */
export type OptionStatus = 'active' | 'accepted' | 'later' | 'refused';

/** One option of the config file, of a `[[table]]` in it, or of a destination string. */
export interface Option {
  readonly name: string;
  readonly type: OptionType;
  /** The default as it would be written in TOML; undefined: none (then `required` says whether it must be given). */
  readonly default?: string | number | boolean | readonly string[];
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** Unit of the number, for the docs ("ms", "bytes", "metrics"). */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** One sentence for users. */
  readonly doc: string;
  /** Old or other spellings that mean the same. */
  readonly aliases?: readonly string[];
  readonly status: OptionStatus;
  /** What is not built yet, as the notice names it ("the spool"); for `later` and `refused`. */
  readonly feature?: string;
  /** True for a key at the top of the config that a reload puts in force; the others need a restart. */
  readonly live?: boolean;
  /** True for a value that must never be shown. */
  readonly secret?: boolean;
}
