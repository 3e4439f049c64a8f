// This checkout as a relay under test.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/source-files.ts';
import { AGGREGATE_PATTERN, BLOCK_PREFIX, type Ports, type Relay, rulesOf, type TableKind } from './relay.ts';

/** A way to configure it. */
export interface Choice {
  readonly name: string;
  readonly about: string;
  /** Lines for the top of the config. */
  readonly keys?: readonly string[];
  /** Options of each destination. */
  readonly options?: string;
}

/** Makes it a relay under test. */
export function makeSluice(choice: Choice): Relay {
  return {
    name: choice.name,
    program: 'sluice',
    about: choice.about,
    keepsBytes: true,
    version: () => {
      const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    },
    leftOut: () => undefined,
    command: (table, ports, folder) => writeConfig(table, ports, folder, choice),
  };
}

function writeConfig(table: TableKind, ports: Ports, folder: string, choice: Choice): readonly string[] {
  const lines = [
    ...(choice.keys ?? []),
    'instance = "bench"',
    'log_level = "warn"',
    'bad_metrics_max_age = "1h"',
    `listen_addr = "127.0.0.1:${ports.listen}"`,
    `http_addr = "127.0.0.1:${ports.http}"`,
  ];
  if (ports.pickle !== undefined) lines.push(`pickle_addr = "127.0.0.1:${ports.pickle}"`);
  if (table.kind === 'routes10') lines.push(`blocklist = ["prefix ${BLOCK_PREFIX}"]`);
  if (table.kind === 'aggregate') lines.push(...aggregation(table));
  const options = choice.options === undefined ? '' : ` ${choice.options}`;
  for (const [index, rule] of rulesOf(table, ports).entries()) {
    const type = table.kind === 'hash' ? 'carbon_ch' : 'sendAllMatch';
    lines.push('[[route]]', `key = "r${index}"`, `type = "${type}"`);
    if (rule.kind !== 'all') lines.push(`${rule.kind} = '${rule.pattern}'`);
    const addresses = rule.sinks.map((port, nth) => {
      return `"127.0.0.1:${port}${table.kind === 'hash' ? `:i${nth}` : ''}${options}"`;
    });
    lines.push(`destinations = [${addresses.join(', ')}]`);
  }
  const file = join(folder, 'sluice.toml');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return [join(ROOT, 'bin/sluice'), 'run', '--config', file];
}

function aggregation({ intervalSec, waitSec }: { intervalSec: number; waitSec: number }): string[] {
  return [
    '[[aggregation]]',
    `regex = '${AGGREGATE_PATTERN}'`,
    'outputs = [{ function = "sum", format = "total.$1.sum" }, { function = "count", format = "total.$1.count" }]',
    `interval = ${intervalSec}`,
    `wait = ${waitSec}`,
    'dropRaw = true',
  ];
}

/** With its defaults: what a destination cannot take goes to disk. */
export const sluice: Relay = makeSluice({
  name: 'sluice',
  about: 'this checkout with its defaults: what a destination cannot take at once goes to disk',
});

/** The relay alone: a full queue pauses the senders. */
export const sluiceBlock: Relay = makeSluice({
  name: 'sluice-block',
  about:
    'the same with `when_full=block`: a full queue pauses the senders, so that the disk stays out of the figure',
  options: 'when_full=block',
});

/** Every line goes over the disk. */
export const sluiceDisk: Relay = makeSluice({
  name: 'sluice-disk',
  about: 'the same with `durability = "disk"`',
  keys: ['durability = "disk"', 'spool_dir = "spool"'],
});

/** What the relay costs when it measures nothing of itself. */
export const sluiceUnmeasured: Relay = makeSluice({
  name: 'sluice-unmeasured',
  about: 'sluice-block with `measure = false`',
  keys: ['measure = false'],
  options: 'when_full=block',
});
