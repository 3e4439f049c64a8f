// Seeded random runs of a destination against a model that is a list of line numbers. What the peer got, what is queued
// and what was dropped is what came in; order is kept; lines come twice only as whole windows after a break; the bound
// holds. The seed of a failing run is printed by fast-check and can be given back to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { totalDropped } from '../../../src/telemetry/drop-reason.ts';
import { assertConserved } from '../../assert-conserved.ts';
import { makeRig, type Rig } from '../rig.ts';

type Step =
  | {
      readonly do: 'push';
      readonly lines: number;
      readonly pad: number;
      readonly canWait: boolean;
      readonly shared: boolean;
    }
  | { readonly do: 'turn' | 'complete' | 'break' | 'finish' | 'reconnect' }
  | { readonly do: 'take' | 'wait'; readonly amount: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      lines: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 400 })),
      pad: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }), fc.constant(20_000)),
      canWait: fc.boolean(),
      shared: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 5, arbitrary: fc.constant({ do: 'complete' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'break' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'finish' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'reconnect' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('take' as const), amount: fc.integer({ min: 1, max: 5000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), amount: fc.integer({ min: 1, max: 4000 }) }),
  },
);

const options = fc.record({
  whenFull: fc.constantFrom('block', 'spill', 'drop_newest', 'drop_oldest'),
  queueBytes: fc.constantFrom(1, 500, 20_000, 300_000, 30_000_000),
  connbuf: fc.constantFrom('', ' connbuf=1', ' connbuf=50', ' connbuf=2000'),
  iobuf: fc.constantFrom(1, 5000, 100_000, 2_000_000),
  redoBytes: fc.constantFrom(0, 3000, 100_000, 8_000_000),
  redoAge: fc.constantFrom(1000, 10_000),
  /** True: the peer is away between two connections, so that no line is suspected. */
  refuses: fc.boolean(),
});

class Model {
  readonly rig: Rig;
  #next = 1;
  #overshoot = 0;
  #bytesMax = 0;
  #lineBytesMax = 0;

  #hunted = false;
  readonly #refuses: boolean;

  constructor(text: string, refuses: boolean) {
    this.rig = makeRig(text);
    this.#refuses = refuses;
  }

  run(what: Step): void {
    const { rig } = this;
    const socket = rig.network.sockets.at(-1);
    switch (what.do) {
      case 'push':
        this.#push(what);
        break;
      case 'turn':
        rig.turn();
        break;
      case 'complete':
        socket?.complete();
        break;
      case 'break':
        if (rig.destination.online) socket?.fail();
        break;
      case 'finish':
        if (rig.destination.online) socket?.finish();
        break;
      case 'reconnect':
        if (rig.destination.online) break;
        if (this.#refuses && rig.network.sockets.length > 1) rig.refuse();
        rig.reconnect();
        break;
      case 'take':
        socket?.take(what.amount);
        break;
      case 'wait':
        rig.clock.advance(what.amount);
        break;
    }
    this.check();
  }

  #push({ lines, pad, canWait, shared }: Extract<Step, { do: 'push' }>): void {
    let chunk = '';
    const last = this.#next + Math.min(lines, pad > 1000 ? 40 : lines);
    for (; this.#next < last; this.#next += 1) {
      const text = `k${this.#next}`;
      const line = `${pad === 0 ? text : text.padEnd(pad, '.')} 1 1\n`;
      this.#lineBytesMax = Math.max(this.#lineBytesMax, line.length);
      chunk += line;
    }
    this.#bytesMax = Math.max(this.#bytesMax, chunk.length);
    const { options: given } = this.rig.destination;
    const ok = shared ? this.rig.pushShared(chunk, canWait) : this.rig.push(chunk, canWait);
    if (given.whenFull.startsWith('drop')) assert.equal(ok, true);
    else if (!ok && canWait) this.#overshoot += chunk.length;
    if (this.rig.destination.queueBytes <= given.queueBytes) this.#overshoot = 0;
  }

  check(): void {
    const { destination } = this.rig;
    assertConserved(destination.counts);
    assert.equal(destination.counts.in, this.#next - 1);
    // A queue that is empty takes a line of any length.
    const bytesMax = Math.max(destination.options.queueBytes, this.#lineBytesMax);
    assert.ok(destination.queueBytes <= bytesMax + this.#overshoot);
    if (destination.options.whenFull.startsWith('drop')) {
      assert.ok(destination.counts.queued <= (destination.options.connbuf ?? Infinity));
    }
    this.#hunted ||= destination.hunting;
    // The hunt keeps what it has sent, and the order is its own.
    if (this.#hunted) assert.equal(this.#refuses, false);
    else assert.ok(destination.redoBytes <= destination.options.redoBytes);
  }

  /** Checks what all peers together got. `whole`: nothing may be missing but what was dropped. */
  checkReceived(whole: boolean): void {
    const { destination, network } = this.rig;
    const seen = new Set<number>();
    let again = 0;
    for (const socket of network.sockets) {
      // The last line of a broken connection may be cut; it counts for nothing.
      const lines = socket.received.split('\n').slice(0, -1);
      let before = 0;
      for (const line of lines) {
        const match = /^k(\d+)\.* 1 1$/.exec(line);
        assert.ok(match !== null, `a broken line: ${line.slice(0, 60)}`);
        const number = Number(match[1]);
        assert.ok(this.#hunted || number > before, `line ${number} after ${before} on one connection`);
        before = number;
        if (seen.has(number)) again += 1;
        else {
          // A line seen for the first time is newer than all seen before it: duplicates come as a window, then go on.
          assert.ok(this.#hunted || number > this.#seenMax, 'a new line among old ones');
          this.#seenMax = number;
        }
        seen.add(number);
      }
    }
    if (!whole) return;
    const { counts } = destination;
    assert.equal(counts.queued, 0);
    assert.equal(counts.written + totalDropped(counts.dropped), counts.in);
    assert.ok(seen.size >= counts.written, `${seen.size} arrived, ${counts.written} counted`);
    assert.ok(again <= counts.resent + this.partial(), `${again} twice, ${counts.resent} counted`);
  }

  #seenMax = 0;

  /** Lines of writes that broke off in the middle: the peer has them, the books do not. */
  partial(): number {
    let lines = 0;
    for (const socket of this.rig.network.sockets) lines += socket.received.split('\n').length;
    return lines;
  }
}

async function runModel(given: Parameters<typeof text>[0], steps: readonly Step[], end: 'drain' | 'stop') {
  const model = new Model(text(given), given.refuses);
  const { rig } = model;
  rig.destination.start();
  for (const what of steps) model.run(what);
  if (end === 'drain') {
    const drained = rig.destination.drain(rig.clock.nowMs + 1e9);
    if (rig.destination.state === 'offline' || rig.destination.state === 'connecting') rig.reconnect();
    rig.network.sockets.at(-1)?.completeAll();
    rig.network.sockets.at(-1)?.finish();
    await drained;
    assert.equal(rig.destination.counts.dropped.shutdown, 0);
    model.checkReceived(true);
  } else {
    rig.destination.stop();
    model.checkReceived(false);
  }
  rig.finish();
}

function text(given: {
  whenFull: string;
  queueBytes: number;
  connbuf: string;
  iobuf: number;
  redoBytes: number;
  redoAge: number;
  refuses: boolean;
}): string {
  return (
    `10.0.0.1:2003 when_full=${given.whenFull} queue_bytes=${given.queueBytes}${given.connbuf} ` +
    `iobuf=${given.iobuf} redo_bytes=${given.redoBytes} redo_age=${given.redoAge}`
  );
}

test('random pushes, completions, breaks, reconnects and ends keep the model', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.constantFrom('drain' as const, 'stop' as const),
      runModel,
    ),
    { numRuns: 300 },
  );
});
