// crng's paths that show and change the table, with its answers; and a path for the commands that it lacks.
// A change is in force whole, or refused with one line and nothing has happened.
import type { Context } from 'hono';
import { readCommand } from '../../config/imperative/read-command.ts';
import type { ChangeAnswer, Operation } from '../../table/operation.ts';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';
import { JsonBody } from './json-body.ts';
import type { TableAdmin } from '../table-admin.ts';
import { routeJson, routesJson, tableJson } from './table-json.ts';
import {
  readAggregatorRequest,
  readBlocklistRequest,
  readRewriterRequest,
  readRouteRequest,
  type Requested,
} from './table-requests.ts';
import { remoteAddress } from './write-guard.ts';
import { renderPeer } from '../write-policy.ts';

/** The POST paths of crng: what a body asks for, and what the answer says when it was done. */
const ADDITIONS: readonly {
  readonly path: string;
  readonly read: (body: JsonBody, table: TableAdmin) => Requested;
  readonly message: string;
}[] = [
  { path: '/routes', read: readRouteRequest, message: 'route added' },
  { path: '/rewriters', read: readRewriterRequest, message: 'rewriter added' },
  { path: '/aggregators', read: readAggregatorRequest, message: 'aggregate added' },
  { path: '/blocklists', read: readBlocklistRequest, message: 'blocklist entry added' },
];

const DELETIONS = [
  { path: '/rewriters/:index', kind: 'delRewriter' },
  { path: '/aggregators/:index', kind: 'delAgg' },
  { path: '/blocklists/:index', kind: 'delBlock' },
] as const;

/** Adds the paths. */
export const addTableRoutes: RouteGroup = (app, sources) => {
  const { table, guardWrites } = sources;
  app.get('/table', (c) => c.json(tableJson(table)));
  app.get('/routes', (c) => c.json(routesJson(table)));
  app.get('/routes/:key', (c) => {
    const key = c.req.param('key');
    const index = table.table.routes.findIndex((route) => route.key === key);
    const route = table.table.routes[index];
    if (route === undefined) return renderError(c, 404, `Could not find route ${key}`);
    return c.json(routeJson(table, route, index));
  });

  for (const { path, read, message } of ADDITIONS) {
    app.post(path, guardWrites, async (c) => {
      const body = await JsonBody.read(c);
      const operation = typeof body === 'string' ? body : read(body, table);
      if (typeof operation === 'string') return renderError(c, 400, operation);
      return renderChange(c, change(c, table, operation), { Message: message });
    });
  }
  app.delete('/routes/:key', guardWrites, (c) =>
    renderChange(c, change(c, table, { kind: 'delRoute', key: c.req.param('key') }), {}),
  );
  app.delete('/routes/:key/destinations/:index', guardWrites, (c) => {
    const { key, index } = c.req.param();
    return deleteAt(c, table, index, (at) => ({ kind: 'delDest', key, index: at }));
  });
  for (const { path, kind } of DELETIONS) {
    app.delete(path, guardWrites, (c) =>
      deleteAt(c, table, c.req.param('index'), (index) => ({ kind, index })),
    );
  }
  app.post('/api/table/commands', guardWrites, (c) => runCommand(c, table));

  refuseOtherMethods(app, '/table', ['GET', 'HEAD']);
  refuseOtherMethods(app, '/routes', ['GET', 'HEAD', 'POST']);
  refuseOtherMethods(app, '/routes/:key', ['GET', 'HEAD', 'DELETE']);
  refuseOtherMethods(app, '/routes/:key/destinations/:index', ['DELETE']);
  for (const { path } of DELETIONS) refuseOtherMethods(app, path, ['DELETE']);
  for (const path of ['/rewriters', '/aggregators', '/blocklists', '/api/table/commands']) {
    refuseOtherMethods(app, path, ['POST']);
  }
};

/** Runs a telnet command: what has no path of its own. */
async function runCommand(c: Context, table: TableAdmin): Promise<Response> {
  const body = await JsonBody.read(c);
  if (typeof body === 'string') return renderError(c, 400, body);
  const command = body.text('Command');
  if (body.problem !== undefined) return renderError(c, 400, body.problem);
  const parsed = readCommand(command, table.parseDestination);
  if (!parsed.ok) return renderError(c, 400, parsed.error);
  return renderChange(c, change(c, table, parsed.operation), { Message: 'ok' });
}

function deleteAt(
  c: Context,
  table: TableAdmin,
  index: string,
  operation: (index: number) => Operation,
): Response {
  if (!/^\d{1,9}$/.test(index)) return renderError(c, 400, `Invalid index ${index}: not a number`);
  return renderChange(c, change(c, table, operation(Number(index))), {});
}

function change(c: Context, table: TableAdmin, operation: Operation): ChangeAnswer {
  return table.apply(operation, nameOf(c));
}

function renderChange(c: Context, answer: ChangeAnswer, done: object): Response {
  if (answer.ok) return c.json(done);
  return renderError(c, answer.missing ? 404 : 400, answer.error);
}

function nameOf(c: Context): string {
  return `http ${renderPeer(remoteAddress(c))}`;
}
