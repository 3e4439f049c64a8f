// The keys at the top of a config that belong to no input; those of the inputs are in input/options.ts.
import type { Option } from '../util/option.ts';

/** crng's log levels; panic and fatal show errors, notice (its word before 0.11) is info. */
export const LOG_LEVELS = [
  'panic',
  'fatal',
  'error',
  'warn',
  'warning',
  'notice',
  'info',
  'debug',
  'trace',
] as const;

const IDENTITY: readonly Option[] = [
  {
    name: 'instance',
    type: 'string',
    required: true,
    doc: 'Names this relay in its own metrics and its log; usually "${HOST}", the host name up to its first dot.',
    status: 'active',
  },
  {
    name: 'log_level',
    type: 'string',
    default: 'info',
    choices: LOG_LEVELS,
    doc: 'How much is logged, in any letter case; panic and fatal show nothing but why the process ends, notice is info.',
    status: 'active',
    live: true,
  },
  {
    name: 'log_format',
    type: 'choice',
    default: 'text',
    choices: ['text', 'json'],
    doc: 'text: the lines of carbon-relay-ng; json: one object a line.',
    status: 'active',
  },
  {
    name: 'pid_file',
    type: 'string',
    default: '',
    doc: 'File that holds the process id while the relay runs; a file that cannot be written is a warning.',
    status: 'active',
  },
  {
    name: 'shutdown_timeout',
    type: 'duration',
    default: '25s',
    doc: 'Longest time from SIGTERM to the end of the process, for what is still queued to be sent.',
    status: 'active',
    live: true,
  },
];

const FILES: readonly Option[] = [
  {
    name: 'include',
    type: 'strings',
    default: [],
    doc: 'More files with rules, like "conf.d/*.toml", relative to this file and in the order of their names; their routes, rewriters, aggregations, blocklists and [init] cmds are appended to those here. They hold no other keys.',
    status: 'active',
  },
  {
    name: 'write_back',
    type: 'bool',
    default: false,
    doc: 'Write changes of the table by telnet and HTTP to this file and those it includes, comments kept; where that cannot be done, the whole config goes to a file beside it, named with ".sluice" at the end.',
    status: 'active',
  },
];

const MEASURING: readonly Option[] = [
  {
    name: 'measure',
    type: 'bool',
    default: true,
    doc: 'false turns off what the relay measures beyond its books (traffic on four time scales, timings of destinations, who sends most), to compare what that costs; counters, drop reasons and the ledger stay. A change needs a restart.',
    status: 'active',
  },
];

const VALIDATION: readonly Option[] = [
  {
    name: 'validation_level_legacy',
    type: 'choice',
    default: 'medium',
    choices: ['strict', 'medium', 'none'],
    doc: 'How strictly plain and tagged keys are checked.',
    status: 'active',
  },
  {
    name: 'validation_level_m20',
    type: 'choice',
    default: 'medium',
    choices: ['medium', 'none'],
    doc: 'How strictly metrics 2.0 keys (with "=" or "_is_" before the first dot) are checked.',
    status: 'active',
  },
  {
    name: 'validate_order',
    type: 'bool',
    default: false,
    doc: 'Refuse points that are not newer than the last one of their series.',
    status: 'active',
  },
  {
    name: 'order_future_max',
    type: 'duration',
    default: '1h',
    doc: 'A point further in the future than this passes validate_order but does not silence its series.',
    status: 'active',
  },
  {
    name: 'bad_metrics_max_age',
    type: 'duration',
    default: '24h',
    doc: 'How long refused lines are remembered for /badMetrics.',
    status: 'active',
    live: true,
  },
  {
    name: 'normalize_tags',
    type: 'bool',
    default: false,
    doc: 'Send keys with their tags in order, as carbon does with TAG_RELAY_NORMALIZED; routes and hashes see them so too. Otherwise tags stay as they came.',
    status: 'active',
    live: true,
  },
  {
    name: 'blocklist',
    type: 'strings',
    default: [],
    aliases: ['blacklist'],
    doc: 'Keys to drop: "<method> <pattern>", method prefix, notPrefix, sub, notSub, regex, notRegex or tag (as in "tag dc=eu").',
    status: 'active',
  },
];

const ADMIN: readonly Option[] = [
  {
    name: 'http_addr',
    type: 'string',
    default: '',
    doc: 'Where the HTTP API, /metrics and health checks listen, host:port; empty: nowhere.',
    status: 'active',
  },
  {
    name: 'admin_addr',
    type: 'string',
    default: '',
    doc: 'Where the telnet commands listen, host:port; empty: nowhere.',
    status: 'active',
  },
  {
    name: 'admin_token',
    type: 'string',
    default: '',
    doc: 'Who gives this token may change the table from another machine (HTTP: "Authorization: Bearer TOKEN"; telnet: "auth TOKEN"); from this machine none is needed. Better given as an environment variable.',
    status: 'active',
    secret: true,
  },
  {
    name: 'admin_allow_remote_writes',
    type: 'bool',
    default: false,
    doc: 'Let every machine that reaches http_addr or admin_addr change the table, without a token, as in carbon-relay-ng.',
    status: 'active',
  },
];

const RESOURCES: readonly Option[] = [
  {
    name: 'max_series',
    type: 'int',
    default: 10_000_000,
    unit: 'series',
    min: 1_000,
    max: 100_000_000,
    doc: 'Most series whose routing is remembered; beyond it those longest unseen are forgotten and resolved again.',
    status: 'active',
  },
  {
    name: 'queue_bytes_total',
    type: 'bytes',
    default: 134_217_728,
    unit: 'bytes',
    min: 1_048_576,
    doc: 'Memory that all destination queues share.',
    status: 'active',
  },
  {
    name: 'spool_dir',
    type: 'string',
    default: '',
    doc: 'Folder for what waits on disk for a slow or absent destination; empty: the current folder. One that cannot be written is a warning, and then what does not fit in memory is dropped.',
    status: 'active',
  },
  {
    name: 'durability',
    type: 'choice',
    choices: ['memory', 'disk'],
    default: 'memory',
    doc: 'disk: a line counts as received once it is synced to disk for every destination it goes to, and is sent after that; a spool_dir that cannot be used is an error then.',
    status: 'active',
  },
  {
    name: 'max_procs',
    type: 'int',
    default: 0,
    doc: 'Threads of the Go runtime in carbon-relay-ng.',
    status: 'accepted',
  },
  {
    name: 'first_only',
    type: 'bool',
    default: false,
    doc: 'A leftover that carbon-relay-ng reads and does not use.',
    status: 'accepted',
  },
];

/** Every key at the top of a config but those of the inputs. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  ...IDENTITY,
  ...FILES,
  ...VALIDATION,
  ...ADMIN,
  ...RESOURCES,
  ...MEASURING,
];
