// GET /metrics: Prometheus text.
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

/** Adds the scrape. */
export const addMetricsRoutes: RouteGroup = (app, { metrics }) => {
  app.get('/metrics', async (c) => {
    return c.body(await metrics.render(), 200, { 'content-type': metrics.contentType });
  });
  refuseOtherMethods(app, '/metrics', ['GET', 'HEAD']);
};
