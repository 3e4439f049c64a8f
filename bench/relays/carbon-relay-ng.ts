// carbon-relay-ng as a relay under test, where CRNG_BIN names a binary.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGGREGATE_PATTERN, BLOCK_PREFIX, type Ports, type Relay, rulesOf, type TableKind } from './relay.ts';

const BINARY = process.env['CRNG_BIN'] ?? '';

function makeCrng(name: string, about: string, options: string): Relay {
  return {
    name,
    program: 'carbon-relay-ng',
    about,
    keepsBytes: true,
    absent: () => (BINARY === '' ? 'no binary was there: CRNG_BIN names none' : undefined),
    version: () => process.env['CRNG_VERSION'] ?? 'given by CRNG_BIN',
    leftOut: () => undefined,
    command: (table, ports, folder) => writeConfig(table, ports, folder, options),
  };
}

function writeConfig(table: TableKind, ports: Ports, folder: string, options: string): readonly string[] {
  const lines = [
    'instance = "bench"',
    'log_level = "error"',
    'bad_metrics_max_age = "1h"',
    `spool_dir = "${folder}"`,
    `listen_addr = "127.0.0.1:${ports.listen}"`,
    `http_addr = "127.0.0.1:${ports.http}"`,
    `pid_file = "${join(folder, 'crng.pid')}"`,
  ];
  if (ports.spare !== undefined) lines.push(`admin_addr = "127.0.0.1:${ports.spare}"`);
  if (ports.pickle !== undefined) lines.push(`pickle_addr = "127.0.0.1:${ports.pickle}"`);
  if (table.kind === 'routes10') lines.push(`blocklist = ["prefix ${BLOCK_PREFIX}"]`);
  // Its own metrics have to go somewhere; an hour is longer than a run.
  lines.push(
    '[instrumentation]',
    `graphite_addr = "127.0.0.1:${ports.listen}"`,
    'graphite_interval = 3600000',
  );
  if (table.kind === 'aggregate') lines.push(...aggregations(table));
  for (const [index, rule] of rulesOf(table, ports).entries()) {
    const type = table.kind === 'hash' ? 'consistentHashing' : 'sendAllMatch';
    lines.push('[[route]]', `key = "r${index}"`, `type = "${type}"`);
    if (rule.kind !== 'all') lines.push(`${rule.kind} = '${rule.pattern}'`);
    const addresses = rule.sinks.map((port) => `"127.0.0.1:${port}${options}"`);
    lines.push(`destinations = [${addresses.join(', ')}]`);
  }
  const file = join(folder, 'crng.ini');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return [BINARY, file];
}

/** One aggregation has one function, so that two are needed. */
function aggregations({ intervalSec, waitSec }: { intervalSec: number; waitSec: number }): string[] {
  return ['sum', 'count'].flatMap((name) => [
    '[[aggregation]]',
    `function = '${name}'`,
    `regex = '${AGGREGATE_PATTERN}'`,
    `format = 'total.$1.${name}'`,
    `interval = ${intervalSec}`,
    `wait = ${waitSec}`,
    'cache = true',
    // The second still has to see what the first saw.
    `dropRaw = ${name === 'count'}`,
  ]);
}

/** With its defaults: it drops what 30,000 lines of buffer do not hold. */
export const carbonRelayNg: Relay = makeCrng(
  'carbon-relay-ng',
  'built from its source, named by `CRNG_BIN`, with its defaults: a buffer of 30,000 lines a destination, beyond which it drops',
  '',
);

/** With its spool on. */
export const carbonRelayNgSpool: Relay = makeCrng(
  'crng-spool',
  'the same with `spool=true` and `reconn=1000` (its default waits ten seconds)',
  ' spool=true reconn=1000',
);
