// The composition root: builds every room from a Config, starts them, and ends them in order.
//
//   start: destinations, windows of the last run, then listeners (nothing is accepted that has nowhere to go), then HTTP
//   drain: inputs (to the senders' FIN), open windows (to a file), destinations (to the last line), HTTP; all within one deadline
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hono } from 'hono';
import { makeHttpApp } from '../admin/http/http-app.ts';
import { AdminHttpServer } from '../admin/http/http-server.ts';
import type { ReloadConfig } from '../admin/http/reload-routes.ts';
import type { TableAdmin } from '../admin/table-admin.ts';
import { TelnetServer } from '../admin/telnet/telnet-server.ts';
import type { Config } from '../config/config.ts';
import { QueueBudget } from '../destination/queue/queue-budget.ts';
import { SharedSlabs } from '../destination/queue/shared-slabs.ts';
import { SlabPool } from '../destination/queue/slab-pool.ts';
import type { Engine } from '../engine/engine.ts';
import { makeWasmEngine } from '../engine/wasm-engine.ts';
import type { NetworkInput } from '../input/network-input.ts';
import { BadMetrics } from '../telemetry/bad-metrics.ts';
import type { DropReason } from '../telemetry/drop-reason.ts';
import { type Ledger, makeLedger, makeRelayCounts, type RelayCounts } from '../telemetry/ledger.ts';
import { Profiler } from '../telemetry/profiler.ts';
import { MetricRegistry } from '../telemetry/registry.ts';
import type { RelayView } from '../telemetry/relay-view.ts';
import type { Traffic } from '../telemetry/traffic/traffic.ts';
import { Aggregation, WINDOW_BOUNDS } from './aggregation.ts';
import { LineDispatcher } from './dispatcher.ts';
import { loadWindows, saveWindows } from './keep-windows.ts';
import { logTable } from './change/log-table.ts';
import { makeInputs } from './make-inputs.ts';
import { makeMeasuring, type Measuring } from './make-measuring.ts';
import { makeRouting } from './make-routing.ts';
import { makeTableAdmin } from './change/make-table-admin.ts';
import { makeRelayView } from './relay-view.ts';
import type { RelayWorld } from './relay-world.ts';
import { Reload } from './change/reload.ts';
import type { Routing } from './routing.ts';
import { RunBooks } from './run-books.ts';
import { makeSelfMetrics, type SelfMetrics } from './self-metrics.ts';
import { makeSpoolAdmin } from './spool-admin.ts';
import { wantsSpool } from './spool-root.ts';
import { collectTuneFacts } from './tune-facts.ts';
import { TableControl } from './change/table-control.ts';
import { makeTail } from './tail/make-tail.ts';
import type { DropPlace, Tail } from './tail/tail.ts';
import { watchTail } from './tail/watch-tail.ts';
import { Watches } from './watches.ts';
import { WriteBack } from './change/write-back.ts';

/** Largest read of a connection, and so of a run of the engine, bytes. */
const CHUNK_BYTES_MAX = 256 * 1024;
/** With a UDP receive buffer below this the loop naps for a shorter time, bytes. */
const UDP_BUFFER_SMALL = 1024 * 1024;
const SHORT_NAP_MS = 1;
/** Of the time to shut down, what destinations have for themselves when senders do not end, ms. */
const DRAIN_RESERVE_MS = 5000;
/** Time for answers under way when all else has ended, ms. */
const ADMIN_DRAIN_MS = 1000;

const ENDING = 'the relay is ending';
const NO_SPOOL_YET =
  'no spool folder was opened at the start, since no destination had a spool: what does not fit in memory is dropped until a restart';

export class Relay {
  readonly routing: Routing;
  /** Whoever changes the table asks this. */
  readonly tableControl: TableControl;
  /** Reads the config again; undefined when there is none to read. */
  readonly reload: Reload | undefined;
  readonly engine: Engine;
  readonly counts: RelayCounts = makeRelayCounts();
  readonly aggregation: Aggregation;
  readonly watches: Watches;
  readonly #measuring: Measuring;
  readonly #tail: Tail;
  readonly #runBooks = new RunBooks(this.counts);
  readonly #world: RelayWorld;
  readonly #badMetrics: BadMetrics;
  #config: Config;
  /** Plain, then pickle: those that the config asks for. */
  readonly #inputs: readonly NetworkInput[];
  readonly #http: AdminHttpServer | undefined;
  readonly #telnet: TelnetServer | undefined;
  readonly #budget: QueueBudget;
  readonly #pool = new SlabPool();
  readonly #writeBack: WriteBack | undefined;
  readonly #selfMetrics: SelfMetrics;
  #draining = false;
  #windowsKept: Promise<void> | undefined;

  /** Builds a relay that does nothing before `start`. */
  static async make(config: Config, world: RelayWorld): Promise<Relay> {
    const engine = await makeWasmEngine({
      lineBytesMax: config.inputs.lineBytesMax,
      chunkBytesMax: CHUNK_BYTES_MAX,
      maxSeries: config.maxSeries,
      levels: config.levels,
      validateOrder: config.validateOrder,
      orderFutureMaxSec: config.orderFutureMaxSec,
    });
    return new Relay(config, world, engine);
  }

  private constructor(config: Config, world: RelayWorld, engine: Engine) {
    const { clock, log } = world;
    this.#config = config;
    this.engine = engine;
    this.#world = world;
    const badMetrics = new BadMetrics({ maxAgeMs: config.badMetricsMaxAgeMs }, { clock });
    this.#badMetrics = badMetrics;
    this.#measuring = makeMeasuring(config, world, () => this.routing);
    this.#tail = makeTail(this, world);
    this.#budget = new QueueBudget({ totalBytes: config.queueBytesTotal });
    this.aggregation = new Aggregation(WINDOW_BOUNDS, {
      clock,
      log,
      generate: (outputs, bytes, lines) => dispatcher.generate(outputs, bytes, lines),
      afterTurn: (fn) => world.turn.after(fn),
      refreshPlans: () => this.routing.refreshPlans(),
    });
    this.routing = this.#makeRouting();
    const { writeTable } = world;
    if (config.writeBack && writeTable !== undefined) {
      this.#writeBack = new WriteBack({ write: writeTable, digest: config.digest, log });
    }
    this.tableControl = new TableControl(config.table, {
      apply: (table) => this.routing.apply(table),
      check: (table) => this.routing.check(table),
      // What a reload puts in force is what the files say.
      changed: (table, what) => (what === 'reload' ? undefined : this.#writeBack?.write(table)),
      clock,
      isEnding: () => this.#draining,
      log,
    });
    this.reload = this.#makeReload();
    const dispatcher = this.#makeDispatcher(badMetrics);
    this.#inputs = makeInputs(config.inputs, {
      lines: dispatcher,
      measuring: config.measure ? this.#measuring : undefined,
      clock,
      log,
      lookup: world.network.listenLookup,
    });
    const { routing, counts } = this;
    const { measure, httpAddr, adminAddr, writePolicy } = config;
    const ledger = (): Ledger => this.ledger();
    this.watches = new Watches({ measure, counts, routing, ledger, clock, log });
    const view = makeRelayView({ relay: this, inputs: this.#inputs, draining: () => this.#draining }, world);
    const metrics = new MetricRegistry(
      { processMetrics: world.processMetrics, measure },
      { view, watch: this.watches.ledger, badMetrics, log, reports: () => this.#selfMetrics.reports },
    );
    const table = this.#tableAdmin;
    this.#selfMetrics = makeSelfMetrics(config, { world, view, routing, dispatcher });
    const app = this.#makeApp(table, view, metrics);
    if (adminAddr !== '') {
      this.#telnet = new TelnetServer({ addr: adminAddr, policy: writePolicy }, { table, log, clock });
    }
    if (httpAddr !== '') {
      this.#http = new AdminHttpServer({ addr: httpAddr }, { app, log, clock, accessLog: world.accessLog });
    }
  }

  /** The config in force. */
  get config(): Config {
    return this.#config;
  }

  /** Port of the plain listener; undefined without one. */
  get plainPort(): number | undefined {
    return this.#portOf('plain');
  }

  /** Port of the pickle listener; undefined without one. */
  get picklePort(): number | undefined {
    return this.#portOf('pickle');
  }

  /** What came in, on four time scales. */
  get traffic(): Traffic {
    return this.#measuring.traffic;
  }

  get httpPort(): number | undefined {
    return this.#http?.port;
  }

  get telnetPort(): number | undefined {
    return this.#telnet?.port;
  }

  /** Puts the table in force and opens the listeners; rejects with one clear line, everything closed again. */
  async start(): Promise<void> {
    try {
      this.tableControl.start();
      logTable(this.#tableAdmin, this.#world.log);
      await loadWindows(this.aggregation, this.#world.windowFile, this.#world.log);
      for (const input of this.#inputs) await input.start();
      await this.#telnet?.start();
      await this.#http?.start();
    } catch (error) {
      this.stop();
      await this.#telnet?.stop();
      await this.#http?.stop();
      throw error;
    }
    const udp = this.#inputs.flatMap((input) => input.stats).filter((row) => row.protocol === 'udp');
    if (udp.some((row) => row.receiveBufferBytes < UDP_BUFFER_SMALL)) {
      this.#world.turn.limitNap(SHORT_NAP_MS);
    }
    this.watches.start();
    this.#selfMetrics.start();
  }

  /** What one queue may hold of the memory of all, bytes. */
  get queueRoomBytes(): number {
    return this.#budget.room(0);
  }

  /** Adds the books up. */
  ledger(): Ledger {
    return makeLedger(this.counts, this.routing.rows(), this.routing.retired);
  }

  /** Ends in order, within `timeoutMs`; true when every line that came in was sent. */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#draining = true;
    const { clock } = this.#world;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const inputsMs = deadlineMs - Math.min(DRAIN_RESERVE_MS, timeoutMs / 2);
    await Promise.all(this.#inputs.map((input) => input.drain(inputsMs)));
    this.#selfMetrics.stop();
    await this.#keepWindows();
    await this.routing.drain(deadlineMs);
    await this.#writeBack?.settled();
    this.watches.stop();
    this.#tail.end(ENDING);
    const adminMs = Math.max(0, Math.min(ADMIN_DRAIN_MS, deadlineMs - clock.monotonicMs()));
    await Promise.all([this.#http?.drain(adminMs), this.#telnet?.drain(adminMs)]);
    return this.ledger().destinations.every((row) => row.dropped.shutdown === undefined);
  }

  /** Cuts `drain` short: nothing is sent any more; spools have until `withinMs` to take what is left. */
  async hasten(withinMs: number): Promise<void> {
    this.#draining = true;
    const deadlineMs = this.#world.clock.monotonicMs() + withinMs;
    this.#selfMetrics.stop();
    for (const input of this.#inputs) input.stop();
    const kept = this.#keepWindows();
    // Without a file they have left by now; a disk that hangs must not hold the spools up.
    await Promise.all([kept, this.routing.hasten(deadlineMs)]);
  }

  /** Ends now; what was not sent is dropped as `shutdown`. */
  stop(): void {
    this.#draining = true;
    this.#tail.end(ENDING);
    this.#selfMetrics.stop();
    for (const input of this.#inputs) input.stop();
    this.aggregation.stop();
    this.routing.stop();
    this.watches.stop();
  }

  /** Puts open windows where the next start finds them, once, whoever asks first. */
  #keepWindows(): Promise<void> {
    this.#windowsKept ??= saveWindows(this.aggregation, this.#world.windowFile, this.#world.log);
    return this.#windowsKept;
  }

  get #tableAdmin(): TableAdmin {
    const { tableControl: control, routing, config } = this;
    return makeTableAdmin({ control, routing, spoolDir: config.spoolDir });
  }

  #makeApp(table: TableAdmin, view: RelayView, metrics: MetricRegistry): Hono {
    const { clock, log, spools: root } = this.#world;
    const spools = root && makeSpoolAdmin({ routing: this.routing, root });
    const reload: ReloadConfig | undefined = this.reload && ((by, dryRun) => this.reload!.run(by, dryRun));
    return makeHttpApp(
      {
        table,
        writePolicy: this.config.writePolicy,
        view,
        measure: this.config.measure,
        tuneFacts: () =>
          collectTuneFacts({
            relay: this,
            version: view.version,
            startedMs: view.startedMs,
            clock,
            freeBytes: async () => root?.freeBytes?.(),
          }),
        badMetrics: this.#badMetrics,
        metrics,
        profiler: new Profiler(clock),
        debugVars: () => this.#selfMetrics.debugVars(),
        top: this.#measuring.top,
        tail: { watch: (query) => watchTail(this.#tail, query, this.tableControl.table) },
        spools,
        reload,
        changes: this.tableControl,
      },
      { log, clock },
    );
  }

  #noteDrop(reason: DropReason, line: Uint8Array, error: string, where: DropPlace): void {
    const { sender, addr = '' } = where;
    this.#badMetrics.record(reason, line, error, sender ?? addr);
    this.watches.drops.note(reason, line, addr);
    if (this.#tail.isWatched) this.#tail.refused(reason, line, error, where);
  }

  #makeDispatcher(badMetrics: BadMetrics): LineDispatcher {
    const { config, engine } = this;
    const { clock, turn } = this.#world;
    const shared = new SharedSlabs({ pool: this.#pool });
    return new LineDispatcher(
      { chunkBytesMax: CHUNK_BYTES_MAX, lineBytesMax: config.inputs.lineBytesMax },
      {
        engine,
        counts: this.counts,
        runBooks: this.#runBooks,
        clock,
        outputOf: (id) => this.routing.outputOf(id),
        share: (bytes) => shared.put(bytes, clock.monotonicMs()),
        takeValues: (values) => this.aggregation.take(values),
        noteBadLine: (reason, line, error, sender, input) =>
          this.#noteDrop(reason, line, error, { sender, input }),
        countBadLines: (reason, lines) => badMetrics.countOnly(reason, lines),
        isMemoryShort: () => this.#budget.bytes > config.queueBytesTotal,
        top: this.#measuring.notes,
        tail: this.#tail,
        noteInput: (bytes) => turn.noteInput(bytes),
        noteConnection: () => turn.noteConnection(),
        isTurnLong: (connections) => turn.isLong(connections),
        afterTurn: (fn) => turn.after(fn),
      },
    );
  }

  #makeRouting(): Routing {
    const { readClock, notes } = this.#measuring;
    return makeRouting(this.config, this.#world, {
      // So that a read looks at the clock once, whoever wants to know the time in it.
      clock: this.config.measure ? readClock : this.#world.clock,
      engine: this.engine,
      aggregation: this.aggregation,
      budget: this.#budget,
      pool: this.#pool,
      runBooks: this.#runBooks,
      top: notes,
      drops: () => this.watches.drops,
      noteDrop: (reason, line, error, addr, route) => this.#noteDrop(reason, line, error, { addr, route }),
      noteDropped: (reason, lines, addr, route) => {
        this.watches.drops.note(reason, lines, addr);
        if (this.#tail.isWatched) this.#tail.dropped(reason, lines, route, addr);
      },
    });
  }

  #makeReload(): Reload | undefined {
    const { readAgain, prepare, setLogLevel, log } = this.#world;
    if (readAgain === undefined) return undefined;
    return new Reload({
      read: readAgain,
      written: async () => this.#writeBack?.settled(),
      control: this.tableControl,
      running: () => this.#config,
      prepare: async (table) => {
        await prepare?.(table);
        const isLate = this.#world.spools === undefined && !wantsSpool(this.tableControl.table);
        if (isLate && wantsSpool(table)) log.warn(NO_SPOOL_YET);
      },
      takeUp: (config) => {
        this.#config = config;
        setLogLevel?.(config.logLevel);
        this.#badMetrics.setMaxAge(config.badMetricsMaxAgeMs);
        this.routing.setRemovalTime(config.shutdownTimeoutMs);
        this.#writeBack?.read(config.digest);
      },
      isEnding: () => this.#draining,
      nextTurn,
      log,
    });
  }

  #portOf(kind: 'plain' | 'pickle'): number | undefined {
    return this.#inputs.find((input) => input.kind === kind)?.port;
  }
}
