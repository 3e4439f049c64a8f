// Debian's carbon-relay (python, package graphite-carbon) as a relay under test.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARBON } from '../../test/system/debian-packages.ts';
import {
  BLOCK_PREFIX,
  packageVersion,
  patternOf,
  type Ports,
  type Relay,
  rulesOf,
  type TableKind,
} from './relay.ts';

/** Sends lines, not pickle, as the others do; flow control is on by default, so that it pauses senders. */
export const carbonRelay: Relay = {
  name: 'carbon-relay',
  program: 'carbon-relay',
  about:
    "Debian's graphite-carbon (python) with `DESTINATION_PROTOCOL = line` and `MAX_QUEUE_SIZE = 1000000`, since with its 10,000 it drops most of a full-speed load; it prints values anew, its rules end at the first match, and it gets fewer lines, since it takes them slowly",
  packages: [CARBON],
  keepsBytes: false,
  version: () => packageVersion('graphite-carbon'),
  leftOut: ({ table }) =>
    table.kind === 'aggregate' ? 'its aggregation is another daemon, carbon-aggregator' : undefined,
  command: writeConfig,
};

function writeConfig(table: TableKind, ports: Ports, folder: string): readonly string[] {
  const names = ports.sinks.map((port, nth) => `127.0.0.1:${port}:i${nth}`);
  const text = `[relay]
STORAGE_DIR = ${folder}
CONF_DIR = ${folder}
LOG_DIR = ${folder}
PID_DIR = ${folder}
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${ports.listen}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${ports.pickle ?? 0}
CARBON_METRIC_INTERVAL = 0
DESTINATION_PROTOCOL = line
MAX_QUEUE_SIZE = 1000000
USE_WHITELIST = ${table.kind === 'routes10' ? 'True' : 'False'}
RELAY_METHOD = ${table.kind === 'hash' ? 'consistent-hashing' : 'rules'}
DESTINATIONS = ${names.join(', ')}
`;
  const rules = rulesOf(table, ports).flatMap((rule, index) => {
    const to = rule.sinks.map((port) => names[ports.sinks.indexOf(port)]).join(', ');
    if (rule.kind === 'all') return ['[default]', 'default = true', `destinations = ${to}`];
    // With `continue` the default, which it insists on, would get every line too.
    return [`[r${index}]`, `pattern = ${patternOf(rule)}`, `destinations = ${to}`];
  });
  if (!rules.includes('[default]'))
    rules.push('[default]', 'default = true', `destinations = ${names[0] ?? ''}`);
  const conf = join(folder, 'carbon.conf');
  writeFileSync(conf, text);
  writeFileSync(join(folder, 'relay-rules.conf'), `${rules.join('\n')}\n`);
  writeFileSync(join(folder, 'blacklist.conf'), `^${BLOCK_PREFIX.replace('.', '\\.')}\n`);
  writeFileSync(join(folder, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
  return ['carbon-relay', `--config=${conf}`, `--pidfile=${folder}/carbon.pid`, '--nodaemon', 'start'];
}
