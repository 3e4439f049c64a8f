// The table at work: destinations by output id, and the snapshot that the engine resolves keys with.
// Applying a table is all or nothing; a destination that both tables have keeps its queue, disk, connection and output id,
// also when options of it changed that it can take up as it runs.
import { isDeepStrictEqual } from 'node:util';
import { Destination } from '../destination/destination.ts';
import type { DestinationDependencies } from '../destination/destination-dependencies.ts';
import type { DestinationOptions } from '../destination/options.ts';
import type { Output } from '../destination/output.ts';
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
import { matchDestinations, type PlacedDestination } from './match-destinations.ts';

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
  /** What every destination gets; its route key is added. Without `makeSpool` none of them can be durable. */
  readonly destination: Omit<DestinationDependencies, 'routeKey'>;
}

/** A table compiled, and what its output ids stand for. */
interface CompiledRouting {
  readonly snapshot: Snapshot;
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
  readonly #leaving = new Set<Destination>();
  readonly #retired = makeDestinationCounts();
  #groups: GroupSlots;
  /** Output ids by the indexes of route and destination. */
  #places: readonly (readonly number[])[] = [];
  #snapshot: Snapshot | undefined;

  constructor(options: RoutingOptions, dependencies: RoutingDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#groups = new GroupSlots(dependencies.destination.log);
  }

  /** Compiles a table and forgets it; throws a TableError when that fails. */
  check(table: TableOptions): void {
    this.#compile(table);
  }

  /** Gives destinations that are taken out another time to send what they hold. */
  setRemovalTime(removalMs: number): void {
    this.#options = { ...this.#options, removalMs };
  }

  /** Puts a table in force; throws a TableError, and changes nothing, when it does not compile. */
  apply(table: TableOptions): void {
    const { snapshot, wanted, slotIds, byRoute } = this.#compile(table);
    this.#swap(snapshot, wanted);
    this.#swapGroups(table, slotIds, byRoute);
    this.#places = byRoute;
    // Windows of rules that are gone leave now, by the new routes.
    this.#deps.aggregation.apply(snapshot);
  }

  /** The destination at these indexes of the table in force. */
  destinationAt(routeIndex: number, destinationIndex: number): Destination | undefined {
    const id = this.#places[routeIndex]?.[destinationIndex];
    return id === undefined ? undefined : this.#outputs[id];
  }

  #compile(table: TableOptions): CompiledRouting {
    const wanted = table.routes.flatMap(({ key, destinations }) =>
      destinations.map((options) => ({ routeKey: key, options })),
    );
    for (const destination of wanted) this.#checkDurability(destination);
    const ids = this.#idsFor(wanted);
    let count = 0;
    const byRoute = table.routes.map(({ destinations }) => ids.slice(count, (count += destinations.length)));
    const slotIds = numberSlots(table.routes, ids);
    const snapshot = Snapshot.compile(table, {
      outputOf: (route, slot) => (slotIds[route] ?? byRoute[route]!)[slot]!,
      slotOf: (aggregator, family, text) => this.#deps.aggregation.slotOf(aggregator, family, text),
      validateKey: (key) => validateKey(key, this.#options.levels),
    });
    return {
      snapshot,
      wanted: new Map(wanted.map((destination, index) => [ids[index]!, destination])),
      slotIds,
      byRoute,
    };
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

  /** The destinations in force, in the order in which they were first seen. */
  get destinations(): readonly Destination[] {
    return this.#outputs.filter((destination) => destination !== undefined);
  }

  /** The books of all destinations, those on their way out too. */
  rows(): DestinationRow[] {
    return [...this.destinations, ...this.#leaving].map((destination) => ({
      route: destination.routeKey,
      key: destination.key,
      addr: destination.options.addr,
      ...destination.counts,
    }));
  }

  /** The books of destinations that are gone. */
  get retired(): DestinationCounts {
    return this.#retired;
  }

  /** Sends what is queued, everywhere at once, until `deadlineMs` of the monotonic clock. */
  async drain(deadlineMs: number): Promise<void> {
    await Promise.all(
      [...this.destinations, ...this.#leaving].map((destination) => destination.drain(deadlineMs)),
    );
  }

  /** Ends all destinations now. */
  stop(): void {
    for (const destination of [...this.destinations, ...this.#leaving]) destination.stop();
  }

  #swap(snapshot: Snapshot, wanted: ReadonlyMap<number, PlacedDestination>): void {
    for (const id of this.#outputs.keys()) {
      if (!wanted.has(id)) this.#remove(id);
    }
    for (const [id, { routeKey, options }] of wanted) {
      const running = this.#outputs[id];
      if (running === undefined) this.#add(id, routeKey, options);
      else if (!isDeepStrictEqual(running.options, options)) running.reconfigure(options);
    }
    this.#snapshot = snapshot;
    this.refreshPlans();
  }

  /** Makes the engine resolve every series anew on its next line. */
  refreshPlans(): void {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) this.#deps.engine.setResolve((key) => snapshot.resolve(key));
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
    const destination = new Destination(options, {
      ...this.#deps.destination,
      routeKey,
      noteLiveness: () => this.#groups.livenessChanged(),
    });
    this.#outputs[id] = destination;
    destination.start();
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Takes a destination out: it sends what it holds, within bounds, and its books are kept in sum. */
  #remove(id: number): void {
    const destination = this.#outputs[id];
    this.#outputs[id] = undefined;
    if (destination === undefined) return;
    this.#leaving.add(destination);
    const deadlineMs = this.#deps.clock.monotonicMs() + this.#options.removalMs;
    void destination.drain(deadlineMs, 'removed').then(() => {
      this.#leaving.delete(destination);
      addCounts(this.#retired, destination.counts);
    });
  }
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
