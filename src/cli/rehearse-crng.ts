// `sluice check --from crng`: what in a config of carbon-relay-ng (crng) does something else here, rule by rule, and why.
// Warnings that `check` gives anyway (expressions that match more here, `${1}`, notRegex, missing max) are not said again.
import type { Config } from '../config/config.ts';
import { type Place, Problems } from '../config/problem.ts';
import { parseConfigText, type TomlNode, type TomlTable } from '../config/toml-tree.ts';
import { parseDestination } from '../destination/parse-destination.ts';
import { parseListenAddress } from '../util/listen-address.ts';
import type { CommandWorld } from './command-world.ts';

/** One thing that differs. */
export interface Difference {
  readonly place: Place;
  readonly message: string;
}

type Find = (place: Place, message: string) => void;

/** Lists the differences, those of a file in its order and then those of what it includes. */
export function rehearseCrng(
  config: Config,
  world: Pick<CommandWorld, 'readFile' | 'env' | 'hostName'>,
): Difference[] {
  return config.files.flatMap((file) => rehearseFile(file, config, world));
}

/** An included file holds rules alone, so that of the settings nothing is found in it. */
function rehearseFile(
  file: string,
  config: Config,
  world: Pick<CommandWorld, 'readFile' | 'env' | 'hostName'>,
): Difference[] {
  const text = Buffer.from(world.readFile(file)).toString('utf8');
  const root = parseConfigText({ file, text }, world, new Problems());
  const differences: Difference[] = [];
  if (root === undefined) return differences;
  const find: Find = (place, message) => void differences.push({ place, message });
  judgeTop(root, config, find);
  for (const table of tablesOf(root, 'aggregation')) judgeAggregation(table, find);
  for (const table of tablesOf(root, 'rewriter')) judgeRewriter(table, find);
  for (const table of tablesOf(root, 'route')) judgeRoute(table, find);
  judgeCommands(root, find);
  judgeSelfMetrics(root, config, find);
  return differences.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
}

/** What differs for every config, so that no line of it tells. */
export const DIFFERENCES_OF_ALL = `Beside that, whatever the config says (docs/migration.md has the whole list):
  - a line that its sender breaks off by a reset or a timeout is dropped as truncated; crng sends on what had come
  - a line of more than 64 KiB counts as invalid and its connection goes on; crng closes the connection
  - a key with a ; before any = in its first node is a plain key with tags; crng takes it for metrics 2.0 and refuses it
  - SIGTERM delivers what is queued, or keeps it on disk; crng loses it. SIGHUP reads the config again; crng ends
`;

function judgeTop(root: TomlTable, config: Config, find: Find): void {
  const pickle = valueOf(root, 'pickle_addr');
  if (pickle !== undefined && config.inputs.pickleAddr !== '') {
    find(
      pickle.place,
      'floats of pickle are written in full, 1e-9 as 1e-9; crng writes six decimals, 0.000000',
    );
  }
  const pid = valueOf(root, 'pid_file');
  if (pid !== undefined && config.pidFile !== '') {
    find(
      pid.place,
      'a pid_file that cannot be written is a warning, and it is removed at the end; in crng it is fatal, and it stays',
    );
  }
  const order = valueOf(root, 'validate_order');
  if (order !== undefined && config.validateOrder) {
    find(
      order.place,
      'a point further in the future than order_future_max (1h) passes and does not silence its series; in crng it does',
    );
  }
  for (const name of ['http_addr', 'admin_addr']) {
    const address = valueOf(root, name);
    const text = stringOf(address);
    if (address === undefined || text === '' || isLoopback(text)) continue;
    find(
      address.place,
      `${name}: changes from other machines need admin_token; crng lets everyone change the table`,
    );
  }
}

function judgeAggregation(table: TomlTable, find: Find): void {
  const { place } = table;
  find(
    place,
    'results are written in full; crng writes six decimals. Their routes are found by their key alone; in crng by the whole line',
  );
}

function judgeRewriter(table: TomlTable, find: Find): void {
  find(table.place, 'a result that is empty or holds white space counts as invalid; crng sends it');
}

function judgeRoute(table: TomlTable, find: Find): void {
  const key = valueOf(table, 'key');
  if (stringOf(key).includes('/')) {
    find(
      key?.place ?? table.place,
      'with a "/" in the route key the spool of crng fails without a word; here it works',
    );
  }
  const destinations = valueOf(table, 'destinations');
  if (destinations?.kind !== 'array') return;
  for (const item of destinations.items) judgeDestination(stringOf(item), item.place, find);
}

function judgeDestination(text: string, place: Place, find: Find): void {
  const parsed = parseDestination(text);
  if (!parsed.ok || parsed.options.address.protocol !== 'tcp') return;
  const { addr, spool, pickle, prefix, notPrefix, sub, notSub } = parsed.options;
  if (spool === undefined) {
    find(
      place,
      `${addr}: what it cannot take goes to disk and follows later; crng drops it without spool=true (spool=false: here too)`,
    );
  } else if (spool) {
    find(place, `${addr}: it spools when the peer is slow too, not only when it is away`);
  }
  if (pickle) {
    find(
      place,
      `${addr}: pickle goes in batches, and fractions of timestamps are cut; crng sends each by itself and drops those`,
    );
  }
  for (const word of [prefix, notPrefix, sub, notSub]) {
    if (/^\d+$|^(true|false)/.test(word))
      find(place, `${addr}: crng refuses the word "${word}" here, and does not start`);
  }
}

function judgeCommands(root: TomlTable, find: Find): void {
  const init = valueOf(root, 'init');
  const commands = init?.kind === 'table' ? valueOf(init, 'cmds') : init;
  if (commands?.kind !== 'array') return;
  for (const item of commands.items) {
    const text = stringOf(item);
    if (/^addRoute\s+consistentHashing-v2\b/.test(text)) {
      find(
        item.place,
        'this makes a route of that type; crng makes one of type consistentHashing with the key "-v2"',
      );
    } else if (text.startsWith('addDest')) find(item.place, 'addDest works; crng does not have it');
    else if (/^addAgg\s+percentiles\b/.test(text))
      find(item.place, 'crng refuses percentiles in a command, and does not start');
  }
}

/** Self-metrics that come back: to a route that takes everything, or to the relay itself. */
function judgeSelfMetrics(root: TomlTable, config: Config, find: Find): void {
  const section = valueOf(root, 'instrumentation');
  if (section?.kind !== 'table') return;
  const address = valueOf(section, 'graphite_addr');
  const text = stringOf(address);
  if (address === undefined || text === '') return;
  const interval = valueOf(section, 'graphite_interval');
  if (interval?.kind === 'scalar' && typeof interval.value === 'number' && interval.value < 1000) {
    find(interval.place, 'an interval below 1000 ends crng at its start');
  }
  if (!isSame(text, config.inputs.listenAddr)) return;
  const catchAll = config.table.routes.find(({ matcher }) =>
    Object.values(matcher).every((part) => part.length === 0),
  );
  const where =
    catchAll === undefined ? 'no route takes all of them' : `route "${catchAll.key}" takes them all`;
  find(
    address.place,
    `graphite_addr is this relay itself: its own metrics would come back as if from outside; ${where}`,
  );
}

function isSame(target: string, listener: string): boolean {
  const [to, at] = [parseListenAddress(target), parseListenAddress(listener)];
  if (!to.ok || !at.ok || to.address.port !== at.address.port) return false;
  return at.address.host === '' || at.address.host === to.address.host || isLoopback(target);
}

function isLoopback(text: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(text);
}

function valueOf(table: TomlTable, name: string): TomlNode | undefined {
  return table.entries.find(({ key }) => key.toLowerCase() === name)?.value;
}

function tablesOf(root: TomlTable, name: string): TomlTable[] {
  const value = valueOf(root, name);
  return value?.kind === 'array' ? value.items.filter((item) => item.kind === 'table') : [];
}

function stringOf(node: TomlNode | undefined): string {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
}
