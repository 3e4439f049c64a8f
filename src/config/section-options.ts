// The keys of the smaller tables of a config: [[rewriter]], [[aggregation]], [amqp], [instrumentation] and [init].
import type { Option } from '../util/option.ts';
import { MATCHER_OPTIONS } from './matcher-options.ts';

/** The keys of a `[[rewriter]]`. */
export const REWRITER_OPTIONS: readonly Option[] = [
  {
    name: 'old',
    type: 'string',
    required: true,
    doc: 'Text to replace, or a regular expression between slashes.',
    status: 'active',
  },
  {
    name: 'new',
    type: 'string',
    default: '',
    doc: 'What stands there instead; for a regular expression a template with ${1} or ${name}.',
    status: 'active',
  },
  {
    name: 'not',
    type: 'string',
    default: '',
    doc: 'Leave keys alone that contain this text, or that it matches when between slashes.',
    status: 'active',
  },
  {
    name: 'max',
    type: 'int',
    default: 0,
    doc: 'How many to replace: -1 all, 0 none; a regular expression requires -1.',
    status: 'active',
  },
];

const AGGREGATION_FUNCTIONS = [
  'avg',
  'count',
  'delta',
  'derive',
  'last',
  'max',
  'min',
  'stdev',
  'sum',
  'percentiles',
];

/** The keys of an `[[aggregation]]`. */
export const AGGREGATION_OPTIONS: readonly Option[] = [
  {
    name: 'function',
    type: 'choice',
    required: true,
    choices: AGGREGATION_FUNCTIONS,
    doc: 'What is computed.',
    status: 'refused',
  },
  ...MATCHER_OPTIONS.map((option): Option => ({ ...option, status: 'refused' })),
  {
    name: 'format',
    type: 'string',
    default: '',
    doc: 'Template of the key that results.',
    status: 'refused',
  },
  { name: 'interval', type: 'int', unit: 's', default: 0, doc: 'Length of a window.', status: 'refused' },
  {
    name: 'wait',
    type: 'int',
    unit: 's',
    default: 0,
    doc: 'How long a window stays open.',
    status: 'refused',
  },
  { name: 'cache', type: 'bool', default: false, doc: 'Has no effect.', status: 'refused' },
  { name: 'dropRaw', type: 'bool', default: false, doc: 'Drop what was aggregated.', status: 'refused' },
];

/** The keys of `[amqp]`. */
export const AMQP_OPTIONS: readonly Option[] = [
  {
    name: 'amqp_enabled',
    type: 'bool',
    default: false,
    doc: 'Read metrics from an AMQP broker.',
    status: 'refused',
    feature: 'the AMQP input',
  },
  amqp('amqp_host', 'localhost', 'Host of the broker.'),
  amqp('amqp_port', 5672, 'Port of the broker.'),
  amqp('amqp_user', 'guest', 'User name.'),
  { ...amqp('amqp_password', 'guest', 'Password.'), secret: true },
  amqp('amqp_vhost', '/graphite', 'Virtual host.'),
  amqp('amqp_exchange', 'metrics', 'Exchange; it must exist.'),
  amqp('amqp_queue', '', 'Queue; empty: named by the broker.'),
  amqp('amqp_key', '#', 'Binding key.'),
  amqp('amqp_durable', false, 'Declare the queue as durable.'),
  amqp('amqp_exclusive', true, 'Declare the queue as exclusive.'),
  { ...amqp('amqp_heartbeat', 70, 'Heartbeat; 0: the default of the library.'), unit: 's' },
  amqp('amqp_retry', true, 'Connect again at a fixed pace.'),
  { ...amqp('amqp_retrydelay', 30, 'That pace.'), unit: 's' },
];

function amqp(name: string, value: string | number | boolean, doc: string): Option {
  const type = typeof value === 'string' ? 'string' : typeof value === 'number' ? 'int' : 'bool';
  return { name, type, default: value, doc, status: 'later', feature: 'the AMQP input' };
}

/** The keys of `[instrumentation]`. */
export const INSTRUMENTATION_OPTIONS: readonly Option[] = [
  {
    name: 'graphite_addr',
    type: 'string',
    default: '',
    doc: "Where the relay's own metrics go as Graphite lines, host:port; empty: nowhere.",
    status: 'later',
    feature: 'self-metrics in Graphite form (GET /metrics has them)',
  },
  {
    name: 'graphite_interval',
    type: 'millis',
    default: 10_000,
    min: 0,
    unit: 'ms',
    doc: 'How often they are sent.',
    status: 'later',
    feature: 'self-metrics in Graphite form',
  },
];

/** The keys of `[init]`. */
export const INIT_OPTIONS: readonly Option[] = [
  {
    name: 'cmds',
    type: 'strings',
    default: [],
    doc: 'Commands that change the table, applied before everything else; kept for old configs.',
    status: 'active',
  },
];
