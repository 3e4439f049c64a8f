// The options of a destination: as plain data, and as the table that declares each option of a destination string once.
// The parser, the config reference and the help derive from the table.
import type { Option } from '../util/option.ts';

/**
 * What happens when memory is full. A destination that has a spool spills to it first, whatever is said here, when that
 * is `spill` or `spool=true` was written; the rest of the name says what happens when the disk takes no more either.
 */
export type WhenFull = 'spill' | 'block' | 'drop_newest' | 'drop_oldest';

/** Who goes first while lines wait on disk: `live_first`, or each line in its order (`strict`). */
export type ReplayOrder = 'live_first' | 'strict';

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
  /** Conditions on tags, expressions of seriesByTag. */
  readonly tags: readonly string[];
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
  /** Cap of the spool, bytes; 0: the default cap. */
  readonly spoolmaxbytes: number;
  /** 0: lines on disk do not expire. */
  readonly spoolMaxAgeMs: number;
  /** Which lines go when the spool is at its cap. */
  readonly spoolFull: 'oldest' | 'newest';
  readonly order: ReplayOrder;
  /** undefined: as the relay's `durability` says. */
  readonly durability: 'memory' | 'disk' | undefined;
  /** Most lines a second from disk; 0: no bound. */
  readonly replayRate: number;
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
  /** A write that makes no progress for so long means that the peer is gone; 0: never. */
  readonly writeTimeoutMs: number;
  /** A connection is renewed at this age; 0: never. */
  readonly maxConnAgeMs: number;
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
    name: 'tags',
    type: 'string',
    default: '',
    doc: 'Take only keys whose tags fit: dc=eu, dc!=eu, dc=~^eu, dc!=~^eu; several with a ; between.',
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
    doc: 'Upper bound of the pause between attempts to connect; the pause starts at 100 ms and doubles. While the host of the peer refuses, it is about a tenth of the time that the peer has been away, at most 1 s.',
    status: 'active',
  },
  {
    name: 'pickle',
    type: 'bool',
    default: false,
    doc: 'Send batches in pickle, as carbon relays do among themselves, instead of plain text; not for file: destinations.',
    status: 'active',
  },
  {
    name: 'spool',
    type: 'bool',
    doc: 'Keep on disk what the destination cannot take, which is the default; true: spill before any when_full; false: no disk, and when_full=drop_newest unless it says otherwise.',
    status: 'active',
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
    doc: 'Memory in front of the spool of carbon-relay-ng; not needed here, where the queue itself is what goes to disk.',
    status: 'accepted',
  },
  {
    name: 'spoolmaxbytesperfile',
    type: 'bytes',
    default: 200 * MIB,
    unit: 'bytes',
    doc: 'Size of a spool file.',
    status: 'active',
  },
  {
    name: 'spoolsyncevery',
    type: 'int',
    default: 10_000,
    unit: 'metrics',
    doc: 'Sync the spool to disk after this many metrics.',
    status: 'active',
  },
  {
    name: 'spoolsyncperiod',
    type: 'millis',
    default: 1000,
    unit: 'ms',
    doc: 'Sync the spool to disk after this time.',
    status: 'active',
  },
  {
    name: 'spoolsleep',
    type: 'int',
    default: 500,
    unit: 'µs',
    doc: 'Pause between writes to the spool of carbon-relay-ng; not needed here, where writes are large and few.',
    status: 'accepted',
  },
  {
    name: 'unspoolsleep',
    type: 'int',
    default: 10,
    unit: 'µs',
    doc: 'Pause between reads from the spool of carbon-relay-ng; not needed here, where replay goes by what the peer takes and replay_rate.',
    status: 'accepted',
  },
  {
    name: 'spoolmaxbytes',
    type: 'bytes',
    default: 0,
    unit: 'bytes',
    doc: 'Most bytes of this destination on disk; 0: 10 GiB, or half of what is free if that is less.',
    status: 'active',
  },
  {
    name: 'spool_max_age',
    type: 'millis',
    default: 0,
    unit: 'ms',
    doc: 'Lines that have been on disk for longer are dropped (spool_expired); 0: never.',
    status: 'active',
  },
  {
    name: 'spool_full',
    type: 'choice',
    choices: ['oldest', 'newest'],
    default: 'oldest',
    doc: 'Which lines go when the spool is full.',
    status: 'active',
  },
  {
    name: 'order',
    type: 'choice',
    choices: ['live_first', 'strict'],
    default: 'live_first',
    doc: 'While lines wait on disk: send what arrives first and the backlog with what is left (live_first), or keep the order of arrival, for stores that refuse old data (strict).',
    status: 'active',
  },
  {
    name: 'replay_rate',
    type: 'int',
    default: 0,
    unit: 'metrics/s',
    doc: 'Most lines a second that are sent from disk; 0: as many as the peer takes.',
    status: 'active',
  },
  {
    name: 'durability',
    type: 'choice',
    choices: ['memory', 'disk'],
    doc: 'disk: every line goes to disk, counts once it is synced there, and is sent after that, in order; absent: as durability at the top says.',
    status: 'active',
  },
  {
    name: 'when_full',
    type: 'choice',
    choices: ['spill', 'block', 'drop_newest', 'drop_oldest'],
    default: 'spill',
    doc: 'What a full queue does: move its oldest lines to disk (spill), pause the senders (block), or drop with a reason.',
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
    name: 'write_timeout',
    type: 'millis',
    default: 120_000,
    unit: 'ms',
    max: DAY_MS,
    doc: 'A connection whose peer takes not one byte of a write for this long is given up and made again; 0: never.',
    status: 'active',
  },
  {
    name: 'max_conn_age',
    type: 'millis',
    default: 0,
    unit: 'ms',
    max: DAY_MS,
    doc: 'A connection of this age is ended in order and made again, so that load behind a balancer spreads; 0: never.',
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
