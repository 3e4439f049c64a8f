// A spool in memory, in the test's hand: blocks are written when the test says so, or at once; a crash forgets what was
// not written, and what was acknowledged since a while. It holds the contract's rules against its user.
import type {
  Spool,
  SpoolBlock,
  SpoolEvents,
  SpoolOpening,
  SpoolPosition,
  SpoolRecord,
  SpoolRefusal,
  SpoolStats,
} from '../../src/destination/spool/spool.ts';

interface Waiting {
  readonly block: SpoolBlock;
  readonly written: (ok: boolean) => void;
}

/** What outlives the process. */
export interface FakeDisk {
  records: { readonly text: string; readonly lines: number; readonly firstMs: number }[];
  /** Records that are acknowledged, from the first. */
  acked: number;
  /** Lines that it says it holds when it is opened; absent: those it holds. */
  readonly claims?: number;
}

export class FakeSpool implements Spool {
  readonly disk: FakeDisk;
  readonly events: SpoolEvents;
  /** True: blocks wait for `write()`. */
  slow = false;
  refuse: SpoolRefusal | undefined;
  /** What it says of itself while it is open. */
  state: 'ready' | 'full' | 'failed' = 'ready';
  /** Bytes that may wait; beyond them the disk is behind. */
  waitingBytesMax = 8 * 1024 * 1024;
  failsToOpen: Error | undefined;
  closed = false;
  reads = 0;
  /** Records that were read and were not in memory. */
  diskReads = 0;
  offers: number[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #gone = new Set<number>();
  readonly #kept = new Map<number, () => void>();
  #waitingBytes = 0;
  #at: number;
  #starved = false;
  #refused = false;
  #reading = false;
  #handedOut: Buffer[] = [];

  constructor(events: SpoolEvents, disk: FakeDisk = { records: [], acked: 0 }) {
    this.events = events;
    this.disk = disk;
    this.#at = disk.acked;
  }

  get stats(): SpoolStats {
    const left = this.disk.records.filter((_, n) => n >= this.disk.acked && !this.#gone.has(n));
    const waiting = this.#waiting.map(({ block }) => block);
    return {
      lines: [...left, ...waiting].reduce((sum, { lines }) => sum + lines, 0),
      bytes: this.#waitingBytes + left.reduce((sum, { text }) => sum + text.length, 0),
      diskBytes: this.disk.records.reduce((sum, { text }) => sum + text.length, 0),
      oldestMs: left[0]?.firstMs,
      state: this.closed ? 'closed' : this.state,
      lastError: '',
    };
  }

  async open(): Promise<SpoolOpening> {
    await Promise.resolve();
    if (this.failsToOpen !== undefined) throw this.failsToOpen;
    const { lines, bytes } = this.stats;
    return {
      lines: this.disk.claims ?? lines,
      bytes,
      segments: 1,
      damagedRecords: 0,
      damagedBytes: 0,
      notes: [],
    };
  }

  /** Lines that were offered and are not written. */
  get waitingLines(): number {
    return this.#waiting.reduce((sum, { block }) => sum + block.lines, 0);
  }

  offer(block: SpoolBlock, written: (ok: boolean) => void): SpoolRefusal | undefined {
    const behind = this.#waiting.length > 0 && this.#waitingBytes + block.bytes.length > this.waitingBytesMax;
    const refusal = this.closed ? 'spool_error' : (this.refuse ?? (behind ? 'slow_spool' : undefined));
    this.#refused ||= refusal !== undefined;
    if (refusal !== undefined) return refusal;
    if (block.bytes.at(-1) !== 10) throw new Error('a block must end with a newline');
    if (block.bytes.toString().split('\n').length - 1 !== block.lines)
      throw new Error('wrong count of lines');
    this.offers.push(block.bytes.length);
    this.#waiting.push({ block, written });
    this.#waitingBytes += block.bytes.length;
    if (!this.slow) queueMicrotask(() => this.write());
    return undefined;
  }

  /** Gives back all blocks that wait: the disk failed. */
  fail(): void {
    this.#settle(this.#waiting.length, false);
  }

  /** Writes the blocks that wait, or at most `count` of them. */
  write(count = Number.POSITIVE_INFINITY): void {
    this.#settle(count, true);
  }

  /** Writes what waits, and gives all memory back. */
  end(): void {
    this.write();
    this.forget();
  }

  #settle(count: number, ok: boolean): void {
    for (let left = count; left > 0; left -= 1) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const { block, written } = next;
      this.#waitingBytes -= block.bytes.length;
      const { lines, firstMs } = block;
      if (ok && block.release !== undefined) this.#kept.set(this.disk.records.length, block.release);
      if (ok) this.disk.records.push({ text: block.bytes.toString(), lines, firstMs });
      written(ok);
    }
    if (this.#refused && this.refuse === undefined) {
      this.#refused = false;
      this.events.writable();
    }
    if (this.#starved && this.#at < this.disk.records.length) {
      this.#starved = false;
      this.events.readable();
    }
  }

  async read(done = false): Promise<SpoolRecord | undefined> {
    if (this.#reading) throw new Error('two reads at once');
    // Whoever says so and still uses them sends this.
    if (done) for (const bytes of this.#handedOut.splice(0)) bytes.fill('!');
    this.#reading = true;
    this.reads += 1;
    await Promise.resolve();
    this.#reading = false;
    while (this.#gone.has(this.#at)) this.#at += 1;
    const record = this.disk.records[this.#at];
    if (record === undefined || this.closed) {
      this.#starved = true;
      return undefined;
    }
    const release = this.#kept.get(this.#at);
    this.#kept.delete(this.#at);
    if (release === undefined) this.diskReads += 1;
    this.#at += 1;
    const { text, lines, firstMs } = record;
    const bytes = Buffer.from(text);
    this.#handedOut.push(bytes);
    return { bytes, lines, firstMs, end: { segment: 1, offset: this.#at }, release };
  }

  ack(end: SpoolPosition): void {
    if (end.offset > this.#at) throw new Error('acknowledged before it was read');
    if (end.offset < this.disk.acked) throw new Error('acknowledged backwards');
    this.disk.acked = end.offset;
  }

  rewind(): void {
    if (this.#reading) throw new Error('rewound during a read');
    this.#at = this.disk.acked;
    this.#starved = false;
  }

  forget(): void {
    for (const release of this.#kept.values()) release();
    this.#kept.clear();
  }

  /** Loses the oldest record that was not read, as a cap or damage would. */
  loseNext(reason: 'spool_full' | 'spool_damaged' | 'spool_expired'): void {
    while (this.#gone.has(this.#at)) this.#at += 1;
    const record = this.disk.records[this.#at];
    if (record === undefined) return;
    this.#gone.add(this.#at);
    this.#at += 1;
    this.events.lost(record.lines, reason);
  }

  /** The process dies: what was not written never is, and nobody is told. */
  crash(): void {
    this.closed = true;
    this.#waiting.length = 0;
  }

  async close(): Promise<void> {
    await Promise.resolve();
    if (this.closed) return;
    this.end();
    this.closed = true;
  }
}
