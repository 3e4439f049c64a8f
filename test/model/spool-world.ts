// A spool, a bad disk under it and a simple model beside it: a list of lines, each with what became of it. Used by
// spool.model.test.ts; everything that happens follows from one seed.
import assert from 'node:assert/strict';
import { RecordReader } from '../../src/destination/spool/record-reader.ts';
import type { SpoolPosition, SpoolRecord } from '../../src/destination/spool/spool.ts';
import { MemoryFiles, systemError } from '../destination/spool/memory-files.ts';
import { FOLDER, lineNumbers, SpoolRig, seededRandom } from '../destination/spool/spool-rig.ts';

/** What the model knows of a line. */
interface Line {
  /** It must come back: it was synced, or the kernel has it and the power stayed on. */
  kept: 'no' | 'kernel' | 'disk';
  /** It was acknowledged, given back, or damaged on purpose: it may be missing. */
  mayMiss: boolean;
  /** It was read since it was last expected. */
  seen: boolean;
}

export class SpoolWorld {
  readonly random: () => number;
  readonly rig: SpoolRig;
  readonly #files: MemoryFiles;
  readonly #lines = new Map<number, Line>();
  /** Lines that the spool should hold, by its own word: loaded, taken, given back, acknowledged, lost. */
  #held = 0;
  /** Records in the order they were read and not acknowledged. */
  #window: { readonly end: SpoolPosition; readonly numbers: readonly number[] }[] = [];
  #lastRead = 0;
  /** Bytes handed out that the spool may not touch yet. */
  readonly #needed: { readonly bytes: Buffer; readonly first: number | undefined }[] = [];
  #reading: Promise<void> | undefined;
  #failing: 'no' | 'write' | 'sync' | 'read' = 'no';
  #isDamaged = false;
  #hasFailedSync = false;
  /** A power cut may leave a footer and not all that it counts, and a kill half a header. */
  #isTorn = false;
  #lostBefore = 0;
  /** Lines reported lost or not loaded because of damage: so many may be missing. */
  #lostTotal = 0;
  #isOpen = false;
  #trouble: unknown;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.#files = new MemoryFiles({ random: this.random });
    const goes = this.random() < 0.3 ? 'oldest' : 'newest';
    this.rig = new SpoolRig({
      files: this.#files,
      seed: seed + 1,
      goes,
      segmentBytes: this.#pick([700, 3000, 20_000]),
      maxBytes: this.#pick([1_000_000, goes === 'oldest' ? 30_000 : 60_000]),
      syncEveryLines: this.#pick([1, 50, 10_000]),
      waitingBytesMax: this.#pick([3000, 1_000_000]),
      durable: this.random() < 0.4,
      ...(this.random() < 0.1 ? { maxAgeMs: 20_000 } : {}),
    });
  }

  /** Picks one. */
  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  #upTo(max: number): number {
    return 1 + Math.floor(this.random() * max);
  }

  /** Does one thing and checks what can be checked at any moment. */
  async step(): Promise<void> {
    if (!this.#isOpen) await this.#open('first');
    const dice = this.random() * 100;
    if (dice < 30) this.#offer();
    else if (dice < 52) await this.#happen();
    else if (dice < 62) this.rig.clock.advance(this.#pick([5, 15, 200, 1100]));
    else if (dice < 80) this.#read();
    else if (dice < 88) this.#ack();
    else if (dice < 90) await this.#rewind();
    else if (dice < 92) await this.#settle();
    else if (dice < 93) this.rig.spool.forget();
    else if (dice < 95) this.#fail();
    else if (dice < 96) await this.#reopen();
    else if (dice < 97.2) await this.#crash('kill');
    else if (dice < 98.4) await this.#crash('power');
    else await this.#damage();
    this.#check();
  }

  /** Lets the disk recover, reads everything, and looks whether anything is missing that should not be. */
  async finish(): Promise<void> {
    this.#heal();
    this.#check();
    // The longest pause between two attempts is 10 s.
    this.rig.clock.advance(11_000);
    await this.#settle();
    this.rig.spool.rewind();
    this.#forgetWindow();
    await this.#settle();
    await this.#readRest();
    this.#check();
    assert.equal(this.rig.spool.stats.lines, 0, 'after all is read and acknowledged nothing is left');
    const missing = [...this.#lines]
      .filter(([, line]) => line.kept !== 'no' && !line.mayMiss && !line.seen)
      .map(([number]) => number);
    assert.ok(
      missing.length <= this.#lostTotal,
      `${missing.length} lines are missing, ${this.#lostTotal} were told of; the first is ${missing[0]}`,
    );
    await this.rig.spool.close();
    assert.equal(this.rig.kept, 0, 'memory that was kept is given back');
    const opening = await this.rig.reopen();
    assert.equal(opening.lines, 0, 'what was acknowledged does not come back after a close');
  }

  /** Reads to the end; a read may come to nothing for a moment where records have expired. */
  async #readRest(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      for (;;) {
        const before = this.#window.length;
        this.#read();
        await this.rig.turn();
        if (this.#window.length === before) break;
        idle = 0;
      }
      const last = this.#window.at(-1);
      if (last !== undefined) this.#ackTo(last.end);
      await this.rig.settle(50);
    }
  }

  #check(): void {
    if (this.#trouble !== undefined) throw this.#trouble as Error;
    this.#bookLost();
    assert.equal(this.rig.spool.stats.lines, this.#held, 'every line taken is held, acknowledged or told of');
    assert.ok(this.rig.spool.stats.bytes >= 0);
    if ((this.rig.lost.get('spool_damaged') ?? 0) > 0) {
      assert.ok(this.#isDamaged || this.#isTorn, 'no damage is told of where there is none');
    }
  }

  #bookLost(): void {
    const lost = [...this.rig.lost.values()].reduce((sum, lines) => sum + lines, 0);
    this.#held -= lost - this.#lostBefore;
    this.#lostTotal += lost - this.#lostBefore;
    this.#lostBefore = lost;
  }

  #offer(): void {
    const pad = this.#pick([0, 0, 20, 300]);
    const count = this.random() < 0.1 ? this.#upTo(40) : this.#upTo(6);
    const from = this.rig.next;
    const { written, failed } = this.rig;
    assert.ok(written >= 0 && failed >= 0);
    const { durable = false } = this.rig.options;
    if (this.rig.offer(count, pad, durable && this.random() < 0.7) !== undefined) {
      // Refused lines never come back: their numbers are not given to others.
      this.rig.next += count;
      return;
    }
    this.#held += count;
    for (let number = from; number < from + count; number += 1) {
      this.#lines.set(number, { kept: 'no', mayMiss: false, seen: false });
    }
    this.rig.outcomes.set(from, (ok) => {
      for (let number = from; number < from + count; number += 1) {
        const line = this.#lines.get(number)!;
        if (ok) line.kept = durable ? 'disk' : 'kernel';
        else line.mayMiss = true;
      }
      if (!ok) this.#held -= count;
    });
  }

  /** Lets some of what the disk was asked for happen, in any order. */
  async #happen(): Promise<void> {
    this.#files.isHolding = true;
    for (let count = this.#upTo(6); count > 0; count -= 1) {
      await nextTurn();
      if (this.#files.held > 0) this.#files.release(Math.floor(this.random() * this.#files.held));
    }
    await nextTurn();
  }

  #read(): void {
    if (this.#reading !== undefined) return;
    const { spool } = this.rig;
    const done = this.random() < 0.5;
    if (done) this.#needed.length = 0;
    const reading = spool.read(done).then((record) => {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      if (record !== undefined) this.#take(record);
    });
    reading.catch((error: unknown) => {
      this.#trouble ??= error;
    });
    this.#reading = reading;
  }

  #take(record: SpoolRecord): void {
    const numbers = lineNumbers(record.bytes);
    assert.equal(numbers.length, record.lines);
    // What was read before is as it was, until it is said to be done with.
    for (const needed of this.#needed) assert.equal(lineNumbers(needed.bytes)[0], needed.first);
    // That of a record from memory is said by itself.
    if (record.release === undefined) this.#needed.push({ bytes: record.bytes, first: numbers[0] });
    record.release?.();
    for (const number of numbers) {
      const line = this.#lines.get(number);
      assert.ok(line !== undefined, `line ${number} was read and never taken`);
      // What a sync failed for was written again; what of the first time reached the disk comes too.
      const mayRepeat = this.#hasFailedSync && line.seen;
      assert.ok(number > this.#lastRead || mayRepeat, `line ${number} after ${this.#lastRead}`);
      this.#lastRead = Math.max(number, this.#lastRead);
      line.seen = true;
    }
    this.#window.push({ end: record.end, numbers });
  }

  #ack(): void {
    if (this.#window.length === 0) return;
    this.#ackTo(this.#window[Math.floor(this.random() * this.#window.length)]!.end);
  }

  #ackTo(end: SpoolPosition): void {
    for (;;) {
      const first = this.#window[0];
      if (first === undefined) break;
      const { segment, offset } = first.end;
      if (segment > end.segment || (segment === end.segment && offset > end.offset)) break;
      this.#window.shift();
      this.#held -= first.numbers.length;
      for (const number of first.numbers) this.#lines.get(number)!.mayMiss = true;
    }
    this.rig.spool.ack(end);
  }

  async #rewind(): Promise<void> {
    // A record that has been handed out already must have arrived: it is not the rewind's.
    await nextTurn();
    this.rig.spool.rewind();
    this.#forgetWindow();
  }

  #forgetWindow(): void {
    for (const { numbers } of this.#window)
      for (const number of numbers) this.#lines.get(number)!.seen = false;
    this.#window = [];
    this.#lastRead = 0;
  }

  /** Lets everything come to rest; unless the disk fails, all that was written is on the disk then. */
  async #settle(): Promise<void> {
    this.#files.isHolding = false;
    await this.rig.settle(50);
    this.rig.clock.advance(1100);
    await this.rig.settle(50);
    this.rig.clock.advance(1100);
    await this.rig.turn();
    if (this.#failing !== 'no') return;
    for (const line of this.#lines.values()) if (line.kept === 'kernel') line.kept = 'disk';
  }

  #fail(): void {
    if (this.random() < 0.5) {
      this.#heal();
      return;
    }
    if (this.random() < 0.4) {
      this.#files.capacity = this.#files.usedBytes + Math.floor(this.random() * 3000);
      return;
    }
    this.#heal();
    const failing = this.#pick(['write', 'sync', 'read'] as const);
    this.#failing = failing;
    this.#hasFailedSync ||= failing === 'sync' && this.rig.options.durable === true;
    const operations: Readonly<Record<typeof failing, readonly string[]>> = {
      write: ['write', 'truncate', 'open', 'unlink'],
      sync: ['datasync', 'syncFolder'],
      read: ['read'],
    };
    const often = this.#pick([1, 0.5]);
    this.#files.fault = (operation) =>
      operations[failing].includes(operation) && this.random() < often ? systemError('EIO') : undefined;
    // What a failed sync concerned may be gone after a power cut, and nobody can know.
    if (failing === 'sync') this.#doubtUnsynced();
  }

  #doubtUnsynced(): void {
    for (const line of this.#lines.values()) if (line.kept === 'kernel') line.kept = 'no';
  }

  #heal(): void {
    if (this.#failing === 'sync') this.#doubtUnsynced();
    this.#failing = 'no';
    this.#files.fault = () => undefined;
    this.#files.capacity = Number.POSITIVE_INFINITY;
  }

  async #open(why: 'first' | 'close' | 'kill' | 'power'): Promise<void> {
    this.#heal();
    this.#files.isHolding = false;
    this.#bookLost();
    // Nothing that the process before still says counts.
    this.rig.outcomes.clear();
    const before = this.#held;
    const opening = why === 'first' ? await this.rig.open() : await this.rig.reopen();
    this.#isOpen = true;
    if (why === 'close' && !this.#isDamaged) assert.equal(opening.lines, before, 'a close keeps all');
    if (why === 'close' && !this.#isDamaged && !this.#isTorn) {
      assert.equal(opening.damagedRecords, 0, 'a close leaves no damage');
      assert.deepEqual(opening.notes, []);
    }
    this.#held = opening.lines;
  }

  async #reopen(): Promise<void> {
    const isHealthy = this.#failing === 'no' && this.#files.capacity === Number.POSITIVE_INFINITY;
    this.#files.isHolding = false;
    const closed = this.rig.spool.close();
    for (let round = 0; round < 100; round += 1) {
      await nextTurn();
      if (isHealthy) while (this.#files.held > 0) this.#files.release();
      else this.rig.clock.advance(1000);
    }
    await closed;
    this.#files.kill();
    this.#reading = undefined;
    this.#check();
    if (!isHealthy) this.#excuseWindow();
    this.#forgetWindow();
    await this.#open(isHealthy ? 'close' : 'kill');
  }

  async #crash(how: 'kill' | 'power'): Promise<void> {
    if (how === 'kill') this.#files.kill();
    else this.#files.powerCut();
    this.#isTorn = true;
    for (const line of this.#lines.values()) {
      if (line.kept === 'no') line.mayMiss = true;
      if (how === 'power' && line.kept === 'kernel') line.kept = 'no';
      if (line.kept === 'no') line.mayMiss = true;
    }
    this.#reading = undefined;
    this.#excuseWindow();
    this.#forgetWindow();
    await this.#open(how);
  }

  /** What was handed out when its file was pushed out is in no file any more, and a process that is killed cannot tell. */
  #excuseWindow(): void {
    if (this.rig.options.goes === 'newest' && this.rig.options.maxAgeMs === undefined) return;
    for (const { numbers } of this.#window)
      for (const number of numbers) this.#lines.get(number)!.mayMiss = true;
  }

  /** Damages a file behind the spool's back; what that concerns may be missing. */
  async #damage(): Promise<void> {
    const path = this.#pick(this.#files.paths.filter((name) => name.startsWith(FOLDER)));
    const bytes = path === undefined ? undefined : this.#files.bytes(path);
    if (path === undefined || bytes === undefined || bytes.length === 0) return;
    this.#isDamaged = true;
    const at = Math.floor(this.random() * bytes.length);
    const dice = this.random();
    const isCut = dice < 0.2;
    const length = isCut ? bytes.length - at : dice < 0.7 ? 1 : this.#upTo(600);
    if (path.endsWith('.seg')) await this.#excuse(path, bytes, at, length);
    if (isCut) {
      this.#files.cut(path, at);
      return;
    }
    const bit = 1 << Math.floor(this.random() * 8);
    this.#files.damage(path, (live) => {
      for (let place = at; place < Math.min(at + length, live.length); place += 1) live[place]! ^= bit;
    });
  }

  async #excuse(path: string, bytes: Buffer, at: number, length: number): Promise<void> {
    // A write under way may have put half of its record there.
    for (const line of this.#lines.values()) if (line.kept === 'no') line.mayMiss = true;
    const copy = new MemoryFiles({ random: this.random });
    copy.put(path, Buffer.from(bytes));
    const reader = new RecordReader(
      { start: 0, limit: bytes.length, seal: undefined },
      await copy.process().open(path, 'read'),
    );
    for (let found = await reader.next(); found !== undefined; found = await reader.next()) {
      if (found.kind !== 'record' || found.end <= at || found.start >= at + length) continue;
      for (const number of lineNumbers(found.bytes)) {
        const line = this.#lines.get(number);
        if (line !== undefined) line.mayMiss = true;
      }
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
