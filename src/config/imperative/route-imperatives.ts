// The commands for routes and their destinations.
import type { DestinationOptions } from '../../destination/options.ts';
import { noDestinations } from '../../table/operation.ts';
import { HASH_DEFAULTS, type RouteOptions } from '../../table/options.ts';
import { isRouteType, ROUTE_TYPES } from '../../table/route/route-type-options.ts';
import {
  type Command,
  isWord,
  parseIndex,
  parseOptionWords,
  type ReadDestination,
  SEPARATOR,
  takeConditions,
} from './imperative-words.ts';
import { REFUSED_ROUTE_TYPES } from '../route-options.ts';

const ADD_ROUTE_FORM =
  '<type> <key> [prefix/sub/regex=,..]  <dest>  [<dest>[...]] where <dest> is <addr> [prefix/sub,regex,flush,reconn,pickle,spool=...]';
const MOD_DEST_USAGE = 'modDest <routeKey> <dest> <addr/prefix/sub/regex=>';

const TYPE_NAMES = ROUTE_TYPES.map(({ name }) => name).join(', ');

/** An address for options that come without one; with it, options of files are taken too. */
const NO_ADDRESS = 'file:-';

const ADD_ROUTE: Command = {
  names: ['addRoute'],
  form: ADD_ROUTE_FORM,
  doc: `add a route; note two spaces before each destination. <type>: ${TYPE_NAMES}`,
  parse([type, key, ...rest], readDestination) {
    if (!isWord(type)) return `addRoute ${ADD_ROUTE_FORM}`;
    if (REFUSED_ROUTE_TYPES.includes(type))
      return `route type "${type}" is not built yet: nothing was changed`;
    if (!isRouteType(type)) return `unrecognized route type "${type}": one of ${TYPE_NAMES}`;
    if (!isWord(key)) return `addRoute ${ADD_ROUTE_FORM}`;
    const end = rest.indexOf(SEPARATOR);
    const options = parseRouteOptions(end < 0 ? rest : rest.slice(0, end));
    if (typeof options === 'string') return options;
    const destinations: DestinationOptions[] = [];
    for (const text of splitDestinations(end < 0 ? [] : rest.slice(end))) {
      const read = readDestination(text);
      if (read === undefined) return `could not parse destinations for route '${key}'`;
      destinations.push(read.options);
    }
    if (destinations.length === 0) return noDestinations(key);
    return { kind: 'addRoute', route: { key, type, ...options, destinations } };
  },
};

const MOD_ROUTE: Command = {
  names: ['modRoute'],
  form: '<routeKey> <prefix/notPrefix/sub/notSub/regex/notRegex/tag=>',
  doc: 'change conditions of a route, one or more; "prefix=" takes one away',
  parse([key, ...words]) {
    if (!isWord(key)) return `modRoute ${MOD_ROUTE.form}`;
    const options = parseOptionWords(words.filter(isWord));
    if (typeof options === 'string') return options;
    if (options.length === 0) return 'modRoute needs at least 1 option';
    const { matcher, others } = takeConditions(options);
    if (others[0] !== undefined) return `unrecognized option '${others[0].word}'`;
    return { kind: 'modRoute', key, matcher };
  },
};

const DEL_ROUTE: Command = {
  names: ['delRoute'],
  form: '<routeKey>',
  doc: 'delete a route; one that is not there is no error',
  parse([key]) {
    return isWord(key) ? { kind: 'delRoute', key } : 'need route key';
  },
};

const ADD_DEST: Command = {
  names: ['addDest'],
  form: '<routeKey> <dest>',
  doc: 'add a destination to a route; <dest> is as in addRoute',
  parse([key, ...words], readDestination) {
    const texts = words.filter(isWord);
    if (!isWord(key) || texts.length === 0) return `addDest ${ADD_DEST.form}`;
    const read = readDestination(texts.join(' '));
    if (read === undefined) return `could not parse the destination for route '${key}'`;
    return { kind: 'addDest', key, destination: read.options };
  },
};

const MOD_DEST: Command = {
  names: ['modDest'],
  form: '<routeKey> <dest> <addr/prefix/sub/regex=>',
  doc: 'change the destination at index <dest>, counted from 0: its address, a condition or any other option, one or more; "prefix=" takes a condition away',
  parse([key, word, ...words], readDestination) {
    const index = parseIndex(word);
    if (!isWord(key) || index === undefined) return MOD_DEST_USAGE;
    const options = parseOptionWords(words.filter(isWord));
    if (typeof options === 'string') return options;
    if (options.length === 0) return 'modDest needs at least 1 option';
    const change = parseChange(options, readDestination);
    return typeof change === 'string' ? change : { kind: 'modDest', key, index, change };
  },
};

const DEL_DEST: Command = {
  names: ['delDest'],
  form: '<routeKey> <index>',
  doc: 'delete the destination at <index>, counted from 0; what it holds is still sent',
  parse([key, word, ...more]) {
    const index = parseIndex(word);
    if (!isWord(key) || index === undefined || more.length > 0) return `delDest ${DEL_DEST.form}`;
    return { kind: 'delDest', key, index };
  },
};

/** The commands of this file. */
export const ROUTE_COMMANDS: readonly Command[] = [
  ADD_ROUTE,
  MOD_ROUTE,
  DEL_ROUTE,
  ADD_DEST,
  MOD_DEST,
  DEL_DEST,
];

/** The conditions of a route, and the options that a `[[route]]` has beside them. */
function parseRouteOptions(
  words: readonly string[],
): Omit<RouteOptions, 'key' | 'type' | 'destinations'> | string {
  const options = parseOptionWords(words);
  if (typeof options === 'string') return options;
  const empty = options.find(({ value }) => value === '');
  if (empty !== undefined) return `bad ${empty.name} option`;
  const { matcher, others } = takeConditions(options);
  let stop = false;
  let { replicationFactor, diverseReplicas, tagRelayNormalized, hashNameOnly } = HASH_DEFAULTS;
  for (const { name, value, word } of others) {
    const isTrue = value === 'true';
    const isBool = isTrue || value === 'false';
    if (name === 'stop' && isBool) stop = isTrue;
    else if (name === 'diverse_replicas' && isBool) diverseReplicas = isTrue;
    else if (name === 'tag_relay_normalized' && isBool) tagRelayNormalized = isTrue;
    else if (name === 'hash_name_only' && isBool) hashNameOnly = isTrue;
    else if (name === 'replication_factor' && /^\d{1,3}$/.test(value)) replicationFactor = Number(value);
    else return `unrecognized option '${word}'`;
  }
  return { matcher, stop, replicationFactor, diverseReplicas, tagRelayNormalized, hashNameOnly };
}

function parseChange(
  options: ReturnType<typeof takeConditions>['others'],
  readDestination: ReadDestination,
): Partial<DestinationOptions> | string {
  const { matcher, others } = takeConditions(options);
  const addr = others.findLast(({ name }) => name === 'addr')?.value;
  if (addr === '') return 'bad addr option';
  const { tags = [], ...texts } = matcher;
  const conditions = Object.entries({ ...texts, tags: tags.join(';') }).filter(([, value]) => value !== '');
  const words = [
    ...conditions.map(([name, value]) => `${name}=${value}`),
    ...others.filter(({ name }) => name !== 'addr').map(({ name, value }) => `${name}=${value}`),
  ];
  const read = readDestination([addr ?? NO_ADDRESS, ...words].join(' '));
  if (read === undefined) return MOD_DEST_USAGE;
  const given = read.given.map((field) => [field, read.options[field]]);
  const address = addr === undefined ? {} : { addr: read.options.addr, address: read.options.address };
  return { ...matcher, ...(Object.fromEntries(given) as Partial<DestinationOptions>), ...address };
}

function splitDestinations(words: readonly string[]): string[] {
  const groups: string[][] = [];
  for (const word of words) {
    if (word === SEPARATOR) groups.push([]);
    else groups.at(-1)?.push(word);
  }
  return groups.filter((group) => group.length > 0).map((group) => group.join(' '));
}
