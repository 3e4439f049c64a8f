// The types of routes in one table, and the rules that a route must keep for its type. The config, commands and the table
// itself ask here, so that each says the same.
import type { DestinationOptions } from '../../destination/options.ts';
import type { GroupRouteType, HashRouteType, RouteOptions, RouteType } from '../options.ts';

/** Most destinations of a route that hashes: a ring has 65,536 places, and each takes 100 of them. */
export const HASH_DESTINATIONS_MAX = 650;
/** Most copies of a key. */
export const REPLICATION_FACTOR_MAX = 127;

export interface RouteTypeEntry {
  readonly name: RouteType;
  /** `match`: by matchers of the destinations; `hash`: by the key alone; `group`: by who is online. */
  readonly family: 'match' | 'hash' | 'group';
  /** Enforced here for `hash` and `group`; the others are judged where they are read. */
  readonly destinationsMin: number;
  /** One clause for users, after the name and a colon. */
  readonly doc: string;
}

/** Every type that runs. */
export const ROUTE_TYPES: readonly RouteTypeEntry[] = [
  { name: 'sendAllMatch', family: 'match', destinationsMin: 1, doc: 'every destination that accepts' },
  { name: 'sendFirstMatch', family: 'match', destinationsMin: 1, doc: 'the first that accepts' },
  {
    name: 'consistentHashing',
    family: 'hash',
    destinationsMin: 2,
    doc: 'the ring of carbon-relay-ng (and, but for its order of equal points, the carbon_ch of carbon-c-relay)',
  },
  {
    name: 'consistentHashing-v2',
    family: 'hash',
    destinationsMin: 2,
    doc: 'the second ring of carbon-relay-ng',
  },
  {
    name: 'carbon_ch',
    family: 'hash',
    destinationsMin: 2,
    doc: "the ring of carbon's own relay",
  },
  {
    name: 'carbon_fnv1a_ch',
    family: 'hash',
    destinationsMin: 2,
    doc: "that ring with carbon's fnv1a_ch",
  },
  { name: 'fnv1a_ch', family: 'hash', destinationsMin: 2, doc: 'the fnv1a_ch of carbon-c-relay' },
  { name: 'jump_fnv1a_ch', family: 'hash', destinationsMin: 2, doc: 'the jump_fnv1a_ch of carbon-c-relay' },
  { name: 'failover', family: 'group', destinationsMin: 1, doc: 'the first in the list that is online' },
  {
    name: 'any_of',
    family: 'group',
    destinationsMin: 1,
    doc: 'one by the hash of the key, and while that is offline others share its keys',
  },
  {
    name: 'round_robin',
    family: 'group',
    destinationsMin: 1,
    doc: 'the next of those that are online, line by line in equal shares',
  },
];

const BY_NAME: ReadonlyMap<string, RouteTypeEntry> = new Map(ROUTE_TYPES.map((entry) => [entry.name, entry]));

/** The names of the types that put keys on destinations by a hash. */
export const HASH_TYPES: readonly string[] = ROUTE_TYPES.filter(({ family }) => family === 'hash').map(
  ({ name }) => name,
);

/** Tells whether a word names a type of route that runs. */
export function isRouteType(word: string): word is RouteType {
  return BY_NAME.has(word);
}

export function isHashType(type: RouteType): type is HashRouteType {
  return BY_NAME.get(type)?.family === 'hash';
}

export function isGroupType(type: RouteType): type is GroupRouteType {
  return BY_NAME.get(type)?.family === 'group';
}

/**
 * How many slots a route has. One that fails over or takes turns is one slot: which destination that is depends on who is
 * online, not on the key.
 */
export function routeSlots({ type, destinations }: RouteOptions): number {
  return type === 'failover' || type === 'round_robin'
    ? Math.min(1, destinations.length)
    : destinations.length;
}

/** The slot that a destination of a route belongs to. */
export function slotOf(type: RouteType, destination: number): number {
  return type === 'failover' || type === 'round_robin' ? 0 : destination;
}

/** What is wrong with a route or odd about it, one sentence, and what part of the route that is about. */
export interface RouteFinding {
  readonly kind: 'error' | 'warning';
  readonly text: string;
  readonly about: { readonly destination: number } | { readonly option: string };
}

/** Judges a route by the rules of its type. */
export function judgeRoute(route: RouteOptions): RouteFinding[] {
  const entry = BY_NAME.get(route.type);
  if (entry === undefined) return [error('type', `there is no route type "${route.type}"`)];
  if (entry.family === 'match') return [];
  const findings: RouteFinding[] = [];
  const { key, destinations } = route;
  if (destinations.length < entry.destinationsMin) {
    findings.push(error('destinations', tooFewDestinations(key, entry.destinationsMin)));
  }
  for (const [destination, options] of destinations.entries()) {
    if (hasMatcher(options)) findings.push({ kind: 'error', text: NO_MATCHERS, about: { destination } });
  }
  if (entry.family === 'hash') findings.push(...judgeRing(route));
  else if (route.replicationFactor !== 1) {
    findings.push(
      error('replication_factor', `a route of type "${route.type}" sends each line to one destination`),
    );
  }
  return findings;
}

/** Words it as crng does. */
function tooFewDestinations(key: string, least: number): string {
  return `must get at least ${least} destination for route '${key}'`;
}

/** crng's words. */
const NO_MATCHERS = "matching options (e.g. 'prefix', 'sub', and 'regex') not allowed for this route type";

function hasMatcher({ prefix, notPrefix, sub, notSub, regex, notRegex, tags }: DestinationOptions): boolean {
  return tags.length > 0 || [prefix, notPrefix, sub, notSub, regex, notRegex].some((text) => text !== '');
}

function judgeRing(route: RouteOptions): RouteFinding[] {
  const { type, destinations, replicationFactor } = route;
  const findings: RouteFinding[] = [];
  if (destinations.length > HASH_DESTINATIONS_MAX) {
    findings.push(
      error('destinations', `a route that hashes takes at most ${HASH_DESTINATIONS_MAX} destinations`),
    );
  }
  if (
    !Number.isInteger(replicationFactor) ||
    replicationFactor < 1 ||
    replicationFactor > REPLICATION_FACTOR_MAX
  ) {
    findings.push(error('replication_factor', `must be a whole number from 1 to ${REPLICATION_FACTOR_MAX}`));
  } else if (replicationFactor > Math.max(destinations.length, 1)) {
    const text = `${replicationFactor} copies need as many destinations, and there are ${destinations.length}`;
    findings.push(error('replication_factor', text));
  }
  for (const [destination, { addr, address }] of destinations.entries()) {
    const text =
      address.protocol === 'tcp' ? ringAddressFault(type, addr) : `a route that hashes takes host:port only`;
    if (text !== undefined) findings.push({ kind: 'error', text, about: { destination } });
  }
  return findings.some(({ kind }) => kind === 'error') ? findings : [...findings, ...judgeNames(route)];
}

function ringAddressFault(type: RouteType, addr: string): string | undefined {
  const isCrng = type === 'consistentHashing' || type === 'consistentHashing-v2';
  if (!isCrng || !addr.startsWith('[')) return undefined;
  return `carbon-relay-ng hashes an IPv6 address as "[", so that all of them get the same keys: use a host name, or another hash than ${type}`;
}

/** Members that a hash cannot tell apart, or hardly. */
function judgeNames(route: RouteOptions): RouteFinding[] {
  const { type, destinations, diverseReplicas, replicationFactor } = route;
  const findings: RouteFinding[] = [];
  const names = new Map<string, number>();
  for (const [destination, options] of destinations.entries()) {
    const name = nameOnRing(type, options);
    const earlier = name === undefined ? undefined : names.get(name);
    if (name === undefined || earlier === undefined) {
      if (name !== undefined) names.set(name, destination);
      continue;
    }
    const other = destinations[earlier]!.addr;
    const about = { destination };
    if (type.startsWith('carbon_')) {
      const text = `carbon does not take two destinations with one ${SAME[type]} (${other}): give each an instance, host:port:instance`;
      findings.push({ kind: 'error', text, about });
    } else {
      const text = `${other} and ${options.addr} have one place on the ring: ${CONSEQUENCE[type] ?? 'the first gets all keys of both'}; give each an instance, host:port:instance`;
      findings.push({ kind: 'warning', text, about });
    }
  }
  const hosts = new Set(destinations.map(({ addr }) => ringHost(addr)));
  if (type.startsWith('carbon_') && diverseReplicas && replicationFactor > hosts.size) {
    const text = `${replicationFactor} copies on different hosts, and there are ${hosts.size}: keys get ${hosts.size}; diverse_replicas = false puts copies on one host too`;
    findings.push({ kind: 'warning', text, about: { option: 'replication_factor' } });
  }
  return findings;
}

const SAME: Readonly<Record<string, string>> = {
  carbon_ch: 'host and instance',
  carbon_fnv1a_ch: 'host and instance',
};

const CONSEQUENCE: Readonly<Record<string, string>> = {
  'consistentHashing-v2': 'the second gets about 0.15 % of the keys',
};

/** What a hash tells a member by; undefined: its place in the list. */
function nameOnRing(type: RouteType, { addr, address }: DestinationOptions): string | undefined {
  if (address.protocol !== 'tcp' || type === 'jump_fnv1a_ch') return undefined;
  const { instance, port } = address;
  const host = ringHost(addr);
  if (type !== 'fnv1a_ch') return `${host} ${instance}`;
  return instance === '' ? `${host}:${port}` : `=${instance}`;
}

/** The host of an address as a ring takes it: as written, an IPv6 address without its brackets. */
export function ringHost(addr: string): string {
  return addr.startsWith('[')
    ? addr.slice(1, addr.indexOf(']'))
    : addr.slice(0, Math.max(0, addr.indexOf(':')));
}

function error(option: string, text: string): RouteFinding {
  return { kind: 'error', text, about: { option } };
}
