// The options of a destination as its parts read them: each at the moment of use, so that a reload can change them while
// queue, disk and connection stay. What a part cannot take up so is not live, and needs a destination of its own.
import { isDeepStrictEqual } from 'node:util';
import type { DestinationOptions, ReplayOrder, WhenFull } from './options.ts';
import { SLAB_BYTES } from './queue/slab-pool.ts';

/** A smaller `iobuf` would make a system call for every line. */
const WRITE_BYTES_MIN = 4096;

/** What decides which keys a destination takes: the table reads it. */
const CONDITIONS: ReadonlySet<string> = new Set<keyof DestinationOptions>([
  'prefix',
  'notPrefix',
  'sub',
  'notSub',
  'regex',
  'notRegex',
  'tags',
]);
/** The other options that a destination takes up while it runs, and those without effect. */
const LIVE: ReadonlySet<string> = new Set<keyof DestinationOptions>([
  'flush',
  'reconn',
  'connbuf',
  'iobuf',
  'spoolbuf',
  'spoolsleep',
  'unspoolsleep',
  'order',
  'replayRate',
  'whenFull',
  'queueBytes',
  'redoBytes',
  'redoAgeMs',
  'connectTimeoutMs',
  'writeTimeoutMs',
  'maxConnAgeMs',
  'rotateBytes',
  'rotateMs',
  'gzip',
  'fsync',
]);

/** Tells whether a destination can go from some options to others as it is. */
export function isLiveChange(before: DestinationOptions, after: DestinationOptions): boolean {
  const rest = (options: DestinationOptions): [string, unknown][] =>
    Object.entries(routingFields(options)).filter(([name]) => !CONDITIONS.has(name));
  return isDeepStrictEqual(rest(before), rest(after));
}

/** The options of a destination that can make a difference to where a key goes. */
export function routingFields(options: DestinationOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !LIVE.has(name)));
}

export class LiveOptions {
  readonly key: string;
  /** Every line goes to disk before it counts; that does not change. */
  readonly durable: boolean;
  #now: DestinationOptions;
  /** False where the sender loses nothing that it has sent. */
  needsRedo = true;

  constructor(key: string, options: DestinationOptions, durable: boolean) {
    this.key = key;
    this.durable = durable;
    this.#now = options;
  }

  get now(): DestinationOptions {
    return this.#now;
  }

  /** Puts other options in force; only such that `isLiveChange` allows. */
  change(options: DestinationOptions): void {
    this.#now = options;
  }

  get writeBytesMax(): number {
    return Math.min(SLAB_BYTES, Math.max(WRITE_BYTES_MIN, this.#now.iobuf));
  }

  get redoBytes(): number {
    return this.needsRedo ? this.#now.redoBytes : 0;
  }

  get redoAgeMs(): number {
    return this.#now.redoAgeMs;
  }

  get queueBytes(): number {
    return this.#now.queueBytes;
  }

  get linesMax(): number {
    return this.#now.connbuf ?? Number.POSITIVE_INFINITY;
  }

  get whenFull(): WhenFull {
    return this.#now.whenFull;
  }

  get order(): ReplayOrder {
    return this.durable ? 'strict' : this.#now.order;
  }

  get replayRate(): number {
    return this.#now.replayRate;
  }

  /** True when a full queue goes to disk; otherwise only the end puts lines there. */
  get spills(): boolean {
    return this.#now.whenFull === 'spill' || this.#now.spool === true;
  }

  get host(): string {
    const { address } = this.#now;
    return address.protocol === 'tcp' ? address.host : '';
  }

  get port(): number {
    const { address } = this.#now;
    return address.protocol === 'tcp' ? address.port : 0;
  }

  get path(): string {
    const { address } = this.#now;
    return address.protocol === 'file' ? address.path : '';
  }

  get connectTimeoutMs(): number {
    return this.#now.connectTimeoutMs;
  }

  /** Longest pause between attempts. */
  get reconnectMs(): number {
    return this.#now.reconn;
  }

  get retryMs(): number {
    return this.#now.reconn;
  }

  get writeTimeoutMs(): number {
    return this.#now.writeTimeoutMs;
  }

  get maxAgeMs(): number {
    return this.#now.maxConnAgeMs;
  }

  get rotateBytes(): number {
    return this.#now.rotateBytes;
  }

  get rotateMs(): number {
    return this.#now.rotateMs;
  }

  get gzip(): boolean {
    return this.#now.gzip;
  }

  get fsync(): boolean {
    return this.#now.fsync;
  }
}
