// Debian's carbon-c-relay as a relay under test; its own statistics stay out of the stream.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARBON_C_RELAY } from '../../test/system/debian-packages.ts';
import {
  AGGREGATE_PATTERN,
  BLOCK_PREFIX,
  packageVersion,
  patternOf,
  type Ports,
  type Relay,
  rulesOf,
  type TableKind,
} from './relay.ts';

function makeCarbonCRelay(name: string, about: string, flags: readonly string[]): Relay {
  return {
    name,
    program: 'carbon-c-relay',
    about,
    packages: [CARBON_C_RELAY],
    keepsBytes: true,
    version: () => packageVersion('carbon-c-relay'),
    leftOut: ({ input }) => (input === 'pickle' ? 'it does not read pickle' : undefined),
    command: (table, ports, folder) => [...writeConfig(table, ports, folder), ...flags],
  };
}

function writeConfig(table: TableKind, ports: Ports, folder: string): string[] {
  const isHash = table.kind === 'hash';
  const members = ports.sinks.map((port, nth) => `127.0.0.1:${port}=i${nth}`);
  const lines = isHash
    ? [`cluster ring carbon_ch ${members.join(' ')};`]
    : ports.sinks.map((port, index) => `cluster c${index} forward 127.0.0.1:${port};`);
  lines.push('statistics submit every 3600 seconds;');
  if (table.kind === 'routes10') {
    lines.push(`match ^${BLOCK_PREFIX.replace('.', '\\.')} send to blackhole stop;`);
  }
  if (table.kind === 'aggregate') {
    lines.push(
      `aggregate ${AGGREGATE_PATTERN}`,
      `  every ${table.intervalSec} seconds expire after ${table.waitSec} seconds timestamp at start of bucket`,
      '  compute sum write to total.\\1.sum',
      '  compute count write to total.\\1.count',
      '  send to c0 stop;',
    );
  } else {
    for (const rule of rulesOf(table, ports)) {
      const clusters = isHash ? ['ring'] : rule.sinks.map((port) => `c${ports.sinks.indexOf(port)}`);
      const pattern = rule.kind === 'all' ? '*' : patternOf(rule);
      // Every rule is asked, as with crng's routes.
      lines.push(`match ${pattern} send to ${clusters.join(' ')};`);
    }
  }
  const file = join(folder, 'carbon-c-relay.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return ['carbon-c-relay', '-f', file, '-p', String(ports.listen)];
}

/** With its defaults: it drops what a queue of 25,000 lines does not hold. */
export const carbonCRelay: Relay = makeCarbonCRelay(
  'carbon-c-relay',
  "Debian's package with its defaults: a queue of 25,000 lines a destination, beyond which it drops",
  [],
);

/** With a queue that holds the whole load, so that it can deliver what it takes. */
export const carbonCRelayDeep: Relay = makeCarbonCRelay(
  'c-relay-deep',
  'the same with `-q 6000000 -b 20000`: a queue that holds the whole load',
  ['-q', '6000000', '-b', '20000'],
);
