// From texts to a Config: file, environment variables and flags in, one plain value and a list of problems out.
// Pure: everything it depends on is handed in. It never throws on anything a user wrote.
import { createHash } from 'node:crypto';
import { parseListenAddress } from '../util/listen-address.ts';
import { parseLogLevel } from '../util/log-level.ts';
import type { Config } from './config.ts';
import { embeddedConfig, graphiteAddrError } from './embedded-config.ts';
import { findTable } from './find-section.ts';
import { goConfig } from './go-config.ts';
import { type IncludeFiles, mergeIncludes } from './include.ts';
import { noticeOptions } from './notice.ts';
import { type Flags, Overrides } from './overrides.ts';
import { outsidePlace, type Problem, Problems, sortProblems } from './problem.ts';
import type { ParseDestination } from './read-destination.ts';
import { readSelfMetrics } from './read-self-metrics.ts';
import { readTable } from './read-table.ts';
import { AMQP_SECTION, INSTRUMENTATION_SECTION, keyName, type Section, TOP_SECTION } from './sections.ts';
import { readSettings, type Settings } from './settings.ts';
import { warnOfUnknownVariables } from './unknown-variables.ts';
import { type ConfigText, parseConfigText, type TomlTable } from './toml-tree.ts';

/** All that a config is made from. Flags stand above environment variables, those above the file. */
export interface ConfigSources {
  /** Undefined: the embedded default. */
  readonly file: ConfigText | undefined;
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  /** Absent: nothing can be included. */
  readonly includes?: IncludeFiles;
}

/** What reading a config needs from other rooms. */
export interface ConfigDependencies {
  readonly parseDestination: ParseDestination;
}

/** `config` is there when no problem is an error; unknown keys are not errors here, the caller may take them for such. */
export interface LoadedConfig {
  readonly config: Config | undefined;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

/** Loads a config. */
export function loadConfig(sources: ConfigSources, dependencies: ConfigDependencies): LoadedConfig {
  const problems = new Problems();
  const { env, hostName } = sources;
  const file = sources.file ?? embeddedConfig(env['GRAPHITE_ADDR']);
  if (sources.file === undefined) checkGraphiteAddr(env['GRAPHITE_ADDR'], problems);
  const parse = (text: ConfigText): TomlTable | undefined =>
    parseConfigText(text, { hostName, env }, problems);
  const root = parse(file);
  const overrides = new Overrides(sources.flags, env);
  const { includes: files = NO_FILES } = sources;
  const texts = [file];
  const parseIncluded = (text: ConfigText): TomlTable | undefined => {
    texts.push(text);
    return parse(text);
  };
  const included =
    root && mergeIncludes(root, file.file, { files, parse: parseIncluded, overrides, problems });
  warnOfUnknownVariables(env, problems);
  const config = root && readConfig(root, overrides, dependencies, problems);
  const sorted = sortProblems(problems.list, [file.file, ...(included ?? [])]);
  if (problems.failed || !config) return { config: undefined, problems: sorted };
  const read = sources.file === undefined ? [] : [file.file, ...(included ?? [])];
  return { config: { ...config, files: read, digest: digestOf(texts), warnings: sorted }, problems: sorted };
}

function digestOf(texts: readonly ConfigText[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of texts) hash.update(`${file}\0${text.length}\0${text}`);
  return hash.digest('hex');
}

const NO_FILES: IncludeFiles = {
  list: () => [],
  readText: () => '',
};

function checkGraphiteAddr(address: string | undefined, problems: Problems): void {
  const error = graphiteAddrError(address);
  if (error !== undefined) problems.error(outsidePlace('environment variable GRAPHITE_ADDR'), error);
}

function readConfig(
  root: TomlTable,
  overrides: Overrides,
  dependencies: ConfigDependencies,
  problems: Problems,
): Config {
  const top = readSettings({ section: TOP_SECTION, table: root, place: root.place, overrides }, problems);
  noticeOptions(TOP_SECTION, top, problems);
  const keys = { ...top.values() };
  const amqp = readSection(root, AMQP_SECTION, overrides, problems);
  const instrumentation = readSection(root, INSTRUMENTATION_SECTION, overrides, problems);
  for (const [section, settings] of [
    [AMQP_SECTION, amqp],
    [INSTRUMENTATION_SECTION, instrumentation],
  ] as const) {
    const values = settings.values();
    for (const option of section.options) {
      const value = values[option.name];
      if (value !== undefined) keys[keyName(section, option)] = value;
    }
  }
  lintInstance(top, problems);
  checkAddresses(top, problems);
  const table = readTable(root, top, overrides, dependencies.parseDestination, problems);
  const shown = goConfig(root, top, overrides);
  const selfMetrics = readSelfMetrics(instrumentation, problems);
  return { ...topValues(top), selfMetrics, table, files: [], digest: '', keys, shown, warnings: [] };
}

/** Reads a section, for its values, its mistakes and what has to be said about it. */
function readSection(root: TomlTable, section: Section, overrides: Overrides, problems: Problems): Settings {
  const table = findTable(root, section, problems);
  const place = table?.place ?? root.place;
  const settings = readSettings({ section, table, place, overrides }, problems);
  noticeOptions(section, settings, problems);
  return settings;
}

type Derived = 'selfMetrics' | 'table' | 'files' | 'digest' | 'keys' | 'shown' | 'warnings';

function topValues(top: Settings): Omit<Config, Derived> {
  return {
    instance: top.string('instance'),
    logLevel: parseLogLevel(top.string('log_level')) ?? 'info',
    logFormat: top.string('log_format') === 'json' ? 'json' : 'text',
    levels: {
      legacy: top.string('validation_level_legacy') as Config['levels']['legacy'],
      m20: top.string('validation_level_m20') as Config['levels']['m20'],
    },
    validateOrder: top.boolean('validate_order'),
    orderFutureMaxSec: top.number('order_future_max') / 1000,
    badMetricsMaxAgeMs: top.number('bad_metrics_max_age'),
    inputs: {
      listenAddr: top.string('listen_addr'),
      plainReadTimeoutMs: top.number('plain_read_timeout'),
      pickleAddr: top.string('pickle_addr'),
      pickleReadTimeoutMs: top.number('pickle_read_timeout'),
      pickleBytesMax: top.number('pickle_max_bytes'),
      connectionsMax: top.number('max_connections'),
      lineBytesMax: top.number('max_line_bytes'),
      tcpBacklog: top.number('tcp_backlog'),
      udpReceiveBufferBytes: top.number('udp_receive_buffer'),
    },
    httpAddr: top.string('http_addr'),
    adminAddr: top.string('admin_addr'),
    writePolicy: { token: top.string('admin_token'), allowRemote: top.boolean('admin_allow_remote_writes') },
    spoolDir: top.string('spool_dir'),
    durability: top.string('durability') === 'disk' ? 'disk' : 'memory',
    maxSeries: top.number('max_series'),
    queueBytesTotal: top.number('queue_bytes_total'),
    shutdownTimeoutMs: top.number('shutdown_timeout'),
    pidFile: top.string('pid_file'),
    writeBack: top.boolean('write_back'),
    measure: top.boolean('measure'),
  };
}

function lintInstance(top: Settings, problems: Problems): void {
  if (top.given('instance') === undefined) return;
  const place = top.placeOf('instance');
  const instance = top.string('instance');
  if (instance === '') problems.error(place, 'instance identifier cannot be empty');
  else if (instance.includes('.')) {
    problems.warn(place, `the dots in instance "${instance}" split the names of its own metrics`);
  }
}

function checkAddresses(top: Settings, problems: Problems): void {
  const open: string[] = [];
  for (const name of ['listen_addr', 'pickle_addr', 'admin_addr', 'http_addr']) {
    const text = top.string(name);
    if (text === '') continue;
    const parsed = parseListenAddress(text);
    if (!parsed.ok) problems.error(top.placeOf(name), `"${name}": ${parsed.error}`);
    else if (/^(admin|http)_/.test(name) && !isLoopback(parsed.address.host)) open.push(name);
  }
  lintOpenAdmin(open, top, problems);
}

/** One warning for all that other machines can reach without a token. */
function lintOpenAdmin(open: readonly string[], top: Settings, problems: Problems): void {
  const [first] = open;
  if (first === undefined || top.string('admin_token') !== '') return;
  const where = open.map((name) => `${name} "${top.string(name)}"`).join(' and ');
  const changes = top.boolean('admin_allow_remote_writes')
    ? 'and changes too (admin_allow_remote_writes)'
    : 'changes from there are refused until admin_token is set';
  problems.warn(
    top.placeOf(first),
    `${where} ${open.length > 1 ? 'are' : 'is'} open to other machines: reads are served to everyone, ${changes}`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
