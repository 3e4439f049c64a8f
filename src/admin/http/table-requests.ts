// What the bodies of crng's POST paths ask for, as operations. Each function gives an operation, or says what is wrong.
import { MATCHER_METHODS } from '../../config/read-matcher.ts';
import { ruleError } from '../../config/imperative/read-command.ts';
import type { Operation } from '../../table/operation.ts';
import {
  type AggregatorFunction,
  HASH_DEFAULTS,
  type MatcherOptions,
  type RouteOptions,
} from '../../table/options.ts';
import { isRouteType, ROUTE_TYPES } from '../../table/route/route-type-options.ts';
import type { JsonBody } from './json-body.ts';
import type { TableAdmin } from '../table-admin.ts';

/** An operation, or one sentence about the body. */
export type Requested = Operation | string;

/** Fields of POST /routes that are options of its destination; crng calls each by two names. */
const DESTINATION_NUMBERS: readonly (readonly [field: string, option: string])[] = [
  ['periodFlush', 'flush'],
  ['periodReconn', 'reconn'],
  ['ConnBufSize', 'connbuf'],
  ['ConnIoBufSize', 'iobuf'],
  ['SpoolBufSize', 'spoolbuf'],
  ['SpoolMaxBytesPerFile', 'spoolmaxbytesperfile'],
  ['SpoolSyncEvery', 'spoolsyncevery'],
  ['SpoolSyncPeriod', 'spoolsyncperiod'],
  ['SpoolSleep', 'spoolsleep'],
  ['UnspoolSleep', 'unspoolsleep'],
];

/** POST /blocklists: conditions. */
export function readBlocklistRequest(body: JsonBody): Requested {
  const matcher = readConditions(body);
  if (body.problem !== undefined) return body.problem;
  if (Object.keys(matcher).length === 0) return `need one of ${MATCHER_METHODS.join(', ')}`;
  return { kind: 'addBlock', matcher };
}

/** POST /rewriters. */
export function readRewriterRequest(body: JsonBody): Requested {
  const tag = body.text('Tag');
  const rewriter = {
    old: body.text('Old'),
    new: body.text('New'),
    not: body.text('Not'),
    max: body.number('Max') ?? 0,
    ...(tag === '' ? {} : { tag }),
  };
  return body.problem ?? checked({ kind: 'addRewriter', rewriter });
}

/** POST /aggregators. */
export function readAggregatorRequest(body: JsonBody): Requested {
  const matcher = readConditions(body);
  const outputs = [{ function: body.text('Fun') as AggregatorFunction, format: body.text('OutFmt') }];
  const late = body.text('Late') || 'count';
  const timestamp = body.text('Timestamp') || 'start';
  const aggregator = {
    matcher,
    outputs,
    intervalSec: body.number('Interval') ?? 0,
    waitSec: body.number('Wait') ?? 0,
    dropRaw: body.flag('DropRaw') ?? false,
    cache: body.flag('Cache') ?? false,
  };
  if (body.problem !== undefined) return body.problem;
  if (aggregator.waitSec < 0) return 'Wait must not be negative';
  if (late !== 'count' && late !== 'amend') return 'Late must be count or amend';
  if (timestamp !== 'start' && timestamp !== 'middle' && timestamp !== 'end') {
    return 'Timestamp must be start, middle or end';
  }
  return checked({ kind: 'addAgg', aggregator: { ...aggregator, late, timestamp } });
}

function checked(operation: Operation): Requested {
  return ruleError(operation) ?? operation;
}

/** POST /routes: with `Address` as in crng, or with `Destinations`, a list of destination strings. */
export function readRouteRequest(body: JsonBody, { parseDestination }: TableAdmin): Requested {
  const key = body.text('Key');
  const type = body.text('Type');
  const matcher: MatcherOptions = readConditions(body);
  const tags = body.texts('Tags');
  const texts = body.texts('Destinations') ?? [readDestinationText(body)];
  const rest: Omit<RouteOptions, 'key' | 'type' | 'matcher' | 'destinations'> = {
    stop: body.flag('Stop') ?? false,
    replicationFactor: body.number('ReplicationFactor') || HASH_DEFAULTS.replicationFactor,
    diverseReplicas: body.flag('DiverseReplicas') ?? HASH_DEFAULTS.diverseReplicas,
    tagRelayNormalized: body.flag('TagRelayNormalized') ?? HASH_DEFAULTS.tagRelayNormalized,
    hashNameOnly: body.flag('HashNameOnly') ?? HASH_DEFAULTS.hashNameOnly,
  };
  if (body.problem !== undefined) return body.problem;
  if (!isRouteType(type)) {
    return `unknown route type: ${type || '""'}, one of ${ROUTE_TYPES.map(({ name }) => name).join(', ')}`;
  }
  const destinations: RouteOptions['destinations'][number][] = [];
  for (const text of texts) {
    const parsed = parseDestination(text);
    if (!parsed.ok) return `unable to create destination: ${parsed.error}`;
    destinations.push(parsed.options);
  }
  if (destinations.length === 0) return 'unable to create destination: the list is empty';
  const conditions = tags === undefined || tags.length === 0 ? matcher : { ...matcher, tags };
  return { kind: 'addRoute', route: { key, type, matcher: conditions, ...rest, destinations } };
}

/** A number that is not there or 0 means the default: what crng makes of it ends the process. */
function readDestinationText(body: JsonBody): string {
  const words = [body.text('Address')];
  for (const name of ['Spool', 'Pickle']) {
    const flag = body.flag(name);
    if (flag !== undefined) words.push(`${name.toLowerCase()}=${flag}`);
  }
  for (const [field, option] of DESTINATION_NUMBERS) {
    const number = body.number(field) ?? 0;
    if (number !== 0) words.push(`${option}=${number}`);
  }
  // Options alone are no destination.
  return words[0] === '' ? '' : words.join(' ');
}

function readConditions(body: JsonBody): Partial<Record<(typeof MATCHER_METHODS)[number], string>> {
  const matcher: Partial<Record<(typeof MATCHER_METHODS)[number], string>> = {};
  for (const method of MATCHER_METHODS) {
    const text = body.text(method);
    if (text !== '') matcher[method] = text;
  }
  return matcher;
}
