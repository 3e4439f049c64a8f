// Seeded random runs of a destination with a disk, through breaks, crashes and restarts, against a list of line numbers.
// What the peers got, what waits and what was dropped is what came in; with order = strict new lines come in order; lines
// come twice only as far as they are booked as resent, or were on disk at a crash. fast-check prints the seed of a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { totalDropped } from '../../src/telemetry/drop-reason.ts';
import { assertConserved } from '../assert-conserved.ts';
import type { FakeDisk } from './fake-spool.ts';
import { makeRig, type Rig } from './rig.ts';

type Step =
  | { readonly do: 'push'; readonly lines: number; readonly pad: number; readonly canWait: boolean }
  | { readonly do: 'turn' | 'complete' | 'break' | 'finish' | 'reconnect' | 'settle' | 'crash' | 'restart' }
  | { readonly do: 'disk'; readonly is: 'fast' | 'slow' | 'full' | 'failing' }
  | { readonly do: 'take' | 'wait'; readonly amount: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      lines: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 300 })),
      pad: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
      canWait: fc.boolean(),
    }),
  },
  ...(
    [
      [4, 'turn'],
      [6, 'complete'],
      [1, 'break'],
      [1, 'finish'],
      [3, 'reconnect'],
      [4, 'settle'],
      [1, 'crash'],
      [1, 'restart'],
    ] as const
  ).map(([weight, name]) => ({ weight, arbitrary: fc.constant({ do: name }) })),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('disk' as const),
      is: fc.constantFrom(
        'fast' as const,
        'fast' as const,
        'slow' as const,
        'full' as const,
        'failing' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('take' as const), amount: fc.integer({ min: 1, max: 5000 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), amount: fc.integer({ min: 1, max: 3000 }) }),
  },
);

const options = fc.record({
  order: fc.constantFrom('live_first', 'strict', 'durable'),
  whenFull: fc.constantFrom(
    'spill',
    'spill',
    'spool=true when_full=block',
    'spool=true when_full=drop_oldest',
  ),
  queueBytes: fc.constantFrom(2000, 20_000, 300_000),
  connbuf: fc.constantFrom('', ' connbuf=50'),
  iobuf: fc.constantFrom(4096, 100_000),
  redoBytes: fc.constantFrom(0, 3000, 8_000_000),
});
type Given = typeof options extends fc.Arbitrary<infer T> ? T : never;

class Model {
  readonly #text: string;
  readonly #strict: boolean;
  readonly #disk: FakeDisk = { records: [], acked: 0 };
  readonly #received: string[][] = [];
  rig: Rig;
  #next = 1;
  #pushed = 0;
  /** Lines that may be missing, and lines that may come twice, by what the relays before this one did. */
  #missing = 0;
  #twice = 0;
  #bound = true;

  constructor(given: Given) {
    this.#strict = given.order !== 'live_first';
    const order = given.order === 'durable' ? 'durability=disk' : `order=${given.order}`;
    const policy = given.whenFull.includes('=') ? given.whenFull : `when_full=${given.whenFull}`;
    this.#text =
      `10.0.0.1:2003 ${policy} ${order} queue_bytes=${given.queueBytes}${given.connbuf} ` +
      `iobuf=${given.iobuf} redo_bytes=${given.redoBytes} redo_age=2000`;
    this.rig = this.#start();
  }

  async run(what: Step): Promise<void> {
    const { rig } = this;
    const socket = rig.network.sockets.at(-1);
    const { spool } = rig;
    assert.ok(spool !== undefined);
    if (what.do === 'push') this.#push(what.lines, what.pad, what.canWait);
    else if (what.do === 'turn') rig.turn();
    else if (what.do === 'complete') socket?.complete();
    else if (what.do === 'break' && rig.destination.online) socket?.fail();
    else if (what.do === 'finish' && rig.destination.online) socket?.finish();
    else if (what.do === 'reconnect' && !rig.destination.online) rig.reconnect();
    else if (what.do === 'settle') await rig.settle();
    else if (what.do === 'take') socket?.take(what.amount);
    else if (what.do === 'wait') rig.clock.advance(what.amount);
    else if (what.do === 'crash') this.#crash();
    else if (what.do === 'restart') await this.#restart();
    else if (what.do === 'disk') {
      spool.slow = what.is === 'slow';
      spool.refuse = what.is === 'full' ? 'spool_full' : undefined;
      if (what.is === 'failing') spool.fail();
      else if (what.is === 'fast') spool.write();
    }
    this.check();
  }

  check(): void {
    const { counts, queueBytes, unsyncedLines, options: given } = this.rig.destination;
    assertConserved(counts);
    assert.equal(counts.in + unsyncedLines, this.#pushed);
    if (given.whenFull === 'drop_oldest') assert.ok(queueBytes <= given.queueBytes);
  }

  /** Lets everything arrive and compares. */
  async end(): Promise<void> {
    const { rig } = this;
    const { spool } = rig;
    assert.ok(spool !== undefined);
    spool.refuse = undefined;
    spool.slow = false;
    spool.write();
    for (let i = 0; i < 2000; i += 1) {
      if (!rig.destination.online) rig.reconnect();
      rig.turn();
      rig.network.last.completeAll();
      await rig.settle();
      rig.clock.advance(50);
      const { queued, spooled } = rig.destination.counts;
      if (queued + spooled + rig.destination.unsyncedLines === 0 && i > 50) break;
    }
    const { queued, spooled } = rig.destination.counts;
    assert.equal(queued + spooled + rig.destination.unsyncedLines, 0);
    this.#note();
    this.#compare();
    rig.destination.stop();
    await rig.settle();
    rig.finish();
  }

  #push(lines: number, pad: number, canWait: boolean): void {
    let chunk = '';
    for (let left = lines; left > 0; left -= 1, this.#next += 1) {
      chunk += `${`k${this.#next}`.padEnd(pad, '.')} 1 1\n`;
    }
    this.#pushed += lines;
    this.rig.push(chunk, canWait);
  }

  #start(): Rig {
    const rig = makeRig(this.#text, { disk: this.#disk });
    rig.destination.start();
    this.#pushed = 0;
    return rig;
  }

  /** The process dies: nothing that it holds moves any more. */
  #crash(): void {
    const { rig } = this;
    const { counts, durable, unsyncedLines } = rig.destination;
    this.#note();
    const onDisk = this.#disk.records.slice(this.#disk.acked).reduce((sum, { lines }) => sum + lines, 0);
    // In memory: queued, offered and not written; those on disk that were written and not acknowledged come again.
    // Of a durable destination only what was in no book may miss.
    this.#missing += durable ? unsyncedLines : counts.queued + (rig.spool?.waitingLines ?? 0);
    this.#twice += onDisk;
    rig.spool?.crash();
    this.rig = this.#start();
  }

  async #restart(): Promise<void> {
    const { rig } = this;
    const { spool } = rig;
    assert.ok(spool !== undefined);
    const drained = rig.destination.drain(rig.clock.nowMs + 4000);
    for (let i = 0; i < 120; i += 1) {
      if (i === 20) rig.network.sockets.at(-1)?.finish();
      await rig.settle();
      rig.clock.advance(50);
    }
    await drained;
    assert.equal(rig.destination.counts.queued, 0);
    this.#note();
    // Redo of a broken connection, and with order = strict a record that was sent in part, come again.
    this.#twice += this.#disk.records.slice(this.#disk.acked).reduce((sum, { lines }) => sum + lines, 0);
    this.#bound = false;
    this.rig = this.#start();
  }

  #note(): void {
    const { counts } = this.rig.destination;
    this.#missing += totalDropped(counts.dropped);
    this.#twice += counts.resent;
    let received = 0;
    for (const socket of this.rig.network.sockets) {
      const lines = socket.received.split('\n').slice(0, -1);
      this.#received.push(lines);
      received += lines.length;
    }
    // What is booked has arrived; what arrived beyond it is of writes that broke off, and came again.
    const partial = received - counts.written - counts.resent;
    assert.ok(partial >= 0, `${received} lines arrived, ${counts.written} + ${counts.resent} are booked`);
    this.#twice += partial;
  }

  #compare(): void {
    const seen = new Set<number>();
    let newest = 0;
    let again = 0;
    for (const line of this.#received.flat()) {
      const number = Number(/^k(\d+)\.* 1 1$/.exec(line)?.[1] ?? Number.NaN);
      assert.ok(number > 0, `a broken line: ${line.slice(0, 60)}`);
      if (seen.has(number)) again += 1;
      else if (this.#strict && this.#bound) {
        assert.ok(number > newest, `line ${number} came for the first time after ${newest}`);
        newest = number;
      }
      seen.add(number);
    }
    const missing = this.#next - 1 - seen.size;
    assert.ok(missing <= this.#missing, `${missing} lines are missing, ${this.#missing} accounted for`);
    assert.ok(again <= this.#twice, `${again} lines came twice, ${this.#twice} accounted for`);
  }
}

async function runModel(given: Given, steps: readonly Step[]): Promise<void> {
  const model = new Model(given);
  for (const what of steps) await model.run(what);
  await model.end();
}

test('random pushes, disks, breaks, crashes and restarts keep the model', async () => {
  await fc.assert(fc.asyncProperty(options, fc.array(step, { maxLength: 80, size: 'max' }), runModel), {
    numRuns: 200,
  });
});
