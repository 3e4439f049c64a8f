// A durable destination on a bad disk, with a peer that comes and goes and power that fails, and beside it the one thing that
// must hold: what was booked arrives. Used by durability.model.test.ts; everything that happens follows from one seed.
import assert from 'node:assert/strict';
import { totalDropped } from '../../src/telemetry/drop-reason.ts';
import type { DestinationCounts } from '../../src/telemetry/ledger.ts';
import { DiskSpool } from '../../src/destination/spool/disk-spool.ts';
import type { Clock } from '../../src/util/clock.ts';
import { assertConserved } from '../assert-conserved.ts';
import { makeRig, type Rig } from '../destination/rig.ts';
import { MemoryFiles, systemError } from '../destination/spool/memory-files.ts';
import { FOLDER, seededRandom } from '../destination/spool/spool-rig.ts';

const REST_ROUNDS_MAX = 3000;

/** Lines pushed to this relay that it dropped; what a start finds torn was left by the one before, and nobody promised it. */
function droppedOfPushed({ dropped }: DestinationCounts): number {
  return totalDropped(dropped) - dropped.spool_damaged;
}

export class DurabilityWorld {
  readonly random: () => number;
  readonly #files: MemoryFiles;
  readonly #options: string;
  readonly #received = new Set<number>();
  /** Lines that were booked and not dropped, by the relays before this one. */
  readonly #promised = new Set<number>();
  /** Lines pushed to this relay that it did not drop at once, in order. */
  #taken: number[] = [];
  #next = 1;
  #rig: Rig;
  #isAlive = { yes: true };
  #entered = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.#files = new MemoryFiles({ random: this.random });
    const policy = this.#pick(['', 'when_full=block', 'when_full=drop_newest']);
    this.#options = `durability=disk queue_bytes=${this.#pick([3000, 1_000_000])} redo_bytes=${this.#pick([0, 2000, 8_000_000])} ${policy}`;
    this.#rig = this.#start();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  /** Does one thing, and looks at the books. */
  async step(): Promise<void> {
    const rig = this.#rig;
    const socket = rig.network.sockets.at(-1);
    const dice = this.random() * 100;
    if (dice < 30) this.#push();
    else if (dice < 45) rig.turn();
    else if (dice < 70) await this.#disk();
    else if (dice < 82) socket?.complete();
    else if (dice < 88) rig.clock.advance(this.#pick([1, 5, 100, 1100]));
    else if (dice < 90 && rig.destination.online) socket?.fail();
    else if (dice < 94 && !rig.destination.online && this.#isAlive.yes) rig.reconnect();
    else if (dice < 96) this.#fail();
    else if (dice < 98) await this.#crash();
    this.#check();
  }

  /** Lets disk and peer recover, and looks whether all that was promised has arrived. */
  async finish(): Promise<void> {
    // What could not be read while the disk failed is read by the next start.
    await this.#crash();
    const rig = this.#rig;
    for (let round = 0; round < REST_ROUNDS_MAX; round += 1) {
      if (!rig.destination.online) rig.reconnect();
      await this.#settle();
      rig.turn();
      rig.network.last.completeAll();
      rig.clock.advance(50);
      const { spooled } = rig.destination.counts;
      if (round > 20 && spooled + rig.destination.unsyncedLines === 0) break;
    }
    this.#check();
    this.#note();
    const missing = [...this.#promised].filter((number) => !this.#received.has(number));
    assert.equal(
      missing.length,
      0,
      `${missing.length} promised lines did not arrive; the first is ${missing[0]}`,
    );
    rig.destination.stop();
    await this.#settle();
    this.#isAlive.yes = false;
  }

  #push(): void {
    const { destination } = this.#rig;
    const lines = this.#pick([1, 5, 40]);
    let text = '';
    const from = this.#next;
    for (; this.#next < from + lines; this.#next += 1) text += `k${this.#next} 1 1\n`;
    const before = totalDropped(destination.counts.dropped);
    this.#rig.push(text, this.random() < 0.7);
    // What does not fit is cut off at the end.
    const dropped = totalDropped(destination.counts.dropped) - before;
    for (let number = from; number < this.#next - dropped; number += 1) this.#taken.push(number);
  }

  /** Lets some of what the disk was asked for happen, in any order. */
  async #disk(): Promise<void> {
    for (let count = this.#pick([1, 3, 10]); count > 0; count -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#files.held > 0) this.#files.release(Math.floor(this.random() * this.#files.held));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#files.held > 0) {
        this.#files.release();
        quiet = 0;
      }
    }
  }

  #fail(): void {
    if (this.random() < 0.4) {
      this.#files.capacity = this.#files.usedBytes + Math.floor(this.random() * 2000);
      return;
    }
    const operations = this.#pick([['write'], ['datasync'], ['syncFolder', 'open'], ['read']]);
    const often = this.#pick([1, 0.3]);
    this.#files.fault = (operation) =>
      operations.includes(operation) && this.random() < often ? systemError('EIO') : undefined;
    if (this.random() < 0.6) this.#heal();
  }

  #heal(): void {
    this.#files.fault = () => undefined;
    this.#files.capacity = Number.POSITIVE_INFINITY;
  }

  /** The process is killed, or the power goes; another one starts. */
  async #crash(): Promise<void> {
    this.#note();
    this.#isAlive.yes = false;
    if (this.random() < 0.5) this.#files.kill();
    else this.#files.powerCut();
    this.#heal();
    this.#rig = this.#start();
    await this.#disk();
  }

  #check(): void {
    const { counts, unsyncedLines } = this.#rig.destination;
    assertConserved(counts);
    assert.equal(this.#entered, counts.in, 'who counts for the relay hears of every line');
    assert.equal(counts.in - droppedOfPushed(counts) + unsyncedLines, this.#taken.length);
  }

  /** Takes down what the relay promised and what its peers got. */
  #note(): void {
    const { counts } = this.#rig.destination;
    for (const number of this.#taken.slice(0, counts.in - droppedOfPushed(counts)))
      this.#promised.add(number);
    for (const { received } of this.#rig.network.sockets) {
      for (const line of received.split('\n').slice(0, -1)) {
        const number = Number(/^k(\d+) 1 1$/.exec(line)?.[1]);
        assert.ok(number > 0, `a broken line: ${line}`);
        this.#received.add(number);
      }
    }
  }

  #start(): Rig {
    this.#files.isHolding = true;
    this.#taken = [];
    this.#entered = 0;
    const isAlive = { yes: true };
    this.#isAlive = isAlive;
    const rig = makeRig(`10.0.0.1:2003 ${this.#options}`, {
      entered: (lines) => void (this.#entered += lines),
      makeSpool: (_key, _options, events) => {
        const clock: Clock = {
          wallMs: () => rig.clock.wallMs(),
          monotonicMs: () => rig.clock.monotonicMs(),
          after: (delayMs, callback) => rig.clock.after(delayMs, () => void (isAlive.yes && callback())),
        };
        return new DiskSpool(
          {
            folder: FOLDER,
            segmentBytes: 2000,
            syncEveryLines: 10_000,
            syncPeriodMs: 1000,
            maxBytes: undefined,
            maxAgeMs: undefined,
            goes: 'newest',
            reserveBytes: 0,
            durable: true,
          },
          { files: this.#files.process(), clock, random: this.random, events },
        );
      },
    });
    rig.destination.start();
    return rig;
  }
}
