// A destination with the world in the test's hand: fake clock, fake network, turns that end when the test says so.
import assert from 'node:assert/strict';
import { Destination } from '../../src/destination/destination.ts';
import type { DestinationDependencies } from '../../src/destination/destination-dependencies.ts';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import type { DestinationOptions } from '../../src/destination/options.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SharedSlabs } from '../../src/destination/queue/shared-slabs.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import type { Log } from '../../src/util/log.ts';
import { assertConserved } from '../assert-conserved.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeNetwork, type FakeSocket } from './fake-network.ts';
import { type FakeDisk, FakeSpool } from './fake-spool.ts';

export interface Rig {
  readonly destination: Destination;
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly logged: string[];
  readonly pool: SlabPool;
  readonly budget: QueueBudget;
  /** The spool, when the rig was made with a disk. */
  readonly spool: FakeSpool | undefined;
  /** Lets promises that are due run, those of the spool. */
  settle(): Promise<void>;
  /** Ends the turn of the event loop: what was put off to its end runs. */
  turn(): void;
  /** Starts the destination and lets the peer accept. */
  connect(): void;
  /** Waits for the next attempt to connect and lets the peer accept. */
  reconnect(): void;
  /** Waits for the next attempt to connect, which is refused: the peer was away. */
  refuse(): void;
  /** Pushes text, each line ended by a newline, as one chunk. */
  push(text: string, canWait?: boolean): boolean;
  /** The same, by way of a slab that several destinations share, where it is long enough for that. */
  pushShared(text: string, canWait: boolean): boolean;
  /** Stops the destination and checks the books. */
  finish(): void;
}

/** Collects log lines with their level. */
export function collectLog(lines: string[]): Log {
  const say = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    trace: say('trace'),
  };
}

/** Makes a rig for a destination string. */
export function makeRig(
  text = '10.0.0.1:2003',
  overrides: Partial<DestinationDependencies> & { readonly disk?: FakeDisk } = {},
): Rig {
  const options = readOptions(text);
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const logged: string[] = [];
  const pool = overrides.pool ?? new SlabPool();
  const sharing = new Sharing(pool);
  const budget = overrides.budget ?? new QueueBudget();
  const queue: (() => void)[] = [];
  const { disk, ...given } = overrides;
  let spool: FakeSpool | undefined;
  const destination = new Destination(options, {
    makeSpool: disk && ((_key, _options, events) => (spool = new FakeSpool(events, disk))),
    routeKey: 'r',
    clock,
    random: () => 1,
    log: collectLog(logged),
    connect: network.connect,
    lookup: (_host, done) => done(undefined, ['10.0.0.9']),
    afterTurn: (run) => queue.push(run),
    files: systemFiles,
    ...given,
    pool,
    budget,
  });
  return {
    destination,
    clock,
    network,
    logged,
    pool,
    budget,
    spool,
    async settle() {
      for (let i = 0; i < 20; i += 1) await Promise.resolve();
      assertConserved(destination.counts);
    },
    turn() {
      for (let run = queue.shift(); run !== undefined; run = queue.shift()) run();
      assertConserved(destination.counts);
    },
    connect() {
      destination.start();
      network.last.accept();
    },
    reconnect: () => awaitAttempt(network, clock).accept(),
    refuse: () => awaitAttempt(network, clock).fail('connect ECONNREFUSED'),
    push: (chunk, canWait = true) =>
      destination.push(Buffer.from(chunk), chunk.split('\n').length - 1, canWait),
    pushShared: (chunk, canWait) => sharing.push(destination, chunk, canWait, clock.monotonicMs()),
    finish() {
      destination.stop();
      spool?.end();
      assertNothingHeld({ destination, clock, budget, pool }, sharing.heldBytes);
    },
  };
}

function readOptions(text: string): DestinationOptions {
  const parsed = parseDestination(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return parsed.options;
}

/** Pushes lines by way of slabs that several destinations could share. */
class Sharing {
  readonly #slabs: SharedSlabs;
  /** Bytes of the slab that is being filled. */
  heldBytes = 0;

  constructor(pool: SlabPool) {
    this.#slabs = new SharedSlabs({ pool });
  }

  push(destination: Destination, text: string, canWait: boolean, nowMs: number): boolean {
    const bytes = Buffer.from(text);
    const slab = this.#slabs.put(bytes, nowMs);
    this.heldBytes = slab?.bytes.length ?? this.heldBytes;
    const place = slab?.bytes.subarray(slab.used - bytes.length, slab.used) ?? bytes;
    return destination.push(place, text.split('\n').length - 1, canWait, slab);
  }
}

function awaitAttempt(network: FakeNetwork, clock: FakeClock): FakeSocket {
  const before = network.sockets.length;
  for (let i = 0; network.sockets.length === before; i += 1) {
    assert.ok(i < 1000, 'no attempt to connect');
    clock.advance(50);
  }
  return network.last;
}

/** `sharedBytes`: of the slab that is being filled for several destinations. */
function assertNothingHeld(
  { destination, clock, budget, pool }: Pick<Rig, 'destination' | 'clock' | 'budget' | 'pool'>,
  sharedBytes: number,
): void {
  assertConserved(destination.counts);
  assert.equal(destination.counts.queued, 0);
  assert.equal(clock.pending, 0, 'timers were left behind');
  assert.equal(budget.bytes, 0);
  assert.equal(budget.redoBytes, 0);
  assert.equal(pool.takenBytes, sharedBytes);
}

/** Renders numbered lines `from` to `to`, both included. */
export function numbered(from: number, to: number): string {
  let text = '';
  for (let n = from; n <= to; n += 1) text += `a.b.c${n} 1 1600000000\n`;
  return text;
}
