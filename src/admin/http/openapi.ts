// The HTTP API, described once: GET /api/openapi.json is rendered from here, docs/admin.md lists it, and a test compares it
// with what is served.
import { ANY_REASON, TAIL_INPUTS, TAIL_REASONS } from '../../telemetry/tail/tail-report.ts';
import { TOP_KINDS, TOP_ORDERS } from '../../telemetry/top/top-report.ts';

type Schema = Readonly<Record<string, unknown>>;

/** One method of one path. */
export interface ApiOperation {
  readonly method: 'get' | 'post' | 'delete';
  /** With parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** Changes something, and so goes by the rules for changes. */
  readonly changes?: boolean;
  /** Wants the token whoever asks. */
  readonly secret?: boolean;
  /** Wants the token whoever asks, where the config has one. */
  readonly isPrivate?: boolean;
  /** Form of the body. */
  readonly body?: Schema;
  /** Type of the body, when it is no JSON. */
  readonly bodyType?: string;
  /** Type of the answer; JSON when absent. */
  readonly answerType?: string;
  readonly query?: Schema;
}

const TEXT = { type: 'string' };
const NUMBER = { type: 'integer' };
const FLAG = { type: 'boolean' };
const TEXTS = { type: 'array', items: TEXT };
const CONDITIONS = { prefix: TEXT, notPrefix: TEXT, sub: TEXT, notSub: TEXT, regex: TEXT, notRegex: TEXT };

const ROUTE_BODY = object({
  Key: TEXT,
  Type: TEXT,
  ...CONDITIONS,
  Tags: TEXTS,
  Stop: FLAG,
  Address: TEXT,
  Destinations: TEXTS,
  Spool: FLAG,
  Pickle: FLAG,
  periodFlush: NUMBER,
  periodReconn: NUMBER,
  ConnBufSize: NUMBER,
  ConnIoBufSize: NUMBER,
  SpoolBufSize: NUMBER,
  SpoolMaxBytesPerFile: NUMBER,
  SpoolSyncEvery: NUMBER,
  SpoolSyncPeriod: NUMBER,
  SpoolSleep: NUMBER,
  UnspoolSleep: NUMBER,
  ReplicationFactor: NUMBER,
  DiverseReplicas: FLAG,
  TagRelayNormalized: FLAG,
  HashNameOnly: FLAG,
});

const AGGREGATOR_BODY = object({
  Fun: TEXT,
  OutFmt: TEXT,
  Cache: FLAG,
  Interval: NUMBER,
  Wait: NUMBER,
  DropRaw: FLAG,
  ...CONDITIONS,
  Late: TEXT,
  Timestamp: TEXT,
});

/** Every path that is served. */
export const API: readonly ApiOperation[] = [
  get('/table', 'The whole table in force.'),
  get('/routes', 'The routes with the state of their destinations.'),
  get('/routes/{key}', 'One route.'),
  post(
    '/routes',
    'Adds a route: with Address, or with Destinations, a list of destination strings.',
    ROUTE_BODY,
  ),
  remove('/routes/{key}', 'Deletes a route; one that is not there is no error.'),
  remove(
    '/routes/{key}/destinations/{index}',
    'Deletes a destination of a route; what it holds is still sent.',
  ),
  post('/rewriters', 'Adds a rewriter.', object({ Old: TEXT, New: TEXT, Not: TEXT, Max: NUMBER, Tag: TEXT })),
  remove('/rewriters/{index}', 'Deletes a rewriter.'),
  post('/aggregators', 'Adds an aggregator.', AGGREGATOR_BODY),
  remove('/aggregators/{index}', 'Deletes an aggregator.'),
  post('/blocklists', 'Adds a blocklist entry; all its conditions must hold.', object(CONDITIONS)),
  remove('/blocklists/{index}', 'Deletes a blocklist entry.'),
  post('/api/table/commands', 'Runs a telnet command that changes the table.', object({ Command: TEXT })),
  get('/api/changes', 'What was changed in the table since the start.'),
  post('/api/changes/undo', 'Goes back to the table before the last change.'),
  {
    ...post(
      '/api/reload',
      'Reads the config again and puts its table in force, or says what that would change.',
    ),
    query: { dry_run: FLAG },
  },
  get('/config', 'The config at the last start or reload, secrets replaced.'),
  { ...get('/api/config/files', 'The config files as they are.'), secret: true },
  get('/badMetrics/{timespec}.json', 'The lines that were refused within a Go duration.'),
  get('/api/ledger', 'The books: every line that came in, and where it is.'),
  get('/api/traffic', 'What came in: rates now, and the most within 1 s, 100 ms, 10 ms and 1 ms.'),
  get(
    '/api/timings',
    'Durations, sizes and queue depths of each destination, over 10 s, 1 min, 1 h and all time.',
  ),
  {
    ...get('/api/traffic/trace', 'When reads come and how large they are, for some seconds; no keys.'),
    query: { seconds: NUMBER },
  },
  get('/api/tune', 'The facts that sluice tune explains.'),
  {
    ...get('/api/series/top', 'Who sends most lines, and who has most series.'),
    query: { by: oneOf(TOP_KINDS), depth: NUMBER, limit: NUMBER, sort: oneOf(TOP_ORDERS) },
  },
  {
    ...get('/api/tail', 'A live look at single lines, as server-sent events.'),
    answerType: 'text/event-stream',
    query: {
      match: TEXT,
      route: TEXT,
      reason: oneOf([...TAIL_REASONS, ANY_REASON]),
      input: oneOf(TAIL_INPUTS),
      rate: NUMBER,
    },
  },
  get('/api/spools', 'What waits on disk.'),
  post('/api/spools/{key}/purge', 'Drops what waits on disk for a destination.'),
  {
    ...post('/api/spools/{key}/lines', 'Puts whole lines behind what waits on disk.', TEXT),
    bodyType: 'text/plain',
  },
  { ...get('/metrics', 'Metrics for Prometheus.'), answerType: 'text/plain' },
  get('/debug/vars2', "Metrics under carbon-relay-ng's names."),
  get('/debug/vars', 'The same.'),
  { ...get('/healthz', 'Whether the books balance.'), answerType: 'text/plain' },
  { ...get('/readyz', 'Whether the relay wants traffic.'), answerType: 'text/plain' },
  { ...get('/debug/pprof/', 'What profiles there are, and how the event loop does.'), isPrivate: true },
  {
    ...get('/debug/pprof/profile', 'A CPU profile over up to 60 s (.cpuprofile).'),
    isPrivate: true,
    query: { seconds: NUMBER },
  },
  { ...get('/debug/pprof/heap', 'A heap snapshot (.heapsnapshot).'), isPrivate: true },
  get('/api/openapi.json', 'This description.'),
];

/** Renders the API as an OpenAPI document. */
export function openapiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of API) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: renderOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description:
        'Names in bodies are read in any letter case. Changes from this machine are open; from others, from browsers and through proxies they need the admin_token.',
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

function renderOperation(operation: ApiOperation): object {
  const { path, summary, body, query = {}, changes = false, secret = false, isPrivate = false } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'index' ? NUMBER : TEXT,
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema }));
  const content = (type: string, schema: Schema): object => ({ content: { [type]: { schema } } });
  const refused = { description: 'Refused.', ...content('text/plain', object({ error: TEXT })) };
  const answerType = operation.answerType ?? 'application/json';
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: content(operation.bodyType ?? 'application/json', body) }),
    ...(secret
      ? { security: [{ token: [] }] }
      : changes || isPrivate
        ? { security: [{}, { token: [] }] }
        : {}),
    responses: { '200': { description: 'Done.', ...content(answerType, {}) }, default: refused },
  };
}

function get(path: string, summary: string): ApiOperation {
  return { method: 'get', path, summary };
}

function post(path: string, summary: string, body?: Schema): ApiOperation {
  return { method: 'post', path, summary, changes: true, ...(body === undefined ? {} : { body }) };
}

function remove(path: string, summary: string): ApiOperation {
  return { method: 'delete', path, summary, changes: true };
}

function oneOf(words: readonly string[]): Schema {
  return { type: 'string', enum: words };
}

function object(properties: Schema): Schema {
  return { type: 'object', properties };
}
