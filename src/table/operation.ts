// What can be asked of a table, as plain data: the config, `[init] cmds`, telnet and HTTP all come down to these.
// Applying one makes a new table out of the old one; whether that compiles is seen by whoever puts it in force.
import type { DestinationOptions } from '../destination/options.ts';
import type {
  AggregatorOptions,
  MatcherOptions,
  RewriterOptions,
  RouteOptions,
  TableOptions,
} from './options.ts';

/** Indexes count from 0. A route key means the first route that has it. */
export type Operation =
  | { readonly kind: 'addBlock'; readonly matcher: MatcherOptions }
  | { readonly kind: 'delBlock'; readonly index: number }
  | { readonly kind: 'addRewriter'; readonly rewriter: RewriterOptions }
  | { readonly kind: 'delRewriter'; readonly index: number }
  | { readonly kind: 'addAgg'; readonly aggregator: AggregatorOptions }
  | { readonly kind: 'delAgg'; readonly index: number }
  | { readonly kind: 'addRoute'; readonly route: RouteOptions }
  /** Conditions that are not named stay; "" takes one away. */
  | { readonly kind: 'modRoute'; readonly key: string; readonly matcher: MatcherOptions }
  /** Taking out a route that is not there is no error. */
  | { readonly kind: 'delRoute'; readonly key: string }
  | { readonly kind: 'addDest'; readonly key: string; readonly destination: DestinationOptions }
  /** Options that are not named stay. */
  | {
      readonly kind: 'modDest';
      readonly key: string;
      readonly index: number;
      readonly change: Partial<DestinationOptions>;
    }
  | { readonly kind: 'delDest'; readonly key: string; readonly index: number };

/** A new table, or why there is none; `missing`: the operation names something that the table does not have. */
export type AppliedOperation =
  | { readonly ok: true; readonly table: TableOptions }
  | { readonly ok: false; readonly error: string; readonly missing: boolean };

/** What became of a change that was asked for; nothing has happened when it was refused. */
export type ChangeAnswer = { readonly ok: true } | Extract<AppliedOperation, { ok: false }>;

/** Applies an operation; the table given is left as it is. Errors are in crng's words where it has some. */
export function applyOperation(table: TableOptions, operation: Operation): AppliedOperation {
  switch (operation.kind) {
    case 'addBlock':
      return applied({ ...table, blocklist: [...table.blocklist, operation.matcher] });
    case 'addRewriter':
      return applied({ ...table, rewriters: [...table.rewriters, operation.rewriter] });
    case 'addAgg':
      return applied({ ...table, aggregators: [...table.aggregators, operation.aggregator] });
    case 'addRoute':
      return applied({ ...table, routes: [...table.routes, operation.route] });
    case 'delBlock':
      return without(table.blocklist, operation.index, (blocklist) => ({ ...table, blocklist }));
    case 'delRewriter':
      return without(table.rewriters, operation.index, (rewriters) => ({ ...table, rewriters }));
    case 'delAgg':
      return without(table.aggregators, operation.index, (aggregators) => ({ ...table, aggregators }));
    case 'delRoute': {
      const at = table.routes.findIndex(({ key }) => key === operation.key);
      return applied(at < 0 ? table : { ...table, routes: table.routes.toSpliced(at, 1) });
    }
    default:
      return changeRoute(table, operation);
  }
}

type RouteChange = Extract<Operation, { kind: 'modRoute' | 'addDest' | 'modDest' | 'delDest' }>;

function changeRoute(table: TableOptions, operation: RouteChange): AppliedOperation {
  const at = table.routes.findIndex(({ key }) => key === operation.key);
  const route = table.routes[at];
  if (route === undefined) return missing(`Invalid route for ${operation.key}`);
  const put = (changed: RouteOptions): TableOptions => ({
    ...table,
    routes: table.routes.with(at, changed),
  });
  const { destinations } = route;
  switch (operation.kind) {
    case 'modRoute':
      return applied(put({ ...route, matcher: withConditions(route.matcher, operation.matcher) }));
    case 'addDest':
      return applied(put({ ...route, destinations: [...destinations, operation.destination] }));
    case 'modDest': {
      const destination = destinations[operation.index];
      if (destination === undefined) return missing(`Invalid index ${operation.index}`);
      const changed = { ...destination, ...operation.change };
      return applied(put({ ...route, destinations: destinations.with(operation.index, changed) }));
    }
    case 'delDest':
      if (destinations.length === 1 && operation.index === 0) return refused(noDestinations(operation.key));
      return without(destinations, operation.index, (left) => put({ ...route, destinations: left }));
  }
}

/** Conditions that end as "" are left out, as the config leaves them out. */
function withConditions(before: MatcherOptions, change: MatcherOptions): MatcherOptions {
  const entries = Object.entries({ ...before, ...change }).filter(([, value]) => value?.length !== 0);
  return Object.fromEntries(entries) as MatcherOptions;
}

function without<T>(
  list: readonly T[],
  index: number,
  put: (left: readonly T[]) => TableOptions,
): AppliedOperation {
  if (!Number.isInteger(index) || index < 0 || index >= list.length) return missing(`Invalid index ${index}`);
  return applied(put(list.toSpliced(index, 1)));
}

function applied(table: TableOptions): AppliedOperation {
  return { ok: true, table };
}

/** Words it as crng does. */
export function noDestinations(key: string): string {
  return `must get at least 1 destination for route '${key}'`;
}

function refused(error: string): AppliedOperation {
  return { ok: false, error, missing: false };
}

function missing(error: string): AppliedOperation {
  return { ok: false, error, missing: true };
}
