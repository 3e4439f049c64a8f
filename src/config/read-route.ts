// A `[[route]]`. One of a type that is not built is an error: to leave it out would swallow its metrics.
import type { DestinationOptions } from '../destination/options.ts';
import { noDestinations } from '../table/operation.ts';
import type { RouteOptions } from '../table/options.ts';
import { isHashType, isRouteType, judgeRoute, type RouteFinding } from '../table/route/route-type-options.ts';
import type { Overrides } from './overrides.ts';
import type { Place, Problems } from './problem.ts';
import type { DestinationReader } from './read-destination.ts';
import { readMatcher } from './read-matcher.ts';
import { CLOUD_ROUTE_KEYS, HASH_ROUTE_KEYS, REFUSED_ROUTE_TYPES } from './route-options.ts';
import { ROUTE_SECTION } from './sections.ts';
import { matchKeys, readSettings, type Settings } from './settings.ts';
import type { TomlTable } from './toml-tree.ts';

/** Reads one `[[route]]`; undefined after noting what is wrong. */
export function readRoute(
  table: TomlTable,
  reader: DestinationReader,
  overrides: Overrides,
  problems: Problems,
): RouteOptions | undefined {
  if (isRefused(table, problems)) return undefined;
  const settings = readSettings({ section: ROUTE_SECTION, table, place: table.place, overrides }, problems);
  noticeCloudKeys(settings, problems);
  const matcher = readMatcher(settings, problems);
  const destinations: DestinationOptions[] = [];
  const texts = settings.texts('destinations');
  for (const text of texts) {
    const destination = reader.read(text);
    if (destination !== undefined) destinations.push(destination);
  }
  const key = settings.string('key');
  const type = settings.string('type');
  if (!isRouteType(type)) return undefined;
  if (texts.length === 0) {
    problems.error(settings.placeOf('destinations'), noDestinations(key));
    return undefined;
  }
  const route: RouteOptions = {
    key,
    type,
    matcher,
    stop: settings.boolean('stop'),
    replicationFactor: settings.number('replication_factor'),
    diverseReplicas: settings.boolean('diverse_replicas'),
    tagRelayNormalized: settings.boolean('tag_relay_normalized'),
    hashNameOnly: settings.boolean('hash_name_only'),
    destinations,
  };
  // What could not be read has been noted, and is missing in what would be judged.
  if (destinations.length < texts.length) return route;
  noteHashKeys(route, settings, problems);
  const placeOf = ({ about }: RouteFinding): Place =>
    'destination' in about ? texts[about.destination]!.place : settings.placeOf(about.option);
  noteFindings(route, placeOf, problems);
  return route;
}

/** What an `any_of` looks at too. */
const OF_KEYS: ReadonlySet<string> = new Set(['tag_relay_normalized', 'hash_name_only']);

function noteHashKeys(route: RouteOptions, settings: Settings, problems: Problems): void {
  const { type } = route;
  const refused = judgeRoute(route).flatMap(({ about }) => ('option' in about ? [about.option] : []));
  for (const name of HASH_ROUTE_KEYS) {
    const counts = isHashType(type) || (type === 'any_of' && OF_KEYS.has(name));
    if (!counts && !refused.includes(name)) noteWithoutEffect(name, settings, problems);
  }
}

/** Notes what is wrong with a route of its type, or odd about it. */
export function noteFindings(
  route: RouteOptions,
  placeOf: (finding: RouteFinding) => Place,
  problems: Problems,
): void {
  for (const finding of judgeRoute(route)) {
    if (finding.kind === 'error') problems.error(placeOf(finding), finding.text);
    else problems.warn(placeOf(finding), finding.text);
  }
}

/** A type that is not built: say that, and nothing about the options that only it would understand. */
function isRefused(table: TomlTable, problems: Problems): boolean {
  const type = table.entries.find((entry) => entry.key.toLowerCase() === 'type')?.value;
  if (type?.kind !== 'scalar' || !REFUSED_ROUTE_TYPES.includes(String(type.value))) return false;
  matchKeys(ROUTE_SECTION, table, problems);
  problems.error(
    type.place,
    `route type "${String(type.value)}" is not built yet: this version does not start with it`,
  );
  return true;
}

function noticeCloudKeys(settings: Settings, problems: Problems): void {
  for (const name of CLOUD_ROUTE_KEYS) noteWithoutEffect(name, settings, problems);
}

function noteWithoutEffect(name: string, settings: Settings, problems: Problems): void {
  const given = settings.given(name);
  if (given !== undefined) problems.warn(given.place, `"${name}" has no effect on a route of this type`);
}

/** Warns of what makes routes hard to tell apart, in commands and in the names of metrics. */
export function lintRouteKeys(
  routes: readonly { readonly key: string; readonly place: Place }[],
  problems: Problems,
): void {
  const seen = new Set<string>();
  for (const { key, place } of routes) {
    if (key === '') problems.warn(place, 'this route has an empty key: commands cannot tell it from others');
    else if (seen.has(key))
      problems.warn(place, `the route key "${key}" is taken: commands find the first route only`);
    else if (/[./]/.test(key)) {
      problems.warn(place, `"." and "/" in the route key "${key}" split the names of its metrics`);
    }
    seen.add(key);
  }
}
