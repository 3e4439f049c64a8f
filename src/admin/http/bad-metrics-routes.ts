// GET /badMetrics/{timespec}.json: the bad lines seen within a Go duration, in crng's form.
import { parseGoDuration } from '../../util/go-duration.ts';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

const PATH = '/badMetrics/:file{[^/]+\\.json}';

/** Adds the list of bad metrics. */
export const addBadMetricsRoutes: RouteGroup = (app, { badMetrics }) => {
  app.get(PATH, (c) => {
    const span = parseGoDuration(c.req.param('file').slice(0, -'.json'.length));
    if (!span.ok) return renderError(c, 400, `Could not parse timespec: ${span.error}`);
    return c.json(badMetrics.list(span.ms));
  });
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};
