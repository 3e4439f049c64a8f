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
  {
    name: 'tag',
    type: 'string',
    default: '',
    doc: 'Rewrite the value of this tag ("name": the part before the tags) and leave the rest of the key. A tag that is not there has the empty value, so old = "/^$/" adds it; an empty result takes the tag out. "not" looks at the whole key.',
    status: 'active',
  },
];

const FUNCTION: Option = {
  name: 'function',
  type: 'string',
  default: '',
  doc: "What is computed: avg, count, delta, derive, last, max, median, min, percentiles (p25 to p99, six series), stdev, sum, variance, or one percentile: p1 to p99, p999 for 99.9; p95_linear is carbon's way to it, p95_nearest that of carbon-c-relay.",
  status: 'active',
};

const FORMAT: Option = {
  name: 'format',
  type: 'string',
  default: '',
  doc: 'Key of the result: a template over the groups of the regex, $1, ${1} or ${name}.',
  status: 'active',
};

/** The keys of one of the `outputs` of an `[[aggregation]]`. */
export const AGGREGATION_OUTPUT_OPTIONS: readonly Option[] = [FUNCTION, FORMAT];

/** Longest interval and wait, seconds. */
const WINDOW_SEC_MAX = 366 * 86_400;

/** The keys of an `[[aggregation]]`. */
export const AGGREGATION_OPTIONS: readonly Option[] = [
  FUNCTION,
  ...MATCHER_OPTIONS.map(
    (option): Option =>
      option.name === 'regex'
        ? { ...option, required: true, doc: `${option.doc} Its groups are what the format is made of.` }
        : option,
  ),
  FORMAT,
  {
    name: 'outputs',
    type: 'tables',
    default: [],
    doc: 'Several results of one rule, instead of function and format: [{ function = "sum", format = "…" }, …].',
    status: 'active',
  },
  {
    name: 'interval',
    type: 'int',
    unit: 's',
    required: true,
    min: 1,
    max: WINDOW_SEC_MAX,
    doc: 'Length of a window. Points belong to windows by their own timestamps.',
    status: 'active',
  },
  {
    name: 'wait',
    type: 'int',
    unit: 's',
    default: 0,
    min: 0,
    max: WINDOW_SEC_MAX,
    doc: 'A window that starts at S leaves when the clock says S + wait; so wait is the interval and what points may be late.',
    status: 'active',
  },
  {
    name: 'dropRaw',
    type: 'bool',
    default: false,
    doc: 'The metric ends here: later aggregations and routes do not see it.',
    status: 'active',
  },
  {
    name: 'late',
    type: 'choice',
    choices: ['count', 'amend'],
    default: 'count',
    doc: 'A point that comes when its window has left: count it and no more, or let the window leave again with it, for five intervals.',
    status: 'active',
  },
  {
    name: 'timestamp',
    type: 'choice',
    choices: ['start', 'middle', 'end'],
    default: 'start',
    doc: 'Which time of the window the result bears.',
    status: 'active',
  },
  {
    name: 'cache',
    type: 'bool',
    default: false,
    doc: 'Every series is remembered anyway.',
    status: 'accepted',
  },
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
    doc: "Where the relay's own metrics go as Graphite lines, under carbon-relay-ng's names (docs/metrics.md), host:port; empty: nowhere.",
    status: 'active',
  },
  {
    name: 'graphite_interval',
    type: 'millis',
    default: 10_000,
    min: 0,
    unit: 'ms',
    doc: 'How often they are sent; 0 is the default, and less than 1000 is 1000.',
    status: 'active',
  },
  {
    name: 'service',
    type: 'string',
    default: 'carbon-relay-ng',
    doc: 'The service that their names begin with.',
    status: 'active',
  },
  {
    name: 'graphite_prefix',
    type: 'string',
    default: '',
    doc: 'Stands before every name, with a dot at its end, like "relays.".',
    status: 'active',
  },
  {
    name: 'into_table',
    type: 'bool',
    default: false,
    doc: 'Send them through the routes of the table too, as lines made here; with no graphite_addr, only there.',
    status: 'active',
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
