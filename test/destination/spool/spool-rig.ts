// A spool on a disk in memory, with a clock that tests move by hand, and books of everything it told.
import assert from 'node:assert/strict';
import { DiskSpool } from '../../../src/destination/spool/disk-spool.ts';
import type { DiskSpoolOptions } from '../../../src/destination/spool/disk-spool-options.ts';
import type { SpoolFiles } from '../../../src/destination/spool/spool-files.ts';
import type { SpoolOpening, SpoolRecord, SpoolRefusal } from '../../../src/destination/spool/spool.ts';
import type { Clock } from '../../../src/util/clock.ts';
import { FakeClock } from '../fake-clock.ts';
import { MemoryFiles } from './memory-files.ts';

export const FOLDER = '/spool/dest-a.0';
const SETTLE_ROUNDS_MAX = 10_000;

/** Makes numbers from 0 to 1 that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Renders lines `from` … `from + count - 1`, each of which names its number. */
export function linesText(from: number, count: number, pad = 0): string {
  let text = '';
  for (let number = from; number < from + count; number += 1) {
    text += `m${number}${'.'.repeat(pad)} ${number} 1700000000\n`;
  }
  return text;
}

/** Reads the numbers of lines back; throws for a line that is not whole. */
export function lineNumbers(bytes: Buffer): number[] {
  const lines = bytes.toString().split('\n');
  assert.equal(lines.pop(), '', 'a record ends with a newline');
  return lines.map((line) => {
    const match = /^m(\d+)\.* (\d+) 1700000000$/.exec(line);
    assert.ok(match !== null && match[1] === match[2], `a line that was never written: ${line.slice(0, 80)}`);
    return Number(match[1]);
  });
}

export type RigOptions = Partial<DiskSpoolOptions> & {
  readonly files?: MemoryFiles;
  readonly wrap?: (files: SpoolFiles) => SpoolFiles;
  readonly seed?: number;
};

export class SpoolRig {
  readonly random: () => number;
  readonly files: MemoryFiles;
  readonly clock = new FakeClock();
  readonly lost = new Map<string, number>();
  readonly options: DiskSpoolOptions;
  readonly #wrap: (files: SpoolFiles) => SpoolFiles;
  #stopTimers: () => void = () => undefined;
  spool: DiskSpool;
  opening: SpoolOpening | undefined;
  writableCalls = 0;
  readableCalls = 0;
  written = 0;
  failed = 0;
  next = 1;
  /** Blocks that a durable spool may keep in memory, and whose memory it, or a reader, has not given back. */
  kept = 0;
  /** Called, by the number of a block's first line, when the block has been written or given back. */
  readonly outcomes = new Map<number, (ok: boolean) => void>();

  constructor({ files, wrap, seed = 1, ...options }: RigOptions = {}) {
    this.random = seededRandom(seed);
    this.files = files ?? new MemoryFiles({ random: this.random });
    this.#wrap = wrap ?? ((plain) => plain);
    this.options = {
      folder: FOLDER,
      segmentBytes: 1 << 20,
      syncEveryLines: 10_000,
      syncPeriodMs: 1000,
      maxBytes: undefined,
      maxAgeMs: undefined,
      goes: 'newest',
      reserveBytes: 0,
      ...options,
    };
    this.spool = this.#make();
  }

  #make(): DiskSpool {
    // A process that has ended has no timers either.
    this.#stopTimers();
    this.kept = 0;
    let isAlive = true;
    this.#stopTimers = () => {
      isAlive = false;
    };
    const clock: Clock = {
      wallMs: () => this.clock.wallMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      after: (delayMs, callback) =>
        this.clock.after(delayMs, () => {
          if (isAlive) callback();
        }),
    };
    return new DiskSpool(this.options, {
      files: this.#wrap(this.files.process()),
      clock,
      random: this.random,
      events: {
        lost: (lines, reason) => {
          if (isAlive) this.lost.set(reason, (this.lost.get(reason) ?? 0) + lines);
        },
        writable: () => {
          this.writableCalls += 1;
        },
        readable: () => {
          this.readableCalls += 1;
        },
      },
    });
  }

  /** Opens the spool. */
  async open(): Promise<SpoolOpening> {
    this.opening = await this.spool.open();
    return this.opening;
  }

  /** Opens the spool again, in a new process so to speak. */
  async reopen(): Promise<SpoolOpening> {
    this.spool = this.#make();
    return await this.open();
  }

  /** Offers `count` new lines in one block; `keep`: the spool may keep it in memory. */
  offer(count: number, pad = 0, keep = false): SpoolRefusal | undefined {
    const bytes = Buffer.from(linesText(this.next, count, pad));
    const release = keep ? () => this.#release(bytes) : undefined;
    const block = { bytes, lines: count, firstMs: this.clock.wallMs(), release };
    const from = this.next;
    const refusal = this.spool.offer(block, (ok) => {
      if (ok) this.written += count;
      else this.failed += count;
      if (ok && keep) this.kept += 1;
      // The memory is the giver's again, who will use it for something else.
      else bytes.fill(0x78);
      this.outcomes.get(from)?.(ok);
      this.outcomes.delete(from);
    });
    if (refusal === undefined) this.next += count;
    return refusal;
  }

  #release(bytes: Buffer): void {
    assert.notEqual(bytes[0], 0x78, 'a block was given back twice');
    this.kept -= 1;
    bytes.fill(0x78);
  }

  /** Lets everything happen that is to happen within `ms`. */
  async settle(ms = 50): Promise<void> {
    const untilMs = this.clock.nowMs + ms;
    for (;;) {
      await this.turn();
      if (this.clock.nowMs >= untilMs) return;
      this.clock.advance(Math.min(10, untilMs - this.clock.nowMs));
    }
  }

  /** Lets what is under way come to rest. */
  async turn(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.files.held === 0) return;
      while (this.files.held > 0) this.files.release();
    }
    assert.fail('the spool does not come to rest');
  }

  /** Reads all there is; answers the numbers of the lines. */
  async readAll(ack = true): Promise<number[]> {
    const numbers: number[] = [];
    let last: SpoolRecord | undefined;
    for (let record = await this.spool.read(); record !== undefined; record = await this.spool.read(true)) {
      const found = lineNumbers(record.bytes);
      assert.equal(found.length, record.lines);
      numbers.push(...found);
      record.release?.();
      last = record;
    }
    if (ack && last !== undefined) this.spool.ack(last.end);
    return numbers;
  }

  /** Names of the segment files. */
  get segments(): string[] {
    return this.files.paths.filter((path) => path.endsWith('.seg'));
  }
}

/** The numbers from `from` to `to`, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
