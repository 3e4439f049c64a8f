// GET /api/traffic: what came in, on four time scales (telemetry/traffic.ts).
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

const PATH = '/api/traffic';

/** Adds the traffic. */
export const addTrafficRoutes: RouteGroup = (app, { view }) => {
  app.get(PATH, (c) => c.json(view.traffic()));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};
