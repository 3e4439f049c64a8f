// The HTTP application: groups of paths, and what holds for all of them. Knows no sockets.
// Paths are exact: as in crng, `/table/` is not `/table`.
import { Hono, type MiddlewareHandler } from 'hono';
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Log } from '../../util/log.ts';
import type { Clock } from '../../util/clock.ts';
import { addBadMetricsRoutes } from './bad-metrics-routes.ts';
import { addChangeRoutes } from './change-routes.ts';
import { addConfigRoutes } from './config-routes.ts';
import { addDebugVarsRoutes } from './debug-vars-routes.ts';
import { addHealthRoutes } from './health-routes.ts';
import { type AdminSources, type RouteGroup, renderError } from './http-context.ts';
import { addLedgerRoutes } from './ledger-routes.ts';
import { addMetricsRoutes } from './metrics-routes.ts';
import { addOpenapiRoutes } from './openapi-routes.ts';
import { CallerLimit } from './caller-limit.ts';
import { addProfileRoutes } from './profile-routes.ts';
import { addReloadRoutes } from './reload-routes.ts';
import { addSpoolRoutes } from './spool-routes.ts';
import { addTailRoutes } from './tail-routes.ts';
import { addTimingRoutes } from './timing-routes.ts';
import { addTableRoutes } from './table-routes.ts';
import { addTopRoutes } from './top-routes.ts';
import { addTrafficRoutes } from './traffic-routes.ts';
import { addTuneRoutes } from './tune-routes.ts';
import { addUnmeasuredRoutes } from './unmeasured-routes.ts';
import { makeWriteGuard } from './write-guard.ts';

/** Longest body of a request. */
const BODY_BYTES_MAX = 1024 * 1024;

/** The same error is logged this often. */
const REPEAT_MS = 60_000;

const GROUPS: readonly RouteGroup[] = [
  addUnmeasuredRoutes,
  addLedgerRoutes,
  addTrafficRoutes,
  addTuneRoutes,
  addTopRoutes,
  addTailRoutes,
  addTimingRoutes,
  addHealthRoutes,
  addMetricsRoutes,
  addDebugVarsRoutes,
  addBadMetricsRoutes,
  addSpoolRoutes,
  addReloadRoutes,
  addChangeRoutes,
  addTableRoutes,
  addConfigRoutes,
  addProfileRoutes,
  addOpenapiRoutes,
];

/** Makes the application. */
export function makeHttpApp(
  sources: AdminSources,
  dependencies: { readonly log: Log; readonly clock: Clock },
): Hono {
  const app = new Hono();
  const callers = new CallerLimit(dependencies.clock);
  app.use((c, next) => callers.limit(c, next));
  app.use(limitBody);
  const guardWrites = makeWriteGuard(sources.writePolicy);
  for (const add of GROUPS) add(app, { ...sources, guardWrites, clock: dependencies.clock });
  app.notFound((c) => renderError(c, 404, 'not found'));
  const limiter = new LogLimiter({}, dependencies);
  app.onError((error, c) => {
    // The client went away inside its body: nobody reads the answer.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
      return renderError(c, 400, 'the request broke off');
    const message = `admin HTTP: ${c.req.method} ${JSON.stringify(c.req.path)}: ${error.message}`;
    limiter.limited(message, REPEAT_MS).error(message);
    return renderError(c, 500, 'internal error');
  });
  return app;
}

/**
 * Refuses bodies that are too long before a byte of them is read. One without a length is refused too: it would have to
 * be read to be measured, and no client of crng sends one. (hono's body-limit needs the global Request replaced.)
 */
const limitBody: MiddlewareHandler = async (c, next) => {
  if (c.req.header('transfer-encoding') !== undefined) return renderError(c, 411, 'length required');
  if (Number(c.req.header('content-length') ?? 0) > BODY_BYTES_MAX)
    return renderError(c, 413, 'body too large');
  return await next();
};
