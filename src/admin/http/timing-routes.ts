// GET /api/timings: what each destination measured, over 10 s, a minute, an hour and all time.
import { renderTimings } from '../../telemetry/timing/render-timings.ts';
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

/** Adds the timings. */
export const addTimingRoutes: RouteGroup = (app, { view }) => {
  app.get('/api/timings', (c) => {
    const nowMs = view.monotonicMs();
    return c.json({ destinations: view.destinations().map((stats) => renderTimings(stats, nowMs)) });
  });
  refuseOtherMethods(app, '/api/timings', ['GET', 'HEAD']);
};
