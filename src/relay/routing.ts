// The table at work: destinations by output id, and the snapshot that the engine resolves keys with.
// Applying a table is all or nothing; a destination that both tables have keeps its queue, connection and output id.
import { Destination } from '../destination/destination.ts';
import type { DestinationDependencies } from '../destination/destination-dependencies.ts';
import type { DestinationOptions } from '../destination/options.ts';
import type { Output } from '../destination/output.ts';
import type { Engine } from '../engine/engine.ts';
import { validateKey } from '../metric/validate-key.ts';
import type { ValidationLevels } from '../metric/validation-levels.ts';
import type { TableOptions } from '../table/options.ts';
import { Snapshot } from '../table/snapshot.ts';
import { DROP_REASONS } from '../telemetry/drop-reason.ts';
import { type DestinationCounts, type DestinationRow, makeDestinationCounts } from '../telemetry/ledger.ts';
import type { Clock } from '../util/clock.ts';

export interface RoutingOptions {
  readonly levels: ValidationLevels;
  /** How long a destination that was taken out may still send what it holds, ms. */
  readonly removalMs: number;
}

export interface RoutingDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  /** What every destination gets; its route key is added. */
  readonly destination: Omit<DestinationDependencies, 'routeKey'>;
}

export class Routing {
  readonly #options: RoutingOptions;
  readonly #deps: RoutingDependencies;
  readonly #outputs: (Destination | undefined)[] = [];
  readonly #leaving = new Set<Destination>();
  readonly #retired = makeDestinationCounts();
  #byIdentity = new Map<string, number>();
  #snapshot: Snapshot | undefined;

  constructor(options: RoutingOptions, dependencies: RoutingDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Puts a table in force; throws a TableError, and changes nothing, when it does not compile. */
  apply(table: TableOptions): void {
    const added: { readonly id: number; readonly routeKey: string; readonly options: DestinationOptions }[] =
      [];
    const byIdentity = new Map<string, number>();
    const taken = new Set(this.#byIdentity.values());
    let free = 0;
    const idOf = (routeKey: string, options: DestinationOptions): number => {
      const identity = uniqueIdentity(routeKey, options, byIdentity);
      let id = this.#byIdentity.get(identity);
      if (id === undefined) {
        while (taken.has(free) || this.#outputs[free] !== undefined) free += 1;
        id = free;
        taken.add(id);
        added.push({ id, routeKey, options });
      }
      byIdentity.set(identity, id);
      return id;
    };
    const ids = table.routes.map((route) => route.destinations.map((options) => idOf(route.key, options)));
    const snapshot = Snapshot.compile(table, {
      outputOf: (route, destination) => ids[route]?.[destination] as number,
      validateKey: (key) => validateKey(key, this.#options.levels),
    });
    this.#swap(snapshot, byIdentity, added);
  }

  /** The destination of an output id. */
  outputOf(id: number): Output | undefined {
    return this.#outputs[id];
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

  #swap(
    snapshot: Snapshot,
    byIdentity: Map<string, number>,
    added: readonly {
      readonly id: number;
      readonly routeKey: string;
      readonly options: DestinationOptions;
    }[],
  ): void {
    const kept = new Set(byIdentity.values());
    for (const id of this.#byIdentity.values()) {
      if (!kept.has(id)) this.#remove(id);
    }
    for (const { id, routeKey, options } of added) {
      const destination = new Destination(options, { ...this.#deps.destination, routeKey });
      this.#outputs[id] = destination;
      destination.start();
    }
    this.#byIdentity = byIdentity;
    this.#snapshot = snapshot;
    this.#deps.engine.setResolve((key) => snapshot.resolve(key));
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

/** Names a destination by all that makes a difference to its queue and connection; its matcher does not. */
function uniqueIdentity(
  routeKey: string,
  options: DestinationOptions,
  seen: ReadonlyMap<string, number>,
): string {
  const { prefix: _p, notPrefix: _np, sub: _s, notSub: _ns, regex: _r, notRegex: _nr, ...rest } = options;
  const identity = JSON.stringify([routeKey, rest]);
  let nth = 0;
  while (seen.has(`${identity}#${nth}`)) nth += 1;
  return `${identity}#${nth}`;
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
