// Commands that change the table, in crng's grammar: words between white space, where two spaces are a separator between
// a route and its destinations. Parsed to a plain value; nothing is applied here.
import type { DestinationOptions } from '../destination/options.ts';
import { noDestinations, type Operation } from '../table/operation.ts';
import {
  HASH_DEFAULTS,
  type MatcherOptions,
  type RewriterOptions,
  type RouteOptions,
} from '../table/options.ts';
import { isMatcherMethod, type MATCHER_METHODS } from './read-matcher.ts';

export type ParsedImperative =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly error: string };

/** Reads one destination string; undefined after it has noted what is wrong itself. */
export type ReadDestination = (text: string) => DestinationOptions | undefined;

const SEPARATOR = '##';
const BLOCK_USAGE = 'addBlock <prefix|notPrefix|sub|notSub|regex|notRegex> <pattern>';
const REWRITER_USAGE = 'addRewriter <old> <new> <max>';
const ROUTE_USAGE = 'addRoute <type> <key> [prefix/sub/regex=,..]  <dest>[  <dest>[...]]';

/** crng's commands that this version does not have yet. */
const LATER_COMMANDS = new Set(['addAgg', 'addDest', 'modDest', 'modRoute', 'delRoute']);

/** Parses a command. */
export function parseImperative(command: string, readDestination: ReadDestination): ParsedImperative {
  const [name = '', ...words] = command
    .replaceAll('  ', ` ${SEPARATOR} `)
    .split(/\s+/)
    .filter((word) => word !== '');
  switch (name) {
    case 'addBlock':
    case 'addBlack':
      return parseAddBlock(words);
    case 'addRewriter':
      return parseAddRewriter(words);
    case 'addRoute':
      return parseAddRoute(words, readDestination);
    default:
      if (LATER_COMMANDS.has(name)) return fail(`the command "${name}" is not built yet`);
      return fail(`unrecognized command "${name}"`);
  }
}

function parseAddBlock([method, pattern]: readonly string[]): ParsedImperative {
  if (method === undefined || pattern === undefined || pattern === SEPARATOR || !isMatcherMethod(method)) {
    return fail(BLOCK_USAGE);
  }
  return { ok: true, operation: { kind: 'addBlock', matcher: { [method]: pattern } } };
}

function parseAddRewriter([old, replacement, max]: readonly string[]): ParsedImperative {
  const isWord = (word: string | undefined): word is string => word !== undefined && word !== SEPARATOR;
  if (!isWord(old) || !isWord(replacement) || !isWord(max) || !/^[+-]?\d{1,9}$/.test(max)) {
    return fail(REWRITER_USAGE);
  }
  const rewriter: RewriterOptions = { old, new: replacement, not: '', max: Number(max) };
  return { ok: true, operation: { kind: 'addRewriter', rewriter } };
}

function parseAddRoute(words: readonly string[], readDestination: ReadDestination): ParsedImperative {
  const [type, key, ...rest] = words;
  if (type === undefined || key === undefined || key === SEPARATOR) return fail(ROUTE_USAGE);
  if (type !== 'sendAllMatch' && type !== 'sendFirstMatch') {
    return fail(`route type "${type}" is not built yet, or there is none of that name`);
  }
  const end = rest.indexOf(SEPARATOR);
  const matcher = parseMatcherWords(end < 0 ? rest : rest.slice(0, end));
  if (typeof matcher === 'string') return fail(matcher);
  const destinations: DestinationOptions[] = [];
  for (const text of splitDestinations(end < 0 ? [] : rest.slice(end))) {
    const destination = readDestination(text);
    if (destination !== undefined) destinations.push(destination);
    else return fail(`could not parse destinations for route '${key}'`);
  }
  if (destinations.length === 0) return fail(noDestinations(key));
  const route: RouteOptions = { ...HASH_DEFAULTS, key, type, matcher, stop: false, destinations };
  return { ok: true, operation: { kind: 'addRoute', route } };
}

/** Reads `name=word`; crng also takes `name= word`. */
function parseMatcherWords(words: readonly string[]): MatcherOptions | string {
  const matcher: Partial<Record<(typeof MATCHER_METHODS)[number], string>> = {};
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const equals = word.indexOf('=');
    const method = word.slice(0, Math.max(equals, 0));
    if (!isMatcherMethod(method)) return `unrecognized option '${word}'`;
    const value = word.slice(equals + 1) || words[++index];
    if (value === undefined) return `bad ${method} option`;
    matcher[method] = value;
  }
  return matcher;
}

function splitDestinations(words: readonly string[]): string[] {
  const groups: string[][] = [];
  for (const word of words) {
    if (word === SEPARATOR) groups.push([]);
    else groups.at(-1)?.push(word);
  }
  return groups.filter((group) => group.length > 0).map((group) => group.join(' '));
}

function fail(error: string): ParsedImperative {
  return { ok: false, error };
}
