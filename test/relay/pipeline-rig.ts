// Inputs, engine, routing and destinations wired as in a relay, over a world in the test's hand: fake clock, network and
// spools, turns that end when the test says so.
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SharedSlabs } from '../../src/destination/queue/shared-slabs.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import type { Destination } from '../../src/destination/destination.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import type { Dispatcher } from '../../src/input/dispatcher.ts';
import { PickleDispatcher } from '../../src/input/pickle/pickle-dispatcher.ts';
import { LineDispatcher } from '../../src/relay/dispatcher.ts';
import { NamedDoor } from '../../src/relay/named-door.ts';
import { Routing } from '../../src/relay/routing.ts';
import { RunBooks } from '../../src/relay/run-books.ts';
import { makeLedger, makeRelayCounts } from '../../src/telemetry/ledger.ts';
import { assertConserved } from '../assert-conserved.ts';
import { loadGood } from '../config/load-text.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { FakeNetwork, type FakeSocket } from '../destination/fake-network.ts';
import { FakeSpool } from '../destination/fake-spool.ts';
import { collectLog } from '../destination/rig.ts';

const BOUNDS = { lineBytesMax: 65_535, chunkBytesMax: 256 * 1024 } as const;
const TOTAL_BYTES = 128 * 1024 * 1024;

/** Renders routes: by prefix, the destination that takes its lines. */
export function routesOf(destinations: Readonly<Record<string, string>>): string {
  return Object.entries(destinations)
    .map(
      ([prefix, text]) =>
        `[[route]]\nkey = "${prefix}"\ntype = "sendAllMatch"\nprefix = "${prefix}."\ndestinations = ["${text}"]\n`,
    )
    .join('');
}

export class Pipeline {
  readonly counts = makeRelayCounts();
  readonly runBooks = new RunBooks(this.counts);
  readonly budget: QueueBudget;
  readonly #totalBytes: number;
  readonly #levels: ReturnType<typeof loadGood>['levels'];
  readonly #clock = new FakeClock();
  readonly #network = new FakeNetwork();
  readonly #log = collectLog([]);
  readonly #pool = new SlabPool();
  readonly #spools = new Map<string, FakeSpool>();
  readonly #turns: (() => void)[] = [];
  readonly #routing: Routing;
  readonly #doors: { readonly plain: Dispatcher; readonly pickle: Dispatcher };

  /** Puts the table of a config in force; all peers have accepted, and all spools are open, when this resolves. */
  static async start(toml: string, { totalBytes = TOTAL_BYTES } = {}): Promise<Pipeline> {
    const { levels } = loadGood(toml);
    const engine = await makeWasmEngine({
      ...BOUNDS,
      maxSeries: 100_000,
      levels,
      validateOrder: false,
      orderFutureMaxSec: 3600,
    });
    const pipeline = new Pipeline(engine, levels, totalBytes);
    pipeline.apply(toml);
    pipeline.#accept();
    await settle();
    return pipeline;
  }

  private constructor(engine: Engine, levels: ReturnType<typeof loadGood>['levels'], totalBytes: number) {
    this.#levels = levels;
    this.#totalBytes = totalBytes;
    this.budget = new QueueBudget({ totalBytes });
    this.#routing = this.#makeRouting(engine);
    const lines = this.#makeDispatcher(engine);
    const world = { clock: this.#clock, log: this.#log };
    const pickles = new PickleDispatcher(
      { ...BOUNDS, frameBytesMax: 16 * 1024 * 1024 },
      { ...world, lines: new NamedDoor(lines, 'pickle') },
    );
    this.#doors = { plain: new NamedDoor(lines, 'plain'), pickle: pickles };
  }

  /** Puts another table in force. */
  apply(toml: string): void {
    this.#routing.apply(loadGood(toml).table);
  }

  /** Opens a sender's stream; `events` tells what it is told. */
  open(door: 'plain' | 'pickle', sender: string) {
    const events: string[] = [];
    const sink = this.#doors[door].open(
      sender,
      () => void events.push('resume'),
      () => void events.push('pause'),
      () => void events.push('close'),
    );
    return { events, write: (bytes: string | Buffer) => sink.write(Buffer.from(bytes)) };
  }

  /** The one destination of a route. */
  destination(route: string): Destination {
    const found = this.#routing.destinations.find(({ routeKey }) => routeKey === route);
    if (found === undefined) throw new Error(`no destination of route ${route}`);
    return found;
  }

  /** Its spool. */
  spool(route: string): FakeSpool {
    const found = this.#spools.get(this.destination(route).key);
    if (found === undefined) throw new Error(`no spool of route ${route}`);
    return found;
  }

  /** The one connection to an address. */
  socket(ip: string): FakeSocket {
    const [socket, other] = this.#network.sockets.filter((one) => one.ip === ip);
    if (socket === undefined || other !== undefined) throw new Error(`none, or several, to ${ip}`);
    return socket;
  }

  /** The lines that a peer got, in their order. */
  received(ip: string): readonly string[] {
    return this.socket(ip).received.split('\n').slice(0, -1);
  }

  endTurn(): void {
    for (let run = this.#turns.shift(); run !== undefined; run = this.#turns.shift()) run();
    assertConserved(makeLedger(this.counts, this.#routing.rows(), this.#routing.retired));
  }

  /** Lets a commit of a durable destination begin, and end where its disk is quick. */
  async commit(): Promise<void> {
    this.#clock.advance(5);
    this.endTurn();
    await settle();
  }

  /** Lets every peer and every disk take all. */
  async flow(steps = 200): Promise<void> {
    for (let i = 0; i < steps; i += 1) {
      this.endTurn();
      this.#accept();
      for (const socket of this.#network.sockets) socket.completeAll();
      await settle();
      this.#clock.advance(20);
    }
  }

  #accept(): void {
    for (const socket of this.#network.sockets) if (!socket.resumed) socket.accept();
  }

  #makeRouting(engine: Engine): Routing {
    return new Routing(
      { levels: this.#levels, removalMs: 20_000 },
      {
        engine,
        clock: this.#clock,
        aggregation: { apply: () => undefined, slotOf: () => 0 },
        destination: {
          clock: this.#clock,
          log: this.#log,
          random: () => 1,
          connect: this.#network.connect,
          lookup: (_host, done) => done(undefined, ['10.0.0.9']),
          files: systemFiles,
          afterTurn: (run) => void this.#turns.push(run),
          pool: this.#pool,
          budget: this.budget,
          makeSpool: (key, _options, events) => {
            const spool = new FakeSpool(events);
            this.#spools.set(key, spool);
            return spool;
          },
          entered: (lines) => this.runBooks.entered(lines),
        },
      },
    );
  }

  #makeDispatcher(engine: Engine): LineDispatcher {
    const shared = new SharedSlabs({ pool: this.#pool });
    return new LineDispatcher(BOUNDS, {
      engine,
      counts: this.counts,
      runBooks: this.runBooks,
      clock: this.#clock,
      outputOf: (id) => this.#routing.outputOf(id),
      share: (bytes) => shared.put(bytes, this.#clock.monotonicMs()),
      takeValues: () => undefined,
      isMemoryShort: () => this.budget.bytes > this.#totalBytes,
      noteBadLine: () => undefined,
      countBadLines: () => undefined,
      top: { setSource: () => undefined, ran: () => undefined },
      tail: { isWatched: false, ran: () => undefined, generated: () => undefined },
      noteInput: () => undefined,
      noteConnection: () => undefined,
      isTurnLong: () => false,
      afterTurn: (run) => void this.#turns.push(run),
    });
  }
}

/** Lets promises that are due run, those of the spools. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
