// The table as plain data: what the config, a command or an API call asks for, before it is compiled.
import type { DestinationOptions } from '../destination/options.ts';

/** crng's six conditions, and conditions on tags; all that are set must hold; "" or absent: not set. */
export interface MatcherOptions {
  readonly prefix?: string;
  readonly notPrefix?: string;
  readonly sub?: string;
  readonly notSub?: string;
  readonly regex?: string;
  readonly notRegex?: string;
  /** Expressions of Graphite's seriesByTag, `dc=eu`, `host!=a`, `role=~^web`, `role!=~x`; `name` is the part before the tags. */
  readonly tags?: readonly string[];
}

/** `old`: text, or a regex between slashes; `not` likewise; `max` -1: all, n: the first n, 0: none. */
export interface RewriterOptions {
  readonly old: string;
  readonly new: string;
  readonly not: string;
  readonly max: number;
  /** Rewrite the value of this tag, `name` for the part before the tags, not the key as a whole. */
  readonly tag?: string;
}

/** Other ways to a percentile than that of carbon-relay-ng. */
export type PercentileMethod = 'linear' | 'nearest';

/**
 * What an aggregator computes over the points of one window. `percentiles` makes six series, named by `.p25` to `.p99`;
 * `pNN` makes one (`p5`, `p95`, and `p999` for 99.9, as carbon spells it); with `_linear` as carbon computes it, with
 * `_nearest` as carbon-c-relay does.
 */
export type AggregatorFunction =
  | 'avg'
  | 'count'
  | 'delta'
  | 'derive'
  | 'last'
  | 'max'
  | 'median'
  | 'min'
  | 'percentiles'
  | 'stdev'
  | 'sum'
  | 'variance'
  | `p${number}`
  | `p${number}_${PercentileMethod}`;

/** One result of an aggregator; `format` is a template over the groups of its regex, and names the series. */
export interface AggregatorOutput {
  readonly function: AggregatorFunction;
  readonly format: string;
}

/** Keys that match feed windows of `intervalSec`; a window that starts at S leaves when the clock says S + `waitSec`. */
export interface AggregatorOptions {
  /** `regex` is there and gives the groups of the formats. */
  readonly matcher: MatcherOptions;
  /** At least one. */
  readonly outputs: readonly AggregatorOutput[];
  readonly intervalSec: number;
  readonly waitSec: number;
  /** The metric ends here: later aggregators and routes do not see it. */
  readonly dropRaw: boolean;
  /** crng's; without effect here. */
  readonly cache: boolean;
  /** A point that comes after its window has left is counted only, or the window leaves again with it. */
  readonly late: 'count' | 'amend';
  /** Which end of the window its result bears as a timestamp. */
  readonly timestamp: 'start' | 'middle' | 'end';
}

/** The types that put keys on a ring: each key has a fixed place, whoever is online. `carbon_` ones are those of carbon. */
export type HashRouteType =
  | 'consistentHashing'
  | 'consistentHashing-v2'
  | 'carbon_ch'
  | 'carbon_fnv1a_ch'
  | 'fnv1a_ch'
  | 'jump_fnv1a_ch';

/** The types that choose among destinations by who is online. */
export type GroupRouteType = 'failover' | 'any_of' | 'round_robin';

export type RouteType = 'sendAllMatch' | 'sendFirstMatch' | HashRouteType | GroupRouteType;

/** What only routes of a hash type look at. */
export interface HashOptions {
  /** How many destinations get each key, where the type has replication. */
  readonly replicationFactor: number;
  /** Copies of a key go to different hosts (carbon_ch, carbon_fnv1a_ch). */
  readonly diverseReplicas: boolean;
  /** A tagged key is hashed with its tags in order. */
  readonly tagRelayNormalized: boolean;
  /** A tagged key is hashed without its tags, as a running carbon-c-relay does. */
  readonly hashNameOnly: boolean;
}

/** The hash options of a route that says nothing about them. */
export const HASH_DEFAULTS: HashOptions = {
  replicationFactor: 1,
  diverseReplicas: true,
  tagRelayNormalized: false,
  hashNameOnly: false,
};

export interface RouteOptions extends HashOptions {
  readonly key: string;
  readonly type: RouteType;
  readonly matcher: MatcherOptions;
  /** Later routes do not see what this one took. */
  readonly stop: boolean;
  readonly destinations: readonly DestinationOptions[];
}

/** Everything that decides where a key goes. */
export interface TableOptions {
  /** Keys leave in carbon's normal form, tags in order; else, as by default, with their tags as they came. */
  readonly normalizeTags?: boolean;
  readonly blocklist: readonly MatcherOptions[];
  readonly rewriters: readonly RewriterOptions[];
  /** In order: each sees the rewritten key, up to the first with `dropRaw`. */
  readonly aggregators: readonly AggregatorOptions[];
  readonly routes: readonly RouteOptions[];
}
