// The table at work: destinations by output id, and the snapshot that the engine resolves keys with.
// Applying a table is all or nothing; a destination that both tables have keeps its queue, disk, connection and output id,
// also when options of it changed that it can take up as it runs.
import { isDeepStrictEqual } from 'node:util';
import { Destination } from '../destination/destination.ts';
import type { DestinationDependencies } from '../destination/destination-dependencies.ts';
import { destinationKey } from '../destination/destination-key.ts';
import { routingFields } from '../destination/live-options.ts';
import type { DestinationOptions } from '../destination/options.ts';
import type { Output } from '../destination/output.ts';
import type { Spool, SpoolEvents } from '../destination/spool/spool.ts';
import type { Engine } from '../engine/engine.ts';
import { validateKey } from '../metric/validate-key.ts';
import type { ValidationLevels } from '../metric/validation-levels.ts';
import type { TableOptions } from '../table/options.ts';
import { Snapshot } from '../table/snapshot.ts';
import { TableError } from '../table/table-error.ts';
import { DROP_REASONS } from '../telemetry/drop-reason.ts';
import { type DestinationCounts, type DestinationRow, makeDestinationCounts } from '../telemetry/ledger.ts';
import type { Clock } from '../util/clock.ts';
import { GroupSlots, numberSlots, type SlotIds } from './group-slots.ts';
import type { Aggregation } from './aggregation.ts';
import { SpoolLegacies } from './spool-legacies.ts';
import { matchDestinations, type PlacedDestination } from './change/match-destinations.ts';

/** How long a destination that was taken out and comes again has to put what it holds on disk, for the one that follows. */
const SPOOL_HANDOVER_MS = 2000;

const NO_OUTPUTS: readonly number[] = [];

export interface RoutingOptions {
  readonly levels: ValidationLevels;
  /** How long a destination that was taken out may still send what it holds, ms. */
  readonly removalMs: number;
}

export interface RoutingDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Aggregators at work; told of each table as it comes in force. */
  readonly aggregation: Pick<Aggregation, 'apply' | 'slotOf'>;
  /** Told of each key that is resolved and valid, and the outputs of its plan. */
  readonly noteResolved?: (key: Uint8Array, isNew: boolean, outputs: readonly number[]) => void;
  /** What every destination gets; its route key is added. Without `makeSpool` none of them can be durable. */
  readonly destination: Omit<DestinationDependencies, 'routeKey' | 'makeSpool' | 'spoolFree' | 'inherit'> & {
    /** Makes a spool; destinations of one key have a shard each. */
    readonly makeSpool?:
      | ((key: string, options: DestinationOptions, events: SpoolEvents, shard: number) => Spool)
      | undefined;
  };
  /** Hears of the books of a destination that is gone. */
  readonly left?: (row: DestinationRow) => void;
}

/** What the output ids of a table stand for. */
interface Placement {
  /** The destinations of the table by output id. */
  readonly wanted: ReadonlyMap<number, PlacedDestination>;
  readonly slotIds: SlotIds;
  /** Ids of the destinations of each route. */
  readonly byRoute: readonly (readonly number[])[];
}

export class Routing {
  #options: RoutingOptions;
  readonly #deps: RoutingDependencies;
  readonly #outputs: (Destination | undefined)[] = [];
  /** Those on their way out, each with its end. */
  readonly #leaving = new Map<Destination, Promise<void>>();
  readonly #shards = new WeakMap<Destination, number>();
  readonly #retired = makeDestinationCounts();
  readonly #legacies = new SpoolLegacies(this.#retired);
  #groups: GroupSlots;
  /** Output ids by the indexes of route and destination. */
  #places: readonly (readonly number[])[] = [];
  /** Keys of the routes by the outputs of their plans. */
  #routeKeys: readonly string[] = [];
  /** All of the table that plans depend on. */
  #routes = '';
  #snapshot: Snapshot | undefined;
  #ending = false;

  constructor(options: RoutingOptions, dependencies: RoutingDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#groups = new GroupSlots(dependencies.destination.log);
  }

  /** Compiles a table and forgets it; throws a TableError when that fails. */
  check(table: TableOptions): void {
    const { slotIds, byRoute } = this.#place(table);
    this.#compile(table, slotIds, byRoute);
  }

  /** Gives destinations that are taken out another time to send what they hold. */
  setRemovalTime(removalMs: number): void {
    this.#options = { ...this.#options, removalMs };
  }

  /** Puts a table in force; throws a TableError, and changes nothing, when it does not compile. */
  apply(table: TableOptions): void {
    // A destination that is made now would not be drained.
    if (this.#ending) throw new TableError('the table', 'the relay is ending');
    const { wanted, slotIds, byRoute } = this.#place(table);
    const routes = renderRoutes(table, byRoute, slotIds);
    if (this.#snapshot !== undefined && routes === this.#routes) {
      // Every plan holds: no series need be resolved anew.
      this.#swapDestinations(wanted);
      return;
    }
    const snapshot = this.#compile(table, slotIds, byRoute);
    this.#swapDestinations(wanted);
    this.#snapshot = snapshot;
    this.refreshPlans();
    this.#swapGroups(table, slotIds, byRoute);
    this.#places = byRoute;
    this.#routeKeys = keysByOutput(table, slotIds, byRoute);
    this.#routes = routes;
    // Windows of rules that are gone leave now, by the new routes.
    this.#deps.aggregation.apply(snapshot);
  }

  /** The destination at these indexes of the table in force. */
  destinationAt(routeIndex: number, destinationIndex: number): Destination | undefined {
    const id = this.#places[routeIndex]?.[destinationIndex];
    return id === undefined ? undefined : this.#outputs[id];
  }

  /** Finds which destinations go on, and gives ids to all outputs; throws a TableError. */
  #place(table: TableOptions): Placement {
    const wanted = table.routes.flatMap(({ key, destinations }) =>
      destinations.map((options) => ({ routeKey: key, options })),
    );
    for (const destination of wanted) this.#checkDurability(destination);
    const ids = this.#idsFor(wanted);
    let count = 0;
    const byRoute = table.routes.map(({ destinations }) => ids.slice(count, (count += destinations.length)));
    const slotIds = numberSlots(table.routes, ids);
    return {
      wanted: new Map(wanted.map((destination, index) => [ids[index]!, destination])),
      slotIds,
      byRoute,
    };
  }

  #compile(table: TableOptions, slotIds: SlotIds, byRoute: Placement['byRoute']): Snapshot {
    return Snapshot.compile(table, {
      outputOf: (route, slot) => (slotIds[route] ?? byRoute[route]!)[slot]!,
      slotOf: (aggregator, family, text) => this.#deps.aggregation.slotOf(aggregator, family, text),
      validateKey: (key) => validateKey(key, this.#options.levels),
    });
  }

  #checkDurability({ routeKey, options }: PlacedDestination): void {
    const { durability, makeSpool } = this.#deps.destination;
    if ((options.durability ?? durability) !== 'disk') return;
    const rule = `route "${routeKey}"`;
    const what = `destination ${options.addr} has durability=disk`;
    if (options.spool === false)
      throw new TableError(rule, `${what} and spool=false, which exclude each other`);
    if (makeSpool === undefined)
      throw new TableError(rule, `${what}, and there is no spool folder that can be used`);
  }

  /** Gives each destination the output id of the one that goes on as it, or a free one. */
  #idsFor(wanted: readonly PlacedDestination[]): number[] {
    const running = new Map(
      this.#outputs.flatMap((destination, id) => (destination === undefined ? [] : [[id, destination]])),
    );
    let free = 0;
    return matchDestinations(running, wanted).map((id) => {
      if (id !== undefined) return id;
      while (this.#outputs[free] !== undefined) free += 1;
      return free++;
    });
  }

  /** What lines for an output id are put in: a destination, or a group of some. */
  outputOf(id: number): Output | undefined {
    return this.#groups.outputOf(id) ?? this.#outputs[id];
  }

  /** The route of an output id that plans name. */
  routeOf(id: number): string | undefined {
    return this.#routeKeys[id];
  }

  /** Addresses of the destinations behind an output id: more than one where who is online decides. */
  addrsOf(id: number): readonly string[] {
    const only = this.#outputs[id];
    const keys = this.#groups.memberKeysOf(id);
    if (keys === undefined) return only === undefined ? [] : [only.options.addr];
    return keys.map((key) => this.destinations.find((other) => other.key === key)?.options.addr ?? key);
  }

  /** The destinations in force, in the order in which they were first seen. */
  get destinations(): readonly Destination[] {
    return this.#outputs.filter((destination) => destination !== undefined);
  }

  /** The books of all destinations, those on their way out too. */
  rows(): DestinationRow[] {
    return this.#all.map(rowOf);
  }

  /** The books of destinations that are gone. */
  get retired(): DestinationCounts {
    return this.#retired;
  }

  /** Sends what is queued, everywhere at once, until `deadlineMs` of the monotonic clock. */
  async drain(deadlineMs: number): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#all.map((destination) => destination.drain(deadlineMs)));
  }

  /** The same, but nothing is sent any more: what is left goes to disk, where there is one. */
  async hasten(deadlineMs: number): Promise<void> {
    const ended = this.drain(deadlineMs);
    for (const destination of this.#all) destination.hasten(deadlineMs);
    await ended;
  }

  /** The shard of a destination's spool among those of its key. */
  shardOf(destination: Destination): number {
    return this.#shards.get(destination) ?? 0;
  }

  /** Ends all destinations now. */
  stop(): void {
    for (const destination of this.#all) destination.stop();
  }

  #swapDestinations(wanted: ReadonlyMap<number, PlacedDestination>): void {
    for (const id of this.#outputs.keys()) {
      if (!wanted.has(id)) this.#remove(id);
    }
    for (const [id, { routeKey, options }] of wanted) {
      const running = this.#outputs[id];
      if (running === undefined) this.#add(id, routeKey, options);
      else if (!isDeepStrictEqual(running.options, options)) running.reconfigure(options);
    }
  }

  /** Makes the engine resolve every series anew on its next line. */
  refreshPlans(): void {
    const snapshot = this.#snapshot;
    const { engine, noteResolved } = this.#deps;
    if (snapshot === undefined) return;
    engine.setResolve((key, isNew) => {
      const plan = snapshot.resolve(key);
      if (plan.kind === 'route') noteResolved?.(key, isNew, plan.outputs);
      else if (plan.kind === 'consume' || plan.reason !== 'invalid') noteResolved?.(key, isNew, NO_OUTPUTS);
      return plan;
    });
  }

  #swapGroups(table: TableOptions, slotIds: SlotIds, byRoute: readonly (readonly number[])[]): void {
    const before = this.#groups;
    this.#groups = new GroupSlots(this.#deps.destination.log);
    for (const [index, route] of table.routes.entries()) {
      const members = byRoute[index]!.map((id) => this.#outputs[id]!);
      const ids = slotIds[index];
      if (ids !== undefined) this.#groups.add(route, ids, members);
    }
    before.close();
  }

  #add(id: number, routeKey: string, options: DestinationOptions): void {
    const { makeSpool, ...dependencies } = this.#deps.destination;
    const shard = this.#freeShard(destinationKey(routeKey, options.addr));
    const destination = new Destination(options, {
      ...dependencies,
      makeSpool: makeSpool && ((key, wanted, events) => makeSpool(key, wanted, events, shard)),
      spoolFree: this.#spoolFree(destinationKey(routeKey, options.addr), shard),
      inherit: (lines) =>
        this.#legacies.inherit(spoolName(destinationKey(routeKey, options.addr), shard), lines),
      routeKey,
      noteLiveness: () => this.#groups.livenessChanged(),
    });
    this.#shards.set(destination, shard);
    this.#outputs[id] = destination;
    destination.start();
  }

  get #all(): readonly Destination[] {
    return [...this.destinations, ...this.#leaving.keys()];
  }

  /** The lowest shard of a key that no destination in force has; one on its way out may still have it. */
  #freeShard(key: string): number {
    const taken = this.destinations.filter((other) => other.key === key && other.backlog !== undefined);
    let shard = 0;
    while (taken.some((other) => this.shardOf(other) === shard)) shard += 1;
    return shard;
  }

  /** Waits for those on their way out that have a spool; they leave it what they hold. */
  #spoolFree(key: string, shard: number): Promise<void> | undefined {
    const before: Promise<void>[] = [];
    for (const [other, ended] of this.#leaving) {
      if (other.key !== key || other.backlog === undefined || this.shardOf(other) !== shard) continue;
      other.hasten(this.#deps.clock.monotonicMs() + SPOOL_HANDOVER_MS);
      before.push(ended);
    }
    return before.length === 0 ? undefined : Promise.all(before).then(() => undefined);
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Takes a destination out: it sends what it holds, within bounds, and its books are kept in sum. */
  #remove(id: number): void {
    const destination = this.#outputs[id];
    this.#outputs[id] = undefined;
    if (destination === undefined) return;
    const deadlineMs = this.#deps.clock.monotonicMs() + this.#options.removalMs;
    const ended = destination.drain(deadlineMs, 'removed').then(() => {
      this.#leaving.delete(destination);
      this.#deps.left?.(rowOf(destination));
      addCounts(this.#retired, destination.counts);
      const spool = spoolName(destination.key, this.shardOf(destination));
      this.#legacies.leave(spool, destination.counts, destination.backlog?.repeats ?? 0);
    });
    this.#leaving.set(destination, ended);
  }
}

/** Renders what plans depend on: equal texts, equal plans. */
function renderRoutes(table: TableOptions, byRoute: Placement['byRoute'], slotIds: SlotIds): string {
  const { blocklist, rewriters, aggregators, normalizeTags } = table;
  const routes = table.routes.map(({ destinations, ...route }) => [route, destinations.map(routingFields)]);
  return JSON.stringify([blocklist, rewriters, aggregators, normalizeTags, routes, byRoute, slotIds]);
}

function rowOf({ routeKey, key, options, counts }: Destination): DestinationRow {
  return { route: routeKey, key, addr: options.addr, ...counts };
}

function keysByOutput(table: TableOptions, slotIds: SlotIds, byRoute: Placement['byRoute']): string[] {
  const keys: string[] = [];
  for (const [index, { key }] of table.routes.entries()) {
    for (const id of slotIds[index] ?? byRoute[index]!) keys[id] = key;
  }
  return keys;
}

function spoolName(key: string, shard: number): string {
  return `${shard} ${key}`;
}

function addCounts(sum: DestinationCounts, more: DestinationCounts): void {
  sum.loaded += more.loaded;
  sum.in += more.in;
  sum.written += more.written;
  sum.queued += more.queued;
  sum.spooled += more.spooled;
  sum.resent += more.resent;
  for (const reason of DROP_REASONS) sum.dropped[reason] += more.dropped[reason];
}
