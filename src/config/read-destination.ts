// A destination string with its place in the config: parsed by destination/, judged here for what surprises users.
import { DESTINATION_OPTIONS, type DestinationOptions } from '../destination/options.ts';
import type { ParsedDestination } from '../destination/parse-destination.ts';
import { checkPattern } from './check-pattern.ts';
import type { ReadDestinationResult } from './imperative/imperative-words.ts';
import { findNearest } from './nearest.ts';
import type { Place, Problems } from './problem.ts';
import { checkTagExpression, MATCHER_METHODS } from './read-matcher.ts';
import type { PlacedText } from './setting.ts';

/** Parses a destination string; destination/ has it, and config/ must not reach into that room. */
export type ParseDestination = (text: string) => ParsedDestination;

/** Says each notice about a kind of option once, however many destinations have it. */
export class DestinationReader {
  readonly #durability: string;
  readonly #parse: ParseDestination;
  readonly #problems: Problems;
  readonly #noticed = new Set<string>();

  /** `durability`: of destinations that do not say. */
  constructor(options: { readonly durability: string }, parse: ParseDestination, problems: Problems) {
    this.#durability = options.durability;
    this.#parse = parse;
    this.#problems = problems;
  }

  /** Reads one destination; undefined after noting what is wrong. */
  read(source: PlacedText): DestinationOptions | undefined {
    return this.readGiven(source)?.options;
  }

  /** As `read`, with the names of the fields that were written. */
  readGiven(source: PlacedText): ReadDestinationResult | undefined {
    const parsed = this.#parse(source.text);
    if (!parsed.ok) {
      this.#problems.error(placeOfError(source, parsed.error), `${parsed.error}${hintFor(parsed.error)}`);
      return undefined;
    }
    for (const { option, message } of parsed.warnings) {
      if (this.#noticed.has(option)) continue;
      this.#noticed.add(option);
      this.#problems.warn(placeOfWord(source, `${option}=`), message);
    }
    this.#lintMatcher(parsed.options, source);
    this.#checkDurability(parsed.options, source);
    return parsed;
  }

  #checkDurability({ durability, spool }: DestinationOptions, source: PlacedText): void {
    if ((durability ?? this.#durability) !== 'disk' || spool !== false) return;
    const message =
      'spool=false and durability = "disk" exclude each other: leave spool=false out, or add durability=memory';
    this.#problems.error(placeOfWord(source, 'spool='), message);
  }

  /** COMPAT 0.2: crng matches these against the whole line, we match the key. */
  #lintMatcher(options: DestinationOptions, source: PlacedText): void {
    for (const tag of options.tags) {
      checkTagExpression(tag, placeOfWord(source, 'tags='), this.#problems);
    }
    for (const method of MATCHER_METHODS) {
      const pattern = options[method];
      if (pattern === '') continue;
      const place = placeOfWord(source, `${method}=`);
      const isRegex = method === 'regex' || method === 'notRegex';
      if (isRegex) checkPattern(pattern, place, this.#problems);
      const meansLine =
        (isRegex && /\$|\\z/.test(pattern)) || /^[0-9.]+$/.test(pattern) || /\\s| /.test(pattern);
      if (!meansLine) continue;
      const message = `"${method}=${pattern}" is matched against the key; carbon-relay-ng matches the whole line, value and timestamp too`;
      this.#problems.warn(place, message);
    }
  }
}

/** Errors quote the word they are about. */
function placeOfError(source: PlacedText, error: string): Place {
  const quoted = /'([^']+)'/.exec(error)?.[1];
  return quoted === undefined ? source.place : placeOfWord(source, quoted);
}

function placeOfWord(source: PlacedText, word: string): Place {
  const index = ` ${source.text}`.search(new RegExp(`\\s${escapePattern(word)}`));
  return index < 0 ? source.place : source.placeAt(index);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function hintFor(error: string): string {
  const name = /^unrecognized option '([^'=]+)=?[^']*'$/.exec(error)?.[1];
  if (name === undefined) return '';
  const nearest = findNearest(
    name,
    DESTINATION_OPTIONS.map((option) => option.name),
  );
  return nearest === undefined ? '' : ` (did you mean '${nearest}'?)`;
}
