// The relays under test: how each is configured for a table of a scenario and started. Loopback only.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/source-files.ts';

/** What a relay has to do with a line. */
export type TableKind =
  | { readonly kind: 'fanout'; readonly destinations: number }
  | { readonly kind: 'routes10' }
  /** One route that puts each key on one of so many destinations, by carbon's ring. */
  | { readonly kind: 'hash'; readonly destinations: number }
  /** 1,000 regex routes; `matching` of them get lines: all, or the last, which takes every line. */
  | { readonly kind: 'regexes'; readonly matching: 'all' | 'last' };

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
}

/** A relay that can be started for a scenario. */
export interface Relay {
  readonly name: string;
  supports(table: TableKind): boolean;
  /** Writes the configuration into `folder`; returns the command line. */
  command(table: TableKind, ports: Ports, folder: string): readonly string[];
}

interface Rule {
  readonly kind: 'all' | 'prefix' | 'sub' | 'regex';
  readonly pattern: string;
  readonly sinks: readonly number[];
}

const BLOCK_PREFIX = 'blocked.';

function rulesOf(table: TableKind, { sinks }: Ports): Rule[] {
  if (table.kind === 'fanout' || table.kind === 'hash') return [{ kind: 'all', pattern: '', sinks }];
  const first = sinks[0] ?? 0;
  if (table.kind === 'regexes') {
    const word = table.matching === 'all' ? 'host' : 'other';
    const rules = Array.from({ length: 1000 }, (_, host): Rule => {
      const pattern = `^g[0-9]+\\.app[0-9]+\\.${word}${String(host).padStart(4, '0')}\\.`;
      return { kind: 'regex', pattern, sinks: [first] };
    });
    if (table.matching === 'all') return rules;
    return [...rules.slice(1), { kind: 'regex', pattern: '^g[0-9]+\\.app[0-9]+\\.', sinks: [first] }];
  }
  return Array.from({ length: 10 }, (_, group): Rule => {
    const to = { sinks: [sinks[group] ?? first] };
    if (group < 4) return { kind: 'prefix', pattern: `g${group}.`, ...to };
    if (group < 7) return { kind: 'sub', pattern: `.app${group}.`, ...to };
    return { kind: 'regex', pattern: `^g[0-9]+\\.app${group}\\.host[0-9]{4}\\.cpu[0-9]+\\.`, ...to };
  });
}

/** What is not default in a sluice. */
interface SluiceExtras {
  /** More keys at the top of its config. */
  readonly keys?: readonly string[];
  /** More options of each destination. */
  readonly destination?: string;
}

/** This checkout. */
function makeSluice(name: string, extras: SluiceExtras = {}): Relay {
  return {
    name,
    supports: () => true,
    command: (table, ports, folder) => sluiceCommand(table, ports, folder, extras),
  };
}

function sluiceCommand(
  table: TableKind,
  ports: Ports,
  folder: string,
  { keys = [], destination = '' }: SluiceExtras,
): readonly string[] {
  const lines = [
    ...keys,
    'instance = "bench"',
    'log_level = "warn"',
    'bad_metrics_max_age = "1h"',
    `listen_addr = "127.0.0.1:${ports.listen}"`,
    `http_addr = "127.0.0.1:${ports.http}"`,
  ];
  if (table.kind === 'routes10') lines.push(`blocklist = ["prefix ${BLOCK_PREFIX}"]`);
  for (const [index, rule] of rulesOf(table, ports).entries()) {
    const type = table.kind === 'hash' ? 'carbon_ch' : 'sendAllMatch';
    lines.push('[[route]]', `key = "r${index}"`, `type = "${type}"`);
    if (rule.kind !== 'all') lines.push(`${rule.kind} = '${rule.pattern}'`);
    const addresses = rule.sinks.map((port, nth) => {
      const instance = table.kind === 'hash' ? `:i${nth}` : '';
      return `"127.0.0.1:${port}${instance}${destination}"`;
    });
    lines.push(`destinations = [${addresses.join(', ')}]`);
  }
  const file = join(folder, 'sluice.toml');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return [join(ROOT, 'bin/sluice'), 'run', '--config', file];
}

function posixPattern({ kind, pattern }: Rule): string {
  if (kind === 'all') return '*';
  const escaped = pattern.replaceAll('.', '\\.');
  return kind === 'prefix' ? `^${escaped}` : kind === 'sub' ? escaped : pattern;
}

// It tries the 1,000 patterns one by one and would need minutes for a million lines.
const withoutManyRegexes = (table: TableKind): boolean => table.kind !== 'regexes';

/** Debian's carbon-c-relay with its defaults; its own statistics stay out of the stream. */
const carbonCRelay: Relay = {
  name: 'carbon-c-relay',
  supports: withoutManyRegexes,
  command: carbonCRelayCommand,
};

/** The same with a queue that holds the whole load, so that it can deliver what it takes. */
const carbonCRelayDeep: Relay = {
  name: 'c-relay-deep',
  supports: withoutManyRegexes,
  command: (table, ports, folder) => [...carbonCRelayCommand(table, ports, folder), '-q', '6000000'],
};

function carbonCRelayCommand(table: TableKind, ports: Ports, folder: string): readonly string[] {
  const isHash = table.kind === 'hash';
  const members = ports.sinks.map((port, nth) => `127.0.0.1:${port}=i${nth}`);
  const lines = isHash
    ? [`cluster ring carbon_ch ${members.join(' ')};`]
    : ports.sinks.map((port, index) => `cluster c${index} forward 127.0.0.1:${port};`);
  lines.push('statistics submit every 3600 seconds;');
  if (table.kind === 'routes10') {
    lines.push(`match ^${BLOCK_PREFIX.replace('.', '\\.')} send to blackhole stop;`);
  }
  for (const rule of rulesOf(table, ports)) {
    const clusters = isHash ? ['ring'] : rule.sinks.map((port) => `c${ports.sinks.indexOf(port)}`);
    // Every rule is asked, as with crng's routes.
    lines.push(`match ${posixPattern(rule)} send to ${clusters.join(' ')};`);
  }
  const file = join(folder, 'carbon-c-relay.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return ['carbon-c-relay', '-f', file, '-p', String(ports.listen)];
}

/** Passes bytes on and knows nothing of lines: the floor of what a relay can cost. */
const haproxy: Relay = {
  name: 'haproxy',
  supports: (table) => table.kind === 'fanout' && table.destinations === 1,
  command(_table, ports, folder) {
    const lines = [
      'global',
      '  nbthread 1',
      '  maxconn 4000',
      'defaults',
      '  mode tcp',
      '  timeout connect 5s',
      '  timeout client 600s',
      '  timeout server 600s',
      'listen relay',
      `  bind 127.0.0.1:${ports.listen}`,
      `  server sink 127.0.0.1:${ports.sinks[0] ?? 0}`,
    ];
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return ['/usr/sbin/haproxy', '-db', '-f', file];
  },
};

/** Takes the relay out: the generator straight into the sink, to know their own limit. */
const none: Relay = {
  name: 'none',
  supports: (table) => table.kind === 'fanout' && table.destinations === 1,
  command: () => [],
};

/** All relays by name. */
export const RELAYS: readonly Relay[] = [
  makeSluice('sluice'),
  // Its senders wait for the sink, so that no line goes by way of the disk.
  makeSluice('sluice-block', { destination: ' when_full=block' }),
  makeSluice('sluice-disk', { keys: ['durability = "disk"', 'spool_dir = "spool"'] }),
  carbonCRelay,
  carbonCRelayDeep,
  haproxy,
  none,
];
