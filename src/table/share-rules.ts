// Makes a table of the same rules as another out of that one's objects, as far as it has them: equal rules are then one
// object, which makes comparing cheap and lets many tables be remembered.
import type { RouteOptions, TableOptions } from './options.ts';

/** Returns `after` with the equal parts of `before` in it; `before` itself when they are equal in all. */
export function shareRules(before: TableOptions, after: TableOptions): TableOptions {
  const routes = share(before.routes, after.routes);
  const old = new Map(before.routes.map((route) => [route.key, route]));
  const shared: TableOptions = {
    blocklist: share(before.blocklist, after.blocklist),
    rewriters: share(before.rewriters, after.rewriters),
    aggregators: share(before.aggregators, after.aggregators),
    routes: routes.map((route) => shareDestinations(old.get(route.key), route)),
  };
  const isSame = (['blocklist', 'rewriters', 'aggregators', 'routes'] as const).every(
    (kind) =>
      shared[kind].length === before[kind].length &&
      shared[kind].every((rule, index) => rule === before[kind][index]),
  );
  return isSame ? before : shared;
}

function shareDestinations(before: RouteOptions | undefined, after: RouteOptions): RouteOptions {
  if (before === undefined || before === after) return after;
  return { ...after, destinations: share(before.destinations, after.destinations) };
}

function share<Rule>(before: readonly Rule[], after: readonly Rule[]): Rule[] {
  const known = new Map(before.map((rule) => [JSON.stringify(rule), rule]));
  return after.map((rule) => known.get(JSON.stringify(rule)) ?? rule);
}
