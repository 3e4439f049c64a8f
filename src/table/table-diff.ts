// The difference between two tables in words, a line for each change:
//
//   + route all (sendAllMatch, 2 destinations)
//   ~ destination 10.0.0.1:2003 of route all: flush 1000 -> 500
//   - rewriter 3 "old" -> "new"
//   = 3 aggregators kept
import { isDeepStrictEqual } from 'node:util';
import type { DestinationOptions } from '../destination/options.ts';
import { differingOptions, renderDestination } from '../destination/render-destination.ts';
import { diffLists } from '../util/diff-lists.ts';
import type {
  AggregatorOptions,
  MatcherOptions,
  RewriterOptions,
  RouteOptions,
  TableOptions,
} from './options.ts';

/** Renders what changes from one table to another, and last what does not. */
export function renderTableDiff(before: TableOptions, after: TableOptions): string[] {
  const lines: string[] = [];
  const kept = [
    diffRules('blocklist entry', before.blocklist, after.blocklist, describeMatcher, lines),
    diffRules('rewriter', before.rewriters, after.rewriters, describeRewriter, lines),
    diffRules('aggregator', before.aggregators, after.aggregators, describeAggregator, lines),
    ...diffRoutes(before.routes, after.routes, lines),
  ].filter((text) => text !== '');
  return kept.length === 0 ? lines : [...lines, `= ${kept.join(', ')} kept`];
}

/** Tells whether a line of a difference tells of a change. */
export function isChange(line: string): boolean {
  return !line.startsWith('=');
}

/** Describes a matcher: its conditions, or that there are none. */
export function describeMatcher(matcher: MatcherOptions): string {
  const conditions = Object.entries(matcher).filter(([, value]) => value !== undefined && value.length > 0);
  if (conditions.length === 0) return 'everything';
  return conditions.map(([name, value]) => `${name}=${quote(value)}`).join(' ');
}

/** Describes a rewriter. */
export function describeRewriter(rewriter: RewriterOptions): string {
  const not = rewriter.not === '' ? '' : ` not ${quote(rewriter.not)}`;
  const tag = rewriter.tag === undefined ? '' : `tag ${rewriter.tag}: `;
  return `${tag}${quote(rewriter.old)} -> ${quote(rewriter.new)}${not} max ${rewriter.max}`;
}

/** Describes an aggregator. */
export function describeAggregator(aggregator: AggregatorOptions): string {
  const outputs = aggregator.outputs.map((output) => `${output.function} to ${quote(output.format)}`);
  return `${describeMatcher(aggregator.matcher)}: ${outputs.join(', ')} every ${aggregator.intervalSec} s`;
}

/** Describes a route by what it is and how much it holds. */
export function describeRoute({ type, destinations }: RouteOptions): string {
  return `${type}, ${count(destinations.length, 'destination')}`;
}

function diffRules<Rule>(
  name: string,
  before: readonly Rule[],
  after: readonly Rule[],
  describe: (rule: Rule) => string,
  lines: string[],
): string {
  const asText = (rule: Rule): string => JSON.stringify(rule);
  const { removed, added, kept } = diffLists(before.map(asText), after.map(asText));
  for (const index of removed) lines.push(`- ${name} ${index + 1} ${describe(before[index]!)}`);
  for (const index of added) lines.push(`+ ${name} ${index + 1} ${describe(after[index]!)}`);
  return kept === 0 ? '' : count(kept, name);
}

/** Routes are told apart by their keys, those of one key by their order. */
function diffRoutes(
  before: readonly RouteOptions[],
  after: readonly RouteOptions[],
  lines: string[],
): string[] {
  const old = nameEach(before, ({ key }) => key);
  const now = nameEach(after, ({ key }) => key);
  const kept = { routes: 0, destinations: 0 };
  for (const [name, route] of old) {
    if (!now.has(name)) lines.push(`- route ${routeLabel(route.key)} (${describeRoute(route)})`);
  }
  for (const [name, route] of now) {
    const earlier = old.get(name);
    if (earlier === undefined) lines.push(`+ route ${routeLabel(route.key)} (${describeRoute(route)})`);
    else diffRoute(earlier, route, lines, kept);
  }
  const both = (names: Iterable<string>, others: ReadonlyMap<string, unknown>): string[] =>
    [...names].filter((name) => others.has(name));
  if (!isDeepStrictEqual(both(old.keys(), now), both(now.keys(), old))) {
    lines.push(`~ routes in another order: ${listOf(after.map(({ key }) => routeLabel(key)))}`);
  }
  const { routes, destinations } = kept;
  return [
    routes === 0 ? '' : count(routes, 'route'),
    destinations === 0 ? '' : count(destinations, 'destination'),
  ];
}

function diffRoute(
  before: RouteOptions,
  after: RouteOptions,
  lines: string[],
  kept: { routes: number; destinations: number },
): void {
  if (before === after) {
    kept.routes += 1;
    kept.destinations += after.destinations.length;
    return;
  }
  const { matcher: oldMatcher, destinations: oldDestinations, ...oldRest } = before;
  const { matcher, destinations, ...rest } = after;
  const changes = [...differences(oldMatcher, matcher), ...differences(oldRest, rest)];
  if (changes.length > 0) lines.push(`~ route ${routeLabel(after.key)}: ${changes.join(', ')}`);
  else kept.routes += 1;
  const of = ` of route ${routeLabel(after.key)}`;
  const old = nameEach(oldDestinations, ({ addr }) => addr);
  const now = nameEach(destinations, ({ addr }) => addr);
  for (const [name, { addr }] of old) if (!now.has(name)) lines.push(`- destination ${addr}${of}`);
  for (const [name, destination] of now) {
    const earlier = old.get(name);
    if (earlier === undefined) lines.push(`+ destination ${renderDestination(destination)}${of}`);
    else if (!diffDestination(earlier, destination, of, lines)) kept.destinations += 1;
  }
  const isMoved = [...old.keys()].join(' ') !== [...now.keys()].join(' ');
  if (isMoved && old.size === now.size && [...old.keys()].every((name) => now.has(name))) {
    lines.push(`~ destinations in another order${of}: ${listOf(destinations.map(({ addr }) => addr))}`);
  }
}

function diffDestination(
  before: DestinationOptions,
  after: DestinationOptions,
  of: string,
  lines: string[],
): boolean {
  const changes = differingOptions(before, after);
  if (changes.length === 0) return false;
  const words = changes.map((change) => `${change.name} ${show(change.before)} -> ${show(change.after)}`);
  lines.push(`~ destination ${after.addr}${of}: ${words.join(', ')}`);
  return true;
}

/** The fields in which two values of one kind differ, in words. */
function differences(before: object, after: object): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => !isDeepStrictEqual(old.get(name), now.get(name)))
    .map((name) => `${tomlName(name)} ${show(old.get(name))} -> ${show(now.get(name))}`);
}

/** Names each entry: by itself, and by its number where the same name comes again. */
function nameEach<T>(entries: readonly T[], nameOf: (entry: T) => string): Map<string, T> {
  const named = new Map<string, T>();
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const name = nameOf(entry);
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    named.set(nth === 0 ? name : `${name} ${nth + 1}`, entry);
  }
  return named;
}

const CONDITIONS: ReadonlySet<string> = new Set(['notPrefix', 'notSub', 'notRegex', 'dropRaw']);
const LIST_MAX = 10;

/** The name of a field as the config writes it. */
function tomlName(field: string): string {
  return CONDITIONS.has(field) ? field : field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function routeLabel(key: string): string {
  return /^[\w.-]+$/.test(key) ? key : quote(key);
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, LIST_MAX).join(', ');
  return names.length > LIST_MAX ? `${shown} and ${names.length - LIST_MAX} more` : shown;
}

function show(value: unknown): string {
  return value === undefined || value === ''
    ? 'not set'
    : typeof value === 'number'
      ? String(value)
      : quote(value);
}

function quote(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

function count(number: number, name: string): string {
  if (number === 1) return `1 ${name}`;
  return `${number} ${name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`}`;
}
