// What every relay under test has to say of itself, and the tables that a scenario may ask for. Loopback only.
import { execFileSync } from 'node:child_process';
import type { DebianPackage } from '../../test/system/debian-packages.ts';

/** What a relay has to do with a line. */
export type TableKind =
  | { readonly kind: 'fanout'; readonly destinations: number }
  | { readonly kind: 'routes10' }
  /** One route that puts each key on one of so many destinations, by the relay's hash. */
  | { readonly kind: 'hash'; readonly destinations: number }
  /** 1,000 regex routes; `matching` of them get lines: all, or the last, which takes every line. */
  | { readonly kind: 'regexes'; readonly matching: 'all' | 'last' }
  /** 10,000 series into sum and count of 1,000 hosts; the lines themselves end there. */
  | { readonly kind: 'aggregate'; readonly intervalSec: number; readonly waitSec: number };

/** What a scenario asks of a relay. */
export interface Work {
  readonly table: TableKind;
  readonly input: 'plain' | 'pickle';
}

/** How many sinks a table sends to. */
export function sinkCount(table: TableKind): number {
  if (table.kind === 'fanout' || table.kind === 'hash') return table.destinations;
  return table.kind === 'routes10' ? 10 : 1;
}

/** How many copies of a line leave. */
export function copyCount(table: TableKind): number {
  return table.kind === 'fanout' ? table.destinations : 1;
}

/** Where a relay listens and sends. */
export interface Ports {
  readonly listen: number;
  readonly http: number;
  readonly sinks: readonly number[];
  /** Where pickle is read, if it is. */
  readonly pickle?: number;
  /** A port for what a relay insists on opening besides. */
  readonly spare?: number;
}

/** A relay that can be started for a scenario. */
export interface Relay {
  readonly name: string;
  /** The program; there may be several configurations of it. */
  readonly program: string;
  /** How it is configured, for the page. */
  readonly about: string;
  /** Where it comes from; missing ones are installed. */
  readonly packages?: readonly DebianPackage[];
  /** The lines come out as the same bytes, so that their sum tells whether they are all there. */
  readonly keepsBytes: boolean;
  version(): string;
  /** Says why it is not on this machine. */
  absent?(): string | undefined;
  /** Says why it is left out of some work. */
  leftOut(work: Work): string | undefined;
  /** Writes the configuration into `folder`; returns the command line. */
  command(table: TableKind, ports: Ports, folder: string): readonly string[];
}

/** One route of a table, for a relay to write in its own words. */
export interface Rule {
  readonly kind: 'all' | 'prefix' | 'sub' | 'regex';
  readonly pattern: string;
  readonly sinks: readonly number[];
}

/** What the keys begin with that routes10 drops. */
export const BLOCK_PREFIX = 'blocked.';
/** Takes the host out of a key. */
export const AGGREGATE_PATTERN = '^g[0-9]+\\.app[0-9]+\\.host([0-9]+)\\..*';

/** Lists the routes of a table; all of them are asked for every line. */
export function rulesOf(table: TableKind, { sinks }: Ports): Rule[] {
  const first = sinks[0] ?? 0;
  if (table.kind === 'routes10') return tenRules(sinks);
  if (table.kind !== 'regexes') return [{ kind: 'all', pattern: '', sinks }];
  const word = table.matching === 'all' ? 'host' : 'other';
  const rules = Array.from({ length: 1000 }, (_, host): Rule => {
    const pattern = `^g[0-9]+\\.app[0-9]+\\.${word}${String(host).padStart(4, '0')}\\.`;
    return { kind: 'regex', pattern, sinks: [first] };
  });
  if (table.matching === 'all') return rules;
  return [...rules.slice(1), { kind: 'regex', pattern: '^g[0-9]+\\.app[0-9]+\\.', sinks: [first] }];
}

function tenRules(sinks: readonly number[]): Rule[] {
  return Array.from({ length: 10 }, (_, group): Rule => {
    const to = { sinks: [sinks[group] ?? sinks[0] ?? 0] };
    if (group < 4) return { kind: 'prefix', pattern: `g${group}.`, ...to };
    if (group < 7) return { kind: 'sub', pattern: `.app${group}.`, ...to };
    return { kind: 'regex', pattern: `^g[0-9]+\\.app${group}\\.host[0-9]{4}\\.cpu[0-9]+\\.`, ...to };
  });
}

/** Writes a rule as an expression for relays that know no other. */
export function patternOf({ kind, pattern }: Rule): string {
  const escaped = pattern.replaceAll('.', '\\.');
  if (kind === 'prefix') return `^${escaped}`;
  return kind === 'sub' ? escaped : pattern;
}

/** Asks Debian for the version of a package; empty when it is not installed. */
export function packageVersion(name: string): string {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
