// The table as JSON, in the names and forms of crng. A matcher holds only the conditions that are set; durations are
// nanoseconds; `destination` is a list in spite of its name.
import { aggregatorKey } from '../../table/aggregator/aggregator-key.ts';
import type { AggregatorOptions, MatcherOptions, RouteOptions } from '../../table/options.ts';
import type { TableAdmin } from '../table-admin.ts';

const NS_BY_MS = 1_000_000;
const NS_BY_US = 1_000;

/** GET /table. */
export function tableJson(admin: TableAdmin): object {
  const { rewriters, aggregators, blocklist } = admin.table;
  return {
    rewriters,
    aggregators: aggregators.map(aggregatorJson),
    blocklist: blocklist.map(matcherJson),
    routes: routesJson(admin),
    SpoolDir: admin.spoolDir,
  };
}

/** GET /routes. */
export function routesJson(admin: TableAdmin): object[] {
  return admin.table.routes.map((route, index) => routeJson(admin, route, index));
}

/** One route, by its index in the table. */
export function routeJson(admin: TableAdmin, route: RouteOptions, routeIndex: number): object {
  const { key, type, stop, matcher } = route;
  return {
    matcher: matcherJson(matcher),
    destination: route.destinations.map((destination, index) =>
      destinationJson(admin, key, destination, admin.state(routeIndex, index)),
    ),
    type,
    key,
    stop,
  };
}

function destinationJson(
  admin: TableAdmin,
  routeKey: string,
  options: RouteOptions['destinations'][number],
  state: ReturnType<TableAdmin['state']>,
): object {
  const { address } = options;
  const slow = state?.slow ?? false;
  return {
    matcher: matcherJson(options),
    address: options.addr,
    instance: address.protocol === 'tcp' ? address.instance : '',
    SpoolDir: admin.spoolDir,
    Key: state?.key ?? '',
    spool: state?.spooling ?? false,
    pickle: options.pickle,
    online: state?.online ?? false,
    slowNow: slow,
    slowLastLoop: slow,
    SpoolBufSize: options.spoolbuf,
    SpoolMaxBytesPerFile: options.spoolmaxbytesperfile,
    SpoolSyncEvery: options.spoolsyncevery,
    SpoolSyncPeriod: options.spoolsyncperiod * NS_BY_MS,
    SpoolSleep: options.spoolsleep * NS_BY_US,
    UnspoolSleep: options.unspoolsleep * NS_BY_US,
    RouteName: routeKey,
  };
}

/** A rule with several outputs has them joined by commas, and one by one in `Outputs`. */
function aggregatorJson(rule: AggregatorOptions): object {
  return {
    fun: rule.outputs.map((output) => output.function).join(','),
    Matcher: matcherJson(rule.matcher),
    OutFmt: rule.outputs.map(({ format }) => format).join(','),
    Cache: rule.cache,
    Interval: rule.intervalSec,
    Wait: rule.waitSec,
    DropRaw: rule.dropRaw,
    Key: aggregatorKey(rule),
    Outputs: rule.outputs.map((output) => ({ fun: output.function, OutFmt: output.format })),
  };
}

function matcherJson(matcher: MatcherOptions): object {
  const { prefix, notPrefix, sub, notSub, regex, notRegex, tags } = matcher;
  const entries = Object.entries({ prefix, notPrefix, sub, notSub, regex, notRegex, tags });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value.length > 0));
}
