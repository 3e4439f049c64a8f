// Rules as the keys and values of their sections, in the order in which they are written. Reading a section with them makes
// the same rule again.
import type { DestinationOptions } from '../../destination/options.ts';
import type {
  AggregatorOptions,
  MatcherOptions,
  RewriterOptions,
  RouteOptions,
} from '../../table/options.ts';
import { HASH_DEFAULTS } from '../../table/options.ts';
import { TAG_METHOD } from '../read-matcher.ts';
import type { TomlValue } from './toml-text.ts';

/** Keys that a section needs, by the names that users write; what has its default is left out. */
export type RuleKeys = ReadonlyMap<string, TomlValue>;

/** Renders a destination string; destination/ has it, and config/ must not reach into that room. */
export type RenderDestination = (options: DestinationOptions) => string;

/** The keys of a `[[rewriter]]`. */
export function rewriterKeys({ old, new: replacement, not, max, tag }: RewriterOptions): RuleKeys {
  return keys([
    ['old', old],
    ['new', replacement],
    not !== '' && ['not', not],
    ['max', max],
    tag !== undefined && ['tag', tag],
  ]);
}

/** The keys of an `[[aggregation]]`. */
export function aggregatorKeys(aggregator: AggregatorOptions): RuleKeys {
  const { matcher, outputs, intervalSec, waitSec, dropRaw, cache, late, timestamp } = aggregator;
  const [first] = outputs;
  const results: [string, TomlValue][] =
    outputs.length === 1 && first !== undefined
      ? [
          ['function', first.function],
          ['format', first.format],
        ]
      : [['outputs', outputs.map((output) => ({ function: output.function, format: output.format }))]];
  return keys([
    ...results,
    ...matcherKeys(matcher),
    ['interval', intervalSec],
    ['wait', waitSec],
    ['cache', cache],
    dropRaw && ['dropRaw', true],
    late !== 'count' && ['late', late],
    timestamp !== 'start' && ['timestamp', timestamp],
  ]);
}

/** The keys of a `[[route]]`, its destinations last. */
export function routeKeys(route: RouteOptions, renderDestination: RenderDestination): RuleKeys {
  const { key, type, matcher, stop, replicationFactor, diverseReplicas } = route;
  const { tagRelayNormalized, hashNameOnly } = route;
  return keys([
    ['key', key],
    ['type', type],
    ...matcherKeys(matcher),
    stop && ['stop', true],
    replicationFactor !== HASH_DEFAULTS.replicationFactor && ['replication_factor', replicationFactor],
    diverseReplicas !== HASH_DEFAULTS.diverseReplicas && ['diverse_replicas', diverseReplicas],
    tagRelayNormalized !== HASH_DEFAULTS.tagRelayNormalized && ['tag_relay_normalized', tagRelayNormalized],
    hashNameOnly !== HASH_DEFAULTS.hashNameOnly && ['hash_name_only', hashNameOnly],
    ['destinations', route.destinations.map((destination) => renderDestination(destination))],
  ]);
}

/** A blocklist entry as its string; undefined when it has not exactly one condition. */
export function blocklistText(matcher: MatcherOptions): string | undefined {
  const conditions = Object.entries(matcher).filter(([, value]) => value !== undefined);
  const [name, value] = conditions[0] ?? [];
  if (conditions.length !== 1) return undefined;
  if (typeof value === 'string') return `${name} ${value}`;
  return value?.length === 1 ? `${TAG_METHOD} ${value[0]}` : undefined;
}

function matcherKeys(matcher: MatcherOptions): [string, TomlValue][] {
  return Object.entries(matcher).filter(
    (entry): entry is [string, TomlValue] => entry[1] !== undefined && entry[1].length > 0,
  );
}

function keys(entries: readonly (readonly [string, TomlValue] | false)[]): RuleKeys {
  return new Map(entries.filter((entry) => entry !== false));
}
