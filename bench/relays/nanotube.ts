// nanotube as a relay under test, where NANOTUBE_BIN names a binary.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_PREFIX, patternOf, type Ports, type Relay, rulesOf, type TableKind } from './relay.ts';

const BINARY = process.env['NANOTUBE_BIN'] ?? '';

/** With the queues of its sample config. */
export const nanotube: Relay = {
  name: 'nanotube',
  program: 'nanotube',
  about:
    'built from its source, named by `NANOTUBE_BIN`, with the settings of its sample config; its hash is another one (jump)',
  keepsBytes: true,
  absent: () => (BINARY === '' ? 'no binary was there: NANOTUBE_BIN names none' : undefined),
  version: () => process.env['NANOTUBE_VERSION'] ?? 'given by NANOTUBE_BIN',
  leftOut: ({ table, input }) => {
    if (input === 'pickle') return 'it does not read pickle';
    return table.kind === 'aggregate' ? 'it does not aggregate' : undefined;
  },
  command: writeConfig,
};

function writeConfig(table: TableKind, ports: Ports, folder: string): readonly string[] {
  const clusters: string[] = [];
  const host = (port: number, index: number): string[] => [
    '[[cluster.hosts]]',
    "name = '127.0.0.1'",
    `port = ${port}`,
    `index = ${index}`,
  ];
  if (table.kind === 'hash' || table.kind === 'fanout') {
    const type = table.kind === 'hash' ? 'jump' : 'toall';
    clusters.push('[[cluster]]', "name = 'c0'", `type = '${type}'`, ...ports.sinks.flatMap(host));
  } else {
    for (const [index, port] of ports.sinks.entries()) {
      clusters.push('[[cluster]]', `name = 'c${index}'`, "type = 'toall'", ...host(port, 0));
    }
  }
  const rules = rulesOf(table, ports).flatMap((rule) => {
    const to = rule.kind === 'all' ? 0 : ports.sinks.indexOf(rule.sinks[0] ?? 0);
    return ['[[rule]]', `regexs = ['${patternOf(rule)}']`, `clusters = ['c${to}']`, 'continue = true'];
  });
  if (table.kind === 'routes10') {
    clusters.push('[[cluster]]', "name = 'nowhere'", "type = 'blackhole'");
    rules.unshift('[[rule]]', `prefixes = ['${BLOCK_PREFIX}']`, "clusters = ['nowhere']", 'continue = false');
  }
  const write = (name: string, lines: readonly string[]): string => {
    const file = join(folder, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const config = write('nanotube.toml', [
    `ClustersConfig = "${write('clusters.toml', clusters)}"`,
    `RulesConfig = "${write('rules.toml', rules)}"`,
    `ListenTCP = "127.0.0.1:${ports.listen}"`,
    'MainQueueSize = 100000',
    'HostQueueSize = 50000',
    'TargetPort = 2004',
    'SendTimeoutSec = 5',
    'OutConnTimeoutSec = 5',
    'TCPOutBufSize = 4096',
    'TCPOutBufFlushPeriodSec = 2',
    'TCPOutConnectionRefreshPeriodSec = 0',
    'MaxHostReconnectPeriodMs = 5000',
    'HostReconnectPeriodDeltaMs = 10',
    'NormalizeRecords = true',
    'TermTimeoutSec = 2',
    'PprofPort = -1',
    `PromPort = ${ports.http}`,
    'PromLocal = true',
  ]);
  return [BINARY, '-config', config];
}
