// The options of a destination: as plain data, and as the table that declares each option of a destination string once.
// The parser, the config reference and the help derive from the table.
import type { Option } from '../util/option.ts';

/** What a full queue does. Until the spool lands, `spill` behaves as `block`. */
export type WhenFull = 'spill' | 'block' | 'drop_newest' | 'drop_oldest';

/** Where a destination's lines go. */
export type DestinationAddress =
  | { readonly protocol: 'tcp'; readonly host: string; readonly port: number; readonly instance: string }
  | { readonly protocol: 'file'; readonly path: string };

/** A destination as plain data; the matcher fields are those of a route (empty: not set). */
export interface DestinationOptions {
  /** As written: `host:port`, `host:port:instance` or `file:PATH`. */
  readonly addr: string;
  readonly address: DestinationAddress;
  readonly prefix: string;
  readonly notPrefix: string;
  readonly sub: string;
  readonly notSub: string;
  readonly regex: string;
  readonly notRegex: string;
  /** Longest a line may wait before it is written, ms. */
  readonly flush: number;
  /** Longest pause between attempts to connect, ms. */
  readonly reconn: number;
  readonly pickle: boolean;
  /** undefined: not written. */
  readonly spool: boolean | undefined;
  /** Queue bound in metrics; undefined: bounded in bytes alone. */
  readonly connbuf: number | undefined;
  /** Most bytes of one write. */
  readonly iobuf: number;
  readonly spoolbuf: number;
  readonly spoolmaxbytesperfile: number;
  readonly spoolsyncevery: number;
  readonly spoolsyncperiod: number;
  readonly spoolsleep: number;
  readonly unspoolsleep: number;
  readonly whenFull: WhenFull;
  /** Queue bound in bytes. */
  readonly queueBytes: number;
  /** Bytes handed to the kernel that are kept to be sent again when the connection breaks; 0: off. */
  readonly redoBytes: number;
  readonly redoAgeMs: number;
  readonly connectTimeoutMs: number;
  /** File destinations. */
  readonly rotateBytes: number;
  readonly rotateMs: number;
  readonly gzip: boolean;
  readonly fsync: boolean;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 86_400_000;

/** Every option of a destination string: crng's names first, then ours. Values hold no white space. */
export const DESTINATION_OPTIONS: readonly Option[] = [
  {
    name: 'prefix',
    type: 'string',
    default: '',
    doc: 'Take only keys that start with this text.',
    status: 'active',
  },
  {
    name: 'notPrefix',
    type: 'string',
    default: '',
    doc: 'Take no keys that start with this text.',
    status: 'active',
  },
  {
    name: 'sub',
    type: 'string',
    default: '',
    doc: 'Take only keys that contain this text.',
    status: 'active',
  },
  {
    name: 'notSub',
    type: 'string',
    default: '',
    doc: 'Take no keys that contain this text.',
    status: 'active',
  },
  {
    name: 'regex',
    type: 'string',
    default: '',
    doc: 'Take only keys that match this regular expression (RE2 syntax).',
    status: 'active',
  },
  {
    name: 'notRegex',
    type: 'string',
    default: '',
    doc: 'Take no keys that match this regular expression (RE2 syntax).',
    status: 'active',
  },
  {
    name: 'flush',
    type: 'millis',
    default: 1000,
    unit: 'ms',
    max: DAY_MS,
    doc: 'Upper bound on how long a line waits for company before it is written; lines normally leave at once.',
    status: 'active',
  },
  {
    name: 'reconn',
    type: 'millis',
    default: 10_000,
    unit: 'ms',
    max: DAY_MS,
    doc: 'Upper bound of the pause between attempts to connect; the pause starts at 100 ms and doubles.',
    status: 'active',
  },
  {
    name: 'pickle',
    type: 'bool',
    default: false,
    doc: 'Send in pickle instead of plain text; true is refused until this is built.',
    status: 'refused',
  },
  {
    name: 'spool',
    type: 'bool',
    doc: 'Keep on disk what the destination cannot take; false written out means when_full=drop_newest.',
    status: 'later',
  },
  {
    name: 'connbuf',
    type: 'int',
    unit: 'metrics',
    min: 1,
    doc: 'Bound of the queue in metrics; when absent the queue is bounded by queue_bytes alone.',
    status: 'active',
  },
  {
    name: 'iobuf',
    type: 'bytes',
    default: 2_000_000,
    unit: 'bytes',
    doc: 'Most bytes in one write; never more than 262144, and at least one line.',
    status: 'active',
  },
  {
    name: 'spoolbuf',
    type: 'int',
    default: 10_000,
    unit: 'metrics',
    doc: 'Memory in front of the spool of carbon-relay-ng; has no effect here.',
    status: 'accepted',
  },
  {
    name: 'spoolmaxbytesperfile',
    type: 'bytes',
    default: 200 * MIB,
    unit: 'bytes',
    doc: 'Size of a spool file.',
    status: 'later',
  },
  {
    name: 'spoolsyncevery',
    type: 'int',
    default: 10_000,
    unit: 'metrics',
    doc: 'Sync the spool to disk after this many metrics.',
    status: 'later',
  },
  {
    name: 'spoolsyncperiod',
    type: 'millis',
    default: 1000,
    unit: 'ms',
    doc: 'Sync the spool to disk after this time.',
    status: 'later',
  },
  {
    name: 'spoolsleep',
    type: 'int',
    default: 500,
    unit: 'µs',
    doc: 'Pause between writes to the spool of carbon-relay-ng; has no effect here.',
    status: 'accepted',
  },
  {
    name: 'unspoolsleep',
    type: 'int',
    default: 10,
    unit: 'µs',
    doc: 'Pause between reads from the spool of carbon-relay-ng; has no effect here.',
    status: 'accepted',
  },
  {
    name: 'when_full',
    type: 'choice',
    choices: ['spill', 'block', 'drop_newest', 'drop_oldest'],
    default: 'spill',
    doc: 'What a full queue does: pause the senders (block), or drop with a reason; spill behaves as block until the spool is built.',
    status: 'active',
  },
  {
    name: 'queue_bytes',
    type: 'bytes',
    default: 32 * MIB,
    unit: 'bytes',
    min: 1,
    doc: 'Bound of the queue in memory.',
    status: 'active',
  },
  {
    name: 'redo_bytes',
    type: 'bytes',
    default: 8 * MIB,
    unit: 'bytes',
    doc: 'Bytes already sent that are kept and sent again when the connection breaks; 0 turns it off.',
    status: 'active',
  },
  {
    name: 'redo_age',
    type: 'millis',
    default: 10_000,
    unit: 'ms',
    max: DAY_MS,
    doc: 'Bytes sent longer ago than this are not sent again.',
    status: 'active',
  },
  {
    name: 'connect_timeout',
    type: 'millis',
    default: 5000,
    unit: 'ms',
    min: 1,
    max: DAY_MS,
    doc: 'Longest wait for one address to accept the connection.',
    status: 'active',
  },
  {
    name: 'rotate_bytes',
    type: 'bytes',
    default: 100 * MIB,
    unit: 'bytes',
    doc: 'File destinations: start a new file before this size is exceeded; 0: never.',
    status: 'active',
  },
  {
    name: 'rotate_interval',
    type: 'millis',
    default: 0,
    unit: 'ms',
    doc: 'File destinations: start a new file at every multiple of this time (UTC); 0: never.',
    status: 'active',
  },
  {
    name: 'gzip',
    type: 'bool',
    default: false,
    doc: 'File destinations: compress files once they are rotated.',
    status: 'active',
  },
  {
    name: 'fsync',
    type: 'bool',
    default: false,
    doc: 'File destinations: sync to disk before lines count as written.',
    status: 'active',
  },
];

/** The options that only a `file:` destination has. */
export const FILE_OPTIONS: ReadonlySet<string> = new Set([
  'rotate_bytes',
  'rotate_interval',
  'gzip',
  'fsync',
]);
